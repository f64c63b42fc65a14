//! What applications link, `keyward-client`, and this server: what changes here arrives there.

mod installation;
mod lost;
mod pool;
mod tier;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keyward_client::clock::Clock;
use keyward_client::online::Server;
use keyward_client::{ClientError, LicenseManager, Status};
use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};

use crate::site::{Hands, Site};

const DAY: i64 = 86_400;

/// The server's clock is the device's too.
struct OneClock(Arc<Hands>);

impl Clock for OneClock {
    fn now(&self) -> Timestamp {
        keyward_engine::Clock::now(&*self.0)
    }
}

/// A device with an application on it.
struct Device {
    license: LicenseManager,
    directory: PathBuf,
}

impl Device {
    fn new(site: &Site, product: &str, server: Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-{}-{number}", std::process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // Another salt makes this machine another device.
        let builder = LicenseManager::builder(product).salt(&number.to_string()).data_directory(&directory);
        let clock = OneClock(Arc::clone(&site.clock));
        let license = builder.file_times(false).clock(clock).server(server).open().expect("it opens");
        Self { license, directory }
    }

    fn id(&self) -> &str {
        self.license.device_id()
    }

    /// Calls block: the server goes on meanwhile.
    fn activate(&self, key: &str) -> Result<Status, ClientError> {
        tokio::task::block_in_place(|| self.license.activate(key))
    }

    fn refresh(&self) -> Result<Status, ClientError> {
        tokio::task::block_in_place(|| self.license.refresh())
    }

    /// The code after asking again.
    fn now(&self) -> &'static str {
        let status = self.refresh().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(status.can_write(), status.is_valid());
        status.code().as_str()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // Left behind, it does no harm in the target directory.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

async fn suspend(site: &Site, key: &str, how: Suspension) {
    let named = Named::Key(key.to_owned());
    site.engine.suspend(&Caller::operator(), named, how, None).await.expect("it is done");
}
