-- Tokens that are revoked, or that are not, are listed by page however few they are among the others.
create index tokens_open on tokens (account_id, serial) where revoked_at is null;
create index tokens_revoked on tokens (account_id, serial) where revoked_at is not null;
create index tokens_of_kind_open on tokens (account_id, kind, serial) where revoked_at is null;
create index tokens_of_kind_revoked on tokens (account_id, kind, serial) where revoked_at is not null;

-- Licences that are suspended or revoked are few, also where they are listed by their end.
create index licenses_suspended_by_expiry on licenses (account_id, expiry, serial) where suspended_at is not null;

-- The sums over all time are read without a walk through the hours.
create index stats_totals on stats_hourly (account_id, policy_id, name) where hour = 0;
