//! D: `JSON.stringify(JSON.parse(text))` against Node's, for made-up texts: odd numbers, names that look like
//! numbers, escapes, doubled names.

use keyward_core::json::{ecmascript, parse};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::tool::node;
use crate::world::{generator, text};

#[test]
fn made_up_json_is_written_as_node_writes_it() {
    let mut rng = generator(0x150);
    let texts: Vec<String> = (0..600).map(|_| value(&mut rng, 0)).collect();
    let requests: Vec<Value> = texts.iter().map(|text| json!({ "op": "stringify", "text": text })).collect();
    for (text, theirs) in texts.iter().zip(node("d.js", &requests)) {
        let ours = parse(text, "text").unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
        assert_eq!(ecmascript::stringify(&ours), theirs, "{text}");
    }
}

fn value(rng: &mut StdRng, depth: usize) -> String {
    let space = *["", "", "", " ", "\n\t", " \r\n"].choose(rng).expect("there are some");
    let kinds = if depth < 4 { 8 } else { 4 };
    let value = match rng.random_range(0..kinds) {
        0 => (*["null", "true", "false"].choose(rng).expect("there are some")).to_owned(),
        1 | 2 => number(rng),
        3 => string(rng),
        4 | 5 => {
            let items: Vec<_> = (0..rng.random_range(0..5)).map(|_| value(rng, depth + 1)).collect();
            format!("[{}]", if items.is_empty() { space.to_owned() } else { items.join(",") })
        }
        _ => {
            let fields = (0..rng.random_range(0..7)).map(|_| {
                let name = name(rng);
                format!("{space}{name}{space}:{}", value(rng, depth + 1))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
    };
    format!("{space}{value}{space}")
}

/// A number in any spelling that JSON has and a double can hold.
fn number(rng: &mut StdRng) -> String {
    let fixed =
        ["-0", "-0.0", "0e9", "5e-324", "2.5e-324", "1e-400", "1.7976931348623157e308", "1E21", "1e+21"];
    let digits = |rng: &mut StdRng, most| -> String {
        (0..rng.random_range(1..=most)).map(|_| char::from(rng.random_range(b'0'..=b'9'))).collect()
    };
    match rng.random_range(0..6) {
        0 => (*fixed.choose(rng).expect("there are some")).to_owned(),
        1 => rng.random::<i64>().to_string(),
        2 => (rng.random::<u64>() >> rng.random_range(0..64)).to_string(),
        3 => format!("{}.{}", rng.random_range(-9_999..9_999), digits(rng, 25)),
        4 => format!("{}{}", rng.random_range(1..10), digits(rng, 40)),
        _ => {
            let (whole, part) = (rng.random_range(1..10), digits(rng, 20));
            let exponent = rng.random_range(-330..=300);
            format!("-{whole}.{part}{}{exponent}", if rng.random() { 'e' } else { 'E' })
        }
    }
}

/// A name; of few different ones, so that some stand twice in an object.
fn name(rng: &mut StdRng) -> String {
    let fixed = [
        "a",
        "b",
        "",
        "0",
        "1",
        "2",
        "10",
        "01",
        "-1",
        "1.5",
        "1e3",
        "4294967294",
        "4294967295",
        "4294967296",
        "9007199254740993",
        "__proto__",
        "constructor",
        "é",
        "toString",
    ];
    if rng.random_bool(0.9) {
        format!("\"{}\"", fixed.choose(rng).expect("there are some"))
    } else {
        string(rng)
    }
}

/// A string in any spelling: raw where it may be, otherwise with the short or the long escape, in either case.
fn string(rng: &mut StdRng) -> String {
    let mut out = String::from("\"");
    for c in text(rng, 12).chars() {
        let must = c < ' ' || matches!(c, '"' | '\\');
        if !must && rng.random_bool(0.7) {
            out.push(c);
        } else if let Some(short) = short_escape(c).filter(|_| rng.random()) {
            out.extend(['\\', short]);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let hex = if rng.random() { format!("{unit:04x}") } else { format!("{unit:04X}") };
                out.push_str("\\u");
                out.push_str(&hex);
            }
        }
    }
    out + "\""
}

fn short_escape(c: char) -> Option<char> {
    Some(match c {
        '"' | '\\' | '/' => c,
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        _ => return None,
    })
}
