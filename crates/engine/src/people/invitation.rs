//! Links that let somebody choose a password: the first administrator's, those of others, and those after a reset.

use std::fmt;
use std::str::FromStr as _;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::invitations::{self, Invitation as Row};
use keyward_store::people::{self, Person as PersonRow};
use keyward_store::{Job, Tx, audit, sessions};
use rand_core::Rng as _;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Person, SignedIn, email, name, password};
use crate::token::Role;
use crate::{Actor, Caller, Engine, EngineError};

const KIND: &str = "invitation";
/// How long a link is good.
const SECONDS: i64 = 3_600;

/// What a link carries. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct InvitationSecret(Zeroizing<String>);

impl InvitationSecret {
    /// Reads what a browser sent; `None` when it has not the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        sound.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret text, for the link alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for InvitationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationSecret")
    }
}

/// An invitation that is good now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// For whom; without it, whoever opens it chooses an address.
    pub email: Option<String>,
    /// What he may do then.
    pub role: Role,
    /// Whether he is here already, and only chooses a new password.
    pub is_known: bool,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// What an invited person chooses.
#[derive(Clone, Debug, Default)]
pub struct Welcome {
    /// His address, where the invitation names none.
    pub email: String,
    /// His name.
    pub name: Option<String>,
    /// His password.
    pub password: Zeroizing<String>,
}

impl Engine {
    /// Makes a link, good for an hour and for one use: for a new person of a role, or to choose a new password where the
    /// address is that of somebody who is here; then his role stays.
    ///
    /// # Errors
    /// When the address is none, or the database refuses.
    pub async fn invite(
        &self,
        caller: &Caller,
        role: Role,
        address: Option<&str>,
    ) -> Result<InvitationSecret, EngineError> {
        let address = address.map(email).transpose()?;
        let there = match &address {
            Some(address) => people::by_email(&self.store, self.account.id, address).await?.map(|row| row.id),
            None => None,
        };
        let (row, secret) = self.new_invitation(caller, role.as_str(), address);
        let detail = json!({ "role": role.as_str(), "expires": row.expires_at, "person": there });
        let entry =
            self.entry(caller, "person.invite", ("invitation", Some(row.id)), &detail, row.created_at);
        self.store.write(Inviting { row, alone: false, entry }).await?;
        Ok(secret)
    }

    /// Makes the link for the first administrator; those that were made for him before are gone.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn invite_first(&self, caller: &Caller) -> Result<InvitationSecret, EngineError> {
        let (row, secret) = self.new_invitation(caller, Role::Admin.as_str(), None);
        let detail = json!({ "role": row.role, "expires": row.expires_at });
        let entry =
            self.entry(caller, "person.invite", ("invitation", Some(row.id)), &detail, row.created_at);
        self.store.write(Inviting { row, alone: true, entry }).await?;
        Ok(secret)
    }

    pub(super) fn new_invitation(
        &self,
        caller: &Caller,
        role: &str,
        address: Option<String>,
    ) -> (Row, InvitationSecret) {
        let now = self.now();
        let mut bytes = Zeroizing::new([0; 32]);
        self.with_chance(|chance| chance.fill_bytes(bytes.as_mut_slice()));
        let secret = InvitationSecret(Zeroizing::new(hex::encode(bytes.as_slice())));
        let row = Row {
            id: self.new_id(),
            account_id: self.account.id,
            digest: self.vault.digest(KIND, secret.expose()).to_vec(),
            email: address,
            role: role.to_owned(),
            created_at: now,
            expires_at: now.plus_seconds(SECONDS),
            invited_by: match caller.actor {
                Actor::User(person) => Some(person),
                _ => None,
            },
        };
        (row, secret)
    }

    /// The invitation that a link stands for; `None` when there is none, it was used, or its time is over.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn invitation(&self, secret: &InvitationSecret) -> Result<Option<Invitation>, EngineError> {
        let digest = self.vault.digest(KIND, secret.expose());
        let row = invitations::by_digest(&self.store, &digest, self.now()).await?;
        let Some(row) = row else { return Ok(None) };
        let person = match &row.email {
            Some(address) => people::by_email(&self.store, self.account.id, address).await?,
            None => None,
        };
        // Somebody who is locked out has no use for it.
        if person.as_ref().is_some_and(|person| person.banned_at.is_some()) {
            return Ok(None);
        }
        let role = person.as_ref().map_or(&row.role, |person| &person.role);
        Ok(Some(Invitation {
            role: Role::from_str(role).unwrap_or(Role::ReadOnly),
            is_known: person.is_some(),
            email: row.email,
            expires_at: row.expires_at,
        }))
    }

    /// Whether a link that is not good was made here once: it was used, its time is over, or another took its place. That
    /// is remembered for thirty days.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn was_invitation(&self, secret: &InvitationSecret) -> Result<bool, EngineError> {
        let digest = self.vault.digest(KIND, secret.expose());
        Ok(invitations::was(&self.store, &digest).await?)
    }

    /// Uses an invitation: the person is made or gets a new password, and is signed in; where he has a second factor, his
    /// code is still to be shown. Whatever sessions he had are over.
    ///
    /// # Errors
    /// `NotFound` when the invitation is over, `Invalid` when the address, the name or the password cannot be used, `Taken`
    /// when the address is another person's.
    pub async fn accept(
        &self,
        caller: &Caller,
        secret: &InvitationSecret,
        welcome: Welcome,
    ) -> Result<SignedIn, EngineError> {
        let now = self.now();
        password::check(&welcome.password)?;
        let name = welcome.name.as_deref().map(name).transpose()?.flatten();
        let digest = self.vault.digest(KIND, secret.expose());
        let over = || EngineError::NotFound { what: "invitation", name: "that is still good".to_owned() };
        let row = invitations::by_digest(&self.store, &digest, now).await?.ok_or_else(over)?;
        let address = match row.email {
            Some(address) => address,
            None => email(&welcome.email)?,
        };
        let hash = self.hash_password(&welcome.password).await?;
        let new = PersonRow {
            id: self.new_id(),
            account_id: self.account.id,
            email: address,
            name,
            role: row.role,
            password_hash: Some(hash),
            totp_sealed: None,
            banned_at: None,
            created_at: now,
        };
        let entry = self.entry(caller, "person.accept", ("user", None), &json!({ "role": new.role }), now);
        let person = self.store.write(Accepting { digest, new, entry }).await?;
        let needs_code = person.totp_sealed.is_some();
        let secret = self.open_session_of(caller, &person, needs_code).await?;
        Ok(SignedIn { secret, needs_code })
    }

    /// Lets somebody begin anew: his password, his second factor, his sessions and other links for him are dropped, and the
    /// link that is given lets him choose a new password.
    ///
    /// # Errors
    /// When there is nobody of this address, or the database refuses.
    pub async fn reset_person(
        &self,
        caller: &Caller,
        address: &str,
    ) -> Result<InvitationSecret, EngineError> {
        let address = email(address)?;
        let row = people::by_email(&self.store, self.account.id, &address).await?;
        let unknown = || EngineError::NotFound { what: "person", name: address.clone() };
        let person = Person::of(&row.ok_or_else(unknown)?);
        let entry = self.entry(caller, "person.reset", ("user", Some(person.id)), &json!({}), self.now());
        let (invitation, secret) = self.new_invitation(caller, person.role.as_str(), Some(address));
        self.store.write(Resetting { person: person.id, invitation, entry }).await?;
        Ok(secret)
    }
}

struct Inviting {
    row: Row,
    /// Whether it takes the place of all others that name no address.
    alone: bool,
    entry: Entry,
}

impl Job for Inviting {
    const NAME: &'static str = "person.invite";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if self.alone {
            invitations::end_open(tx, self.row.account_id, self.entry.at).await?;
        }
        invitations::insert(tx, &self.row).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Accepting {
    digest: [u8; 32],
    new: PersonRow,
    entry: Entry,
}

impl Job for Accepting {
    const NAME: &'static str = "person.accept";
    type Out = PersonRow;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<PersonRow, EngineError> {
        let over = || EngineError::NotFound { what: "invitation", name: "that is still good".to_owned() };
        let account = self.new.account_id;
        let invitation = invitations::take(tx, &self.digest, self.entry.at).await?.ok_or_else(over)?;
        // Other links for the same person are of no use any more, and those for a first one only to strangers.
        invitations::end_of_email(tx, account, &self.new.email, self.entry.at).await?;
        if !people::any(tx, account).await? {
            invitations::end_open(tx, account, self.entry.at).await?;
        }
        let id = match people::put(tx, &self.new).await? {
            Some(id) => id,
            // Somebody who is here chooses a new password; only a link that names him lets him.
            None => {
                let there = people::by_email(tx, self.new.account_id, &self.new.email).await?;
                let taken = || EngineError::Taken { what: "person", name: self.new.email.clone() };
                let there = there.filter(|_| invitation.email.is_some()).ok_or_else(taken)?;
                people::set_password(tx, there.id, self.new.password_hash.as_deref()).await?;
                sessions::delete_of_user(tx, there.id, Uuid::nil()).await?;
                there.id
            }
        };
        let mut entry = self.entry.clone();
        entry.resource_id = Some(id);
        audit::append(tx, &entry).await?;
        let gone = || EngineError::NotFound { what: "person", name: id.to_string() };
        people::by_id(tx, id).await?.ok_or_else(gone)
    }
}

struct Resetting {
    person: Uuid,
    invitation: Row,
    entry: Entry,
}

impl Job for Resetting {
    const NAME: &'static str = "person.reset";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let Row { account_id, email, .. } = &self.invitation;
        // Without its second factor an old password would let in more easily than before.
        people::set_password(tx, self.person, None).await?;
        people::set_totp(tx, self.person, None).await?;
        sessions::delete_of_user(tx, self.person, Uuid::nil()).await?;
        let address = email.as_deref().unwrap_or_default();
        invitations::end_of_email(tx, *account_id, address, self.entry.at).await?;
        invitations::insert(tx, &self.invitation).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
