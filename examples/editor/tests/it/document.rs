//! The document, with a licence and without.

use crate::browser::Desk;

const BANNER: &str = "<p class=\"banner\" role=\"alert\">License Expired. Read-Only Mode.</p>";

#[test]
fn with_a_licence_the_document_is_made_saved_and_deleted() {
    let desk = Desk::new();
    let editor = desk.licensed("2026-03-01");
    editor.get("edit").says(&["There is no document.", "<button class=\"main\">New document</button>"]);
    assert_eq!(editor.post("new", &[]).location(), Some("edit"));
    assert_eq!(desk.document().as_deref(), Some(""));

    assert_eq!(editor.post("save", &[("text", "\r\nDear <b>,\r\n")]).location(), Some("edit"));
    assert_eq!(desk.document().as_deref(), Some("\nDear <b>,\n"));
    let page = editor.get("edit");
    page.says(&["<button class=\"main\">Save</button>", ">\n\nDear &#60;b&#62;,\n</textarea>"]);
    page.says_not(&["class=\"banner\"", "readonly", "disabled"]);

    assert_eq!(editor.post("new", &[]).location(), Some("edit"));
    assert_eq!(desk.document().as_deref(), Some("\nDear <b>,\n"), "new takes nothing away");

    assert_eq!(editor.post("delete", &[]).location(), Some("delete"), "it asks");
    assert!(desk.document().is_some());
    editor.get("delete").says(&["Delete the document?", "name=\"confirm\" value=\"yes\"", "Cancel"]);
    assert_eq!(editor.post("delete", &[("confirm", "yes")]).location(), Some("edit"));
    assert_eq!(desk.document(), None);
}

#[test]
fn expired_it_shows_prints_and_exports_and_changes_nothing() {
    let desk = Desk::new();
    desk.write("data/document.txt", "Dear <b>,\n");
    let editor = desk.licensed("2027-01-17");

    let page = editor.get("edit");
    page.says(&[BANNER, "Dear &#60;b&#62;,", " readonly>"]);
    page.says(&[
        "<button class=\"main\" disabled>Save</button>",
        "<button class=\"danger end\" disabled>Delete</button>",
    ]);

    let refused = editor.post("save", &[("text", "Typed since then")]);
    assert_eq!(refused.code, 403);
    refused.says(&[BANNER, "This text was not saved.", "Typed since then"]);
    for (page, fields) in [("new", &[] as &[_]), ("delete", &[("confirm", "yes")])] {
        let refused = editor.post(page, fields);
        assert_eq!(refused.code, 403, "{page}");
        refused.says(&[BANNER]);
    }
    assert_eq!(desk.document().as_deref(), Some("Dear <b>,\n"));

    let export = editor.get("export");
    assert_eq!((export.code, export.body.as_str()), (200, "Dear <b>,\n"));
    assert_eq!(export.header("content-disposition"), Some("attachment; filename=\"document.txt\""));
    let typed = editor.post("export", &[("text", "Typed\r\nsince then")]);
    assert_eq!((typed.code, typed.body.as_str()), (200, "Typed\nsince then"));
    editor.get("print").says(&[BANNER, "Dear &#60;b&#62;,"]);
}

#[test]
fn without_a_document_nothing_new_is_made_once_expired() {
    let desk = Desk::new();
    let editor = desk.licensed("2027-01-17");
    editor.get("edit").says(&[BANNER, "<button class=\"main\" disabled>New document</button>"]);
    assert_eq!(editor.post("new", &[]).code, 403);
    assert_eq!(desk.document(), None);
    assert_eq!(editor.get("export").code, 200);
}

#[test]
fn in_grace_everything_works() {
    let desk = Desk::new();
    let editor = desk.licensed("2027-01-16");
    assert_eq!(editor.post("save", &[("text", "Dear all,")]).location(), Some("edit"));
    assert_eq!(desk.document().as_deref(), Some("Dear all,"));
}

#[test]
fn without_a_licence_the_banner_is_the_status() {
    let editor = Desk::new().start("2026-01-01");
    let refused = editor.post("save", &[("text", "Dear all,")]);
    assert_eq!(refused.code, 403);
    refused.says(&["<p class=\"banner\" role=\"alert\">No licence found. Read-Only Mode.</p>"]);
}
