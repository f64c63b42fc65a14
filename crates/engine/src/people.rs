//! The people of the console: invited by a link, known by a password and, if they want, a second factor.

mod change;
mod delay;
mod invitation;
mod password;
mod second_factor;
mod sign_in;
mod waiting;

pub use delay::Delayed;
pub use invitation::{Invitation, InvitationSecret, Welcome};
pub use password::{MAX_PASSWORD, MIN_PASSWORD};
pub use second_factor::{SecondFactor, WrongCode};
pub use sign_in::SignedIn;
pub use waiting::Waiting;

use std::str::FromStr as _;

use keyward_core::time::Timestamp;
use keyward_store::people::{self, Person as Row};
use keyward_store::sessions;
use uuid::Uuid;

use crate::token::Role;
use crate::{Engine, EngineError};

pub(crate) use password::Passwords;

/// What somebody may be in the console.
pub const ROLES: [Role; 5] = Role::ALL;

/// The longest name, in characters.
const MAX_NAME: usize = 200;

/// Somebody who works with the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// His id.
    pub id: Uuid,
    /// The address by which he signs in.
    pub email: String,
    /// His name.
    pub name: Option<String>,
    /// What he may do.
    pub role: Role,
    /// Whether he shows a code beside his password.
    pub has_second_factor: bool,
    /// When he was locked out.
    pub locked_out_at: Option<Timestamp>,
    /// When he came.
    pub created_at: Timestamp,
}

impl Person {
    /// Of a row; one whose role this program does not know may only look.
    pub(crate) fn of(row: &Row) -> Self {
        Self {
            id: row.id,
            email: row.email.clone(),
            name: row.name.clone(),
            role: Role::from_str(&row.role).unwrap_or(Role::ReadOnly),
            has_second_factor: row.totp_sealed.is_some(),
            locked_out_at: row.banned_at,
            created_at: row.created_at,
        }
    }

    /// How he is called.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.email)
    }
}

/// A session of somebody, for the list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id.
    pub id: Uuid,
    /// From where it was opened.
    pub address: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
}

/// An address as it is compared: without white space around it, in small letters.
///
/// # Errors
/// `Invalid` when it is no address.
pub fn email(text: &str) -> Result<String, EngineError> {
    let text = text.trim().to_lowercase();
    let whole = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let sound = whole && text.len() <= 254 && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if sound {
        return Ok(text);
    }
    Err(EngineError::Invalid { field: "email", wanted: "an e-mail address, as name@example.com".to_owned() })
}

/// A name without white space around it; `None` when nothing is left.
pub(crate) fn name(text: &str) -> Result<Option<String>, EngineError> {
    let text = text.trim();
    if text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
        let wanted = format!("at most {MAX_NAME} characters, none of them control characters");
        return Err(EngineError::Invalid { field: "name", wanted });
    }
    Ok(Some(text).filter(|text| !text.is_empty()).map(str::to_owned))
}

impl Engine {
    /// Whether anybody can sign in at all.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn has_people(&self) -> Result<bool, EngineError> {
        Ok(people::any(&self.store, self.account.id).await?)
    }

    /// Everybody, in the order in which they came.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn people(&self) -> Result<Vec<Person>, EngineError> {
        Ok(people::of_account(&self.store, self.account.id).await?.iter().map(Person::of).collect())
    }

    /// Somebody.
    ///
    /// # Errors
    /// When there is no such person, or the database cannot be asked.
    pub async fn person(&self, id: Uuid) -> Result<Person, EngineError> {
        Ok(Person::of(&self.person_row(id).await?))
    }

    pub(crate) async fn person_row(&self, id: Uuid) -> Result<Row, EngineError> {
        let row = people::by_id(&self.store, id).await?.filter(|row| row.account_id == self.account.id);
        row.ok_or_else(|| EngineError::NotFound { what: "person", name: id.to_string() })
    }

    /// The sessions of somebody that are good now, the newest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn sessions_of(&self, person: Uuid) -> Result<Vec<OpenSession>, EngineError> {
        let rows = sessions::of_user(&self.store, person, self.now()).await?;
        let open = rows.into_iter().filter(|row| !row.pending).map(|row| OpenSession {
            id: row.id,
            address: row.address,
            user_agent: row.user_agent,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        });
        Ok(open.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{email, name};

    #[test]
    fn names_can_be_seen() {
        assert_eq!(name("  Ada Lovelace ").unwrap().as_deref(), Some("Ada Lovelace"));
        assert_eq!(name(" ").unwrap(), None);
        for bad in ["\0", "a\nb", &"x".repeat(201)] {
            assert_eq!(name(bad).unwrap_err().code(), "INVALID_ARGUMENT", "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_compared_in_one_spelling() {
        assert_eq!(email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        for bad in ["", "ada", "@example.com", "ada@host", "a b@example.com", "a\0@example.com"] {
            assert_eq!(email(bad).unwrap_err().code(), "INVALID_ARGUMENT", "{bad:?}");
        }
    }
}
