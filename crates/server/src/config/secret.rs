//! Values that are not shown.

use std::fmt;

use zeroize::Zeroizing;

/// A secret as text. `Debug` shows that there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Keeps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// Where the database is: `sqlite:PATH`, `postgres://…` or `postgresql://…`. `Debug` and `Display` mask the password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Zeroizing<String>);

impl DatabaseUrl {
    /// Takes a URL of a scheme that Keyward knows.
    pub fn parse(text: &str) -> Option<Self> {
        let rest =
            ["sqlite:", "postgres://", "postgresql://"].iter().find_map(|known| text.strip_prefix(known))?;
        (!rest.is_empty()).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The URL with its password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else { return f.write_str(&self.0) };
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        // The last `@`, and from the first `:` on: a password that was not escaped must not peek out.
        let hidden = rest.rsplit_once('@').map(|(who, place)| (who.split(':').next().unwrap_or(""), place));
        match hidden {
            Some((user, place)) => write!(f, "{scheme}://{user}:***@{place}")?,
            None => write!(f, "{scheme}://{rest}")?,
        }
        // A password can stand in the query, too; nothing in it is worth the risk.
        f.write_str(if query.is_some() { "?***" } else { "" })
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked() {
        for (url, shown) in [
            ("postgres://u:pa:ss@w@h:5432/db?sslmode=require", "postgres://u:***@h:5432/db?***"),
            ("postgresql://h/db?password=secret", "postgresql://h/db?***"),
            ("postgresql://h1,h2/db", "postgresql://h1,h2/db"),
            ("sqlite:./x.db", "sqlite:./x.db"),
        ] {
            let url = DatabaseUrl::parse(url).expect("a known scheme");
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({shown})"));
        }
        assert_eq!(format!("{:?}", SecretText::new("hush")), "SecretText(…)");
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["mysql://h/db", "sqlite:", "postgresql+psycopg2://h/db", "h:5432", ""] {
            assert_eq!(DatabaseUrl::parse(url), None, "{url}");
        }
    }
}
