-- Words by which licences and customers are found: of their names, and `key:value` of their metadata.
create table license_terms (
  account_id blob not null references accounts (id),
  term text not null,
  license_id blob not null,
  primary key (account_id, term, license_id)
) strict, without rowid;
create table user_terms (
  account_id blob not null references accounts (id),
  term text not null,
  user_id blob not null,
  primary key (account_id, term, user_id)
) strict, without rowid;

-- What was there before: up to which serial it still has to be read, from the newest on.
create table search_backlog (
  name text primary key,
  serial integer not null
) strict;
insert into search_backlog (name, serial)
select 'licenses', max(serial) from licenses having max(serial) is not null;
insert into search_backlog (name, serial)
select 'users', max(serial) from users having max(serial) is not null;

-- Lists are filtered through an index each, and the last characters of a key are looked up.
create index licenses_by_policy on licenses (policy_id, serial);
create index licenses_by_product on licenses (product_id, serial);
create index licenses_by_scheme on licenses (scheme, serial);
create index licenses_suspended on licenses (serial) where suspended_at is not null;
create index licenses_by_hint on licenses (key_hint) where key_hint is not null;
drop index licenses_by_name;
drop index users_by_name;
