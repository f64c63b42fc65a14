//! How a good request is made bad.

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _};
use serde_json::{Value, json};

use super::request::{Request, joined};

/// What stands in the place of a good text.
const TEXTS: [&str; 24] = [
    "",
    " ",
    "0",
    "-1",
    "1e999",
    "9223372036854775807",
    "-9223372036854775809",
    "0.1",
    "NaN",
    "true",
    "null",
    "\u{0}",
    "a\u{0}b",
    "\u{fffd}\u{202e}\u{1f511}",
    "x\r\nX-Evil: 1\r\n\r\n",
    "' or 1=1 --",
    "%",
    "_%\\",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "9999-12-31T23:59:60Z",
    "0000-00-00",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
];

/// What stands in the place of, or beside, a part of a path.
const PARTS: [&str; 16] = [
    "..",
    ".",
    "",
    "%2e%2e",
    "%00",
    "%ff%fe",
    "%",
    "%zz",
    "%2f",
    "\\",
    ";x",
    "%0d%0aX-Evil:%201",
    "*",
    "%20",
    "+",
    "\u{e9}",
];

const METHODS: [&str; 10] =
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE", "get"];

/// Headers that a server might trip over.
const HEADERS: [&str; 22] = [
    "Content-Length: 0",
    "Content-Length: 5",
    "Content-Length: 99999999999999999999",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: gzip",
    "Expect: 100-continue",
    "Expect: nonsense",
    "Upgrade: h2c",
    "Connection: upgrade, close",
    "Connection: keep-alive",
    "Content-Type: multipart/form-data; boundary=x",
    "Content-Encoding: gzip",
    "Cookie: keyward_console=x; keyward_console=y; =; ;;",
    "Authorization: Bearer",
    "Authorization: Basic Og==",
    "Idempotency-Key: \u{e9}",
    "X-Forwarded-For: 1, ::, [::1]:99999, x",
    "Forwarded: for=\"\"\";proto=https;;,",
    "Accept-Language: *;q=x, fr;q=99, \u{e9}",
    "Origin: null",
];

fn one<'a, T: ?Sized>(rng: &mut StdRng, of: &[&'a T]) -> &'a T {
    of[rng.random_range(0..of.len())]
}

/// A good request with one to three things wrong, as bytes.
pub(super) fn request(good: &[Request], rng: &mut StdRng) -> Vec<u8> {
    let mut request = good[rng.random_range(0..good.len())].clone();
    for _ in 0..rng.random_range(0..3) {
        match rng.random_range(0..6) {
            0 => request.method = one(rng, &METHODS).to_owned(),
            1 => request.path = path(&request.path, rng),
            2 => request.path = query(&request.path, rng),
            _ => request.body = body(&request.body, rng),
        }
    }
    let mut lines = request.lines();
    for _ in 0..rng.random_range(0..2) {
        head(&mut lines, rng);
    }
    let mut bytes = joined(&lines, request.body.as_bytes());
    for _ in 0..rng.random_range(0..2) {
        raw(&mut bytes, rng);
    }
    bytes
}

fn path(path: &str, rng: &mut StdRng) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut parts: Vec<&str> = path.split('/').collect();
    let place = rng.random_range(1..=parts.len());
    let part = one(rng, &PARTS);
    match rng.random_range(0..6) {
        0 => parts.insert(place, part),
        1 if place < parts.len() => parts[place] = part,
        2 if place < parts.len() => drop(parts.remove(place)),
        3 => return format!("http://evil.example{path}?{query}"),
        4 => return format!("{path}{}", part.repeat(rng.random_range(1..2_000))),
        _ => parts.push(part),
    }
    format!("{}?{query}", parts.join("/"))
}

fn query(path: &str, rng: &mut StdRng) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    format!("{path}?{}", form(query, rng))
}

/// Of whatever kind the body is.
fn body(body: &str, rng: &mut StdRng) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(value) => json_text(value, rng),
        Err(_) => form(body, rng),
    }
}

/// Pairs dropped, doubled, moved, and filled with something else.
fn form(body: &str, rng: &mut StdRng) -> String {
    let mut pairs: Vec<String> = body.split('&').map(str::to_owned).collect();
    let place = rng.random_range(0..pairs.len());
    let text: String = form_urlencoded::byte_serialize(one(rng, &TEXTS).as_bytes()).collect();
    let name = pairs[place].split('=').next().unwrap_or_default().to_owned();
    match rng.random_range(0..8) {
        0 => drop(pairs.remove(place)),
        1 => pairs.push(pairs[place].clone()),
        2 => pairs.push(format!("{name}={text}")),
        3 => pairs[place] = format!("{name}=%{text}%zz%ff"),
        4 => pairs[place] = format!("{text}={text}"),
        5 => pairs[place] = format!("{name}={}", "x".repeat(rng.random_range(0..20_000))),
        _ => pairs[place] = format!("{name}={text}"),
    }
    pairs.join("&")
}

/// Fields dropped, doubled, and of another type.
fn json_text(mut value: Value, rng: &mut StdRng) -> String {
    let text = one(rng, &TEXTS);
    let other = match rng.random_range(0..9) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(i64::MIN),
        3 => json!(1.5e300),
        4 => json!([text]),
        5 => json!({ text: text }),
        6 => json!("x".repeat(rng.random_range(0..20_000))),
        7 => json!(u64::MAX),
        _ => json!(text),
    };
    let Value::Object(fields) = &mut value else { return other.to_string() };
    let names: Vec<String> = fields.keys().cloned().collect();
    if names.is_empty() {
        return other.to_string();
    }
    let name = &names[rng.random_range(0..names.len())];
    match rng.random_range(0..5) {
        0 => drop(fields.remove(name)),
        1 => {
            let doubled = format!("{{{}:{other},", json!(name));
            return value.to_string().replacen('{', &doubled, 1);
        }
        2 => drop(fields.insert(text.to_owned(), other)),
        _ => drop(fields.insert(name.clone(), other)),
    }
    value.to_string()
}

/// Lines dropped, doubled, split, joined, and added.
fn head(lines: &mut Vec<String>, rng: &mut StdRng) {
    let place = rng.random_range(0..lines.len());
    match rng.random_range(0..8) {
        0 => drop(lines.remove(place)),
        1 => lines.push(lines[place].clone()),
        2 => {
            let line = &lines[place];
            let at = line.char_indices().map(|(at, _)| at).nth(rng.random_range(0..line.len())).unwrap_or(0);
            let fold = one(rng, &["\r\n ", "\r\n", "\n", "\r", "\u{0}", ": ", " "]);
            lines[place] = format!("{}{fold}{}", &line[..at], &line[at..]);
        }
        3 => lines[place] = format!("{}{}", lines[place], "y".repeat(rng.random_range(0..70_000))),
        4 => lines.extend((0..rng.random_range(0..150)).map(|number| format!("X-{number}: y"))),
        _ => lines.push(one(rng, &HEADERS).to_owned()),
    }
}

/// Bytes flipped, cut off, doubled, and put in.
fn raw(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    if bytes.is_empty() {
        return;
    }
    let place = rng.random_range(0..bytes.len());
    match rng.random_range(0..5) {
        0 => bytes.truncate(place),
        1 => {
            let end = rng.random_range(place..bytes.len());
            let part = bytes[place..end].to_vec();
            bytes.splice(place..place, part);
        }
        2 => {
            let mut part = vec![0; rng.random_range(1..64)];
            rng.fill_bytes(&mut part);
            bytes.splice(place..place, part);
        }
        _ => {
            for _ in 0..rng.random_range(1..8) {
                let place = rng.random_range(0..bytes.len());
                bytes[place] ^= 1 << rng.random_range(0..8);
            }
        }
    }
}
