//! Strings as Python's `json.dumps` writes them (system A).

use std::fmt::Write as _;

/// Appends `text` in quotes; every character outside U+0020…U+007E is escaped, above U+FFFF as a surrogate pair.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").expect("writing to a string cannot fail");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::push_string;

    #[test]
    fn escapes_are_those_of_python() {
        let mut out = String::new();
        push_string(&mut out, "é/\u{7f}\u{1}😀\"\\\n");
        assert_eq!(out, r#""\u00e9/\u007f\u0001\ud83d\ude00\"\\\n""#);
    }
}
