//! One key, or many from standard input with a report of each that was not taken.

use std::io::BufRead as _;
use std::sync::Arc;

use keyward_core::scheme::Scheme;
use keyward_engine::license::{Issued, Register};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::bulk;
use crate::database::Opened;
use crate::failure::Failure;
use crate::output::{self, Columns};
use crate::{commands::license::summary, input};

/// Keys on their way at once: they share commits.
const AT_ONCE: usize = 64;

pub(super) enum Keys {
    One(String),
    /// With the numbers of their lines.
    Many(Vec<(usize, String)>),
}

struct Skipped {
    line: usize,
    failure: Failure,
}

impl Keys {
    pub(super) fn read(argument: &str) -> Result<Self, Failure> {
        if argument != "-" {
            return Ok(Self::One(input::license(argument)??));
        }
        let mut keys = Vec::new();
        for (number, line) in (1..).zip(std::io::stdin().lock().lines()) {
            let key = input::tidy(&line?);
            if !key.is_empty() {
                keys.push((number, key));
            }
        }
        Ok(Self::Many(keys))
    }

    /// Refuses a list with keys of another form, before any is taken. What is no key is told of line by line.
    pub(super) fn must_be(&self, scheme: Scheme) -> Result<(), Failure> {
        let keys: Vec<&str> = match self {
            Self::One(key) => vec![key],
            Self::Many(keys) => keys.iter().map(|(_, key)| key.as_str()).collect(),
        };
        match keys.into_iter().find_map(|key| Scheme::of(key).ok().filter(|found| *found != scheme)) {
            None => Ok(()),
            Some(other) => Err(Failure::argument(
                format_args!("a key is not of the form {scheme} but {other}"),
                format_args!("take it in with `keyward register {other}`"),
            )),
        }
    }

    /// Takes them in and says what became of them; whether all were taken.
    pub(super) async fn register(
        self,
        opened: &Opened,
        request: impl Fn(String) -> Register,
        json: bool,
    ) -> Result<bool, Failure> {
        match self {
            Self::One(key) => {
                let issued = opened.engine.register(&opened.caller, request(key)).await?;
                one(opened, &issued, json).await.map(|()| true)
            }
            Self::Many(keys) => many(opened, keys, request, json).await,
        }
    }
}

async fn one(opened: &Opened, issued: &Issued, json: bool) -> Result<(), Failure> {
    let found = opened.engine.find(&keyward_engine::license::Named::Id(issued.id)).await?;
    if json {
        return output::json(&json!({ "registered": summary::json(opened, &found) }));
    }
    let mut table = output::Table::default();
    summary::rows(opened, &found, &mut table);
    output::print(table)
}

async fn many(
    opened: &Opened,
    keys: Vec<(usize, String)>,
    request: impl Fn(String) -> Register,
    json: bool,
) -> Result<bool, Failure> {
    let (read, progress) = (keys.len(), bulk::progress(keys.len() as u64));
    let (mut taken, mut skipped) = (0, Vec::new());
    let mut keys = keys.into_iter().peekable();
    while keys.peek().is_some() {
        let mut under_way = JoinSet::new();
        for (line, key) in keys.by_ref().take(AT_ONCE) {
            let (engine, caller, request) = (Arc::clone(&opened.engine), opened.caller.clone(), request(key));
            under_way.spawn(async move { (line, engine.register(&caller, request).await) });
        }
        progress.inc(under_way.len() as u64);
        for (line, outcome) in under_way.join_all().await {
            match outcome {
                Ok(_) => taken += 1,
                Err(error) => skipped.push(Skipped { line, failure: error.into() }),
            }
        }
        // What the database refuses it refuses for all.
        if let Some(at) = skipped.iter().position(|skipped| skipped.failure.is_of_the_database()) {
            let failure = skipped.swap_remove(at).failure;
            return Err(failure.and(format_args!("{taken} of {read} keys were taken; repeat the command")));
        }
    }
    progress.finish_and_clear();
    skipped.sort_by_key(|skipped| skipped.line);
    report(read, taken, &skipped, json)?;
    Ok(skipped.is_empty())
}

fn report(read: usize, taken: usize, skipped: &[Skipped], json: bool) -> Result<(), Failure> {
    if json {
        let skipped: Value = skipped
            .iter()
            .map(|Skipped { line, failure }| {
                json!({ "line": line, "code": failure.code(), "message": failure.message() })
            })
            .collect();
        return output::json(&json!({ "read": read, "taken": taken, "skipped": skipped }));
    }
    let keys = if read == 1 { "key" } else { "keys" };
    output::print(format_args!("{read} {keys} read, {taken} taken, {} skipped\n", skipped.len()))?;
    if skipped.is_empty() {
        return Ok(());
    }
    let mut list = Columns::new(&["LINE", "CODE", "BECAUSE"]);
    for Skipped { line, failure } in skipped {
        list.row(&[line, &failure.code(), &failure.message()]);
    }
    output::print(format_args!("\n{list}"))
}
