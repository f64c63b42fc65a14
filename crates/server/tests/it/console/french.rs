//! What goes wrong, in French: no page answers a reader of French with an English sentence.

use keyward_engine::Caller;
use keyward_engine::license::{Named, NewLicense, Suspension};
use keyward_engine::token::Role;

use super::people::Person;
use crate::records::hidden;
use crate::site::Site;

/// Ada, whose browser keeps French.
async fn french(site: &Site) -> Person<'_> {
    let mut ada = Person::ada(site).await;
    ada.cookie += "; keyward_language=fr";
    ada
}

fn says(body: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(body.contains(text), "no {text:?} in {body}");
    }
    for english in
        ["The licence", "Renew it", "Ask the vendor", "correct the value", "Use the licence", "Is "]
    {
        assert!(!body.contains(english), "{english:?} in {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_licence_says_verdicts_in_french() {
    let site = Site::new().await;
    let ada = french(&site).await;
    let made = site.engine.issue_tier(&Caller::operator(), "tier", "PRO", NewLicense::default()).await;
    let id = made.expect("a licence").id;
    let path = format!("/console/licenses/{id}");
    says(&ada.get(&path).await.body, &["La licence est valable."]);
    let later = ada.get(&format!("{path}?as-of=2200-01-01")).await.body;
    says(&later, &["La licence a expiré le ", "Renouvelez-la ou émettez une nouvelle licence."]);
    let seen = hidden(&ada.get(&path).await, "seen");
    for (action, fields, wanted) in [
        (
            "transfer",
            vec![],
            "Indiquez le nouvel appareil, le nouveau client, ou les deux. Corrigez la valeur",
        ),
        ("extend", vec![("days", "9000000")], "hors des années 1 à 9999"),
        ("extend", vec![("days", "x")], "Indiquez un nombre entier de jours"),
    ] {
        let fields = [&fields[..], &[("seen", seen.as_str()), ("at", path.as_str())]].concat();
        let answer = ada.post(&format!("{path}/{action}"), &fields).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        says(&answer.body, &[wanted]);
    }
    site.engine.suspend(&Caller::operator(), Named::Id(id), Suspension::Suspend, None).await.expect("done");
    let page = ada.get(&path).await;
    says(&page.body, &["La licence est suspendue.", "Demandez au vendeur de la rétablir."]);
    // Somebody else's page may still offer it.
    let seen = hidden(&page, "seen");
    let answer = ada.post(&format!("{path}/renew"), &[("seen", &seen), ("at", &path)]).await;
    says(&answer.body, &["Elle est suspendue ou révoquée", "Rétablissez-la d’abord."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_are_no_licences_are_told_so_in_french() {
    let site = Site::new().await;
    let ada = french(&site).await;
    for (text, wanted) in [
        ("nonsense", "La licence n’a pas la bonne longueur."),
        ("LK3.", "Ce texte n’a la forme d’aucune licence connue."),
        ("ABCDEFGHJKLM", "Cette licence n’existe pas."),
    ] {
        let answer = ada.post("/console/test", &[("text", text)]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        says(&answer.body, &[wanted]);
        let answer = ada.post("/console/license-key", &[("key", text)]).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        says(&answer.body, &["role=\"alert\">"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_is_told_in_french() {
    let site = Site::new().await;
    let ada = french(&site).await;
    let form = ada.get("/console/generate/record").await;
    let policy = form.body.split("<option value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let fields = [
        ("client_id", "typed.example"),
        ("policy", policy.expect("a policy")),
        ("days", "3000000"),
        ("form", &hidden(&form, "form")),
    ];
    let answer = ada.post("/console/generate/record", &fields).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    says(
        &answer.body,
        &[
            "Cela n’a pas pu être créé. La date obtenue est hors des années 1 à 9999. Choisissez une durée plus courte.",
            "value=\"typed.example\"",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_says_what_the_page_does() {
    let site = Site::new().await;
    let ada = Person::new(&site, Role::Admin, super::people::ADA).await;
    assert!(ada.get("/console/").await.body.contains(">Activate a key</a>"));
    let french = ada.cookie.clone() + "; keyward_language=fr";
    assert!(super::people::get(&site, "/console/", &french).await.body.contains(">Activer une clé</a>"));
}
