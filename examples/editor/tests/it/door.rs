//! Who is let in.

use crate::browser::Desk;

#[test]
fn other_hosts_origins_and_addresses_are_refused() {
    let desk = Desk::new();
    let editor = desk.licensed("2026-01-02");
    let (host, secret) = (editor.host.clone(), editor.secret.clone());
    let origin = format!("http://{host}");
    let save = format!("/{secret}/save");
    let send = |target: &str, headers: &[(&str, &str)]| {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        editor.send("POST", target, &[headers, &[form]].concat(), b"text=stolen")
    };

    assert_eq!(send(&save, &[("Host", &host)]).code, 403, "no origin");
    for foreign in ["http://evil.example", "null", "http://127.0.0.1", &format!("https://{host}")] {
        assert_eq!(send(&save, &[("Host", &host), ("Origin", foreign)]).code, 403, "{foreign}");
    }
    assert_eq!(send(&save, &[("Host", &host), ("Origin", &origin), ("Origin", "null")]).code, 403);
    for foreign in ["evil.example", "localhost", "127.0.0.1"] {
        assert_eq!(send(&save, &[("Host", foreign), ("Origin", &origin)]).code, 421, "{foreign}");
    }
    let good = [("Host", host.as_str()), ("Origin", &origin)];
    let longer = format!("/{secret}0/save");
    let others = ["/save", "//save", "/00000000000000000000000000000000/save", &longer];
    for other in others {
        assert_eq!(send(other, &good).code, 404, "{other}");
    }
    assert_eq!(desk.document(), None, "nothing was saved");
    assert_eq!(send(&save, &good).location(), Some("edit"), "and this is how it is");

    let get = |target: &str, headers: &[(&str, &str)]| editor.send("GET", target, headers, b"");
    assert_eq!(get("/", &[("Host", &host)]).code, 404);
    let edit = format!("/{secret}/edit");
    assert_eq!(get(&edit, &[("Host", "evil.example")]).code, 421);
    assert_eq!(get(&edit, &[("Host", &host), ("Origin", "http://evil.example")]).code, 403);
    assert_eq!(get(&edit, &[("Host", &host)]).code, 200);
}

#[test]
fn each_start_has_another_address() {
    let desk = Desk::new();
    let (one, other) = (desk.start("2026-01-02").secret.clone(), desk.start("2026-01-02").secret.clone());
    assert_eq!(one.len(), 32);
    assert_ne!(one, other);
}

#[test]
fn pages_load_nothing_from_elsewhere() {
    let editor = Desk::new().start("2026-01-02");
    for page in ["edit", "license", "print", "export", "style.css", "page.js", "nowhere"] {
        let answer = editor.get(page);
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{policy}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{page}");
        answer.says_not(&[" style=", " onclick=", "src=\"http", "<style"]);
    }
}

#[test]
fn it_serves_this_machine_only() {
    let ran = Desk::new().command("0.0.0.0:0", "2026-01-02").output().expect("it runs");
    assert!(!ran.status.success());
    assert!(String::from_utf8_lossy(&ran.stderr).contains("can be reached from outside"));
}
