//! The fields of a posted form, or of a query.

/// A form of ours has some dozens, and a page's selection some hundreds. Each takes sixty bytes beside its text: a body of
/// nothing but separators would become thirty times as large.
const MOST: usize = 4_096;

/// As they were sent; of several with one name the first one counts. What is not UTF-8 holds U+FFFD.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().take(MOST).collect())
    }

    /// Of the query of an address.
    pub(crate) fn of_query(query: Option<&str>) -> Self {
        Self::parse(query.unwrap_or_default().as_bytes())
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Each value of a field that may be there more than once.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Nothing when there is no such field.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }
}

/// An address with a query; fields without a value are left out.
pub(crate) fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let fields = Fields::parse(b"client_id=a%20b+c%26&x=1&x=2&empty=&bad=%ff&nul=%00&flag");
        for (name, value) in [
            ("client_id", "a b c&"),
            ("x", "1"),
            ("empty", ""),
            ("none", ""),
            ("bad", "\u{fffd}"),
            ("nul", "\0"),
            ("flag", ""),
        ] {
            assert_eq!(fields.get(name), value, "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let written = address("/records", &[("q", "ü & <a> ✓"), ("none", ""), ("before", "7")]);
        let (path, query) = written.split_once('?').expect("a query");
        let fields = Fields::of_query(Some(query));
        assert_eq!((path, fields.get("q"), fields.get("before")), ("/records", "ü & <a> ✓", "7"));
        assert_eq!(address("/records", &[("q", "")]), "/records");
    }
}
