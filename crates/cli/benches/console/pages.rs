//! What is asked for.

use crate::fill::Filled;
use crate::served::Connection;

/// What a page is, for its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    List,
    Search,
}

pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

/// Pages that a list is followed to for its deep page.
const DEEP: usize = 40;

const LISTS: [(&str, &str); 31] = [
    ("overview", ""),
    ("licences", "licenses"),
    ("licences: active", "licenses?status=active"),
    ("licences: unused", "licenses?status=unused"),
    ("licences: expiring", "licenses?status=expiring"),
    ("licences: expired", "licenses?status=expired"),
    ("licences: suspended", "licenses?status=suspended"),
    ("licences: revoked", "licenses?status=revoked"),
    ("licences: of a product", "licenses?product=of-tier"),
    ("licences: of a policy", "licenses?product=of-tier&policy=standard"),
    ("licences: of a scheme", "licenses?scheme=lk1"),
    ("licences: end within 90 days", "licenses?within=90"),
    ("licences: unused of a product, none", "licenses?product=of-tier&status=unused"),
    ("licences: expired of a scheme", "licenses?scheme=file&status=expired"),
    ("licences: expired, of a policy", "licenses?product=of-lk1&policy=standard&status=expired"),
    ("licences: oldest first", "licenses?sort=oldest"),
    ("licences: by end", "licenses?sort=ends"),
    ("licences: revoked, by end", "licenses?status=revoked&sort=ends"),
    ("products", "products"),
    ("policies of a product", "products/of-pool"),
    ("a policy", "products/of-pool/standard"),
    ("features", "features"),
    ("pools", "pools"),
    ("devices", "devices"),
    ("customers", "customers"),
    ("installations", "installations"),
    ("tokens", "tokens"),
    ("tokens: revoked, few", "tokens?state=revoked"),
    ("tokens: open, of a kind", "tokens?kind=read&state=open"),
    ("tokens: revoked, of a kind", "tokens?kind=inst&state=revoked"),
    ("people", "people"),
];

const MORE_LISTS: [(&str, &str); 8] = [
    ("audit", "audit"),
    ("audit: of a kind", "audit?event=license.suspend"),
    ("audit: of a rare kind", "audit?event=key.rotate"),
    ("audit: by people", "audit?actor=user"),
    ("keys", "keys"),
    ("settings", "settings"),
    ("generate", "generate"),
    ("test", "test"),
];

const SEARCHES: [(&str, &str); 11] = [
    ("search: a rare word", "licenses?q=zanzibar"),
    ("search: a common word", "licenses?q=gmbh"),
    ("search: a word of most addresses", "licenses?q=example"),
    ("search: one letter", "licenses?q=a"),
    ("search: two common words", "licenses?q=gmbh+nor"),
    ("search: two words of addresses", "licenses?q=example+com"),
    ("search: key:value", "licenses?q=order:O-1017"),
    ("search: a common key", "licenses?q=order:o"),
    ("search: nothing found", "licenses?q=xyzzyxyzzy"),
    ("search: e-mail", "licenses?q=nordanor."),
    ("search: a common word, revoked", "licenses?q=gmbh&status=revoked"),
];

pub(crate) fn all(chosen: &Filled, console: &mut Connection) -> Vec<Page> {
    let page = |kind| {
        move |(name, path): &(&str, &str)| Page {
            name: (*name).to_owned(),
            path: format!("/console/{path}"),
            kind,
        }
    };
    let mut all: Vec<Page> = LISTS.iter().chain(&MORE_LISTS).map(page(Kind::List)).collect();
    let id = chosen.license;
    let installation = first_of(console, "/console/installations", "/console/licenses?installation=");
    let mut more = |name: &str, path: String, kind| all.push(Page { name: name.to_owned(), path, kind });
    more("a licence", format!("/console/licenses/{id}"), Kind::List);
    more("audit: of a licence", format!("/console/audit?resource={id}"), Kind::List);
    more("licences: of an installation", installation, Kind::List);
    for (name, path) in [
        ("licences: deep page", "/console/licenses"),
        ("licences: expired, deep page", "/console/licenses?status=expired"),
        ("devices: deep page", "/console/devices"),
        ("customers: deep page", "/console/customers"),
    ] {
        more(name, deep(console, path), Kind::List);
    }
    let name = chosen.name.replace(' ', "+");
    more("search: a whole name", format!("/console/licenses?q={name}"), Kind::Search);
    more("search: last four characters", format!("/console/licenses?q={}", chosen.hint), Kind::Search);
    more("devices: like", "/console/devices?q=a".to_owned(), Kind::Search);
    more("devices: like, rare", "/console/devices?q=abcde".to_owned(), Kind::Search);
    more("customers: like", "/console/customers?q=nor".to_owned(), Kind::Search);
    more("customers: like, two words", "/console/customers?q=example+nordanor".to_owned(), Kind::Search);
    all.extend(SEARCHES.iter().map(page(Kind::Search)));
    all
}

/// The address of a page far down a list.
fn deep(console: &mut Connection, path: &str) -> String {
    let mut place = path.to_owned();
    for _ in 0..DEEP {
        let page = String::from_utf8(console.get(&place).body).expect("a text");
        let Some((_, rest)) = page.split_once("rel=\"next\" href=\"") else { break };
        let (address, _) = rest.split_once('"').expect("an end");
        place = address.replace("&#38;", "&");
    }
    place
}

/// The last address of a page that begins so: the first row may be the account's own.
fn first_of(console: &mut Connection, path: &str, beginning: &str) -> String {
    let page = String::from_utf8(console.get(path).body).expect("a text");
    let (_, rest) = page.rsplit_once(&format!("href=\"{beginning}")).expect("a row");
    let (value, _) = rest.split_once('"').expect("an end");
    format!("{beginning}{}", value.replace("&#38;", "&"))
}
