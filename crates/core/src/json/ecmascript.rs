//! `JSON.stringify` (ECMA-262 section 25.5.2), compact and with an indent of two (system D).

use std::fmt::Write as _;

use super::{Object, Value};

/// `JSON.stringify(value)`.
pub fn stringify(value: &Value<'_>) -> String {
    let mut out = String::with_capacity(256);
    write_value(&mut out, value, None);
    out
}

/// `JSON.stringify(object)`.
pub fn stringify_object(object: &Object<'_>) -> String {
    let mut out = String::with_capacity(512);
    write_object(&mut out, object, None);
    out
}

/// `JSON.stringify(value, null, 2)`.
pub fn stringify_pretty(value: &Value<'_>) -> String {
    let mut out = String::with_capacity(1024);
    write_value(&mut out, value, Some(0));
    out
}

/// `indent` is the depth so far when lines are broken, `None` when they are not.
fn write_value(out: &mut String, value: &Value<'_>, indent: Option<usize>) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Integer(number) => push_integer(out, *number),
        Value::Double(number) => out.push_str(ryu_js::Buffer::new().format(*number)),
        Value::Text(text) => push_string(out, text),
        Value::List(items) => {
            write_items(out, ['[', ']'], indent, items.iter(), |out, item, inner| {
                write_value(out, item, inner);
            });
        }
        Value::Object(object) => write_object(out, object, indent),
    }
}

fn write_object(out: &mut String, object: &Object<'_>, indent: Option<usize>) {
    write_items(out, ['{', '}'], indent, in_order(object), |out, (name, item), inner| {
        push_string(out, name);
        out.push_str(if inner.is_some() { ": " } else { ":" });
        write_value(out, item, inner);
    });
}

fn write_items<T>(
    out: &mut String,
    [open, close]: [char; 2],
    indent: Option<usize>,
    items: impl Iterator<Item = T>,
    write_item: impl Fn(&mut String, T, Option<usize>),
) {
    let inner = indent.map(|depth| depth + 1);
    let mut empty = true;
    out.push(open);
    for item in items {
        if !empty {
            out.push(',');
        }
        break_line(out, inner);
        write_item(out, item, inner);
        empty = false;
    }
    if !empty {
        break_line(out, indent);
    }
    out.push(close);
}

fn break_line(out: &mut String, indent: Option<usize>) {
    if let Some(depth) = indent {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// Fields in the order of ECMAScript's own keys: integer indices ascending, then the others as written.
fn in_order<'v, 'a>(fields: &'v Object<'a>) -> Box<dyn Iterator<Item = (&'v str, &'v Value<'a>)> + 'v> {
    if fields.iter().all(|(name, _)| index(name).is_none()) {
        return Box::new(fields.iter());
    }
    let mut indices: Vec<_> = fields.iter().filter(|(name, _)| index(name).is_some()).collect();
    indices.sort_by_key(|(name, _)| index(name));
    Box::new(indices.into_iter().chain(fields.iter().filter(|(name, _)| index(name).is_none())))
}

/// The array index that a name is, if it is spelled as one (no leading zero, below 2³² − 1).
fn index(name: &str) -> Option<u32> {
    let canonical = name == "0" || name.starts_with(|c: char| matches!(c, '1'..='9'));
    if !canonical || !name.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    name.parse().ok().filter(|n| *n != u32::MAX)
}

/// Integers are doubles, too: beyond 2⁵³ they are printed as `Number::toString` prints the nearest one.
fn push_integer(out: &mut String, number: i64) {
    const EXACT: i64 = 1 << 53;
    if (-EXACT..=EXACT).contains(&number) {
        write!(out, "{number}").expect("writing to a string cannot fail");
    } else {
        out.push_str(ryu_js::Buffer::new().format(number as f64));
    }
}

const fn needs_escape(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    // Nearly every text is plain. Looking at all bytes without stopping is what the compiler can do sixteen at a time.
    if !text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut rest = text;
    while let Some(at) = rest.bytes().position(needs_escape) {
        let (plain, escaped) = rest.split_at(at);
        out.push_str(plain);
        match escaped.as_bytes()[0] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte => write!(out, "\\u{byte:04x}").expect("writing to a string cannot fail"),
        }
        rest = &escaped[1..];
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn canonical(text: &str) -> String {
        stringify(&parse(text, "text").unwrap())
    }

    #[test]
    fn numbers_are_doubles() {
        assert_eq!(
            canonical("[15.0,1e2,-0,-0.0,1.50,0.1,1e21,12345678901234567890,1e-7,9007199254740993]"),
            "[15,100,0,0,1.5,0.1,1e+21,12345678901234567000,1e-7,9007199254740992]"
        );
    }

    #[test]
    fn integer_like_names_come_first() {
        assert_eq!(
            canonical(r#"{"b":1,"10":2,"2":3,"01":4,"4294967295":5,"-1":6}"#),
            r#"{"2":3,"10":2,"b":1,"01":4,"4294967295":5,"-1":6}"#
        );
    }

    #[test]
    fn of_equal_names_the_last_value_stands_in_the_first_place() {
        assert_eq!(canonical(r#"{"a":1,"b":2,"a":3}"#), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn pretty_text_breaks_lines_only_where_there_is_content() {
        let value = parse(r#"{"a":[],"b":{"c":[1,{}]}}"#, "text").unwrap();
        assert_eq!(
            stringify_pretty(&value),
            "{\n  \"a\": [],\n  \"b\": {\n    \"c\": [\n      1,\n      {}\n    ]\n  }\n}"
        );
    }
}
