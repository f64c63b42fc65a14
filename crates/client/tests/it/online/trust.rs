//! Who is believed to be the server.

use keyward_client::online::Server;
use keyward_client::{ClientError, Code};

use super::fake::{Act, Fake, blunt, reply, testdata, text};
use super::{Device, KEY, START, activated};

fn yes() -> Vec<Act> {
    vec![reply(200, START, &activated(30))]
}

fn refused(server: Server) -> ClientError {
    let device = Device::new();
    let fake = Fake::new(yes());
    device.manager(Server::pool(&fake.url)).activate(KEY).expect("it is activated");
    let license = device.manager(server);
    let error = license.refresh().expect_err("it is not believed");
    assert_eq!(license.status().code(), Code::Valid, "{error}");
    error
}

#[test]
fn an_authority_of_ones_own_takes_the_place_of_all_others() {
    let fake = Fake::tls(yes());
    let device = Device::new();
    let own = Server::pool(&fake.url).root_certificate(&testdata("tls.crt"));
    let license = device.manager(own);
    assert_eq!(license.activate(KEY).expect("it is believed").code(), Code::Valid);
    let error = refused(Server::pool(&fake.url));
    assert_eq!(error.code(), "SERVER_CERTIFICATE", "{error}");
    assert!(error.remedy().contains("date of this computer"));
}

#[test]
fn a_certificate_for_another_name_is_not_believed() {
    let fake = Fake::listen("127.0.0.2", yes(), Some("tls.crt"));
    let error = refused(Server::pool(&fake.url).root_certificate(&testdata("tls.crt")));
    assert_eq!(error.code(), "SERVER_CERTIFICATE", "{error}");
    assert_eq!(fake.asked(), Vec::<String>::new(), "no key was told");
}

#[test]
fn a_certificate_that_has_expired_is_not_believed() {
    let fake = Fake::listen("127.0.0.1", yes(), Some("expired.crt"));
    let error = refused(Server::pool(&fake.url).root_certificate(&testdata("expired.crt")));
    assert_eq!(error.code(), "SERVER_CERTIFICATE", "{error}");
    assert!(error.sentence().contains("expired"), "{error}");
    assert_eq!(fake.asked(), Vec::<String>::new(), "no key was told");
}

#[test]
fn nobody_is_sent_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let other = Fake::new(yes());
        let to = |url: &str| vec![text(status, START, &format!("Location: {url}/api/activate\r\n"), "")];
        let fake = Fake::new(to(&other.url));
        let error = refused(Server::pool(&fake.url));
        assert_eq!(error.code(), "SERVER_ANSWER", "{error}");
        assert!(error.sentence().contains("another address"), "{error}");
        assert_eq!((fake.asked().len(), other.asked().len()), (1, 0), "neither key nor token goes on");
        // Round and round.
        fake.acts(to(&fake.url));
        assert_eq!(refused(Server::pool(&fake.url)).code(), "SERVER_ANSWER");
        assert_eq!(fake.asked().len(), 2);
    }
}

#[test]
fn a_server_without_tls_gets_no_key() {
    let (heard, url) = blunt();
    let error = refused(Server::pool(&url.replace("http:", "https:")));
    assert_eq!(error.code(), "SERVER_UNREACHABLE", "{error}");
    let heard = heard.join().expect("no panic");
    assert!(!heard.windows(KEY.len()).any(|window| window == KEY.as_bytes()));
}
