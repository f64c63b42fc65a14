//! Which texts name somebody, and what of a licence's metadata names nobody.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::license::GRACE_DAYS;

/// What a licence's metadata say that decides something, and is nobody's name.
const DECIDES: [&str; 5] = ["notBefore", "trial", "trialDays", "deviceId", GRACE_DAYS];
/// Under which names the metadata say whose a licence is.
const SAYS_WHOSE: [&str; 8] =
    ["company", "customer", "customerId", "email", "issuedTo", "name", "user", "user_id"];
/// Texts that are shorter stand everywhere.
const TELLING: usize = 4;

/// A text as it is compared.
fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

/// What somebody is called.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn add(&mut self, text: &str) {
        let text = plain(text);
        if !text.is_empty() {
            self.0.insert(text);
        }
    }

    /// Whether a text is one of them.
    pub(super) fn has(&self, text: &str) -> bool {
        self.0.contains(&plain(text))
    }

    /// Whether the metadata of a licence say that it is his: an address wherever it stands, another name where metadata name
    /// somebody.
    pub(super) fn in_metadata(&self, metadata: &str) -> bool {
        match serde_json::from_str::<Map<String, Value>>(metadata) {
            Ok(object) => {
                object.iter().any(|(key, value)| self.in_value(value, SAYS_WHOSE.contains(&key.as_str())))
            }
            Err(_) => false,
        }
    }

    fn in_value(&self, value: &Value, says_whose: bool) -> bool {
        match value {
            Value::String(text) => (says_whose || text.contains('@')) && self.has(text),
            Value::Number(number) => says_whose && self.has(&number.to_string()),
            Value::Array(values) => values.iter().any(|value| self.in_value(value, says_whose)),
            Value::Object(object) => {
                object.iter().any(|(key, value)| self.in_value(value, SAYS_WHOSE.contains(&key.as_str())))
            }
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// Whether an answer holds one of them.
    pub(super) fn within(&self, answer: &str) -> bool {
        let answer = answer.to_lowercase();
        self.telling().any(|text| answer.contains(text))
    }

    /// Those by which he can be told from others.
    pub(super) fn telling(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|text| text.chars().count() >= TELLING)
    }
}

/// What is left of a licence's metadata.
pub(super) fn without_names(metadata: &str) -> String {
    let mut object: Map<String, Value> = serde_json::from_str(metadata).unwrap_or_default();
    object.retain(|key, _| DECIDES.contains(&key.as_str()));
    Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Names {
        let mut names = Names::default();
        texts.iter().for_each(|text| names.add(text));
        names
    }

    #[test]
    fn an_address_names_somebody_anywhere_and_a_number_only_where_somebody_is_named() {
        let ada = names(&["Ada@Example.com", "42"]);
        for his in [
            r#"{"email": "ada@example.com"}"#,
            r#"{"contacts": [{"second": " ADA@example.com "}]}"#,
            r#"{"customerId": "42"}"#,
            r#"{"user_id": 42}"#,
        ] {
            assert!(ada.in_metadata(his), "{his}");
        }
        for nobodys in [r#"{"seats": "42"}"#, r#"{"email": "bada@example.com"}"#, "{}", "42", "no JSON"] {
            assert!(!ada.in_metadata(nobodys), "{nobodys}");
        }
        assert!(ada.within(r#"{"userEmail":"ADA@example.com"}"#));
        assert!(!ada.within(r#"{"seats":"42"}"#), "what is that short stands everywhere");
    }

    #[test]
    fn what_decides_stays() {
        let metadata =
            r#"{"company":"ACME","deviceId":"d","graceDays":"3","notes":"call Ada","trial":"true"}"#;
        assert_eq!(without_names(metadata), r#"{"deviceId":"d","graceDays":"3","trial":"true"}"#);
        assert_eq!(without_names("no JSON"), "{}");
    }
}
