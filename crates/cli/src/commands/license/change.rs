//! What every change says: one sentence, whether the customer must get a new form, and what the old one still does.

use std::path::{Path, PathBuf};

use keyward_core::scheme::Scheme;
use keyward_engine::EngineError;
use keyward_engine::license::{Found, Named};
use serde_json::{Value, json};

use super::{explain, summary};
use crate::commands::form_file;
use crate::database::Opened;
use crate::failure::Failure;
use crate::output;

/// What was done.
pub(super) struct Done {
    /// The verb, for programs.
    pub(super) what: &'static str,
    /// What happened, for people; the licence stands in front of it.
    pub(super) sentence: String,
    /// The new form that the customer must get.
    pub(super) form: Option<String>,
    /// Where that is written; `None` is standard output.
    pub(super) to: Option<PathBuf>,
    /// Whether the licence does not run any more.
    pub(super) stopped: bool,
}

impl Done {
    pub(super) fn new(what: &'static str, sentence: impl Into<String>) -> Self {
        Self { what, sentence: sentence.into(), form: None, to: None, stopped: false }
    }

    pub(super) fn print(&self, opened: &Opened, found: &Found, json: bool) -> Result<(), Failure> {
        let file = found.license.scheme == Scheme::File.as_str();
        let what = if file { "file" } else { "key" };
        let key = match &self.form {
            Some(_) => format!("the customer must get the new {what}"),
            None => format!("the customer needs no new {what}"),
        };
        let mut sentence = format!("{} {}; {key}", summary::called(found), self.sentence);
        if let Some(note) = self.offline(found) {
            sentence = format!("{sentence}; {note}");
        }
        if let (Some(form), Some(_)) = (&self.form, &self.to) {
            form_file::write(self.to.as_deref(), form).map_err(|failure| {
                failure.and(format_args!(
                    "the licence was changed: `keyward license file {}` writes its new file",
                    found.license.id
                ))
            })?;
        }
        let written = self.to.as_ref().filter(|_| self.form.is_some()).map(|path| path.display().to_string());
        if json {
            return output::json(&json!({
                "done": self.what,
                "message": sentence,
                "newKey": self.form,
                "file": written,
                "license": summary::json(opened, found),
            }));
        }
        match (&self.form, written) {
            (Some(_), Some(file)) => {
                output::print(format_args!("{}\n", output::printable(&sentence)))?;
                output::tell(format_args!("wrote {}: send it to the customer", output::printable(&file)));
                Ok(())
            }
            (Some(form), None) => {
                output::tell(format_args!("{}:", output::printable(&sentence)));
                output::print(format_args!("{form}\n"))
            }
            (None, _) => output::print(format_args!("{}\n", output::printable(&sentence))),
        }
    }

    /// What a form that is checked without the server goes on doing.
    fn offline(&self, found: &Found) -> Option<String> {
        let forms = [Scheme::Record, Scheme::File, Scheme::Lk2, Scheme::Lk3].map(Scheme::as_str);
        if !forms.contains(&found.license.scheme.as_str()) {
            return None;
        }
        if self.form.is_some() {
            return Some("offline the old one goes on working to its own end".to_owned());
        }
        let end = summary::expires(found);
        let end =
            if end == "never" { "without end".to_owned() } else { format!("until {end}, and its grace") };
        self.stopped
            .then(|| format!("where nobody asks this server, what the customer has goes on working {end}"))
    }
}

/// Where a new form is written: a file to `<customer>.key` where nothing else was said, anything else to standard output.
/// What is in the way is told of before anything is changed; an older form of the same licence is replaced.
pub(super) async fn target(
    opened: &Opened,
    named: &Named,
    to: Option<&Path>,
) -> Result<Option<PathBuf>, Failure> {
    let found = opened.engine.find(named).await.map_err(|error| explain(named, error))?;
    if found.license.scheme != Scheme::File.as_str() && to.is_none() {
        return Ok(None);
    }
    let metadata: Value = serde_json::from_str(&found.license.metadata).unwrap_or_default();
    let customer = metadata["issuedTo"].as_str().or(found.license.name.as_deref()).unwrap_or_default();
    let mut there = String::new();
    let path = form_file::path(to, customer, |old| {
        old.clone_into(&mut there);
        true
    })?;
    if there.is_empty() {
        return Ok(path);
    }
    match opened.engine.find(&Named::Key(there.trim_ascii().to_owned())).await {
        Ok(old) if old.license.id == found.license.id => Ok(path),
        Ok(_) | Err(EngineError::NotFound { .. } | EngineError::Refused(_)) => {
            form_file::path(to, customer, |_| false)
        }
        Err(error) => Err(error.into()),
    }
}
