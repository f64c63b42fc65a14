//! The file outside the database that signed checkpoints of the audit log are appended to, one line of JSON each; and read
//! from, to compare the database with what it said of itself once.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use keyward_core::audit::Checkpoint;
use keyward_core::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its checkpoints, in the order in which they were written.
    pub checkpoints: Vec<Checkpoint>,
    /// Lines that are none: a power cut may leave half of one.
    pub unreadable: usize,
}

/// Appends a checkpoint.
///
/// # Errors
/// When the file cannot be written.
pub fn append(file: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let line = json!({
        "seq": checkpoint.seq,
        "digest": hex::encode(checkpoint.digest),
        "count": checkpoint.count,
        "at": checkpoint.at,
        "atMicros": checkpoint.at.micros(),
        "key": checkpoint.key_id.to_string(),
        "signature": hex::encode(&checkpoint.signature),
    });
    // In one piece, whoever else writes.
    OpenOptions::new().create(true).append(true).open(file)?.write_all(format!("{line}\n").as_bytes())
}

/// Reads a file; one that is not there has nothing yet.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read(file: &Path) -> io::Result<Kept> {
    let text = match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kept::default()),
        text => text?,
    };
    let mut kept = Kept::default();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        match parse(line) {
            Some(checkpoint) => kept.checkpoints.push(checkpoint),
            None => kept.unreadable += 1,
        }
    }
    Ok(kept)
}

fn parse(line: &[u8]) -> Option<Checkpoint> {
    let line: Value = serde_json::from_slice(line).ok()?;
    let bytes = |name: &str| hex::decode(line[name].as_str()?).ok();
    Some(Checkpoint {
        seq: line["seq"].as_i64()?,
        digest: bytes("digest")?.try_into().ok()?,
        count: line["count"].as_i64()?,
        at: Timestamp::from_micros(line["atMicros"].as_i64()?),
        key_id: Uuid::try_parse(line["key"].as_str()?).ok()?,
        signature: bytes("signature")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_half_a_line_is_counted() {
        let file = std::env::temp_dir().join(format!("keyward-checkpoints-{}", std::process::id()));
        let _ = fs::remove_file(&file);
        assert_eq!(read(&file).unwrap(), Kept::default());
        let checkpoint = |seq| Checkpoint {
            seq,
            digest: [7; 32],
            count: seq,
            at: Timestamp::from_micros(1_800_000_000_123_456),
            key_id: Uuid::from_u128(9),
            signature: vec![1, 2, 3],
        };
        append(&file, &checkpoint(1)).unwrap();
        let whole = fs::read(&file).unwrap();
        fs::write(&file, [&whole[..], &whole[..whole.len() / 2], b"\n"].concat()).unwrap();
        append(&file, &checkpoint(2)).unwrap();
        let kept = Kept { checkpoints: vec![checkpoint(1), checkpoint(2)], unreadable: 1 };
        assert_eq!(read(&file).unwrap(), kept);
        fs::remove_file(&file).unwrap();
    }
}
