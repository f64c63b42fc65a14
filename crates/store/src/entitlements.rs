//! Entitlements: features, and which policies and licences have them, in an order that is kept.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, StoreError, Tx};

/// A feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// What programs call it, unique in the account.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A feature of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The feature.
    pub entitlement: Entitlement,
    /// Whether a licence has it as its own.
    pub has_license: bool,
}

statements! {
    INSERT = "insert into entitlements (id, account_id, code, name, metadata, created_at)
              values ($1, $2, $3, $4, '{}', $5) on conflict (account_id, code) do nothing";
    BY_CODE = "select id from entitlements where account_id = $1 and code = $2";
    ENTITLEMENTS_AFTER = "select e.id, e.account_id, e.code, e.name, e.created_at,
                    (select count(*) from (select 1 from license_entitlements l
                                           where l.entitlement_id = e.id limit 1) one)
                  from entitlements e where e.account_id = $1 and e.code > $2 order by e.code limit $3";
    RENAME = "update entitlements set name = $4 where account_id = $1 and id = $2 and name = $3";
    DELETE_UNUSED = "delete from entitlements where account_id = $1 and id = $2
                     and not exists (select 1 from policy_entitlements where entitlement_id = $2)
                     and not exists (select 1 from license_entitlements where entitlement_id = $2)";
    CODE = "select code from entitlements where account_id = $1 and id = $2";
    OF_POLICIES = "select p.policy_id, e.code from policy_entitlements p
                   join entitlements e on e.id = p.entitlement_id order by p.policy_id, p.place, e.serial";
    OF_POLICY = "select e.code from policy_entitlements p join entitlements e on e.id = p.entitlement_id
                 where p.policy_id = $1 order by p.place, e.serial";
    NEXT_OF_POLICY = "select coalesce(max(place) + 1, 0) from policy_entitlements where policy_id = $1";
    NEXT_OF_LICENSE = "select coalesce(max(place) + 1, 0) from license_entitlements where license_id = $1";
    ATTACH_TO_POLICY = "insert into policy_entitlements (account_id, policy_id, entitlement_id, place)
                        values ($1, $2, $3, $4) on conflict (policy_id, entitlement_id) do nothing";
    DETACH_FROM_POLICY = "delete from policy_entitlements where policy_id = $1 and entitlement_id = $2";
    OF_LICENSE = "select e.code from license_entitlements l join entitlements e on e.id = l.entitlement_id
                  where l.license_id = $1 order by l.place, e.serial";
    OF_INSTALLATION = "select h.license_id, e.code from license_entitlements h
                       join entitlements e on e.id = h.entitlement_id join licenses l on l.id = h.license_id
                       where l.installation_id = $1 order by h.license_id, h.place, e.serial";
    ATTACH_TO_LICENSE = "insert into license_entitlements (account_id, license_id, entitlement_id, place)
                         values ($1, $2, $3, $4) on conflict (license_id, entitlement_id) do nothing";
    DETACH_FROM_LICENSE = "delete from license_entitlements where license_id = $1 and entitlement_id = $2";
}

/// The id of the feature with this code, made when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn ensure(tx: &Tx<'_>, wanted: &Entitlement) -> Result<Uuid, StoreError> {
    let Entitlement { id, account_id, code, name, created_at } = wanted;
    tx.execute(INSERT, args![*id, *account_id, code, name, *created_at]).await?;
    Ok(by_code(tx, *account_id, code).await?.unwrap_or(*id))
}

/// The id of the feature with this code.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_code(db: &impl Read, account: Uuid, code: &str) -> Result<Option<Uuid>, StoreError> {
    db.one(BY_CODE, args![account, code], first).await
}

/// Adds a feature; `false` when its code is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, entitlement: &Entitlement) -> Result<bool, StoreError> {
    let Entitlement { id, account_id, code, name, created_at } = entitlement;
    Ok(tx.execute(INSERT, args![*id, *account_id, code, name, *created_at]).await? == 1)
}

/// The features of an account whose codes come after this one, in the order of their codes.
///
/// # Errors
/// When the database cannot be asked.
pub async fn after(db: &impl Read, account: Uuid, code: &str, limit: i64) -> Result<Vec<Listed>, StoreError> {
    db.all(ENTITLEMENTS_AFTER, args![account, code, limit], |row| {
        let entitlement = Entitlement {
            id: row.take()?,
            account_id: row.take()?,
            code: row.take()?,
            name: row.take()?,
            created_at: row.take()?,
        };
        Ok(Listed { entitlement, has_license: row.take::<i64>()? > 0 })
    })
    .await
}

/// The code of a feature.
///
/// # Errors
/// When the database cannot be asked.
pub async fn code(db: &impl Read, account: Uuid, id: Uuid) -> Result<Option<String>, StoreError> {
    db.one(CODE, args![account, id], first).await
}

/// Renames a feature; `false` when it has another name than it had, or there is none.
///
/// # Errors
/// When the database refuses.
pub async fn rename(
    tx: &Tx<'_>,
    account: Uuid,
    id: Uuid,
    before: &str,
    name: &str,
) -> Result<bool, StoreError> {
    Ok(tx.execute(RENAME, args![account, id, before, name]).await? == 1)
}

/// Removes a feature that no policy and no licence has; `false` when one has it, or there is none.
///
/// # Errors
/// When the database refuses; `CONFLICT` when one gets it at this moment.
pub async fn delete_unused(tx: &Tx<'_>, account: Uuid, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE_UNUSED, args![account, id]).await? == 1)
}

/// The features of all policies: pairs of policy and code, in their order.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_policies(db: &impl Read) -> Result<Vec<(Uuid, String)>, StoreError> {
    db.all(OF_POLICIES, &[], |row| Ok((row.take()?, row.take()?))).await
}

/// The codes of a policy's features, in their order.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_policy(db: &impl Read, policy: Uuid) -> Result<Vec<String>, StoreError> {
    db.all(OF_POLICY, args![policy], first).await
}

/// The codes of a licence's own features, in their order.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_license(db: &impl Read, license: Uuid) -> Result<Vec<String>, StoreError> {
    db.all(OF_LICENSE, args![license], first).await
}

/// The own features of all licences of an installation: pairs of licence and code, in their order.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_installation(db: &impl Read, installation: Uuid) -> Result<Vec<(Uuid, String)>, StoreError> {
    db.all(OF_INSTALLATION, args![installation], |row| Ok((row.take()?, row.take()?))).await
}

/// The place behind a policy's last feature.
///
/// # Errors
/// When the database cannot be asked.
pub async fn next_place_of_policy(db: &impl Read, policy: Uuid) -> Result<i64, StoreError> {
    Ok(db.one(NEXT_OF_POLICY, args![policy], first).await?.unwrap_or_default())
}

/// The place behind a licence's last feature.
///
/// # Errors
/// When the database cannot be asked.
pub async fn next_place_of_license(db: &impl Read, license: Uuid) -> Result<i64, StoreError> {
    Ok(db.one(NEXT_OF_LICENSE, args![license], first).await?.unwrap_or_default())
}

/// Gives a feature to a policy at a place of its list; `false` when it has it.
///
/// # Errors
/// When the database refuses.
pub async fn attach_to_policy(
    tx: &Tx<'_>,
    account: Uuid,
    policy: Uuid,
    entitlement: Uuid,
    place: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(ATTACH_TO_POLICY, args![account, policy, entitlement, place]).await? == 1)
}

/// Takes a feature from a policy; `false` when it has it not.
///
/// # Errors
/// When the database refuses.
pub async fn detach_from_policy(tx: &Tx<'_>, policy: Uuid, entitlement: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(DETACH_FROM_POLICY, args![policy, entitlement]).await? == 1)
}

/// Gives features to licences: licence, feature and place of each.
///
/// # Errors
/// When the database refuses.
pub async fn attach_all(
    tx: &Tx<'_>,
    account: Uuid,
    attached: &[(Uuid, Uuid, i64)],
) -> Result<(), StoreError> {
    let row = |(license, entitlement, place): &(Uuid, Uuid, i64)| -> Vec<crate::Value<'static>> {
        args![account, *license, *entitlement, *place].to_vec()
    };
    let rows: Vec<_> = attached.iter().map(row).collect();
    tx.execute_each(ATTACH_TO_LICENSE, &rows).await.map(drop)
}

/// Gives a feature to a licence at a place of its list; `false` when it has it.
///
/// # Errors
/// When the database refuses.
pub async fn attach_to_license(
    tx: &Tx<'_>,
    account: Uuid,
    license: Uuid,
    entitlement: Uuid,
    place: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(ATTACH_TO_LICENSE, args![account, license, entitlement, place]).await? == 1)
}

/// Takes a feature from a licence; `false` when it has it not.
///
/// # Errors
/// When the database refuses.
pub async fn detach_from_license(tx: &Tx<'_>, license: Uuid, entitlement: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(DETACH_FROM_LICENSE, args![license, entitlement]).await? == 1)
}
