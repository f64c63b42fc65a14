//! Tables to download (RFC 4180).

use std::borrow::Cow;

use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};

const FITS: &str = "memory takes every record, and all have as many fields";

/// A table whose cells no spreadsheet takes for formulas: strangers choose what stands in them.
pub(super) struct Table<const COLUMNS: usize>(csv::Writer<Vec<u8>>);

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(super) fn new(head: [&str; COLUMNS]) -> Self {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(head).expect(FITS);
        Self(writer)
    }

    pub(super) fn row(&mut self, row: [&str; COLUMNS]) {
        let cells = row.map(no_formula);
        self.0.write_record(cells.iter().map(|cell| cell.as_bytes())).expect(FITS);
    }

    pub(super) fn text(self) -> String {
        String::from_utf8(self.0.into_inner().expect(FITS)).expect("it is made of texts")
    }
}

/// A whole table.
pub(super) fn csv<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = Table::new(head);
    for row in rows {
        table.row(row.each_ref().map(String::as_str));
    }
    table.text()
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
