-- One activation of a key of the pool, with the statements of the program. Each client has keys of its own: its own number,
-- then every 32nd. -D turn=0 -D now=MICROSECONDS
\set number :client_id + 32 * :turn
\set turn :turn + 1
\set shard random(0, 7)
begin;
select l.id, l.account_id, l.product_id, l.policy_id, l.user_id, l.installation_id, l.batch_id, l.name, l.subject,
       l.scheme, l.key_sealed, l.key_digest, l.key_hint, l.expiry, l.expiry_text, l.first_activated_at,
       l.first_validated_at, l.last_validated_at, l.suspended_at, l.suspension_reason, l.max_machines,
       l.machines_count, l.max_uses, l.uses, l.transfers, l.metadata, l.created_at, l.updated_at, l.serial,
       l.removed_at, u.external_id, u.email, u.banned_at, b.name
from licenses l left join users u on u.id = l.user_id left join batches b on b.id = l.batch_id
where l.account_id = :account and l.key_digest = decode(lpad(:number, 64, '0'), 'hex')
  and (l.batch_id is null or b.ready_at is not null) \gset l_
select rules from policies where id = :l_policy_id;
select id, account_id, license_id, user_id, fingerprint, uniqueness_scope, pool, name, address, user_agent,
       created_at, last_seen_at
from machines where uniqueness_scope = :l_id and fingerprint = :number;
select name, max_devices, devices_count, expires_at from device_pools where license_id = :l_id;
update licenses set first_activated_at = :now, expiry = :now, machines_count = machines_count + 1, updated_at = :now
where id = :l_id and first_activated_at is null and suspended_at is null;
insert into machines (id, account_id, license_id, user_id, fingerprint, uniqueness_scope, pool, name, address, user_agent,
                      created_at, last_seen_at, metadata)
values (decode(lpad(:number, 32, '0'), 'hex'), :account, :l_id, null, :number, :l_id, null, null, '127.0.0.1', null, :now, :now, '{}')
on conflict (uniqueness_scope, fingerprint) do nothing;
\startpipeline
insert into stats_hourly (account_id, policy_id, name, hour, shard, value)
values (:account, :l_policy_id, 'activations', 0, :shard, 1)
on conflict (account_id, name, hour, policy_id, shard) do update set value = stats_hourly.value + excluded.value;
insert into stats_hourly (account_id, policy_id, name, hour, shard, value)
values (:account, :l_policy_id, 'activations', 500000, :shard, 1)
on conflict (account_id, name, hour, policy_id, shard) do update set value = stats_hourly.value + excluded.value;
insert into stats_hourly (account_id, policy_id, name, hour, shard, value)
values (:account, :l_policy_id, 'unavailable', 0, :shard, 1)
on conflict (account_id, name, hour, policy_id, shard) do update set value = stats_hourly.value + excluded.value;
insert into stats_hourly (account_id, policy_id, name, hour, shard, value)
values (:account, :l_policy_id, 'used', 0, :shard, 1)
on conflict (account_id, name, hour, policy_id, shard) do update set value = stats_hourly.value + excluded.value;
\endpipeline
insert into audit_log (id, account_id, at, event, outcome, actor_kind, actor_id, resource_type, resource_id, front, request_id,
                       detail, address, user_agent, personal_salt, personal_digest)
values (decode(lpad(:number, 32, '0'), 'hex'), :account, :now, 'license.activate', 'done', 'anonymous', null, 'license', :l_id, 'pool',
        null, '{"expiry":1800000000000000,"hint":"ABCD","machine":"01900000-0000-7000-8000-000000000000"}', '127.0.0.1', null,
        decode(repeat('00', 16), 'hex'), decode(repeat('00', 32), 'hex'));
commit;
