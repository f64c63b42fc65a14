//! What the worker is started with. The licence comes from a file: arguments can be read by everyone on the machine.

use std::path::PathBuf;

/// Makes reports while its licence says yes.
#[derive(clap::Parser)]
pub(crate) struct Options {
    /// Where the reports and the licence stand
    #[arg(long, env = "WORKER_DATA", value_name = "DIR", default_value = "worker-data")]
    pub(crate) data: PathBuf,
    /// The vendor's public key, in PEM. A program that is sold has it built in
    #[arg(long, env = "WORKER_KEY", value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The product's code
    #[arg(long, env = "WORKER_PRODUCT", value_name = "CODE", default_value = "worker")]
    pub(crate) product: String,
    /// The licence to take in at the start; with a server, the key to activate there
    #[arg(long, env = "WORKER_LICENSE", value_name = "FILE")]
    pub(crate) license: Option<PathBuf>,
    /// The address of the licence server, with https. Without one the licence is a file or a key that holds by itself
    #[arg(long, env = "WORKER_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Ask the server again after so many milliseconds
    #[arg(long, env = "WORKER_REFRESH", value_name = "MS", default_value_t = 3_600_000)]
    pub(crate) refresh: u64,
    /// End after so many reports
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<u64>,
    /// Wait so many milliseconds between two reports
    #[arg(long, env = "WORKER_EVERY", value_name = "MS", default_value_t = 1_000)]
    pub(crate) every: u64,
    /// Print the id of this device, to ask for a licence with, and end
    #[arg(long)]
    pub(crate) device_id: bool,
}
