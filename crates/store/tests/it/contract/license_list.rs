//! Lists of licences.

use keyward_core::time::Timestamp;
use keyward_store::licenses::{self, Count, Counted, Cursor, Filter, License, Listed, Sought, State, WINDOW};
use keyward_store::machines::{self, Machine};
use keyward_store::terms;
use keyward_store::users::{self, User};
use keyward_store::{DatabaseAddress, Sql};

use crate::world::{ACCOUNT, NOW, POLICY, PRODUCT, World, id, worlds};

const DAY: i64 = 86_400;

/// Everything of the account.
fn everything() -> Filter<'static> {
    Filter {
        account: ACCOUNT,
        scheme: None,
        product: None,
        policy: None,
        installation: None,
        user: None,
        state: None,
        now: NOW,
        expiry: None,
        customer: None,
        device: None,
        newest_first: false,
        after: None,
        limit: 100,
    }
}

async fn listed(w: &World, filter: Filter<'_>) -> Vec<Listed> {
    licenses::list(&w.store, &filter).await.unwrap().rows
}

/// The names of the licences that somebody finds who types this as a word, and as a whole.
async fn found(w: &World, text: &str, filter: Filter<'_>) -> Vec<String> {
    let word = terms::words(text).into_iter().next();
    let sought = Sought { term: word.as_deref(), whole: Some(text) };
    let rows = licenses::search(&w.store, &filter, sought).await.unwrap();
    rows.into_iter().map(|it| it.found.license.name.unwrap_or_default()).collect()
}

/// The names of the licences that a filter finds.
async fn names(w: &World, filter: Filter<'_>) -> Vec<String> {
    listed(w, filter).await.into_iter().map(|it| it.found.license.name.unwrap_or_default()).collect()
}

fn days(days: i64) -> Option<Timestamp> {
    Some(NOW.plus_seconds(days * DAY))
}

/// Licences of every kind, named by what they are.
async fn fill(w: &World) {
    let user = User {
        id: id(10),
        account_id: ACCOUNT,
        external_id: Some("Customer-7".to_owned()),
        email: Some("ann@example.org".to_owned()),
        name: None,
        role: "user".to_owned(),
        banned_at: None,
        created_at: NOW,
    };
    w.write(user, |it, tx| Box::pin(users::insert(tx, it))).await.unwrap();
    let make = async |number: u32, name: &str, build: fn(&mut License)| {
        w.license(number, |license| {
            license.name = Some(name.to_owned());
            build(license);
        })
        .await
    };
    make(1, "never", |it| it.user_id = Some(id(10))).await;
    make(2, "later", |it| (it.scheme, it.expiry) = ("file".to_owned(), days(90))).await;
    make(3, "soon", |it| (it.scheme, it.expiry) = ("file".to_owned(), days(20))).await;
    make(4, "soonest", |it| (it.scheme, it.expiry) = ("file".to_owned(), days(10))).await;
    make(5, "over", |it| it.expiry = days(-1)).await;
    make(6, "Revoked", |it| {
        (it.suspended_at, it.suspension_reason) = (Some(NOW), Some("revoked".to_owned()));
        (it.first_activated_at, it.key_hint) = (Some(NOW), Some("WXYZ".to_owned()));
    })
    .await;
    make(7, "suspended", |it| {
        (it.suspended_at, it.suspension_reason) = (Some(NOW), Some("suspended".to_owned()));
    })
    .await;
    make(8, "by its end", |it| {
        (it.suspended_at, it.suspension_reason) = (Some(NOW), Some("auto".to_owned()));
        (it.expiry, it.subject) = (days(-2), Some("Example.com".to_owned()));
    })
    .await;
    let machine = Machine {
        id: id(30),
        account_id: ACCOUNT,
        license_id: id(0x10_0003),
        user_id: None,
        fingerprint: "A1B2C3D4".to_owned(),
        uniqueness_scope: id(0x10_0003),
        pool: None,
        name: None,
        address: None,
        user_agent: None,
        created_at: NOW,
        last_seen_at: NOW,
    };
    w.write(machine, |it, tx| Box::pin(machines::insert(tx, it))).await.unwrap();
}

#[tokio::test]
async fn each_filter_finds_its_own() {
    for w in worlds().await {
        fill(&w).await;
        let all = ["never", "later", "soon", "soonest", "over", "Revoked", "suspended", "by its end"];
        assert_eq!(names(&w, everything()).await, all);
        for (state, wanted) in [
            (State::Active, &["never", "later", "soon", "soonest"][..]),
            (State::Running, &["never", "later", "soon", "soonest", "over"]),
            (State::Unused, &["never", "later", "soon", "soonest", "over"]),
            (State::Used, &[]),
            (State::Suspended, &["suspended"]),
            (State::Revoked, &["Revoked"]),
        ] {
            assert_eq!(names(&w, Filter { state: Some(state), ..everything() }).await, wanted, "{state:?}");
        }
        let past = Some((Timestamp::from_micros(i64::MIN), NOW));
        let ended = Filter { state: Some(State::Ended), expiry: past, ..everything() };
        assert_eq!(names(&w, ended).await, ["by its end", "over"], "the oldest end first");
        let ends = Filter { expiry: Some((NOW, NOW.plus_days(30))), ..everything() };
        assert_eq!(names(&w, Filter { scheme: Some("file"), ..ends.clone() }).await, ["soonest", "soon"]);
        assert_eq!(names(&w, Filter { scheme: Some("lk3"), ..ends }).await, [""; 0]);
        for (text, wanted) in [
            ("soon", &["soonest", "soon"][..]),
            ("SOON", &["soonest", "soon"]),
            ("revoked", &["Revoked"]),
            ("WXYZ", &["Revoked"]),
            ("WXY", &[]),
            ("end", &["by its end"]),
            ("example", &["by its end", "never"]),
            ("Customer-7", &["never"]),
            ("ANN@", &["never"]),
            ("oon", &[]),
            ("A1B2", &["soon"]),
        ] {
            assert_eq!(found(&w, text, everything()).await, wanted, "{text}");
        }
        let device = Filter { device: Some("A1B2"), ..everything() };
        assert_eq!(names(&w, device.clone()).await, ["soon"]);
        assert_eq!(listed(&w, device.clone()).await[0].device.as_deref(), Some("A1B2C3D4"));
        assert_eq!(names(&w, Filter { customer: Some("Customer"), ..device }).await, [""; 0]);
        assert_eq!(names(&w, Filter { customer: Some("Customer"), ..everything() }).await, ["never"]);
        assert_eq!(names(&w, Filter { customer: Some("ann"), ..everything() }).await, ["never"]);
        assert_eq!(names(&w, Filter { policy: Some(POLICY), ..everything() }).await, all);
        assert_eq!(names(&w, Filter { user: Some(id(10)), ..everything() }).await, ["never"]);
        assert_eq!(names(&w, Filter { user: Some(id(11)), ..everything() }).await, [""; 0]);
        let newest = Filter { newest_first: true, ..everything() };
        let reversed: Vec<_> = all.iter().rev().copied().collect();
        assert_eq!(names(&w, newest.clone()).await, reversed);
        let first = listed(&w, Filter { limit: 2, ..newest.clone() }).await;
        let after = Some(Cursor { serial: first[1].found.serial, expiry: None });
        assert_eq!(names(&w, Filter { after, ..newest.clone() }).await, reversed[2..]);
        assert_eq!(names(&w, Filter { installation: Some(id(99)), ..newest }).await, [""; 0]);
        for other in [
            Filter { policy: Some(id(99)), ..everything() },
            Filter { product: Some(id(99)), ..everything() },
            Filter { installation: Some(id(99)), ..everything() },
            Filter { account: id(99), ..everything() },
        ] {
            assert_eq!(names(&w, other).await, [""; 0]);
        }
        let product = Filter { product: Some(PRODUCT), ..everything() };
        assert_eq!(found(&w, "soon", product.clone()).await, ["soonest", "soon"]);
        let soon = Filter { expiry: Some((NOW, NOW.plus_days(15))), ..product };
        assert_eq!(found(&w, "soon", soon).await, ["soonest"]);
        assert_eq!(found(&w, "soon", Filter { policy: Some(id(99)), ..everything() }).await, [""; 0]);
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    for w in worlds().await {
        for number in 1..=25 {
            w.license(number, |it| {
                it.name = Some(format!("n{number:02}"));
                // Several end together.
                it.expiry = days(i64::from(30 - number / 4));
            })
            .await;
        }
        for expiry in [None, Some((NOW, NOW.plus_days(60)))] {
            let filter = Filter { expiry, ..everything() };
            let whole = names(&w, filter.clone()).await;
            assert_eq!(whole.len(), 25);
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = listed(&w, Filter { after, limit: 4, ..filter.clone() }).await;
                let Some(last) = page.last() else { break };
                let end = expiry.and(last.found.license.expiry);
                after = Some(Cursor { expiry: end, serial: last.found.serial });
                paged.extend(page.into_iter().map(|it| it.found.license.name.unwrap_or_default()));
            }
            assert_eq!(paged, whole, "{expiry:?}");
        }
    }
}

/// What a database means to do for a statement of the store.
pub(super) async fn plan(w: &World, name: &str) -> String {
    let statements = keyward_store::testing::statements();
    let statement = statements.into_iter().find(|it| it.name == name).expect("the statement");
    match &w.database.address {
        DatabaseAddress::Sqlite(file) => {
            let connection = rusqlite::Connection::open(file).unwrap();
            let text = format!("explain query plan {}", statement.text.replace('$', "?"));
            let mut statement = connection.prepare(&text).unwrap();
            let mut rows = statement.raw_query();
            let mut steps = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                steps.push(row.get::<_, String>(3).unwrap());
            }
            steps.join("\n")
        }
        // As a prepared statement that was run often: the plan serves every value.
        DatabaseAddress::Postgres(_) => {
            let client = connect(w).await;
            let set = "set search_path = keyward; set plan_cache_mode = force_generic_plan; analyze licenses";
            client.batch_execute(set).await.unwrap();
            client.batch_execute(&format!("prepare it as {}", statement.text)).await.unwrap();
            let values = (1..).take_while(|number| statement.text.contains(&format!("${number}"))).count();
            let nulls = vec!["null"; values].join(", ");
            let rows = client.query(&format!("explain execute it ({nulls})"), &[]).await.unwrap();
            rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
        }
    }
}

async fn connect(w: &World) -> tokio_postgres::Client {
    let url = w.database.address.to_string();
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn what_ends_soon_is_found_through_the_index_of_ends() {
    for w in worlds().await {
        for number in 0..600 {
            w.license(number, |it| {
                it.scheme = if number % 3 == 0 { "file".to_owned() } else { "tier".to_owned() };
                it.expiry = days(i64::from(number));
            })
            .await;
        }
        let of_scheme = plan(&w, "OF_SCHEME_BY_EXPIRY").await;
        assert!(of_scheme.contains("licenses_by_scheme_expiry"), "{of_scheme}");
        let of_all = plan(&w, "BY_EXPIRY").await;
        assert!(of_all.contains("licenses_by_expiry"), "{of_all}");
        if w.store.kind() == "sqlite" {
            let by_others = plan(&w, "OF_OTHERS").await;
            assert!(by_others.contains("machines_by_fingerprint"), "{by_others}");
            let by_word = plan(&w, "FOUND").await;
            for index in
                ["licenses_by_subject", "machines_by_fingerprint", "licenses_by_hint", "licenses_by_user"]
            {
                assert!(by_word.contains(index), "{by_word}");
            }
            for statement in [by_word, by_others] {
                assert!(
                    !statement.contains("SCAN licenses") && !statement.contains("SCAN l\n"),
                    "{statement}"
                );
            }
        }
    }
}

#[tokio::test]
async fn each_list_walks_through_its_own_index() {
    let w = crate::world::sqlite().await;
    for (of, index) in [
        ("OF_USER", "licenses_by_user"),
        ("OF_INSTALLATION", "licenses_by_installation"),
        ("OF_POLICY", "licenses_by_policy"),
        ("SUSPENDED", "licenses_suspended"),
        ("OF_PRODUCT", "licenses_by_product"),
        ("OF_SCHEME", "licenses_by_scheme"),
    ] {
        for order in ["MADE", "NEWEST"] {
            for name in [format!("{order}_{of}"), format!("{order}_TO_{of}")] {
                let steps = plan(&w, &name).await;
                assert!(steps.contains(index) && !steps.contains("SCAN licenses"), "{name}: {steps}");
                let sorts = steps.lines().filter(|step| step.contains("TEMP B-TREE")).count();
                // Only the rows of the page are sorted, never what they are chosen from.
                assert!(sorts <= usize::from(!name.contains("_TO_")), "{name}: {steps}");
            }
        }
    }
}

#[tokio::test]
async fn those_that_are_suspended_are_listed_by_their_end_without_the_others() {
    let w = crate::world::sqlite().await;
    for name in ["SUSPENDED_BY_EXPIRY", "SUSPENDED_BY_EXPIRY_TO"] {
        let steps = plan(&w, name).await;
        assert!(steps.contains("licenses_suspended_by_expiry"), "{name}: {steps}");
    }
}

#[tokio::test]
async fn a_page_looks_at_so_many_licences_only_and_says_where_to_go_on() {
    for w in worlds().await {
        w.license(0, |it| (it.name, it.expiry) = (Some("wanted".to_owned()), days(900))).await;
        let used: Vec<License> = (1..=WINDOW as u32)
            .map(|number| {
                let license = crate::world::license(number);
                License { first_activated_at: Some(NOW), expiry: days(i64::from(number % 7)), ..license }
            })
            .collect();
        w.write(used, |it, tx| Box::pin(licenses::insert_all(tx, it))).await.unwrap();
        for (newest_first, expiry) in [(true, None), (true, Some((NOW, NOW.plus_days(999))))] {
            let wanted = Filter { state: Some(State::Unused), newest_first, expiry, ..everything() };
            let first = licenses::list(&w.store, &wanted).await.unwrap();
            assert!(first.rows.is_empty() && first.looked_to.is_some(), "{expiry:?}");
            let next = Filter { after: first.looked_to, ..wanted };
            assert_eq!(names(&w, next.clone()).await, ["wanted"], "{expiry:?}");
            assert_eq!(licenses::list(&w.store, &next).await.unwrap().looked_to, None);
        }
        let full = Filter { newest_first: true, limit: 3, ..everything() };
        let full = licenses::list(&w.store, &full).await.unwrap();
        assert!(full.rows.len() == 3 && full.looked_to.is_none());
    }
}

#[tokio::test]
async fn a_page_of_one_or_two_letters_looks_at_fewer_and_says_so() {
    for w in worlds().await {
        let named = (1..=300).map(|number| {
            let license = crate::world::license(number);
            License { name: Some(format!("Acme {number}")), ..license }
        });
        let named: Vec<License> = named.collect();
        w.write(named, |it, tx| Box::pin(licenses::insert_all(tx, it))).await.unwrap();
        for (text, limit, count, is_cut) in [
            ("a", 250, 250, true),
            ("ac", 50, 50, true),
            ("acm", 50, 50, false),
            // A file has them all.
            ("a", 1_000, 300, false),
            ("ac", 1_000, 300, false),
        ] {
            let sought = Sought { term: Some(text), whole: Some(text) };
            let wanted = Filter { limit, ..everything() };
            let found = licenses::search(&w.store, &wanted, sought).await.unwrap();
            assert_eq!(found.len(), count, "{text}");
            assert_eq!(licenses::is_cut(&w.store, &wanted, sought).await.unwrap(), is_cut, "{text}");
        }
    }
}

#[tokio::test]
async fn words_are_found_while_they_are_there() {
    for w in worlds().await {
        let metadata = r#"{"company":"Société Générale","tags":["blue",7],"deep":{"a":"b"}}"#;
        let build = |it: &mut License| {
            (it.name, it.metadata) = (Some("Müller & Söhne GmbH".to_owned()), metadata.to_owned());
        };
        let license = w.license(1, build).await;
        let is_found = async |text: &str| !found(&w, text, everything()).await.is_empty();
        for text in ["müller", "MULLER", "sohne", "gmbh", "generale", "societe"] {
            assert!(is_found(text).await, "{text}");
        }
        let by_pair = async |key: &str, value: &str| {
            let pair = terms::pair(key, value);
            let sought = Sought { term: Some(&pair), whole: None };
            licenses::search(&w.store, &everything(), sought).await.unwrap().len()
        };
        for (key, value) in [("company", "Societe gen"), ("tags", "blue"), ("TAGS", "7")] {
            assert_eq!(by_pair(key, value).await, 1, "{key}:{value}");
        }
        assert_eq!(by_pair("deep", "b").await, 0);
        let set = async |metadata: &'static str| {
            w.write((license.id, metadata), |(id, metadata), tx| {
                Box::pin(licenses::set_metadata(tx, *id, metadata, NOW))
            })
            .await
            .unwrap();
        };
        set(r#"{"company":"Acme"}"#).await;
        assert!(is_found("acme").await && !is_found("generale").await && is_found("muller").await);
        w.write(license.id, |id, tx| Box::pin(licenses::remove(tx, *id))).await.unwrap();
        assert_eq!(w.count("select count(*) from license_terms").await, 0);
    }
}

#[tokio::test]
async fn words_of_a_licence_and_of_its_customer_are_found_together() {
    for w in worlds().await {
        let user = User {
            id: id(10),
            account_id: ACCOUNT,
            external_id: None,
            email: Some("ann@nordanor.example".to_owned()),
            name: Some("Ann Müller".to_owned()),
            role: "user".to_owned(),
            banned_at: None,
            created_at: NOW,
        };
        w.write(user, |it, tx| Box::pin(users::insert(tx, it))).await.unwrap();
        for (number, name, user) in
            [(1, "Acme One", Some(id(10))), (2, "Acme Two", None), (3, "Acme Three", Some(id(10)))]
        {
            w.license(number, |it| (it.name, it.user_id) = (Some(name.to_owned()), user)).await;
        }
        let found = async |term: &str, text: &str, filter: Filter<'_>| {
            let rows = licenses::with_words(&w.store, &filter, term, &terms::words(text)).await.unwrap();
            rows.into_iter().map(|it| it.found.license.name.unwrap_or_default()).collect::<Vec<_>>()
        };
        for (term, text, wanted) in [
            ("acme", "acme", &["Acme Three", "Acme Two", "Acme One"][..]),
            ("acme", "MÜLL ac", &["Acme Three", "Acme One"]),
            ("muller", "muller acme o", &["Acme One"]),
            ("nordanor", "nordanor ann", &["Acme Three", "Acme One"]),
            ("two", "muller two", &[]),
            ("nobody", "acme", &[]),
        ] {
            assert_eq!(found(term, text, everything()).await, wanted, "{term}: {text}");
        }
        assert_eq!(found("acme", "acme", Filter { limit: 2, ..everything() }).await.len(), 2);
        let of_user = Filter { user: Some(id(10)), limit: 1, ..everything() };
        assert_eq!(found("acme", "acme", of_user).await, ["Acme Three"]);
        assert_eq!(found("acme", "acme", Filter { account: id(99), ..everything() }).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_search_looks_at_the_newest_first() {
    let w = crate::world::sqlite().await;
    for name in ["FOUND", "NAMES"] {
        let steps = plan(&w, name).await;
        // In the order of what was found: nothing but the rows of the page is sorted once more.
        let place =
            steps.find("SEARCH licenses USING INTEGER PRIMARY KEY").expect("each licence is looked up");
        let (_, rest) = steps.split_at(place);
        let sorts = rest.lines().filter(|step| step.contains("TEMP B-TREE")).count();
        assert!(
            steps.contains("GROUP BY") && sorts <= if name == "FOUND" { 2 } else { 0 },
            "{name}: {steps}"
        );
    }
}

#[tokio::test]
async fn what_was_there_before_is_caught_up_with() {
    for w in worlds().await {
        for number in 1..=7 {
            w.license(number, |it| it.name = Some(format!("Old {number}"))).await;
        }
        for text in [
            "delete from license_terms",
            "insert into search_backlog (name, serial) select 'licenses', max(serial) from licenses",
        ] {
            w.write(text, |text, tx| {
                Box::pin(async move { tx.execute(Sql::of_test(text), &[]).await.map(drop) })
            })
            .await
            .unwrap();
        }
        assert!(terms::behind(&w.store).await.unwrap() && found(&w, "old", everything()).await.is_empty());
        let mut runs = 0;
        while w.write((), |(), tx| Box::pin(terms::catch_up(tx, 3))).await.unwrap() {
            runs += 1;
        }
        assert_eq!((runs, found(&w, "old", everything()).await.len()), (3, 7));
        assert!(!terms::behind(&w.store).await.unwrap());
    }
}

#[tokio::test]
async fn a_count_is_that_of_the_list_and_stops_at_its_limit() {
    for w in worlds().await {
        fill(&w).await;
        let count = async |which, limit| licenses::count(&w.store, ACCOUNT, which, limit).await.unwrap();
        let (past, soon) = ((Timestamp::from_micros(i64::MIN), NOW), (NOW, NOW.plus_days(30)));
        for (which, state, expiry) in [
            (Counted::Active(NOW), State::Active, None),
            (Counted::Running(past.0, past.1), State::Running, Some(past)),
            (Counted::Running(soon.0, soon.1), State::Running, Some(soon)),
            (Counted::Ended(past.0, past.1), State::Ended, Some(past)),
            (Counted::Suspended, State::Suspended, None),
        ] {
            let filter = Filter { state: Some(state), expiry, ..everything() };
            let wanted = names(&w, filter).await.len() as i64;
            assert!(wanted > 0, "{which:?}");
            assert_eq!(count(which, 100).await, Count::exactly(wanted), "{which:?}");
            let few = count(which, wanted - 1).await;
            assert_eq!(few, Count { at_least: wanted - 1, is_more: true }, "{which:?}");
            let others = licenses::count(&w.store, id(99), which, 100).await.unwrap();
            assert_eq!(others, Count::exactly(0), "{which:?}");
        }
    }
}

#[tokio::test]
async fn what_is_counted_is_looked_for_in_an_index() {
    let w = crate::world::sqlite().await;
    for (of, index) in [
        ("COUNT_RUNNING", "COVERING INDEX licenses_by_expiry"),
        ("COUNT_ENDED", "COVERING INDEX licenses_by_expiry"),
        ("COUNT_ENDS_TO", "COVERING INDEX licenses_by_expiry"),
        ("COUNT_SUSPENDED", "COVERING INDEX licenses_suspended"),
        ("COUNT_SUSPENDED_TO", "licenses_suspended"),
        ("COUNT_ACTIVE", "INTEGER PRIMARY KEY"),
        ("ATTEMPTS", "verifications_by_time"),
        ("ATTEMPTS_TO", "verifications_by_time"),
    ] {
        let steps = plan(&w, of).await;
        assert!(steps.contains(index) && !steps.contains("TEMP B-TREE"), "{of}: {steps}");
    }
}
