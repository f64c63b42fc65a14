//! Filling in a form of a page that our own templates wrote.

use crate::web::Fields;

/// Where the content of every page begins.
const MAIN: &str = "<main id=\"main\" tabindex=\"-1\">";

/// The page with what was typed in the form that is sent to `action`, and with a sentence above; `None` when there is no
/// such form. Hidden fields, passwords and buttons stay as the page has them.
pub(super) fn page(html: &str, action: &str, typed: &Fields, said: &str, at: &str) -> Option<String> {
    let (begin, end) = form(html, action, typed)?;
    let mut page = String::with_capacity(html.len() + 1_024);
    page += &opened(&html[..begin]);
    page += &filled(&html[begin..end], typed);
    page += &html[end..];
    let notice = format!(
        "{MAIN}\n<p class=\"box late\" role=\"alert\" data-place=\"{}\">{}</p>",
        escape(at),
        escape(said)
    );
    Some(page.replacen(MAIN, &notice, 1))
}

/// Where the form begins and ends: of several with one address the one that has most of the fields.
fn form(html: &str, action: &str, typed: &Fields) -> Option<(usize, usize)> {
    let action = format!("action=\"{}\"", escape(action));
    let mut best: Option<(usize, usize, usize)> = None;
    for (begin, _) in html.match_indices("<form ") {
        let tag = &html[begin..begin + html[begin..].find('>')?];
        let end = begin + html[begin..].find("</form>")?;
        if !tag.contains(&action) || !tag.contains("method=\"post\"") {
            continue;
        }
        let has = |name: &str| html[begin..end].contains(&format!(" name=\"{}\"", escape(name)));
        let count = typed.iter().filter(|(name, _)| has(name)).count();
        if best.is_none_or(|(most, ..)| count > most) {
            best = Some((count, begin, end));
        }
    }
    best.map(|(_, begin, end)| (begin, end))
}

/// What stands before the form; when it stands in a fold, that is open.
fn opened(before: &str) -> String {
    match before.rfind("<details") {
        Some(fold) if !before[fold..].contains("</details>") => {
            let close = before[fold..].find('>').map_or(before.len(), |close| fold + close);
            let tag = &before[fold..close];
            let open = if tag.ends_with(" open") || tag.contains(" open ") { "" } else { " open" };
            format!("{tag_before}{tag}{open}{rest}", tag_before = &before[..fold], rest = &before[close..])
        }
        _ => before.to_owned(),
    }
}

fn filled(form: &str, typed: &Fields) -> String {
    let (mut out, mut rest) = (String::with_capacity(form.len()), form);
    // The choice whose options follow.
    let mut choice: Option<String> = None;
    while let Some(start) = rest.find('<') {
        out += &rest[..start];
        let Some(length) = rest[start..].find('>') else { break };
        let tag = &rest[start..=start + length];
        rest = &rest[start + length + 1..];
        let name = tag[1..].split([' ', '>']).next().unwrap_or_default();
        let value = attribute(tag, "name").and_then(|name| value_of(typed, name));
        match name {
            "input" => out += &input(tag, typed, value.as_deref()),
            "textarea" => {
                out += tag;
                if let (Some(value), Some(end)) = (value, rest.find("</textarea>")) {
                    // A line end at the very beginning is dropped by browsers.
                    out += "\n";
                    out += &value;
                    rest = &rest[end..];
                }
            }
            "select" => {
                choice = value.filter(|value| {
                    let options = rest.split("</select>").next().unwrap_or_default();
                    options.contains(&format!("<option value=\"{value}\""))
                });
                out += tag;
            }
            "option" => match &choice {
                Some(value) => out += &marked(tag, "selected", attribute(tag, "value") == Some(value)),
                None => out += tag,
            },
            "/select" => {
                choice = None;
                out += tag;
            }
            _ => out += tag,
        }
    }
    out + rest
}

fn input(tag: &str, typed: &Fields, value: Option<&str>) -> String {
    match (attribute(tag, "type").unwrap_or("text"), value) {
        ("hidden" | "password" | "file" | "submit" | "button", _) => tag.to_owned(),
        ("checkbox" | "radio", _) => {
            let name = attribute(tag, "name").unwrap_or_default();
            let own = attribute(tag, "value").unwrap_or("on");
            let is_chosen = typed.iter().any(|(n, v)| escape(n) == name && escape(v) == own);
            marked(tag, "checked", is_chosen)
        }
        (_, None) => tag.to_owned(),
        (_, Some(value)) => {
            let bare = match attribute(tag, "value") {
                Some(old) => tag.replacen(&format!(" value=\"{old}\""), "", 1),
                None => tag.to_owned(),
            };
            format!("<input value=\"{value}\"{}", &bare["<input".len()..])
        }
    }
}

/// The tag with or without a word of its own.
fn marked(tag: &str, word: &str, is_on: bool) -> String {
    let bare = tag.trim_end_matches('>').replace(&format!(" {word}"), "");
    if is_on { format!("{bare} {word}>") } else { format!("{bare}>") }
}

/// A value as it stands in the tag, between quotation marks.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// As the page would write it.
fn value_of(typed: &Fields, name: &str) -> Option<String> {
    typed.iter().find(|(found, _)| escape(found) == name).map(|(_, value)| escape(value))
}

/// As the templates do.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&#38;",
            '<' => safe += "&#60;",
            '>' => safe += "&#62;",
            '"' => safe += "&#34;",
            '\'' => safe += "&#39;",
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "</textarea><script>alert(1)</script>\"'";

    fn fill(form: &str, typed: &[(&str, &str)]) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(typed);
        let html = format!("{MAIN}<form method=\"post\" action=\"/a\">{form}</form></main>");
        let typed = Fields::parse(body.finish().as_bytes());
        let page = page(&html, "/a", &typed, "Said & done", "/console/").expect("the form is there");
        assert!(page.contains("role=\"alert\" data-place=\"/console/\">Said &#38; done</p>"), "{page}");
        let (_, form) = page.split_once("action=\"/a\">").expect("the form");
        form.strip_suffix("</form></main>").expect("its end").to_owned()
    }

    #[test]
    fn what_was_typed_stands_in_its_fields() {
        for (form, wanted) in [
            ("<input name=\"t\">", "<input value=\"x &#38; y\" name=\"t\">"),
            ("<input name=\"t\" value=\"old\" required>", "<input value=\"x &#38; y\" name=\"t\" required>"),
            ("<input name=\"other\" value=\"old\">", "<input name=\"other\" value=\"old\">"),
            (
                "<input type=\"hidden\" name=\"t\" value=\"o\">",
                "<input type=\"hidden\" name=\"t\" value=\"o\">",
            ),
            ("<input name=\"t\" type=\"password\">", "<input name=\"t\" type=\"password\">"),
            ("<button name=\"t\" value=\"1\">Go</button>", "<button name=\"t\" value=\"1\">Go</button>"),
            ("<textarea name=\"t\">old</textarea>b", "<textarea name=\"t\">\nx &#38; y</textarea>b"),
            (
                "<input type=\"checkbox\" name=\"c\" value=\"1\"> <input type=\"checkbox\" name=\"d\" value=\"1\" checked>",
                "<input type=\"checkbox\" name=\"c\" value=\"1\" checked> <input type=\"checkbox\" name=\"d\" value=\"1\">",
            ),
            (
                "<select name=\"s\"><option value=\"a\" selected>A</option><option value=\"b\">B</option></select>",
                "<select name=\"s\"><option value=\"a\">A</option><option value=\"b\" selected>B</option></select>",
            ),
            (
                "<select name=\"t\"><option value=\"a\" selected>A</option></select>",
                "<select name=\"t\"><option value=\"a\" selected>A</option></select>",
            ),
        ] {
            assert_eq!(fill(form, &[("t", "x & y"), ("c", "1"), ("s", "b")]), wanted);
        }
    }

    #[test]
    fn what_was_typed_is_text() {
        for form in ["<input name=\"t\">", "<textarea name=\"t\"></textarea>"] {
            let filled = fill(form, &[("t", SCRIPT), (SCRIPT, SCRIPT)]);
            assert!(!filled.contains("<script>") && filled.contains("&#60;script&#62;"), "{filled}");
        }
    }

    #[test]
    fn the_form_that_fits_best_is_filled_and_its_fold_opened() {
        let html = format!(
            "{MAIN}<details><summary>1</summary><form method=\"post\" action=\"/a\"><input name=\"x\"></form></details>\
             <details class=\"b\"><summary>2</summary><form class=\"f\" method=\"post\" action=\"/a\"><input name=\"t\"></form></details>"
        );
        let page = page(&html, "/a", &Fields::parse(b"t=1"), "s", "/console/").expect("a form");
        assert!(
            page.contains("<details><summary>1") && page.contains("<details class=\"b\" open><summary>2"),
            "{page}"
        );
        assert!(
            page.contains("<input value=\"1\" name=\"t\">") && page.contains("<input name=\"x\">"),
            "{page}"
        );
        for other in ["/b", "/a\"", ""] {
            assert!(super::page(&html, other, &Fields::parse(b"t=1"), "s", "/console/").is_none(), "{other}");
        }
    }
}
