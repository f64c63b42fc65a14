//! Passwords: hashed with Argon2id (RFC 9106), two at a time at the most.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use rand_core::Rng as _;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{Engine, EngineError};

/// The shortest password, in characters.
pub const MIN_PASSWORD: usize = 10;
/// The longest, in bytes.
pub const MAX_PASSWORD: usize = 1_000;
/// Each takes 19 MiB and some hundredths of a second of a core.
const AT_ONCE: usize = 2;

/// More than so many do not wait for their turn, but are told to come again.
const WAITING: usize = 32;

/// What keeps hashing from taking all memory and all cores.
pub(crate) struct Passwords {
    queue: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// Refuses a password that is too short to be one.
pub(super) fn check(password: &str) -> Result<(), EngineError> {
    let long_enough = password.chars().count() >= MIN_PASSWORD;
    if long_enough && password.len() <= MAX_PASSWORD {
        return Ok(());
    }
    let wanted = format!("a password of at least {MIN_PASSWORD} characters");
    Err(EngineError::Invalid { field: "password", wanted })
}

impl Engine {
    /// The hash of a password that passed [`check`].
    pub(super) async fn hash_password(&self, password: &str) -> Result<String, EngineError> {
        let mut salt = [0; 16];
        self.with_chance(|chance| chance.fill_bytes(&mut salt));
        let password = Zeroizing::new(password.to_owned());
        let hashed = self.on_a_core(move || {
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
        });
        hashed.await?.map_err(|_| EngineError::Passphrase(crate::vault::passphrase::PassphraseError::Memory))
    }

    /// Whether a password has this hash. Without a hash the same work is done, and the answer is no.
    pub(super) async fn has_password(&self, password: &str, hash: Option<&str>) -> Result<bool, EngineError> {
        // A hash of nothing that anybody knows, with the cost of a true one.
        const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        if password.len() > MAX_PASSWORD {
            return Ok(false);
        }
        let is_somebody = hash.is_some();
        let (password, hash) = (Zeroizing::new(password.to_owned()), hash.unwrap_or(NOBODY).to_owned());
        let fits = self
            .on_a_core(move || Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok());
        Ok(fits.await? && is_somebody)
    }

    async fn on_a_core<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let busy = || EngineError::Store(keyward_store::StoreError::Busy("passwords are being checked"));
        let queued = Arc::clone(&self.passwords.queue).try_acquire_owned().map_err(|_| busy())?;
        let place = Arc::clone(&self.passwords.places).acquire_owned().await.map_err(|_| busy())?;
        // The place goes with the work: it goes on when whoever asked has hung up.
        let work = move || {
            let _held = (queued, place);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| busy())
    }
}
