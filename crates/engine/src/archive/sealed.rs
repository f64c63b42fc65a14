//! An archive under a passphrase.
//!
//! A line in clear says what it is ([`Head`](super::Head) without secrets). A PEM block follows, as
//! [`crate::vault::passphrase`] writes them: under the passphrase a random key of 32 bytes and the 7 bytes that nonces
//! begin with. Then come the lines, in pieces of 64 KiB, each AES-256-GCM with its number and whether it is the last one
//! in its nonce (STREAM), and the SHA-256 of all before the first piece as associated data: no piece can be altered,
//! removed, added or moved, nor can the end be.

use std::io::{self, Read, Write};

use aead_stream::{NewStream as _, StreamBE32, StreamPrimitive as _};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::Payload;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::ArchiveError;
use crate::EngineError;
use crate::vault::passphrase::{self, PassphraseError};

/// What kind of key the PEM block holds.
const KIND: &str = "export";
/// Bytes of a piece before it is sealed.
const PIECE: usize = 64 * 1024;
/// What sealing adds to a piece.
const TAG: usize = 16;
const KEY: usize = 32;
const NONCE: usize = 7;
const END: &str = "-----END KEYWARD SEALED KEY-----\n";
/// More than any head and block.
const MAX_HEAD: usize = 16 * 1024;

/// Key and nonce of one file.
pub(super) struct FileKey(Zeroizing<[u8; KEY + NONCE]>);

impl FileKey {
    fn stream(&self) -> StreamBE32<Aes256Gcm> {
        let (key, nonce) = self.0.split_at(KEY);
        let key = key.try_into().expect("a key has 32 bytes");
        StreamBE32::new(&key, &nonce.try_into().expect("the nonce has 7 bytes"))
    }
}

/// Seals what is written into it. [`finish`](Self::finish) seals the end.
pub struct SealingWriter<W: Write> {
    out: W,
    stream: StreamBE32<Aes256Gcm>,
    beginning: [u8; 32],
    position: u32,
    piece: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealingWriter<W> {
    /// Writes all that comes before the first piece. Argon2id takes a moment, and 64 MiB.
    pub(super) fn new(
        mut out: W,
        head: &[u8],
        passphrase: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EngineError> {
        let mut bytes = Zeroizing::new([0; KEY + NONCE]);
        rng.fill_bytes(bytes.as_mut_slice());
        let block = passphrase::seal(passphrase, KIND, bytes.as_slice(), rng)?;
        let beginning = [head, block.as_bytes()].concat();
        out.write_all(&beginning).map_err(ArchiveError::Output)?;
        let piece = Zeroizing::new(Vec::with_capacity(PIECE + TAG));
        let stream = FileKey(bytes).stream();
        Ok(Self { out, stream, beginning: Sha256::digest(&beginning).into(), position: 0, piece })
    }

    /// Seals and writes the last piece.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        let payload = Payload { msg: &self.piece, aad: &self.beginning };
        let sealed = self.stream.encrypt(self.position, is_last, payload);
        let sealed = sealed.map_err(|_| io::Error::other("a piece could not be sealed"))?;
        self.position = self.position.checked_add(1).ok_or_else(|| io::Error::other("too large a file"))?;
        self.piece.clear();
        self.out.write_all(&sealed)
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits for more: whatever comes last must be sealed as the last.
        if self.piece.len() == PIECE {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads all that comes before the first piece after the head, and opens the key.
pub(super) fn open_key(
    head: &[u8],
    file: &mut impl Read,
    passphrase: &str,
) -> Result<(FileKey, [u8; 32], u64), EngineError> {
    let mut beginning = head.to_vec();
    let mut byte = [0];
    while !beginning.ends_with(END.as_bytes()) {
        let read = file.read(&mut byte).map_err(ArchiveError::Output)?;
        if read == 0 || beginning.len() > MAX_HEAD {
            return Err(ArchiveError::Truncated("the key under the passphrase does not end").into());
        }
        beginning.push(byte[0]);
    }
    let block = std::str::from_utf8(&beginning[head.len()..]).map_err(|_| PassphraseError::Malformed)?;
    let opened = passphrase::open(passphrase, block)?;
    let bytes = <[u8; KEY + NONCE]>::try_from(opened.bytes.as_slice()).map(Zeroizing::new);
    match (opened.kind.as_str(), bytes) {
        (KIND, Ok(bytes)) => Ok((FileKey(bytes), Sha256::digest(&beginning).into(), beginning.len() as u64)),
        _ => Err(ArchiveError::Damaged("its key is that of something else".to_owned()).into()),
    }
}

/// Opens what is read through it.
pub(super) struct OpeningReader<R: Read> {
    file: R,
    stream: StreamBE32<Aes256Gcm>,
    beginning: [u8; 32],
    position: u32,
    /// What was read of the next piece.
    next: Vec<u8>,
    open: Zeroizing<Vec<u8>>,
    taken: usize,
    is_done: bool,
}

impl<R: Read> OpeningReader<R> {
    pub(super) fn new(file: R, key: &FileKey, beginning: [u8; 32]) -> Self {
        let (next, open) = (Vec::new(), Zeroizing::default());
        Self { file, stream: key.stream(), beginning, position: 0, next, open, taken: 0, is_done: false }
    }

    /// One byte more than a piece is read: without it, the piece is the last one.
    fn open_next(&mut self) -> io::Result<()> {
        let missing = PIECE + TAG + 1 - self.next.len();
        self.file.by_ref().take(missing as u64).read_to_end(&mut self.next)?;
        let is_last = self.next.len() <= PIECE + TAG;
        let rest = self.next.split_off(self.next.len().min(PIECE + TAG));
        let piece = std::mem::replace(&mut self.next, rest);
        let payload = || Payload { msg: piece.as_slice(), aad: &self.beginning };
        match self.stream.decrypt(self.position, is_last, payload()) {
            Ok(open) => self.open = Zeroizing::new(open),
            // Whole, and not the last: the rest is missing.
            Err(_) if is_last && self.stream.decrypt(self.position, false, payload()).is_ok() => {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends between two pieces"));
            }
            Err(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "a sealed piece does not open")),
        }
        self.taken = 0;
        self.is_done = is_last;
        self.position = self.position.wrapping_add(1);
        Ok(())
    }
}

impl<R: Read> Read for OpeningReader<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.open.len() {
            if self.is_done {
                return Ok(0);
            }
            self.open_next()?;
        }
        let count = to.len().min(self.open.len() - self.taken);
        to[..count].copy_from_slice(&self.open[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}
