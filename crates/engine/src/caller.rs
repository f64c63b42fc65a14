//! Who asks, through which door.

use std::net::IpAddr;

use uuid::Uuid;

/// The interface through which something was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Front {
    /// System A's.
    Records,
    /// System B's.
    Pool,
    /// System C's.
    Tier,
    /// System E's.
    Lk,
    /// The console.
    Console,
    /// The command line.
    Cli,
    /// The program itself: sweeps and start.
    System,
}

impl Front {
    /// Its name in the audit log and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Pool => "pool",
            Self::Tier => "tier",
            Self::Lk => "lk",
            Self::Console => "console",
            Self::Cli => "cli",
            Self::System => "system",
        }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody known.
    Anonymous,
    /// The bearer of a token.
    Token(Uuid),
    /// Somebody who signed in to the console.
    User(Uuid),
    /// Whoever has a shell on the machine.
    Operator,
    /// The program itself.
    System,
}

impl Actor {
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Token(_) => "token",
            Self::User(_) => "user",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    pub(crate) const fn id(self) -> Option<Uuid> {
        match self {
            Self::Token(id) | Self::User(id) => Some(id),
            Self::Anonymous | Self::Operator | Self::System => None,
        }
    }
}

/// Who asks, from where, through which door.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// Through which door.
    pub front: Front,
    /// The only product whose licences this door knows.
    pub product: Option<Uuid>,
    /// Whether its address is locked out for guessing: what it asks about in vain is not written down any more.
    pub locked_out: bool,
    /// From which address.
    pub address: Option<IpAddr>,
    /// With which program.
    pub user_agent: Option<String>,
    /// What it says it is (system C's `origin`).
    pub origin: Option<String>,
    /// The request, as logs name it.
    pub request_id: Option<String>,
}

/// Longer texts of a caller are cut, in bytes.
const MAX_TEXT: usize = 300;

impl Caller {
    /// A caller without more to say.
    pub const fn new(actor: Actor, front: Front) -> Self {
        Self {
            actor,
            front,
            product: None,
            locked_out: false,
            address: None,
            user_agent: None,
            origin: None,
            request_id: None,
        }
    }

    /// The operator at the command line.
    pub const fn operator() -> Self {
        Self::new(Actor::Operator, Front::Cli)
    }

    pub(crate) const fn system() -> Self {
        Self::new(Actor::System, Front::System)
    }

    /// Whether a licence of this product is one of those that this door knows.
    pub(crate) fn knows(&self, product: Uuid) -> bool {
        self.product.is_none_or(|mine| mine == product)
    }

    pub(crate) fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }

    pub(crate) fn user_agent_text(&self) -> Option<String> {
        self.user_agent.as_deref().map(cut)
    }

    pub(crate) fn origin_text(&self) -> Option<String> {
        self.origin.as_deref().map(cut)
    }
}

/// What PostgreSQL cannot store is left out: a zero character.
fn cut(text: &str) -> String {
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].replace('\0', "")
}
