//! Neither key nor token nor the device's id stands in anything that is shown or logged.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use keyward_client::online::Server;
use keyward_client::{ClientError, LicenseManager};
use serde_json::json;

use super::fake::{Act, Fake, dead, reply, testdata, text};
use super::{Device, KEY, START, TOKEN, activated};

const LK: &str = "LK-1-PRO-10-SECRETPART-ABCD";

fn hunt(what: &str, shown: &str, secrets: &[&str]) {
    for secret in secrets {
        let found = shown.to_ascii_lowercase().contains(&secret.to_ascii_lowercase());
        assert!(!found, "{what} shows a secret: {shown}");
    }
}

/// All that an error shows.
fn of_error(what: &str, error: &ClientError, secrets: &[&str]) {
    hunt(what, &format!("{error} {error:?} {error:#?} {}", error.link()), secrets);
    assert!(!error.sentence().is_empty() && !error.remedy().is_empty(), "{what}");
}

/// An error of each kind, with answers that repeat what they were asked.
fn provoke(license: &LicenseManager, fake: &Fake, key: &str, secrets: &[&str]) {
    let echo = format!("no {key} on {} with {TOKEN}", license.device_id());
    let mut acts = vec![
        Act::Say(Vec::new()),
        Act::Say(echo.clone().into_bytes()),
        text(302, START, &format!("Location: http://a/{key}\r\n"), ""),
        text(401, START, "", &echo),
    ];
    for status in [200, 400, 401, 403, 404, 409, 422, 429, 500, 503] {
        for code in ["NOT_FOUND", "MALFORMED", key] {
            acts.push(reply(status, START, &json!({
                "success": false, "valid": false, "error": echo, "error_code": code, "code": code, "reason": echo,
            })));
            acts.push(reply(status, START, &json!({
                "success": false, "error": echo, "error_code": code, "code": code, "reason": echo, "status": key,
            })));
        }
    }
    for act in acts {
        fake.acts(vec![act]);
        for (what, outcome) in [("activate", license.activate(key)), ("refresh", license.refresh())] {
            match outcome {
                Ok(status) => hunt(
                    what,
                    &format!("{} {:?} {}", status.message(), status.warnings(), status.link()),
                    secrets,
                ),
                Err(error) => of_error(what, &error, secrets),
            }
        }
        if let Err(error) = license.deactivate() {
            of_error("deactivate", &error, secrets);
        }
    }
}

#[test]
fn no_error_and_no_status_shows_a_secret() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(30))]);
    let license = device.manager(Server::pool(&fake.url));
    let status = license.activate(KEY).expect("it is activated");
    // A status has the device's id, for the user to tell.
    hunt("status", &format!("{status:?} {}", status.message()), &[KEY]);
    let id = license.device_id().to_owned();
    provoke(&license, &fake, KEY, &[KEY, &id]);
    hunt("manager", &format!("{license:?}"), &[KEY, &id]);

    let server = Server::installation(&fake.url, TOKEN);
    hunt("server", &format!("{server:?}"), &[TOKEN]);
    let license = Device::new().manager(server);
    let id = license.device_id().to_owned();
    provoke(&license, &fake, LK, &[LK, TOKEN, &id]);

    let license = Device::new().manager(Server::installation(&dead(), TOKEN));
    of_error("dead", &license.activate(LK).expect_err("nobody is there"), &[LK, TOKEN, license.device_id()]);
    for (url, token) in [("https://user:hidden@a.example", "t"), ("https://a.example", "hid den")] {
        let builder = LicenseManager::builder("p").data_directory(device.directory.path());
        let error = builder.server(Server::installation(url, token)).open().expect_err("it cannot be used");
        of_error("open", &error, &["hidden", "hid den"]);
    }
}

/// What is logged in this process, at any level and by anybody.
struct Log(Mutex<String>);

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(lines, "{} {}: {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

static LOG: Log = Log(Mutex::new(String::new()));

#[test]
fn no_log_shows_a_secret() {
    log::set_logger(&LOG).expect("the only one");
    log::set_max_level(log::LevelFilter::Trace);
    let fake = Fake::tls(vec![reply(200, START, &activated(30))]);
    let server = |server: Server| server.root_certificate(&testdata("tls.crt"));
    let license = Device::new().manager(server(Server::pool(&fake.url)));
    license.activate(KEY).expect("it is activated");
    license.refresh().expect("it is asked again");
    let ids = [license.device_id().to_owned()];
    fake.acts(vec![Act::Say(b"rubbish".to_vec())]);
    let license = Device::new().manager(server(Server::installation(&fake.url, TOKEN)));
    license.activate(LK).expect_err("rubbish");
    let through = Fake::new(vec![text(407, START, "", "")]);
    let proxy = through.url.replace("://", "://kim:proxy-password@");
    let license = Device::new().manager(Server::installation("http://a.example", TOKEN).proxy(&proxy));
    license.activate(LK).expect_err("the proxy refuses");
    let lines = LOG.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(lines.contains("rustls"), "nothing was listened to: {lines}");
    hunt("the log", &lines, &[KEY, LK, TOKEN, &ids[0], "Bearer", "proxy-password", "a2ltOnByb3h5"]);
}

#[test]
fn the_sealed_memory_keeps_the_key_and_no_file_shows_it() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(30))]);
    let license = device.manager(Server::pool(&fake.url));
    license.activate(KEY).expect("it is activated");
    drop(license);
    let mut directories = vec![device.directory.path().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
            if entry.path().is_dir() {
                directories.push(entry.path());
            } else {
                let bytes = std::fs::read(entry.path()).expect("a file");
                assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
            }
        }
    }
}
