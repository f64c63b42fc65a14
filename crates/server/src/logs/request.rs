//! The request that a thread works for: every line that is logged meanwhile names it.
//!
//! A span would say the same, and write its fields for each request that nobody logs anything about: a twentieth of an
//! answer. This costs a pointer for each poll, and text only where there is a line.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::sync::Arc;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::layers::RequestId;
use crate::metrics::{MethodLabel, RouteMetrics};

thread_local! {
    static CURRENT: RefCell<Option<Arc<Request>>> = const { RefCell::new(None) };
}

/// What a line says of its request. The route is its template, never the path or the query: they hold keys.
pub(crate) struct Request {
    pub(crate) id: RequestId,
    pub(crate) method: MethodLabel,
    pub(crate) route: Arc<RouteMetrics>,
    pub(crate) client: IpAddr,
}

impl Request {
    fn fields(&self) -> [(&'static str, &dyn fmt::Display); 4] {
        let (id, method, route, client) = (&self.id, &self.method, &self.route, &self.client);
        [("request.id", id), ("http.method", method), ("http.route", route), ("client.address", client)]
    }
}

/// Does the work; lines that this thread logs meanwhile are about the request.
pub(crate) fn during<T>(request: &Arc<Request>, work: impl FnOnce() -> T) -> T {
    // Put back also when the work panics.
    let _before = Before(CURRENT.replace(Some(Arc::clone(request))));
    work()
}

struct Before(Option<Arc<Request>>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Lines as `lines` writes them, with the fields of the request behind their own.
pub(super) struct WithRequest<L> {
    pub(super) lines: L,
    /// How the fields are added to a finished line.
    pub(super) add: fn(&mut String, &Request) -> fmt::Result,
}

impl<S, N, L> FormatEvent<S, N> for WithRequest<L>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
    L: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // A thread that ends may have lost it already.
        let Some(request) = CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default() else {
            return self.lines.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.lines.format_event(context, Writer::new(&mut line), event)?;
        (self.add)(&mut line, &request)?;
        writer.write_str(&line)
    }
}

/// ` name=value`, before the end of the line.
pub(super) fn add_words(line: &mut String, request: &Request) -> fmt::Result {
    add(line, "\n", |line| {
        request.fields().iter().try_for_each(|(name, value)| write!(line, " {name}={value}"))
    })
}

/// `,"name":"value"`, before the end of the object. None of the values holds what JSON would escape.
pub(super) fn add_members(line: &mut String, request: &Request) -> fmt::Result {
    add(line, "}\n", |line| {
        request.fields().iter().try_for_each(|(name, value)| write!(line, r#","{name}":"{value}""#))
    })
}

fn add(line: &mut String, end: &str, fields: impl FnOnce(&mut String) -> fmt::Result) -> fmt::Result {
    line.truncate(line.strip_suffix(end).ok_or(fmt::Error)?.len());
    fields(line)?;
    line.write_str(end)
}
