//! Answers that make no sense. None of them takes the last good one back.

use keyward_client::online::Server;
use keyward_client::{Code, Note, Source};
use serde_json::json;

use super::fake::{Act, Fake, reply, text};
use super::{DAY, Device, KEY, START, activated};

fn raw(bytes: &str) -> Act {
    Act::Say(bytes.as_bytes().to_vec())
}

/// What is answered, and the code of the error that it makes.
fn rubbish() -> Vec<(&'static str, Act, &'static str)> {
    let ok = |body: &str| text(200, START, "", body);
    let mut other = activated(30);
    other["license_key"] = json!("ZZZZZZZZZZZZ");
    let with = |name: &str, value: serde_json::Value| {
        let mut body = activated(30);
        body[name] = value;
        reply(200, START, &body)
    };
    let mut endless = activated(30);
    endless.as_object_mut().expect("an object").remove("expiration_date");
    let head = "HTTP/1.1 200 OK\r\n";
    vec![
        ("nothing", raw(""), "SERVER_UNREACHABLE"),
        ("no HTTP", raw("hello\r\n\r\n"), "SERVER_ANSWER"),
        ("half a head", raw("HTTP/1.1 200 OK\r\nConte"), "SERVER_UNREACHABLE"),
        ("half a body", raw(&format!("{head}Content-Length: 100\r\n\r\n{{")), "SERVER_UNREACHABLE"),
        ("no length that is one", raw(&format!("{head}Content-Length: -1\r\n\r\n")), "SERVER_ANSWER"),
        (
            "two lengths",
            raw(&format!("{head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}")),
            "SERVER_ANSWER",
        ),
        (
            "length and chunks",
            raw(&format!("{head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
            "SERVER_ANSWER",
        ),
        ("an unknown coding", raw(&format!("{head}Transfer-Encoding: gzip\r\n\r\nx")), "SERVER_ANSWER"),
        (
            "chunks that break off",
            raw(&format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\nab")),
            "SERVER_UNREACHABLE",
        ),
        ("no chunks", raw(&format!("{head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n")), "SERVER_ANSWER"),
        (
            "a chunk too long",
            raw(&format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n")),
            "SERVER_ANSWER",
        ),
        (
            "a length of terabytes",
            raw(&format!("{head}Content-Length: 99999999999999\r\n\r\n")),
            "SERVER_ANSWER",
        ),
        (
            "a chunk of terabytes",
            raw(&format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\n")),
            "SERVER_ANSWER",
        ),
        ("no end", Act::Flood([head.as_bytes(), b"\r\n"].concat()), "SERVER_ANSWER"),
        ("a head without end", Act::Flood(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), "SERVER_ANSWER"),
        ("no content", ok(""), "SERVER_ANSWER"),
        ("a page", ok("<html>Sign in to the network</html>"), "SERVER_ANSWER"),
        (
            "bytes",
            Act::Say([head.as_bytes(), b"Content-Length: 4\r\n\r\n\xff\xfe\0{"].concat()),
            "SERVER_ANSWER",
        ),
        ("no object", ok("[]"), "SERVER_ANSWER"),
        ("an empty object", ok("{}"), "SERVER_ANSWER"),
        ("a very deep object", ok(&"{\"a\":".repeat(10_000)), "SERVER_ANSWER"),
        ("another type", ok(r#"{"success":"yes"}"#), "SERVER_ANSWER"),
        ("another key", reply(200, START, &other), "SERVER_ANSWER"),
        ("no end of the licence", reply(200, START, &endless), "SERVER_ANSWER"),
        ("an end that is no date", with("expiration_date", json!("soon")), "SERVER_ANSWER"),
        ("an end that is a number", with("expiration_date", json!(5)), "SERVER_ANSWER"),
        ("a lease that is a text", with("offlineLease", json!("long")), "SERVER_ANSWER"),
        ("a no that says yes", reply(400, START, &activated(30)), "SERVER_ANSWER"),
        (
            "a yes that says no",
            reply(200, START, &json!({ "success": false, "error_code": "NOT_FOUND" })),
            "SERVER_ANSWER",
        ),
        ("a no without a reason", reply(404, START, &json!({ "success": false })), "SERVER_ANSWER"),
        (
            "an unknown reason",
            reply(400, START, &json!({ "success": false, "error_code": "WEATHER" })),
            "SERVER_ANSWER",
        ),
        (
            "an unknown standing",
            reply(400, START, &json!({ "success": false, "error_code": "ALREADY_USED", "status": "ASLEEP" })),
            "SERVER_ANSWER",
        ),
        (
            "no such address",
            reply(
                404,
                START,
                &json!({
                    "valid": false, "success": false, "error": "There is nothing at this address.",
                    "error_code": "NOT_FOUND", "request_id": "x",
                }),
            ),
            "SERVER_ANSWER",
        ),
        (
            "somebody else's 404",
            reply(404, START, &json!({ "code": "NOT_FOUND", "error": "nothing here" })),
            "SERVER_ANSWER",
        ),
        ("a page of 404", text(404, START, "", "<html>404</html>"), "SERVER_ANSWER"),
        ("a page of 403", text(403, START, "", "<html>go away</html>"), "SERVER_ANSWER"),
        ("elsewhere", text(302, START, "Location: http://127.0.0.1:1/\r\n", ""), "SERVER_ANSWER"),
        (
            "elsewhere, keeping the method",
            text(307, START, "Location: http://127.0.0.1:1/\r\n", ""),
            "SERVER_ANSWER",
        ),
        (
            "broken",
            reply(500, START, &json!({ "success": false, "error_code": "NOT_FOUND" })),
            "SERVER_FAILED",
        ),
        ("unavailable", text(503, START, "", "<html>back soon</html>"), "SERVER_FAILED"),
        ("busy", text(429, START, "", "{}"), "SERVER_BUSY"),
    ]
}

#[test]
fn rubbish_takes_nothing_back() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(30))]);
    let license = device.manager(Server::pool(&fake.url));
    let status = license.activate(KEY).expect("it is activated");
    assert_eq!((status.code(), status.source()), (Code::Valid, Source::Server));
    let until = status.lease_until().expect("a lease");
    for (what, act, code) in rubbish() {
        fake.acts(vec![act]);
        let error = license.refresh().expect_err(what);
        assert_eq!(error.code(), code, "{what}: {error}");
        let status = license.status();
        assert_eq!((status.code(), status.lease_until()), (Code::Valid, Some(until)), "{what}");
        assert_eq!(status.notes(), [Note::ServerNotReached { until }], "{what}");
        assert!(error.link().ends_with(&format!("#{}", code.to_ascii_lowercase())), "{}", error.link());
        // A fresh key is refused in the same way, and nothing is remembered of it.
        let error = license.activate("ZYXWVUTSRQPN").expect_err(what);
        assert_eq!(error.code(), code, "{what}: {error}");
        assert_eq!(license.status().code(), Code::Valid);
    }
    // Another start of the application knows it too.
    drop(license);
    let license = device.manager(Server::pool(&fake.url));
    assert_eq!(license.status().notes(), [Note::ServerNotReached { until }]);
    fake.acts(vec![reply(200, START, &activated(30))]);
    assert_eq!(license.refresh().expect("a good answer").notes(), []);
}

#[test]
fn an_answer_may_come_in_any_form_that_http_has() {
    let body = activated(30).to_string();
    let (one, two) = body.split_at(20);
    let (a, b) = (one.len(), two.len());
    let forms = [
        format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n{a:x};x=y\r\n{one}\r\n{b:X}\r\n{two}\r\n0\r\n\r\n"
        ),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
        format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{body}"
        ),
        format!("HTTP/1.1 200\r\nContent-Length: {0}\r\nContent-Length: {0}\r\n\r\n{body}more", body.len()),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {0}, {0}\r\n\r\n{body}", body.len()),
    ];
    for form in forms {
        let device = Device::new();
        let fake = Fake::new(vec![raw(&form)]);
        let license = device.manager(Server::pool(&fake.url));
        let status = license.activate(KEY).unwrap_or_else(|error| panic!("{error}: {form}"));
        assert_eq!(status.code(), Code::Valid);
    }
}

#[test]
fn a_clear_no_counts_at_once_and_a_later_yes_too() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(30))]);
    let license = device.manager(Server::pool(&fake.url));
    license.activate(KEY).expect("it is activated");
    let no = |standing: &str| {
        let end = super::date(START + 30 * DAY);
        let body = json!({
            "success": false, "error": "x", "error_code": "ALREADY_USED", "status": standing, "expiration_date": end,
        });
        reply(400, START, &body)
    };
    for (standing, code) in
        [("SUSPENDED", Code::Suspended), ("REVOKED", Code::Revoked), ("EXPIRED", Code::Expired)]
    {
        fake.acts(vec![no(standing)]);
        let status = license.refresh().expect("an answer");
        assert_eq!((status.code(), status.is_read_only()), (code, true));
        // Also when the server is away from now on.
        fake.acts(vec![Act::Say(Vec::new())]);
        assert!(license.refresh().is_err());
        assert_eq!(license.status().code(), code);
        assert_eq!(license.status().notes(), [], "there is no lease to tell about");
        fake.acts(vec![no("ACTIVE")]);
        assert_eq!(license.refresh().expect("an answer").code(), Code::Valid);
    }
    // A no about another key changes nothing about this one; about this one it does.
    let unknown = json!({ "success": false, "error": "unknown", "error_code": "NOT_FOUND" });
    fake.acts(vec![reply(404, START, &unknown)]);
    let error = license.activate("ZYXWVUTSRQPN").expect_err("it is unknown");
    assert_eq!((error.code(), error.sentence()), ("NOT_FOUND", "unknown"));
    assert_eq!(license.status().code(), Code::Valid);
    assert_eq!(license.activate(KEY).expect_err("it is unknown").code(), "NOT_FOUND");
    assert_eq!(license.status().code(), Code::NotFound);
}

#[test]
fn what_was_removed_meanwhile_stays_removed() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(30))]);
    let license = device.manager(Server::pool(&fake.url));
    license.activate(KEY).expect("it is activated");
    let Act::Say(answer) = reply(200, START, &activated(30)) else { unreachable!("it says it") };
    fake.acts(vec![Act::Wait(answer)]);
    let asking = {
        let license = license.clone();
        std::thread::spawn(move || license.refresh().expect("an answer"))
    };
    while fake.asked().len() < 2 {
        std::thread::yield_now();
    }
    // Nothing waits for the network meanwhile.
    assert_eq!(license.status().code(), Code::Valid);
    license.record_use("export").expect("it is counted");
    assert_eq!(license.remove().expect("it is removed").code(), Code::NotFound);
    fake.go.send(()).expect("it waits");
    assert_eq!(asking.join().expect("no panic").code(), Code::NotFound);
    assert_eq!(license.refresh().expect_err("there is nothing").code(), "NOT_ACTIVATED");
}

#[test]
fn what_cannot_be_asked_says_so() {
    let device = Device::new();
    let license = device.open(None);
    for error in [
        license.activate(KEY).expect_err("no server"),
        license.refresh().expect_err("no server"),
        license.deactivate().expect_err("no server"),
        license.send_usage().expect_err("no server"),
    ] {
        assert_eq!(error.code(), "NO_SERVER");
    }
    let fake = Fake::new(vec![Act::Silent]);
    let refused =
        |server: Server, key: &str| device.manager(server).activate(key).expect_err("it is no key").code();
    assert_eq!(refused(Server::pool(&fake.url), "short"), "MALFORMED");
    assert_eq!(refused(Server::tier(&fake.url), KEY), "MALFORMED");
    assert_eq!(refused(Server::installation(&fake.url, "t"), KEY), "MALFORMED");
    for server in [Server::pool(&fake.url), Server::tier(&fake.url)] {
        let license = device.manager(server);
        for error in [
            license.deactivate().expect_err("there is no such call"),
            license.send_usage().expect_err("there is no such call"),
        ] {
            assert_eq!(error.code(), "NOT_SUPPORTED");
        }
        assert!(license.deactivate().expect_err("no").remedy().contains("keyward license "));
    }
    assert_eq!(fake.asked(), Vec::<String>::new(), "nobody was asked");
    let open = |server: Server| {
        let builder = keyward_client::LicenseManager::builder("p").data_directory(device.directory.path());
        builder.server(server).open().expect_err("it cannot be used").code()
    };
    assert_eq!(open(Server::pool("licences.example.com")), "SERVER_ADDRESS");
    assert_eq!(open(Server::pool("https://a.example").root_certificate("nothing")), "SERVER_ROOT");
    assert_eq!(open(Server::installation("https://a.example", "")), "SERVER_TOKEN");
    assert_eq!(open(Server::installation("https://a.example", "a\r\nb")), "SERVER_TOKEN");
}
