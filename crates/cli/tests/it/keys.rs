//! Key files.

use crate::world::World;

#[test]
fn a_new_key_is_private_and_never_overwritten() {
    let world = World::new();
    for algorithm in ["ed25519", "rsa-2048"] {
        let name = format!("{algorithm}.pem");
        let public = world.out(&["keys", "new", &name, "--algorithm", algorithm]);
        assert!(public.starts_with("-----BEGIN PUBLIC KEY-----"), "{public}");
        let private = world.read(&name);
        assert!(private.contains("PRIVATE KEY-----"), "{name}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(world.path(&name)).expect("the file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(world.out(&["keys", "public", &name]), public);
        let again = world.run(&["keys", "new", &name, "--json"]);
        assert_eq!((again.status, again.json()["error"]["code"].as_str()), (2, Some("FILE_EXISTS")));
        assert_eq!(world.read(&name), private);
    }
}

#[test]
fn every_kind_of_key_file_gives_the_same_public_key() {
    let world = World::with_keys();
    let public = world.read("rsa.pub");
    for name in ["rsa.pem", "rsa1.pem", "rsa.pub"] {
        assert_eq!(world.out(&["keys", "public", name]), public.trim_end(), "{name}");
    }
}

#[test]
fn key_files_are_read_however_they_are_laid_out() {
    let world = World::with_keys();
    let pem = world.read("rsa.pub");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let wrap = |body: &str| format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    for (name, text) in [
        ("one line", wrap(&body)),
        ("76 columns", wrap(&format!("{}\n{}", &body[..76], &body[76..]))),
        ("indented", pem.lines().map(|line| format!("   {line}  \r\n")).collect()),
        ("with a mark", format!("\u{feff}{pem}")),
        ("with text", format!("Our key:\n\n{pem}\nThank you\n")),
        ("behind its private half", world.read("rsa.pem") + &pem),
    ] {
        std::fs::write(world.path("odd.pem"), text).expect("written");
        assert_eq!(world.out(&["keys", "public", "odd.pem"]), pem.trim_end(), "{name}");
    }
    for (text, message) in [
        ("hello", "not a PEM file"),
        ("-----BEGIN PUBLIC KEY-----\nMIIB", "damaged"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "of kind"),
    ] {
        std::fs::write(world.path("odd.pem"), text).expect("written");
        let run = world.run(&["keys", "public", "odd.pem"]);
        assert!(run.status == 2 && run.err.contains(message), "{text}: {}", run.err);
    }
}

#[test]
fn openssl_reads_our_keys_and_we_read_its() {
    let world = World::new();
    let openssl = |arguments: &[&str]| {
        let output = std::process::Command::new("openssl")
            .args(arguments)
            .current_dir(&world.directory)
            .output()
            .expect("OpenSSL is missing: run `cargo xtask test` once: it installs what this test needs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
    };
    for algorithm in ["ed25519", "rsa-2048"] {
        let public = world.out(&["keys", "new", algorithm, "--algorithm", algorithm]);
        assert_eq!(openssl(&["pkey", "-in", algorithm, "-pubout"]), public);
    }
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "theirs"]);
    assert_eq!(world.out(&["keys", "public", "theirs"]), openssl(&["pkey", "-in", "theirs", "-pubout"]));
    openssl(&["pkcs8", "-topk8", "-in", "theirs", "-passout", "pass:x", "-out", "locked"]);
    let locked = world.run(&["keys", "public", "locked"]);
    assert_eq!(locked.status, 2);
    assert!(locked.err.contains("decrypt it first"), "{}", locked.err);
}

#[test]
fn the_device_id_is_stable_and_depends_on_product_and_salt() {
    let world = World::new();
    let id = |options: &[&str]| world.out(&[&["device", "id"], options].concat());
    let own = id(&[]);
    assert_eq!(own.len(), 16);
    assert_eq!(id(&[]), own);
    assert_ne!(id(&["--salt", "another"]), own);
    assert_ne!(id(&["--product", "acme-cad"]), own);
    let explained = id(&["--explain"]);
    for part in ["machine id", "network card", "host name", "processor", "environment", "original id", &own] {
        assert!(explained.contains(part), "{part} is missing in {explained}");
    }
    let json = id(&["--json", "--explain"]);
    assert!(json.contains(&format!("\"deviceId\": \"{own}\"")), "{json}");
}

#[test]
fn the_original_device_id_is_that_of_system_d() {
    let world = World::new();
    let id = |options: &[&str]| world.out(&[&["device", "id", "--original"], options].concat());
    let original = id(&[]);
    assert_eq!(original.len(), 16);
    assert_ne!(world.out(&["device", "id"]), original);
    assert!(world.out(&["device", "id", "--explain"]).contains(&original));
    assert_ne!(id(&["--salt", "another"]), original);
    assert!(id(&["--explain"]).contains("hostname"));
    assert!(id(&["--json"]).contains(&format!("\"deviceId\": \"{original}\"")));
}
