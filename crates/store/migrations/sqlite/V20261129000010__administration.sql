-- Tokens are listed by page: all of them, or those of a kind.
create index tokens_by_account on tokens (account_id, serial);
create index tokens_by_kind on tokens (account_id, kind, serial);

-- Which person of the console made a link; the command line and a token are nobody.
alter table invitations add column invited_by blob references users (id);

-- Whether a feature is used is told without a look at every licence.
create index license_entitlements_by_feature on license_entitlements (entitlement_id);
create index policy_entitlements_by_feature on policy_entitlements (entitlement_id);
