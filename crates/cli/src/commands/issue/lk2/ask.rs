//! The questions of system E's generator.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use keyward_core::crypto::SharedSecret;
use keyward_core::scheme::lk1::TIERS;
use keyward_core::time::parse_date;
use zeroize::Zeroizing;

use super::Order;
use crate::failure::Failure;
use crate::{keys, output};

/// The tiers in the order of the menu.
const MENU: [&str; 5] = ["PRO-10", "PRO-20", "PRO-50", "PRO-100", "ENTERPRISE"];

/// Asks for the secret, without showing it when a person types. Only the end of its line does not count.
pub(super) fn secret() -> Result<SharedSecret, Failure> {
    let question = "HMAC secret (the customer's installation key): ";
    if io::stdin().is_terminal() {
        return keys::prepare(&Zeroizing::new(rpassword::prompt_password(question)?));
    }
    let mut text = Zeroizing::new(String::new());
    match io::stdin().lock().read_line(&mut text)? {
        0 => Err(no_answer()),
        _ => keys::prepare(&text),
    }
}

/// Asks for all the rest.
pub(super) fn order() -> Result<Order, Failure> {
    Ok(Order {
        tier: tier()?,
        devices: None,
        company: line("Company name (optional): ")?.unwrap_or_default(),
        expires: expires()?,
        notes: line("Notes (optional): ")?.unwrap_or_default(),
    })
}

fn tier() -> Result<String, Failure> {
    output::tell("License tier:");
    for (number, name) in (1..).zip(MENU) {
        let devices = TIERS.iter().find(|(tier, _)| *tier == name).map_or(0, |(_, devices)| *devices);
        output::tell(format_args!("  {number}  {name} ({devices} devices)"));
    }
    until_right("Tier (1-5): ", |answer| {
        let by_number = answer.parse::<usize>().ok().and_then(|n| MENU.get(n.checked_sub(1)?));
        let by_name = MENU.iter().find(|name| name.eq_ignore_ascii_case(answer));
        by_number
            .or(by_name)
            .map(|&name| name.to_owned())
            .ok_or("answer with a number from 1 to 5, or the name")
    })
}

fn expires() -> Result<String, Failure> {
    until_right(
        "Expiration date YYYY-MM-DD (empty: never; it works until that day begins, UTC): ",
        |answer| {
            let right = answer.is_empty() || parse_date(answer).is_some();
            right.then(|| answer.to_owned()).ok_or("write a date as 2026-12-31, or nothing")
        },
    )
}

/// Asks again when a person answers wrongly; a script is told and stopped.
fn until_right<T>(question: &str, read: impl Fn(&str) -> Result<T, &'static str>) -> Result<T, Failure> {
    loop {
        let answer = line(question)?.ok_or_else(no_answer)?;
        match read(&answer) {
            Ok(value) => return Ok(value),
            Err(why) if io::stdin().is_terminal() => output::tell(format_args!("  {why}")),
            Err(why) => {
                return Err(Failure::argument(format_args!("{answer:?} is no answer to {question:?}"), why));
            }
        }
    }
}

/// One line; `None` at the end of the input.
fn line(question: &str) -> Result<Option<String>, Failure> {
    // A question that nobody sees is still answered by whoever writes our input.
    let _ = write!(io::stderr().lock(), "{question}").and_then(|()| io::stderr().flush());
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

fn no_answer() -> Failure {
    Failure::argument(
        "the input ended before all questions were answered",
        "answer them, or use --tier and flags",
    )
}
