//! The licence page in each status, and what can be done on it.

use crate::browser::{Desk, between};
use crate::vendor;

const OTHER: &str = "A1B2C3D4E5F60718";

#[test]
fn not_found() {
    let editor = Desk::new().start("2026-01-01");
    let page = editor.get("license");
    assert_eq!(page.code, 200);
    page.says(&[
        "fill=\"#6b7280\"",
        "<strong>NOT_FOUND</strong>",
        "No licence found. Read-Only Mode.",
        "No licence is installed on this device.",
        "Import the licence that the vendor sent, or send this device&#39;s id to get one.",
        "https://keyward.example/help/codes#not_found",
        "data-copy=\"device\"",
        ">Refresh</button>",
        ">Start trial</button>",
    ]);
    page.says_not(&["Issued to", "Days left", "Recovery number", ">Remove</a>"]);
    assert_eq!(editor.device().len(), 16);
}

#[test]
fn active() {
    let editor = Desk::new().licensed("2026-01-02");
    let page = editor.get("license");
    page.says(&[
        "fill=\"#10b981\"",
        "<strong>ACTIVE</strong>",
        "<span>Licence active.</span>",
        "<dt>Issued to</dt><dd>ABC &#60;Traders&#62;</dd>",
        "<dt>Licence type</dt><dd>YEARLY</dd>",
        "<dt>Expires</dt><dd>2027-01-01 00:00 UTC</dd>",
        "<dt>Days left</dt><dd>364</dd>",
        ">Remove</a>",
    ]);
    page.says_not(&["class=\"banner\"", "class=\"warning\"", "Start trial", "Recovery number"]);
}

#[test]
fn active_and_soon_to_end() {
    let editor = Desk::new().licensed("2026-12-22");
    editor.get("license").says(&["#10b981", "Licence active. 10 days left.", "Expires in 10 days."]);
}

#[test]
fn grace() {
    let editor = Desk::new().licensed("2027-01-10");
    let page = editor.get("license");
    page.says(&[
        "fill=\"#f59e0b\"",
        "<strong>GRACE_PERIOD</strong>",
        "Licence expired. Grace period: 6 days left.",
        "<dt>Days left</dt><dd>6</dd>",
        "Expired; everything still works for 6 more days.",
        "Renew it before the grace period ends.",
        "codes#grace_period",
    ]);
    page.says_not(&["class=\"banner\""]);
}

#[test]
fn expired() {
    let editor = Desk::new().licensed("2027-01-17");
    editor.get("license").says(&[
        "fill=\"#ef4444\"",
        "<strong>EXPIRED</strong>",
        "<p class=\"banner\" role=\"alert\">License Expired. Read-Only Mode.</p>",
        "Renew it, or issue a new licence.",
        "codes#expired",
    ]);
}

#[test]
fn another_devices_licence_is_refused_with_both_ids() {
    let desk = Desk::new();
    let editor = desk.start("2026-01-02");
    let device = editor.device();
    let refused = editor.paste(&vendor::license(OTHER));
    assert_eq!(refused.code, 422);
    refused.says(&["class=\"refused\"", OTHER, &device, "codes#wrong_device", "<strong>NOT_FOUND</strong>"]);

    // A directory that was copied has it in its place.
    desk.write("data/license.key", &vendor::license(OTHER));
    let both = format!("The licence is bound to device {OTHER}; this device is {device}.");
    let page = editor.get("license");
    page.says(&[
        "fill=\"#ef4444\"",
        "<strong>INVALID</strong>",
        &both,
        "Send this device&#39;s id to support",
    ]);
    page.says(&["class=\"banner\"", ">Remove</a>"]);
}

#[test]
fn a_clock_turned_back_shows_the_number_and_takes_the_code() {
    let desk = Desk::new();
    drop(desk.licensed("2026-06-01"));
    let editor = desk.start("2026-03-01");
    let page = editor.get("license");
    page.says(&["fill=\"#ef4444\"", "<strong>INVALID</strong>", "codes#clock_tampered", "class=\"banner\""]);
    let number = between(&page.body, "<dt>Recovery number</dt><dd><strong class=\"code\">", "</strong>");
    page.says(&[&format!("(number {number})")]);

    let number = number.parse().expect("a number");
    let code = vendor::recovery(&editor.device(), number, "2026-03-01");
    assert_eq!(editor.paste(&code).location(), Some("license?done=imported"));
    editor.get("license").says(&["<strong>ACTIVE</strong>"]);
    let again = editor.paste(&code);
    assert_eq!(again.code, 422);
    again.says(&["codes#recovery_number", "<strong>ACTIVE</strong>"]);
}

#[test]
fn a_file_is_uploaded() {
    let editor = Desk::new().start("2026-01-02");
    let license = vendor::license(&editor.device());
    assert_eq!(editor.upload(&format!("{license}\n")).location(), Some("license?done=imported"));
    editor.get("license?done=imported").says(&["The licence was imported.", "<strong>ACTIVE</strong>"]);
}

#[test]
fn what_is_no_licence_is_refused_and_shown_to_nobody() {
    let editor = Desk::new().start("2026-01-02");
    let refused = editor.paste("<script>no licence</script>");
    assert_eq!(refused.code, 422);
    refused.says(&["codes#malformed"]);
    refused.says_not(&["<script>no"]);
    let nothing = editor.paste("  \r\n");
    assert_eq!(nothing.code, 422);
    nothing.says(&["Nothing was chosen, and nothing was pasted."]);
    editor.get("license?done=<script>").says_not(&["<script>\"", "role=\"status\""]);
}

#[test]
fn removing_asks_first() {
    let desk = Desk::new();
    let editor = desk.licensed("2026-01-02");
    editor.get("remove").says(&["Remove the licence?", "name=\"confirm\" value=\"yes\"", "Cancel"]);
    editor.get("license").says(&["<strong>ACTIVE</strong>"]);
    assert_eq!(editor.post("remove", &[]).location(), Some("remove"));
    assert_eq!(editor.post("remove", &[("confirm", "no")]).location(), Some("remove"));
    editor.get("license").says(&["<strong>ACTIVE</strong>"]);
    assert!(desk.path("data/license.key").exists());

    assert_eq!(editor.post("remove", &[("confirm", "yes")]).location(), Some("license?done=removed"));
    editor.get("license?done=removed").says(&["The licence was removed.", "<strong>NOT_FOUND</strong>"]);
    assert!(!desk.path("data/license.key").exists());
}

#[test]
fn refresh_looks_again() {
    let desk = Desk::new();
    let editor = desk.licensed("2026-01-02");
    std::fs::remove_file(desk.path("data/license.key")).expect("it was there");
    assert_eq!(editor.post("refresh", &[]).location(), Some("license?done=refreshed"));
    editor.get("license?done=refreshed").says(&["checked again", "<strong>NOT_FOUND</strong>"]);
}

#[test]
fn a_trial_is_started_once() {
    let desk = Desk::new();
    let editor = desk.start("2026-01-02");
    assert_eq!(editor.post("trial", &[]).location(), Some("license?done=trial"));
    let page = editor.get("license?done=trial");
    page.says(&[
        "fill=\"#3b82f6\"",
        "<strong>TRIAL</strong>",
        "Trial. 14 days left.",
        "The trial was started.",
    ]);
    page.says_not(&["class=\"banner\"", ">Start trial</button>", ">Remove</a>"]);
    assert_eq!(editor.post("new", &[]).location(), Some("edit"));

    drop(editor);
    let later = desk.start("2026-01-17");
    later.get("license").says(&["<strong>EXPIRED</strong>", "License Expired. Read-Only Mode."]);
    assert_eq!(later.post("trial", &[]).code, 422);
}
