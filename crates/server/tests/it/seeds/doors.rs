//! The listeners: the main one with everything, and those of the dialects' own.

use std::net::SocketAddr;

use serde_json::json;

use super::{POOL_KEY, take_in};
use crate::site::{Site, ask};
use crate::world::Answer;

async fn with_own_doors() -> Site {
    let free = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    Site::with(|config| {
        config.dialects.pool.listen = free;
        config.dialects.tier.listen = free;
    })
    .await
}

async fn get(url: &str, path: &str) -> Answer {
    ask(url, &format!("GET {path} HTTP/1.1"), "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_door_has_everything() {
    let site = with_own_doors().await;
    take_in(&site, "30").await;
    let page = site.get("/").await;
    assert_eq!((page.status, page.header("location")), (303, Some("/console/")));
    assert_eq!(site.get(&format!("/api/validate/{POOL_KEY}")).await.status, 200);
    assert_eq!(site.post("/api/verify", &json!({})).await.status, 400);
    let live = site.get("/health/live").await;
    assert_eq!((live.status, live.json()), (200, json!({ "status": "ok" })));
    let ready = site.get("/health/ready").await;
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({ "status": "ok", "checks": { "database": "ok" } }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_of_its_own_has_the_dialect_its_page_and_no_other_dialect() {
    let site = with_own_doors().await;
    take_in(&site, "30").await;
    let [_, pool, tier] = &site.urls[..] else { panic!("three doors, not {:?}", site.urls) };
    let validate = format!("/api/validate/{POOL_KEY}");
    for (url, title, named) in [
        (pool, "Licence pool", ["/api/validate/{key}", "/api/activate", "/api/stats"].as_slice()),
        (tier, "Licence verification", ["/api/verify", "/api/health"].as_slice()),
    ] {
        let page = get(url, "/").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'") && !page.body.contains("<script"), "{policy}");
        assert!(page.body.contains(title), "{}", page.body);
        assert!(named.iter().all(|path| page.body.contains(path)), "{}", page.body);
        for path in ["/health/live", "/health/ready", "/metrics"] {
            assert_eq!(get(url, path).await.status, 200, "{path}");
        }
    }
    assert!(get(pool, "/").await.body.contains("<td>1 mois</td><td>1</td><td>0</td><td>1</td>"));
    assert_eq!(get(pool, &validate).await.status, 200);
    assert_eq!(get(tier, "/api/health").await.status, 200);

    // What is not here is not found, in the words of whose door it is.
    let foreign = ask(pool, "POST /api/verify HTTP/1.1", "{}").await;
    assert_eq!((foreign.status, &foreign.json()["error_code"]), (404, &json!("NOT_FOUND")));
    assert_eq!(foreign.json()["success"], false);
    let foreign = get(tier, "/api/stats").await;
    assert_eq!((foreign.status, &foreign.json()["valid"]), (404, &json!(false)));
    assert!(foreign.json()["error"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_of_the_pool_may_be_for_tokens_only() {
    use keyward_engine::Caller;
    use keyward_engine::token::Role;
    use keyward_server::config::StatsAccess;

    let site = Site::with(|config| {
        config.dialects.pool.stats = StatsAccess::Token;
        config.dialects.pool.listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await;
    take_in(&site, "30").await;
    let refused = site.get("/api/stats").await;
    assert_eq!((refused.status, &refused.json()["error_code"]), (401, &json!("TOKEN_REQUIRED")));
    let token =
        site.engine.create_token(&Caller::operator(), Role::ReadOnly, "watch", None).await.expect("a token");
    let ask = async |token: &str| {
        site.ask(&format!("GET /api/stats HTTP/1.1\r\nAuthorization: Bearer {token}"), "").await.status
    };
    assert_eq!(ask(token.token.expose()).await, 200);
    assert_eq!(ask("read-nonsense").await, 401);
    // Nor are they on the page.
    assert!(!get(&site.urls[1], "/").await.body.contains("1 mois"));
    site.engine.revoke_token(&Caller::operator(), token.row.id).await.expect("it is revoked");
    assert_eq!(ask(token.token.expose()).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_the_first_page_leads_somewhere() {
    let site = Site::new().await;
    let page = site.get("/console/").await;
    let links: Vec<&str> = page
        .body
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| link.starts_with('/'))
        .collect();
    assert!(links.len() > 2, "{links:?}");
    for link in links {
        // Behind the page to sign in at, the page itself is not to be had yet.
        let wanted = if link == "/console/" { 401 } else { 200 };
        assert_eq!(site.get(link).await.status, wanted, "{link}");
    }
}
