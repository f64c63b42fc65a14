-- The whole model. Times are microseconds since 1970 in UTC, ids are UUIDs of 16 bytes, booleans 0 and 1.

create table accounts (
  serial integer primary key,
  id blob not null unique,
  slug text not null unique,
  name text not null,
  created_at integer not null
) strict;

create table products (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  code text not null,
  name text not null,
  key_prefix text,
  metadata text not null,
  created_at integer not null,
  unique (account_id, code)
) strict;

-- `rules` are the attributes and strategies as one JSON object: they are read whole, and nothing searches in them.
create table policies (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  product_id blob not null references products (id),
  code text not null,
  name text not null,
  scheme text,
  rules text not null,
  metadata text not null,
  created_at integer not null,
  updated_at integer not null,
  unique (product_id, code)
) strict;

create table entitlements (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  code text not null,
  name text not null,
  metadata text not null,
  created_at integer not null,
  unique (account_id, code)
) strict;

create table policy_entitlements (
  account_id blob not null references accounts (id),
  policy_id blob not null references policies (id),
  entitlement_id blob not null references entitlements (id),
  place integer not null,
  primary key (policy_id, entitlement_id)
) strict;

create table users (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  external_id text,
  email text,
  name text,
  role text not null,
  password_hash text,
  totp_sealed blob,
  banned_at integer,
  metadata text not null,
  created_at integer not null,
  unique (account_id, external_id),
  unique (account_id, email)
) strict;

create table installations (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  name text not null,
  own integer not null,
  secret_sealed blob,
  secret_generated_at integer,
  free_devices integer,
  over_limit_since integer,
  metadata text not null,
  created_at integer not null,
  unique (account_id, name)
) strict;

create table batches (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  name text not null,
  wanted integer not null,
  made integer not null,
  created_at integer not null,
  ready_at integer
) strict;

create table licenses (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  product_id blob not null references products (id),
  policy_id blob not null references policies (id),
  user_id blob references users (id),
  installation_id blob references installations (id),
  batch_id blob references batches (id),
  name text,
  subject text,
  scheme text not null,
  key_sealed blob,
  key_digest blob,
  key_hint text,
  expiry integer,
  expiry_text text,
  first_activated_at integer,
  first_validated_at integer,
  last_validated_at integer,
  suspended_at integer,
  suspension_reason text,
  max_machines integer,
  machines_count integer not null,
  max_uses integer,
  uses integer not null,
  transfers integer not null,
  metadata text not null,
  created_at integer not null,
  updated_at integer not null,
  unique (account_id, key_digest),
  unique (product_id, subject)
) strict;
create index licenses_by_user on licenses (user_id) where user_id is not null;
create index licenses_by_installation on licenses (installation_id) where installation_id is not null;
create index licenses_by_batch on licenses (batch_id) where batch_id is not null;
create index licenses_by_expiry on licenses (expiry) where expiry is not null;

create table license_entitlements (
  account_id blob not null references accounts (id),
  license_id blob not null references licenses (id),
  entitlement_id blob not null references entitlements (id),
  place integer not null,
  primary key (license_id, entitlement_id)
) strict;

-- Named limits of a licence beside machines and uses: API calls, storage, bandwidth.
create table license_limits (
  account_id blob not null references accounts (id),
  license_id blob not null references licenses (id),
  name text not null,
  maximum integer not null,
  used integer not null,
  primary key (license_id, name)
) strict;

create table device_pools (
  account_id blob not null references accounts (id),
  license_id blob not null references licenses (id),
  name text not null,
  max_devices integer not null,
  devices_count integer not null,
  expires_at integer,
  primary key (license_id, name)
) strict;

create table signing_keys (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  product_id blob references products (id),
  algorithm text not null,
  state text not null,
  public_key text,
  private_sealed blob,
  imported integer not null,
  created_at integer not null,
  retired_at integer
) strict;

-- The forms of a licence that are given out beside its key, or that took an older one's place.
create table issued (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  license_id blob not null references licenses (id),
  scheme text not null,
  form_sealed blob not null,
  digest blob not null,
  hint text,
  signing_key_id blob references signing_keys (id),
  device text,
  issued_at integer not null,
  expires_at integer,
  superseded_at integer,
  unique (account_id, digest)
) strict;
create index issued_by_license on issued (license_id);

create table machines (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  license_id blob not null references licenses (id),
  user_id blob references users (id),
  fingerprint text not null,
  uniqueness_scope blob not null,
  pool text,
  name text,
  hostname text,
  platform text,
  address text,
  user_agent text,
  metadata text not null,
  created_at integer not null,
  last_seen_at integer not null,
  unique (uniqueness_scope, fingerprint)
) strict;
create index machines_by_license on machines (license_id);

create table tokens (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  kind text not null,
  role text,
  name text not null,
  digest blob not null unique,
  hint text not null,
  user_id blob references users (id),
  installation_id blob references installations (id),
  created_at integer not null,
  expires_at integer,
  revoked_at integer,
  last_used_at integer
) strict;

create table sessions (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  digest blob not null unique,
  csrf_digest blob not null,
  user_id blob references users (id),
  token_id blob references tokens (id),
  address text,
  user_agent text,
  created_at integer not null,
  last_seen_at integer not null,
  expires_at integer not null
) strict;

create table settings (
  name text primary key,
  value blob not null,
  updated_at integer not null
) strict;

create table idempotency (
  account_id blob not null references accounts (id),
  bearer text not null,
  route text not null,
  key text not null,
  body_digest blob not null,
  status integer,
  answer text,
  created_at integer not null,
  primary key (account_id, bearer, route, key)
) strict;
create index idempotency_by_age on idempotency (created_at);

create table audit_log (
  serial integer primary key,
  id blob not null unique,
  account_id blob,
  at integer not null,
  event text not null,
  outcome text not null,
  actor_kind text not null,
  actor_id blob,
  resource_type text not null,
  resource_id blob,
  front text not null,
  request_id text,
  detail text not null,
  address text,
  user_agent text,
  personal_salt blob,
  personal_digest blob,
  seq integer unique,
  previous blob,
  digest blob
) strict;
create index audit_log_unsealed on audit_log (serial) where seq is null;
create index audit_log_by_resource on audit_log (resource_id, serial) where resource_id is not null;

-- The end of the sealed chain, kept apart from it, and the lease of the one sealer.
create table audit_head (
  name text primary key,
  seq integer not null,
  digest blob not null,
  count integer not null,
  sealed_at integer not null,
  holder blob,
  held_until integer not null
) strict;

create table checkpoints (
  serial integer primary key,
  seq integer not null unique,
  digest blob not null,
  count integer not null,
  at integer not null,
  signing_key_id blob not null references signing_keys (id),
  signature blob not null
) strict;

-- Attempts to validate. `count` above 1 is a summary of one minute; a refusal is always a row of its own.
create table verifications (
  serial integer primary key,
  account_id blob not null,
  license_id blob,
  at integer not null,
  front text not null,
  code text not null,
  reason text,
  count integer not null,
  address text,
  origin text,
  user_agent text
) strict;
create index verifications_by_time on verifications (at);
create index verifications_by_license on verifications (license_id, at) where license_id is not null;

-- Counters by hour (hours since 1970; 0 is the sum over all time), split into shards so that writers do not wait for
-- each other.
create table stats_hourly (
  account_id blob not null,
  policy_id blob not null,
  name text not null,
  hour integer not null,
  shard integer not null,
  value integer not null,
  primary key (account_id, name, hour, policy_id, shard)
) strict;

-- Raised by whatever changes what nodes hold in memory.
create table versions (
  name text primary key,
  version integer not null
) strict;

insert into versions (name, version) values ('catalog', 1);
insert into audit_head (name, seq, digest, count, sealed_at, holder, held_until)
values ('audit', 0, x'0000000000000000000000000000000000000000000000000000000000000000', 0, 0, null, 0);
