//! What nobody should type: each gets a sentence, and what was typed stays.

use super::{Person, encoded};

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_field_gets_a_sentence_and_keeps_what_was_typed() {
    let long = "x".repeat(2_001);
    let huge = "é".repeat(50_000);
    let table: [(&str, &str, &str, &str); 17] = [
        ("", "Pro", "30", "Type the client id"),
        ("   ", "Pro", "30", "Type the client id"),
        (" a.example", "Pro", "30", "begins or ends with white space"),
        ("a.example\n", "Pro", "30", "begins or ends with white space"),
        ("a\0b", "Pro", "30", "cannot be kept"),
        ("a\u{fffd}b", "Pro", "30", "cannot be kept"),
        (&long, "Pro", "30", "too long"),
        (&huge, "Pro", "30", "too long"),
        ("a.example", "", "30", "Choose one of the licence types"),
        ("a.example", "Gold", "30", "Choose one of the licence types"),
        ("a.example", "Pro", "", "for how many days"),
        ("a.example", "Pro", "0", "1 or more"),
        ("a.example", "Pro", "-5", "1 or more"),
        ("a.example", "Pro", "1.5", "1 or more"),
        ("a.example", "Pro", "<b>ten</b>", "1 or more"),
        ("a.example", "Pro", "3000000", "after the year 9999"),
        ("a.example", "Pro", "99999999999999999999999", "after the year 9999"),
    ];
    for site in super::sites().await {
        let person = Person::at(&site).await;
        for (client_id, kind, duration, sentence) in &table {
            let answer = person.issue(client_id, kind, duration).await;
            let what = format!("{client_id:.20?} {kind:?} {duration:?}");
            assert_eq!(answer.status, 422, "{what}: {:.2000}", answer.body);
            assert!(answer.body.contains(sentence), "{what}: {:.4000}", answer.body);
            for typed in [*client_id, *duration] {
                let escaped = typed.replace('<', "&#60;").replace('>', "&#62;");
                assert!(answer.body.contains(&format!("value=\"{escaped}\"")), "{what}");
            }
            if *kind == "Pro" {
                assert!(answer.body.contains("<option selected>Pro</option>"), "{what}");
            }
        }
        // Nothing at all is told all that is missing, at once.
        let answer = person.post("/records", &[]).await;
        for sentence in ["Type the client id", "Choose one of the licence types", "for how many days"] {
            assert!(answer.body.contains(sentence), "{sentence}");
        }
        assert!(person.get("/records").await.body.contains("no licence yet"), "nothing was issued");
        // As long as it may be.
        let longest = "x".repeat(2_000);
        person.issued(&longest, "Pro", "30").await;
        assert_eq!(person.issue(&longest, "Pro", "30").await.status, 409);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_form_get_a_page() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let csrf = encoded(&[("csrf", &person.csrf)]);
        for body in [
            format!("{csrf}&client_id=%ff%fe&license_type=Pro&duration=30"),
            format!("{csrf}&client_id=%&license_type=Pro&duration=%zz"),
            format!("{csrf}&&&&===&client_id"),
            format!("{csrf}&{}", "a=b&".repeat(50_000)),
        ] {
            let answer = site.ask(&person.head("/records"), &body).await;
            let status = if body.contains("zz") { 422 } else { answer.status };
            assert_eq!((answer.status, status), (422, 422), "{body:.80}");
            assert!(answer.body.contains("</html>"), "{body:.80}");
        }
        let answer = site.ask(&person.head("/records"), &"a".repeat((1 << 20) + 1)).await;
        assert_eq!(answer.status, 413);
        assert!(answer.body.contains("larger than this form takes"), "{}", answer.body);
        let answer = site.ask(&format!("PUT /records HTTP/1.1\r\nCookie: {}", person.cookie), "").await;
        assert_eq!(answer.status, 405);
        assert!(answer.body.contains("</html>"));
        assert!(person.get("/records").await.body.contains("no licence yet"), "nothing was issued");
    }
}
