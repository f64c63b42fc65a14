//! The master key's file.

use std::fs;
use std::path::{Path, PathBuf};

use keyward_engine::vault::{MasterKey, Origin, create, load, load_or_create};

use crate::world::generator;

/// A folder of a test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("keyward-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("master.key")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn it_is_made_once_and_then_found() {
    let (folder, mut rng) = (Folder::new("made-once"), generator(1));
    let (made, origin) = load_or_create(&folder.file(), &mut rng).expect("it is made");
    assert_eq!(origin, Origin::Made);
    let (found, origin) = load_or_create(&folder.file(), &mut rng).expect("it is found");
    assert_eq!((origin, found.bytes()), (Origin::Found, made.bytes()));
    let text = fs::read_to_string(folder.file()).expect("a file");
    assert_eq!(text, format!("{}\n", made.to_text().as_str()));
}

#[test]
fn it_is_never_overwritten_and_a_damaged_one_is_not_replaced() {
    let (folder, mut rng) = (Folder::new("not-overwritten"), generator(1));
    let key = MasterKey::generate(&mut rng);
    create(&folder.file(), &key).expect("it is made");
    let error = create(&folder.file(), &MasterKey::generate(&mut rng)).expect_err("there is one");
    assert_eq!(error.code(), "MASTER_KEY_FILE");
    assert_eq!(load(&folder.file()).expect("the first").bytes(), key.bytes());
    for damaged in ["", "half a key\n"] {
        fs::write(folder.file(), damaged).expect("a file");
        let error = load_or_create(&folder.file(), &mut rng).expect_err("damaged");
        assert_eq!(error.code(), "MASTER_KEY_MALFORMED");
        assert!(error.to_string().contains("master.key"), "{error}");
        assert_eq!(fs::read_to_string(folder.file()).expect("a file"), damaged);
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let error =
        load_or_create(Path::new("/nonexistent/master.key"), &mut generator(1)).expect_err("no folder");
    assert_eq!(error.code(), "MASTER_KEY_FILE");
}

#[cfg(unix)]
#[test]
fn others_cannot_read_it_and_one_that_they_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("exposed");
    load_or_create(&folder.file(), &mut generator(1)).expect("it is made");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&folder.file()), 0o600);
    for open in [0o604, 0o620, 0o660] {
        fs::set_permissions(folder.file(), fs::Permissions::from_mode(open)).expect("a file");
        let error = load(&folder.file()).expect_err("exposed");
        assert_eq!(error.code(), "MASTER_KEY_EXPOSED");
        assert!(error.to_string().contains(&format!("mode {open:03o}")), "{error}");
    }
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o400)).expect("a file");
    load(&folder.file()).expect("its owner alone");
}

#[cfg(unix)]
#[test]
fn only_a_file_of_roots_may_be_read_by_a_group() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let folder = Folder::new("credential");
    load_or_create(&folder.file(), &mut generator(1)).expect("it is made");
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o440)).expect("a file");
    // As systemd and orchestrators hand it over; only root can make such a file.
    if fs::metadata(folder.file()).expect("a file").uid() == 0 {
        load(&folder.file()).expect("a credential");
        chown(folder.file(), Some(65_534), None).expect("root may");
    }
    assert_eq!(load(&folder.file()).expect_err("exposed").code(), "MASTER_KEY_EXPOSED");
}
