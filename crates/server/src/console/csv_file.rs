//! Tables to download (RFC 4180).

use std::borrow::Cow;

use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};

/// A table whose cells no spreadsheet takes for formulas: strangers choose what stands in them.
pub(super) fn csv<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let fits = "memory takes every record, and all have as many fields";
    writer.write_record(head).expect(fits);
    for row in rows {
        writer
            .write_record(row.each_ref().map(|cell| no_formula(cell)).iter().map(|it| it.as_bytes()))
            .expect(fits);
    }
    String::from_utf8(writer.into_inner().expect(fits)).expect("it is made of texts")
}

/// Something to keep as a file of this name, and nowhere else.
pub(super) fn attachment(name: &str, kind: &'static str, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, text).into_response()
}

/// What a spreadsheet would take for a formula is made a text.
fn no_formula(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn cells_are_texts() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("-1,2", "\"'-1,2\""),
            ("", ""),
        ] {
            let table = csv(["a", "b"], std::iter::once(["x".to_owned(), text.to_owned()]));
            assert_eq!(table, format!("a,b\r\nx,{wanted}\r\n"));
        }
    }
}
