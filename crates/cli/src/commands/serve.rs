//! `keyward serve`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use keyward_engine::Caller;
use keyward_server::app::{App, Background, Doors, ready};
use keyward_server::config::Loaded;
use keyward_server::layers::RequestIds;
use keyward_server::logs;
use keyward_server::metrics::Metrics;
use keyward_server::serve::{Ending, signals};
use rand::Rng as _;

use crate::clock;
use crate::commands::admin;
use crate::database::{self, DatabaseArgs, Started};
use crate::failure::Failure;
use crate::output;

#[derive(Args)]
pub(crate) struct Serve {
    /// Address and port of the main listener [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Open the ports of the older systems' documents, too: 8080, 5001 and 5000
    #[arg(long)]
    document_ports: bool,
    /// Accept a secret that is printed in a public document, and warn at each start
    #[arg(long)]
    accept_public_secret: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Serve {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let loaded = self.database.load_with(|flags| {
            flags.listen.clone_from(&self.listen);
            flags.document_ports = self.document_ports;
            flags.accept_public_secret = self.accept_public_secret;
        })?;
        let subscriber = logs::subscriber(&loaded.config.log, output::is_watched(), std::io::stderr);
        // Fails only when there is one already, and nothing before this makes one.
        let _ = tracing::subscriber::set_global_default(subscriber);
        logs::log_panics();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(serve(loaded))
    }
}

async fn serve(loaded: Loaded) -> Result<(), Failure> {
    let config = loaded.config;
    let clock = clock::server();
    let Started { engine, address, new_key } =
        database::start(&config, Arc::clone(&clock) as _, true).await?;
    database::set_tier_secret(&engine, &config).await?;
    for warning in engine.public_secret_warnings() {
        tracing::warn!("{warning}");
    }
    let mut generator = clock::generator();
    let ids = RequestIds::new([generator.next_u64(), generator.next_u64()]);
    let data = config.server.data.clone();
    let app = app(Arc::clone(&engine), config, clock);
    let doors = Doors::open(&app, ids, ready(&app)).await?;
    let (stop, reload) = signals()?;
    let background = Background::start(&app);
    let link = if engine.has_people().await? {
        admin::remove_link(&data);
        None
    } else {
        Some(first_link(&engine, &data, &doors).await?)
    };
    welcome(&doors, &address, new_key.as_deref(), link.as_ref());

    let store = engine.store().clone();
    let ending = tokio::select! {
        ending = doors.serve(stop, reload) => ending,
        () = store.poisoned() => return Err(keyward_store::StoreError::Poisoned.into()),
    };
    if ending != Ending::AtOnce {
        background.stop().await;
    }
    Ok(())
}

#[cfg(not(feature = "testkit"))]
fn app(
    engine: Arc<keyward_engine::Engine>,
    config: keyward_server::config::Config,
    clock: Arc<clock::ServerClock>,
) -> App {
    App::new(engine, config, clock, Arc::new(Metrics::new()))
}

#[cfg(feature = "testkit")]
fn app(
    engine: Arc<keyward_engine::Engine>,
    config: keyward_server::config::Config,
    clock: Arc<clock::ServerClock>,
) -> App {
    App::with_test_clock(engine, config, clock, Arc::new(Metrics::new()))
}

/// The link behind which the first administrator sets up his account, and the file that holds it.
struct FirstLink {
    link: String,
    /// `None` where it could not be written.
    file: Option<PathBuf>,
}

async fn first_link(
    engine: &keyward_engine::Engine,
    data: &Path,
    doors: &Doors,
) -> Result<FirstLink, Failure> {
    let secret = engine.invite_first(&Caller::operator()).await?;
    let link = admin::link(&doors.url(), &secret);
    Ok(FirstLink { file: admin::write_link(data, &link).ok(), link })
}

/// What a newcomer sees: where it is, what to keep, and what to do next.
fn welcome(doors: &Doors, database: &str, new_key: Option<&Path>, link: Option<&FirstLink>) {
    let program = std::env::args().next().unwrap_or_else(|| "keyward".to_owned());
    let url = doors.url();
    let url = url.trim_end_matches('/');
    output::tell(format_args!("\nKeyward {} is ready at {url}", env!("CARGO_PKG_VERSION")));
    for other in doors.urls().skip(1) {
        output::tell(format_args!("                    and {other}"));
    }
    output::tell(format_args!("  database    {database}"));
    if let Some(file) = new_key {
        output::tell(format_args!(
            "  master key  {}: keep a copy elsewhere; without it the database cannot be opened",
            file.display()
        ));
    }
    match link {
        None => output::tell(format_args!("  console     {url}/console/")),
        // Whatever is not watched by a person may be a log, which others read.
        Some(FirstLink { link, .. }) if output::is_watched() => output::tell(format_args!(
            "\nMake yourself the administrator of the console; the link is good for an hour, and once:\n  {link}",
        )),
        // Whatever is not watched by a person may be a log, which others read.
        Some(FirstLink { file: Some(file), .. }) => output::tell(format_args!(
            "  console     the link in {} makes the first administrator; it is good for an hour",
            file.display()
        )),
        Some(FirstLink { file: None, .. }) => output::tell(format_args!(
            "  console     `{program} admin link` makes a link for the first administrator"
        )),
    }
    output::tell(format_args!(
        "\nNext, in another terminal:\n  \
         {program} token create --role admin           a first token\n  \
         {program} issue pool --duration 1m --count 1  a first key that works once, and then\n  \
         curl {url}/api/validate/<key>\n  \
         {program} issue tier pro --user user_1        a first tiered key, and then\n  \
         curl {url}/api/verify -H 'Content-Type: application/json' -d '{{\"license\": \"<key>\"}}'\n"
    ));
}
