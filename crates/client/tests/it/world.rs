//! A machine, a clock, a vendor and a directory, all in the hands of a test.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ed25519_dalek::{Signer as _, SigningKey};
use keyward_client::clock::Clock;
use keyward_client::device::{Environment, Machine};
use keyward_client::files::{Disk, LocalDisk};
use keyward_client::{Builder, LicenseManager, Timestamp};
use keyward_core::crypto::PublicKey;
use keyward_core::crypto::pure::Pure;
use keyward_core::device::DeviceFacts;
use keyward_core::device::fingerprint::Components;
use keyward_core::recovery::RecoveryCode;
use keyward_core::scheme::lk3::Lk3;
use keyward_core::seat::{Request, Seat};
use uuid::Uuid;

pub(crate) const PRODUCT: &str = "books";
/// What the machine called `desk` remembers, and the second copy.
pub(crate) const STATE: &str = "license.DE9E127C7B121E70.state";
pub(crate) const TRACE: &str = ".trace/trace.DE9E127C7B121E70";

/// 2026-01-01T00:00:00Z, in seconds.
pub(crate) const START: i64 = 1_767_225_600;
pub(crate) const DAY: i64 = 86_400;

#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A machine whose parts can be changed.
#[derive(Clone)]
pub(crate) struct Desk(pub(crate) Arc<Mutex<Components>>);

impl Desk {
    pub(crate) fn new(name: &str) -> Self {
        Self(Arc::new(Mutex::new(Components {
            machine_id: Some(format!("{name}-id")),
            macs: vec![format!("{name}-mac")],
            host_name: Some(name.to_owned()),
            cpu: Some("Some Processor 9".to_owned()),
        })))
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Components)) {
        change(&mut self.0.lock().expect("nobody panicked"));
    }
}

impl Machine for Desk {
    fn facts(&self, salt: &str) -> io::Result<DeviceFacts> {
        let parts = self.components();
        Ok(DeviceFacts {
            platform: "linux".to_owned(),
            arch: "x64".to_owned(),
            hostname: parts.host_name.unwrap_or_default(),
            mac: parts.macs.first().cloned().unwrap_or_default(),
            username: "kim".to_owned(),
            salt: salt.to_owned(),
        })
    }

    fn components(&self) -> Components {
        self.0.lock().expect("nobody panicked").clone()
    }

    fn environment(&self) -> Environment {
        Environment::Hardware
    }
}

/// This machine's disk, not waited for: tests write thousands of files.
#[derive(Clone, Copy)]
pub(crate) struct Hasty;

impl Disk for Hasty {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        LocalDisk.read(path)
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        std::fs::write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn modified(&self, path: &Path) -> Option<Timestamp> {
        LocalDisk.modified(path)
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        LocalDisk.make_directory(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        LocalDisk.names(directory)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        LocalDisk.lock(path)
    }
}

/// The one who signs.
pub(crate) struct Vendor(SigningKey);

impl Vendor {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::ed25519(&self.0.verifying_key().to_bytes(), &Pure).expect("a point")
    }

    pub(crate) fn pem(&self) -> String {
        self.public().to_pem()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    pub(crate) fn lk3(&self, key: &Lk3) -> String {
        key.sign(self.public().id(), None, |covered| self.sign(covered)).expect("it is issued")
    }

    /// A licence from the start to so many days later, for a device.
    pub(crate) fn license(&self, device: &str, days: i64) -> String {
        self.lk3(&Lk3 {
            license_id: Some(Uuid::from_u128(7)),
            product: PRODUCT.to_owned(),
            tier: "PRO".to_owned(),
            company: "ABC Traders".to_owned(),
            issued_day: u64::try_from(START / DAY).expect("after 1970"),
            expires: Some(u64::try_from(START + days * DAY).expect("after 1970")),
            features: vec!["export".to_owned()],
            grace_days: 15,
            device_id: device.to_owned(),
            ..Lk3::default()
        })
    }

    pub(crate) fn trial(&self, days: u64) -> String {
        self.lk3(&Lk3 {
            license_id: Some(Uuid::from_u128(8)),
            product: PRODUCT.to_owned(),
            tier: "TRIAL".to_owned(),
            issued_day: 20_000,
            trial: true,
            trial_days: Some(days),
            ..Lk3::default()
        })
    }

    pub(crate) fn recovery(&self, device: &str, number: u32, seconds: i64) -> String {
        let code = RecoveryCode { number, at: Timestamp::from_seconds(seconds) };
        let id = self.public().id();
        code.to_text(id, self.sign(&code.covered(PRODUCT, device, id)))
    }

    /// The answer to a request, as the command line of the vendor makes it.
    pub(crate) fn seat(&self, request: &str, lease: Option<i64>) -> String {
        let request = Request::verified(request, &Pure).expect("the device signed it");
        let seat = Seat {
            license_id: Uuid::from_u128(9),
            product: request.product,
            tier: Some("PRO".to_owned()),
            holder: Some("ABC Traders".to_owned()),
            features: vec!["export".to_owned()],
            limits: Default::default(),
            issued_at: request.made_at,
            expires: None,
            grace_seconds: 0,
            read_only_after: true,
            trial: false,
            device_id: request.device_id,
            device_key: request.device_key,
            components: request.components,
            nonce: request.nonce,
            lease_until: lease.map(Timestamp::from_seconds),
        };
        let id = self.public().id();
        seat.to_text(id, self.sign(&seat.covered(id)))
    }
}

/// One application on one machine.
pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) time: Time,
    pub(crate) desk: Desk,
    pub(crate) vendor: Vendor,
    chance: Arc<AtomicU64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let time = Time(Arc::default());
        time.set(START);
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            time,
            desk: Desk::new("desk"),
            vendor: Vendor::new(1),
            chance: Arc::default(),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.data().join(name)
    }

    /// Another start of the application.
    pub(crate) fn builder(&self) -> Builder {
        let chance = Arc::clone(&self.chance);
        LicenseManager::builder(PRODUCT)
            .public_key(&self.vendor.pem())
            .expect("a public key")
            .data_directory(self.data())
            .machine(self.desk.clone())
            .clock(self.time.clone())
            .disk(Hasty)
            .file_times(false)
            .chance(Box::new(move |bytes| {
                for byte in bytes.chunks_mut(8) {
                    let next = chance.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    byte.copy_from_slice(&next.to_le_bytes()[..byte.len()]);
                }
                Ok(())
            }))
    }

    pub(crate) fn open(&self) -> LicenseManager {
        self.builder().open().expect("it opens")
    }

    /// One start with a licence for this device, good for a year.
    pub(crate) fn licensed(&self) -> LicenseManager {
        let manager = self.open();
        let license = self.vendor.license(manager.device_id(), 365);
        manager.import(license).expect("a licence of the vendor's");
        manager
    }
}
