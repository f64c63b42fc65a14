//! Whether the files are still those that were read.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What tells two files from others of the same names: changed in place, renamed over, or behind a link that points elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark([Option<Seen>; 2]);

/// Device, number, size, and both times to the nanosecond.
type Seen = (u64, u64, u64, [i64; 4]);

impl Mark {
    /// As they are now; a file that cannot be looked at is as good as none.
    pub(super) fn of(certificate: &Path, key: &Path) -> Self {
        Self([certificate, key].map(|file| {
            let file = fs::metadata(file).ok()?;
            let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
            Some((file.dev(), file.ino(), file.size(), times))
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_way_to_change_a_file_is_seen() {
        let place = std::env::temp_dir().join(format!("keyward-mark-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let [link, key, one, two] = ["link", "key", "one", "two"].map(|name| place.join(name));
        let mark = || Mark::of(&link, &key);
        let mut last = mark();
        let mut differs = |what: &str| {
            let now = mark();
            assert_ne!(now, last, "{what}");
            assert_eq!(now, mark(), "{what}");
            last = now;
        };
        fs::write(&one, "1").unwrap();
        fs::write(&two, "2").unwrap();
        symlink(&one, &link).unwrap();
        differs("made");
        fs::write(&key, "key").unwrap();
        differs("the other one is made");
        fs::remove_file(&link).unwrap();
        symlink(&two, &link).unwrap();
        differs("a link points elsewhere");
        fs::rename(&one, &two).unwrap();
        differs("another is renamed over it");
        fs::write(&two, "longer").unwrap();
        differs("written in place");
        fs::remove_file(&two).unwrap();
        differs("gone");
        fs::remove_dir_all(&place).unwrap();
    }
}
