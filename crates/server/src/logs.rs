//! Log lines, for people or for machines.
//!
//! A message reads alone, and its key value is also a field, in dotted words. Never a key, a token, a fingerprint, or a
//! path or query, which may hold one.

mod fields;
mod request;

pub(crate) use request::{Request, during};

use std::panic;

use tracing::{Subscriber, error};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Format, JsonFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry, fmt};

use self::request::WithRequest;
use crate::config::{Log, LogFormat};

/// What writes log lines as configured; colours are for terminals.
pub fn subscriber<W>(log: &Log, colours: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    Registry::default().with(lines(log, colours, writer).with_filter(log.level.targets()))
}

fn lines<S, W>(log: &Log, colours: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(writer);
    match log.format {
        LogFormat::Text => {
            let format = Format::default().with_ansi(colours);
            let format = WithRequest { lines: format, add: request::add_words };
            lines.with_ansi(colours).fmt_fields(fields::Fields).event_format(format).boxed()
        }
        LogFormat::Json => {
            let format = Format::default().json().flatten_event(true);
            let format = WithRequest { lines: format, add: request::add_members };
            lines.fmt_fields(JsonFields::new()).event_format(format).boxed()
        }
    }
}

/// Panics become log lines, about the request that caused them. Their message is left out: it may quote
/// what was being handled.
pub fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        error!(panic.place = %place, "panicked at {place}");
    }));
}
