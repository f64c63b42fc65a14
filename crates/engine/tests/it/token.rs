//! Tokens and roles.

use std::collections::HashSet;

use keyward_engine::token::{Permission, Role, Token, TokenKind};

use crate::world::generator;

#[test]
fn a_token_has_its_kind_in_front_and_reads_back() {
    let mut rng = generator(1);
    let words = ["admin", "dev", "sales", "spprt", "read", "inst"];
    let mut seen = HashSet::new();
    for (kind, word) in TokenKind::ALL.into_iter().zip(words) {
        let token = Token::generate(kind, &mut rng);
        let digits = token.expose().strip_prefix(word).and_then(|rest| rest.strip_prefix('-')).expect(word);
        assert_eq!(digits.len(), 64);
        assert!(seen.insert(digits.to_owned()));
        let read = Token::parse(token.expose()).expect("a token");
        assert_eq!((read.kind(), read.expose()), (kind, token.expose()));
        assert_eq!(format!("{token:?}"), format!("Token({word}-…)"));
    }
}

#[test]
fn what_has_not_the_form_is_no_token() {
    let token = Token::generate(TokenKind::Admin, &mut generator(1));
    let text = token.expose();
    let upper = text.to_uppercase();
    let padded = format!("{text}\n");
    for wrong in
        ["", "admin", "admin-", &text[1..], &text[..69], &upper, &padded, &text.replace("admin", "root")]
    {
        assert!(Token::parse(wrong).is_err(), "{wrong}");
    }
}

/// `x` where a role may: admin, developer, sales-agent, support-agent, read-only.
const TABLE: [(Permission, &str); 11] = [
    (Permission::LicenseRead, "xxxxx"),
    (Permission::LicenseIssue, "xxx.."),
    (Permission::LicenseChange, "xxxx."),
    (Permission::LicenseReveal, "xxxx."),
    (Permission::PolicyChange, "xxx.."),
    (Permission::TokenManage, "xx..."),
    (Permission::KeyManage, "x...."),
    (Permission::PeopleManage, "x...."),
    (Permission::AuditRead, "xx..x"),
    (Permission::StatsRead, "xxxxx"),
    (Permission::SettingsRead, "xx..x"),
];

#[test]
fn the_table_of_permissions() {
    for (permission, wanted) in TABLE {
        let found: String =
            Role::ALL.iter().map(|role| if role.may(permission) { 'x' } else { '.' }).collect();
        assert_eq!(found, wanted, "{permission:?}");
    }
    assert_eq!(TABLE.map(|(permission, _)| permission), Permission::ALL);
}

#[test]
fn nobody_grants_more_than_they_may() {
    for maker in Role::ALL {
        for role in Role::ALL.into_iter().filter(|role| maker.may_grant(*role)) {
            let more = Permission::ALL.into_iter().find(|p| role.may(*p) && !maker.may(*p));
            assert_eq!(more, None, "{maker} grants {role}");
        }
    }
    assert!(Role::Developer.may_grant(Role::Developer) && !Role::Developer.may_grant(Role::Admin));
    assert!(!Role::SalesAgent.may_grant(Role::ReadOnly));
}

#[test]
fn roles_are_written_as_the_protocol_does() {
    for role in Role::ALL {
        assert_eq!(role.as_str().parse(), Ok(role));
    }
    let error = "root".parse::<Role>().expect_err("no role");
    assert_eq!(error.code(), "ROLE_UNKNOWN");
}
