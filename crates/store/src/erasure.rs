//! Forgetting a person: where somebody is found, and what is emptied. Rows stay, and so do their ids, which the audit log names;
//! what in them is somebody's goes.
//!
//! Which column is what is listed in `docs/security.md`, and a test compares the list with the schema.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::idempotency::Scope;
use crate::row::first;
use crate::sql::{args, statements};
use crate::terms::{self, Found, Kind};
use crate::{Read, Sql, StoreError, Tx, licenses, sessions, users};

statements! {
    USERS = "select id from users where account_id = $1 and (id = $2 or external_id = $3 or lower(email) = lower($3))
             order by serial";
    LICENSES = "select serial, id, user_id, name, subject, metadata from licenses
                where account_id = $1 and serial > $2 order by serial limit $3";
    TOKENS = "select id from tokens where user_id = $1 order by serial";
    ENTRIES = "select serial, actor_id, resource_id, detail from audit_log
               where serial > $1 and personal_salt is not null order by serial limit $2";
    ANSWERS = "select account_id, bearer, route, key, answer from idempotency
               where account_id = $1 and (bearer, route, key) > ($2, $3, $4) and answer is not null
               order by bearer, route, key limit $5";
    INVITED = "select count(*) from invitations where account_id = $1 and lower(email) = lower($2)";

    EMPTY_USER = "update users set external_id = null, email = null, name = null, role = 'user', password_hash = null,
                    totp_sealed = null, totp_step = null, metadata = '{}' where id = $1";
    EMPTY_TOKEN = "update tokens set name = '', revoked_at = coalesce(revoked_at, $2) where id = $1";
    UNINVITE = "delete from invitations where account_id = $1 and lower(email) = lower($2)";
    // What the keys of these forms say names nobody.
    EMPTY_LICENSE = "update licenses set name = null, subject = null, metadata = $2, updated_at = $3,
                       key_sealed = case when scheme in ('pool', 'tier', 'lk1') then key_sealed end
                     where id = $1";
    EMPTY_FORMS = "update issued set form_sealed = $2 where license_id = $1 and form_sealed <> $2";
    EMPTY_MACHINES = "update machines set user_id = null, name = null, hostname = null, address = null,
                        user_agent = null, metadata = '{}' where license_id = $1";
    EMPTY_MACHINES_OF_USER = "update machines set user_id = null, name = null, hostname = null, address = null,
                                user_agent = null, metadata = '{}' where user_id = $1";
    EMPTY_ATTEMPTS = "update verifications set address = null, origin = null, user_agent = null where license_id = $1
                        and (address is not null or origin is not null or user_agent is not null)";
}

/// What an emptied form is: no sealed text has no bytes.
const NO_FORM: &[u8] = &[];

/// A licence, as far as it may name somebody.
#[derive(Clone, Debug)]
pub struct Naming {
    /// Its number.
    pub serial: i64,
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub user: Option<Uuid>,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub subject: Option<String>,
    /// JSON.
    pub metadata: String,
}

/// An entry of the audit log that has something personal.
#[derive(Clone, Debug)]
pub struct Personal {
    /// Its number.
    pub serial: i64,
    /// Who did it.
    pub actor: Option<Uuid>,
    /// What it was done to.
    pub resource: Option<Uuid>,
    /// JSON.
    pub detail: String,
}

/// How much of something was emptied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// Texts of licences.
    pub forms: u64,
    /// Devices.
    pub machines: u64,
    /// Attempts to validate.
    pub attempts: u64,
    /// Tokens.
    pub tokens: u64,
    /// Sessions that were open.
    pub sessions: u64,
    /// Links to set up an account.
    pub invitations: u64,
}

/// Customers and people of the console who have this id, this id of the vendor's, or this address in any case.
///
/// # Errors
/// When the database cannot be asked.
pub async fn users_called(db: &impl Read, account: Uuid, who: &str) -> Result<Vec<users::User>, StoreError> {
    let id = Uuid::try_parse(who).ok();
    let mut found = Vec::new();
    for id in db.all(USERS, args![account, id, who], first::<Uuid>).await? {
        found.extend(users::by_id(db, id).await?);
    }
    Ok(found)
}

/// Licences behind one of a number, in the order in which they were made.
///
/// # Errors
/// When the database cannot be asked.
pub async fn licenses_after(
    db: &impl Read,
    account: Uuid,
    serial: i64,
    limit: i64,
) -> Result<Vec<Naming>, StoreError> {
    let read: crate::Map<Naming> = |row| {
        Ok(Naming {
            serial: row.take()?,
            id: row.take()?,
            user: row.take()?,
            name: row.take()?,
            subject: row.take()?,
            metadata: row.take()?,
        })
    };
    db.all(LICENSES, args![account, serial, limit], read).await
}

/// The tokens of somebody.
///
/// # Errors
/// When the database cannot be asked.
pub async fn tokens_of(db: &impl Read, user: Uuid) -> Result<Vec<Uuid>, StoreError> {
    db.all(TOKENS, args![user], first).await
}

/// Entries of the audit log behind one of a number that have something personal.
///
/// # Errors
/// When the database cannot be asked.
pub async fn entries_after(db: &impl Read, serial: i64, limit: i64) -> Result<Vec<Personal>, StoreError> {
    let read: crate::Map<Personal> = |row| {
        Ok(Personal { serial: row.take()?, actor: row.take()?, resource: row.take()?, detail: row.take()? })
    };
    db.all(ENTRIES, args![serial, limit], read).await
}

/// Answers that are kept for repetitions, behind one of them.
///
/// # Errors
/// When the database cannot be asked.
pub async fn answers_after(
    db: &impl Read,
    behind: &Scope,
    limit: i64,
) -> Result<Vec<(Scope, String)>, StoreError> {
    let read: crate::Map<(Scope, String)> = |row| {
        let scope =
            Scope { account_id: row.take()?, bearer: row.take()?, route: row.take()?, key: row.take()? };
        Ok((scope, row.take()?))
    };
    let Scope { account_id, bearer, route, key } = behind;
    db.all(ANSWERS, args![*account_id, bearer, route, key, limit], read).await
}

/// How many links there are for an address.
///
/// # Errors
/// When the database cannot be asked.
pub async fn invited(db: &impl Read, account: Uuid, email: &str) -> Result<i64, StoreError> {
    Ok(db.one(INVITED, args![account, email], first).await?.unwrap_or_default())
}

/// Empties the row of somebody, ends his sessions and revokes his tokens.
///
/// # Errors
/// When the database refuses.
pub async fn user(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<Emptied, StoreError> {
    let mut emptied = Emptied::default();
    let Some(before) = users::by_id(tx, id).await? else { return Ok(emptied) };
    terms::remove(tx, Kind::Customer, std::iter::once(Found::customer(&before))).await?;
    for token in tokens_of(tx, id).await? {
        emptied.sessions += sessions::delete_of_token(tx, token).await?;
        emptied.tokens += tx.execute(EMPTY_TOKEN, args![token, now]).await?;
    }
    emptied.sessions += sessions::delete_of_user(tx, id, Uuid::nil()).await?;
    emptied.machines = tx.execute(EMPTY_MACHINES_OF_USER, args![id]).await?;
    tx.execute(EMPTY_USER, args![id]).await?;
    Ok(emptied)
}

/// Removes the links for an address, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn invitations(tx: &Tx<'_>, account: Uuid, email: &str) -> Result<u64, StoreError> {
    tx.execute(UNINVITE, args![account, email]).await
}

/// Empties a licence with its forms, devices and attempts of whatever names somebody; of its metadata this is left. `None` when
/// there is no such licence.
///
/// # Errors
/// When the database refuses.
pub async fn license(
    tx: &Tx<'_>,
    id: Uuid,
    metadata: impl FnOnce(&str) -> String + Send,
    now: Timestamp,
) -> Result<Option<Emptied>, StoreError> {
    // Locked first: nobody gives it a name or another form meanwhile.
    let Some(before) = licenses::lock(tx, id).await? else { return Ok(None) };
    terms::remove(tx, Kind::License, std::iter::once(Found::license(&before))).await?;
    let after = licenses::License { name: None, metadata: metadata(&before.metadata), ..before };
    tx.execute(EMPTY_LICENSE, args![id, &after.metadata, now]).await?;
    terms::add(tx, Kind::License, std::iter::once(Found::license(&after))).await?;
    Ok(Some(Emptied {
        forms: tx.execute(EMPTY_FORMS, args![id, NO_FORM]).await?,
        machines: tx.execute(EMPTY_MACHINES, args![id]).await?,
        attempts: tx.execute(EMPTY_ATTEMPTS, args![id]).await?,
        ..Emptied::default()
    }))
}

macro_rules! free_texts {
    ($($name:ident = $table:literal $column:literal;)*) => {
        statements! {
            $($name = concat!(
                "select count(*) from ", $table, " where lower(", $column, ") like $1 escape '!' or lower(", $column,
                ") like $2 escape '!' or lower(", $column, ") like $3 escape '!'"
            );)*
        }
        /// Each with its place.
        const PLACES: &[(&str, Sql)] = &[$((concat!($table, ".", $column), $name),)*];
    };
}

/// Texts that whoever works with the program chose, and ids that applications send: nobody but a person can tell what they name.
mod free {
    use super::Sql;
    use crate::sql::statements;

    free_texts! {
        ACCOUNT = "accounts" "name";
        PRODUCT = "products" "name";
        PRODUCT_METADATA = "products" "metadata";
        POLICY = "policies" "name";
        POLICY_METADATA = "policies" "metadata";
        ENTITLEMENT = "entitlements" "name";
        ENTITLEMENT_METADATA = "entitlements" "metadata";
        INSTALLATION = "installations" "name";
        INSTALLATION_METADATA = "installations" "metadata";
        BATCH = "batches" "name";
        DEVICE_POOL = "device_pools" "name";
        LIMIT = "license_limits" "name";
        DEVICE = "machines" "fingerprint";
        SEAT = "offline_seats" "fingerprint";
        FORM = "issued" "device";
        DETAIL = "audit_log" "detail";
        REQUEST = "audit_log" "request_id";
    }

    pub(super) const ALL_PLACES: &[(&str, Sql)] = PLACES;
    #[cfg(feature = "testing")]
    pub(super) const EVERY: &[Sql] = ALL;
}

/// Where a person's own texts are: looked at once they are empty, for other people's that say the same.
mod own {
    use super::Sql;
    use crate::sql::statements;

    free_texts! {
        USER = "users" "name";
        USER_EMAIL = "users" "email";
        USER_METADATA = "users" "metadata";
        LICENSE = "licenses" "name";
        LICENSE_SUBJECT = "licenses" "subject";
        LICENSE_METADATA = "licenses" "metadata";
        MACHINE = "machines" "name";
        MACHINE_HOST = "machines" "hostname";
        MACHINE_METADATA = "machines" "metadata";
        TOKEN = "tokens" "name";
        ORIGIN = "verifications" "origin";
    }

    pub(super) const ALL_PLACES: &[(&str, Sql)] = PLACES;
    #[cfg(feature = "testing")]
    pub(super) const EVERY: &[Sql] = ALL;
}

/// The statements of free texts.
#[cfg(feature = "testing")]
pub(crate) const ALL_PLACES: [&[Sql]; 2] = [free::EVERY, own::EVERY];

/// In which columns, and in how many rows of each, a text still stands, also within longer ones and in any case: in texts that are
/// nobody's in particular, and, where `own` says so, in those that are somebody's.
///
/// # Errors
/// When the database cannot be asked.
pub async fn places(db: &impl Read, text: &str, own: bool) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let patterns = spellings(text).map(|spelling| pattern(&spelling));
    let owned = if own { own::ALL_PLACES } else { &[] };
    let mut found = Vec::new();
    for (place, statement) in free::ALL_PLACES.iter().chain(owned) {
        let rows = db
            .one(*statement, args![&patterns[0], &patterns[1], &patterns[2]], first::<i64>)
            .await?
            .unwrap_or_default();
        if rows > 0 {
            found.push((*place, rows));
        }
    }
    Ok(found)
}

/// As it may stand behind `lower`, which on SQLite, and on PostgreSQL in the locale C, knows no letters but ASCII's: all small, each
/// word with a capital, all capitals.
fn spellings(text: &str) -> [String; 3] {
    let mut is_within = false;
    let mut titled = String::new();
    for c in text.to_lowercase().chars() {
        if is_within {
            titled.push(c);
        } else {
            titled.extend(c.to_uppercase());
        }
        is_within = c.is_alphanumeric();
    }
    [text.to_lowercase(), titled, text.to_uppercase()].map(|text| text.to_ascii_lowercase())
}

/// A text as it stands within others.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_for_as_people_write_it() {
        assert_eq!(spellings("Élodie O'Étoilé"), ["élodie o'étoilé", "Élodie o'Étoilé", "Élodie o'ÉtoilÉ"]);
        assert_eq!(spellings("ada@example.com")[0], spellings("Ada@Example.com")[2]);
        assert_eq!(pattern("100%_!"), "%100!%!_!!%");
    }
}
