-- What a device without a network holds: its own key, the request that was answered last, and how long it may run on that.
alter table machines add column device_key blob;
alter table machines add column seat_nonce blob;
alter table machines add column seat_until integer;

-- Every request that was answered: neither it nor the receipt for its seat works twice.
create table offline_seats (
  serial integer primary key,
  account_id blob not null references accounts (id),
  license_id blob not null references licenses (id),
  machine_id blob not null,
  fingerprint text not null,
  device_key blob not null,
  nonce blob not null,
  issued_at integer not null,
  lease_until integer,
  released_at integer,
  unique (license_id, nonce)
) strict;
create index offline_seats_by_device on offline_seats (license_id, fingerprint);
