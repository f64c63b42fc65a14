-- Licences are counted by their end, and those of a policy are found by it, without a look at each of them. So are those that are
-- suspended.
drop index licenses_by_expiry;
create index licenses_by_expiry
  on licenses (account_id, expiry, serial, policy_id, suspended_at, suspension_reason, batch_id)
  where expiry is not null;
drop index licenses_suspended;
create index licenses_suspended on licenses (serial, account_id, suspended_at, suspension_reason, batch_id)
  where suspended_at is not null;
drop index licenses_suspended_by_expiry;
create index licenses_suspended_by_expiry on licenses (account_id, expiry, serial, suspended_at)
  where suspended_at is not null;

-- What an installation's licences have beside their rows is found without a look at these.
drop index licenses_by_installation;
create index licenses_by_installation on licenses (installation_id, serial, id) where installation_id is not null;

-- That people had to wait after wrong passwords is counted, however many other entries there are.
create index audit_log_delays on audit_log (at) where event = 'session.delay';
