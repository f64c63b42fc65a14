//! What every change says: one sentence, and whether the customer must get a new key.

use keyward_engine::license::Found;
use serde_json::json;

use super::summary;
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
}

impl Done {
    pub(super) fn new(what: &'static str, sentence: impl Into<String>) -> Self {
        Self { what, sentence: sentence.into(), form: None }
    }

    pub(super) fn print(&self, opened: &Opened, found: &Found, json: bool) -> Result<(), Failure> {
        let key = match self.form {
            Some(_) => "the customer must get the new key",
            None => "the customer needs no new key",
        };
        let sentence = format!("{} {}; {key}", summary::called(found), self.sentence);
        if json {
            return output::json(&json!({
                "done": self.what,
                "message": sentence,
                "newKey": self.form,
                "license": summary::json(opened, found),
            }));
        }
        match &self.form {
            Some(form) => {
                output::tell(format_args!("{}:", output::printable(&sentence)));
                output::print(format_args!("{form}\n"))
            }
            None => output::print(format_args!("{}\n", output::printable(&sentence))),
        }
    }
}
