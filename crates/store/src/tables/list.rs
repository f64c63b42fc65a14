//! The tables themselves, each after those that it refers to.

use super::{Column, Kept, Kind, Table};

/// Writes tables as the schema does: a name, then its columns.
macro_rules! tables {
    ($($name:ident by [$($key:ident),*], $kept:expr, $about:expr => {
        $($column:ident: $kind:ident $(($fixed:expr))?),* $(,)?
    })*) => {
        &[$(Table {
            name: stringify!($name),
            about: $about,
            kept: $kept,
            key: &[$(stringify!($key)),*],
            columns: &[$(Column { name: stringify!($column), kind: Kind::$kind $(($fixed))? }),*],
        }),*]
    };
}

/// Tables that come along nowhere, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("versions", "counters by which nodes notice changes; a database goes on with its own"),
    ("license_terms", "the index of the search, made anew from the licences"),
    ("user_terms", "the index of the search, made anew from the customers"),
    ("search_backlog", "how far that index is made"),
];

/// All others.
pub const TABLES: &[Table] = tables! {
    accounts by [serial], Kept::Content, "The vendor. There is one." => {
        serial: Number, id: Id, slug: Text, name: Text, created_at: Time,
    }
    products by [serial], Kept::Content, "What is sold." => {
        serial: Number, id: Id, account_id: Id, code: Text, name: Text, key_prefix: Text, metadata: Text,
        created_at: Time,
    }
    policies by [serial], Kept::Content, "Rules that licences follow; `rules` is an object of JSON." => {
        serial: Number, id: Id, account_id: Id, product_id: Id, code: Text, name: Text, scheme: Text, rules: Text,
        metadata: Text, created_at: Time, updated_at: Time,
    }
    entitlements by [serial], Kept::Content, "Features." => {
        serial: Number, id: Id, account_id: Id, code: Text, name: Text, metadata: Text, created_at: Time,
    }
    policy_entitlements by [policy_id, entitlement_id], Kept::Content,
    "Features of a policy's licences, in the order of `place`." => {
        account_id: Id, policy_id: Id, entitlement_id: Id, place: Number,
    }
    users by [serial], Kept::Content,
    "Customers (role `user`) and the people of the console, with the Argon2id hashes of their passwords and the secrets of \
     their second factors." => {
        serial: Number, id: Id, account_id: Id, external_id: Text, email: Text, name: Text, role: Text,
        password_hash: Password, totp_sealed: Sealed, banned_at: Time, metadata: Text, created_at: Time,
        totp_step: Number,
    }
    installations by [serial], Kept::Content, "Customers' running copies of a product, each with its secret." => {
        serial: Number, id: Id, account_id: Id, name: Text, own: Flag, secret_sealed: Sealed,
        secret_generated_at: Time, free_devices: Number, over_limit_since: Time, metadata: Text, created_at: Time,
    }
    batches by [serial], Kept::Content, "Many licences made at once. Without `ready_at` it was not finished." => {
        serial: Number, id: Id, account_id: Id, name: Text, wanted: Number, made: Number, created_at: Time,
        ready_at: Time,
    }
    licenses by [serial], Kept::Content,
    "Licences. `key_sealed` is the whole key or file; `key_digest` is what it is found by; `key_hint` its last characters." => {
        serial: Number, id: Id, account_id: Id, product_id: Id, policy_id: Id, user_id: Id, installation_id: Id,
        batch_id: Id, name: Text, subject: Text, scheme: Text, key_sealed: Sealed, key_digest: Digest, key_hint: Text,
        expiry: Time, expiry_text: Text, first_activated_at: Time, first_validated_at: Time, last_validated_at: Time,
        suspended_at: Time, suspension_reason: Text, max_machines: Number, machines_count: Number, max_uses: Number,
        uses: Number, transfers: Number, metadata: Text, created_at: Time, updated_at: Time, removed_at: Time,
    }
    license_entitlements by [license_id, entitlement_id], Kept::Content,
    "Features of a licence beside those of its policy." => {
        account_id: Id, license_id: Id, entitlement_id: Id, place: Number,
    }
    license_limits by [license_id, name], Kept::Content,
    "Named limits of a licence beside devices and uses, with what is used of them." => {
        account_id: Id, license_id: Id, name: Text, maximum: Number, used: Number,
    }
    device_pools by [license_id, name], Kept::Content, "Named pools of a licence's devices." => {
        account_id: Id, license_id: Id, name: Text, max_devices: Number, devices_count: Number, expires_at: Time,
    }
    signing_keys by [serial], Kept::Content,
    "Keys that licences are signed or sealed with: the private half, or the shared secret of a product." => {
        serial: Number, id: Id, account_id: Id, product_id: Id, algorithm: Text, state: Text, public_key: Text,
        private_sealed: Sealed, imported: Flag, created_at: Time, retired_at: Time,
    }
    issued by [serial], Kept::Content, "Every form that was given out beside a licence's key." => {
        serial: Number, id: Id, account_id: Id, license_id: Id, scheme: Text, form_sealed: Sealed, digest: Digest,
        hint: Text, signing_key_id: Id, device: Text, issued_at: Time, expires_at: Time, superseded_at: Time,
    }
    machines by [serial], Kept::Content, "Devices that licences are activated on." => {
        serial: Number, id: Id, account_id: Id, license_id: Id, user_id: Id, fingerprint: Text, uniqueness_scope: Id,
        pool: Text, name: Text, hostname: Text, platform: Text, address: Text, user_agent: Text, metadata: Text,
        created_at: Time, last_seen_at: Time, device_key: Bytes, seat_nonce: Bytes, seat_until: Time,
    }
    offline_seats by [serial], Kept::Content,
    "Answered requests of devices without a network: neither a request nor its receipt works twice." => {
        serial: Number, account_id: Id, license_id: Id, machine_id: Id, fingerprint: Text, device_key: Bytes,
        nonce: Bytes, issued_at: Time, lease_until: Time, released_at: Time,
    }
    tokens by [serial], Kept::Content, "Tokens. Their texts are nowhere; by `digest` they go on working." => {
        serial: Number, id: Id, account_id: Id, kind: Text, role: Text, name: Text, digest: Digest, hint: Text,
        user_id: Id, installation_id: Id, created_at: Time, expires_at: Time, revoked_at: Time, last_used_at: Time,
    }
    invitations by [serial], Kept::Content, "Links that let somebody into the console once." => {
        serial: Number, id: Id, account_id: Id, digest: Digest, email: Text, role: Text, created_at: Time,
        expires_at: Time, invited_by: Id, used_at: Time,
    }
    settings by [name], Kept::Content,
    "Settings of the database as a whole. In an export without those that begin with `vault.`: a new database has its own." => {
        name: Text, value: Bytes, updated_at: Time,
    }
    verifications by [serial], Kept::Content,
    "Attempts to validate. `count` above 1 is the sum of a minute." => {
        serial: Number, account_id: Id, license_id: Id, at: Time, front: Text, code: Text, reason: Text, count: Number,
        address: Text, origin: Text, user_agent: Text,
    }
    stats_hourly by [account_id, name, hour, policy_id, shard], Kept::Content,
    "Counters by hour since 1970; hour 0 is the sum over all time." => {
        account_id: Id, policy_id: Id, name: Text, hour: Number, shard: Number, value: Number,
    }
    audit_log by [serial], Kept::Log,
    "Every change. `seq`, `previous` and `digest` are an entry's place in the chain." => {
        serial: Number, id: Id, account_id: Id, at: Time, event: Text, outcome: Text, actor_kind: Text, actor_id: Id,
        resource_type: Text, resource_id: Id, front: Text, request_id: Text, detail: Text, address: Text,
        user_agent: Text, personal_salt: Bytes, personal_digest: Bytes, seq: Number, previous: Bytes, digest: Bytes,
    }
    audit_head by [name], Kept::Log, "The end of the chain." => {
        name: Text, seq: Number, digest: Bytes, count: Number, sealed_at: Time, holder: Here(None),
        held_until: Here(Some(0)),
    }
    checkpoints by [serial], Kept::Log, "Signed statements of how far the chain reached." => {
        serial: Number, seq: Number, digest: Bytes, count: Number, at: Time, signing_key_id: Id, signature: Bytes,
    }
    sessions by [serial], Kept::Backup("people sign in again"), "Browsers that are signed in." => {
        serial: Number, id: Id, account_id: Id, digest: Digest, csrf_digest: Digest, user_id: Id, token_id: Id,
        address: Text, user_agent: Text, created_at: Time, last_seen_at: Time, expires_at: Time, pending: Flag,
    }
    idempotency by [account_id, bearer, route, key],
    Kept::Backup("answers for whoever repeats a request within a day; the answers are sealed for this database"),
    "Requests that may be repeated, with their answers." => {
        account_id: Id, bearer: Text, route: Text, key: Text, body_digest: Bytes, status: Number, answer: Text,
        created_at: Time,
    }
};
