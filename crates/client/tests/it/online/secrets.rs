//! Neither key nor token nor the device's id stands in anything that is shown or logged.

use keyward_client::online::Server;
use keyward_client::{ClientError, LicenseManager};
use serde_json::json;

use super::fake::{Act, Fake, dead, reply, text};
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
