//! Without a network: request, answer, and the receipt.

use crate::browser::{Desk, between};
use crate::vendor;

#[test]
fn a_request_is_answered_and_the_seat_given_back() {
    let editor = Desk::new().start("2026-01-02");
    let page = editor.post("request", &[("key", "K7QM2ZT4XW9A")]);
    assert_eq!(page.code, 200);
    page.says(&[
        "aria-label=\"The same text as a QR code\"><svg ",
        "data-copy=\"carried\"",
        "action=\"import\"",
    ]);
    let text = |page: &str| between(page, "class=\"code\" rows=\"6\" readonly>\n", "</textarea>").to_owned();
    let request = text(&page.body);

    let answer = vendor::seat(&request);
    assert_eq!(editor.paste(&answer).location(), Some("license?done=imported"));
    let page = editor.get("license");
    page.says(&["<strong>ACTIVE</strong>", "<dt>Confirmed until</dt><dd>2026-02-01 00:00 UTC</dd>"]);
    page.says(&[">Give back the seat</a>"]);

    assert_eq!(editor.post("release", &[]).location(), Some("release"), "it asks");
    editor.get("release").says(&["This device stops at once.", "Cancel"]);
    editor.get("license").says(&["<strong>ACTIVE</strong>"]);
    let receipt = editor.post("release", &[("confirm", "yes")]);
    receipt.says(&["Receipt for the vendor", "<svg ", "class=\"banner\""]);
    assert_ne!(text(&receipt.body), request);
    editor.get("license").says(&["<strong>NOT_FOUND</strong>"]);

    let again = editor.paste(&answer);
    assert_eq!(again.code, 422, "an answer is good once");
}

#[test]
fn without_a_seat_there_is_none_to_give_back() {
    let editor = Desk::new().licensed("2026-01-02");
    let refused = editor.post("release", &[("confirm", "yes")]);
    assert_eq!(refused.code, 422);
    refused.says(&["codes#no_seat", "<strong>ACTIVE</strong>"]);
}
