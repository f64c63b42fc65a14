//! Roles and what they may do, one table.

use std::fmt;
use std::str::FromStr;

/// A role of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// May do everything.
    Admin,
    /// Embeds the product: everything but keys and secrets.
    Developer,
    /// Sells: licences and their policies.
    SalesAgent,
    /// Helps: finds, extends, moves and revokes licences.
    SupportAgent,
    /// Looks.
    ReadOnly,
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See licences and machines, without full keys.
    LicenseRead,
    /// Make licences.
    LicenseIssue,
    /// Suspend, revoke, reinstate, renew, extend and transfer a licence, and release its devices.
    LicenseChange,
    /// See a full key.
    LicenseReveal,
    /// Make and change products, policies and entitlements.
    PolicyChange,
    /// Make and revoke tokens, of roles up to one's own ([`Role::may_grant`]).
    TokenManage,
    /// Make, import and retire signing keys, and set secrets.
    KeyManage,
    /// Invite people, change what they may do, and lock them out.
    PeopleManage,
    /// Read the audit.
    AuditRead,
    /// See the figures.
    StatsRead,
    /// See the settings.
    SettingsRead,
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no role {0:?}; the roles are admin, developer, sales-agent, support-agent and read-only")]
pub struct UnknownRole(pub String);

impl UnknownRole {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        "ROLE_UNKNOWN"
    }
}

impl Role {
    /// All roles, highest rank first.
    pub const ALL: [Self; 5] =
        [Self::Admin, Self::Developer, Self::SalesAgent, Self::SupportAgent, Self::ReadOnly];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::SalesAgent => "sales-agent",
            Self::SupportAgent => "support-agent",
            Self::ReadOnly => "read-only",
        }
    }

    /// Whether it may do what a request needs.
    pub const fn may(self, permission: Permission) -> bool {
        use Role::{Admin, Developer, ReadOnly, SalesAgent, SupportAgent};
        match permission {
            Permission::LicenseRead | Permission::StatsRead => true,
            Permission::LicenseIssue | Permission::PolicyChange => {
                matches!(self, Admin | Developer | SalesAgent)
            }
            Permission::LicenseChange | Permission::LicenseReveal => {
                matches!(self, Admin | Developer | SalesAgent | SupportAgent)
            }
            Permission::AuditRead | Permission::SettingsRead => matches!(self, Admin | Developer | ReadOnly),
            Permission::TokenManage => matches!(self, Admin | Developer),
            Permission::KeyManage | Permission::PeopleManage => matches!(self, Admin),
        }
    }

    /// Whether it may make and revoke tokens of a role: nobody makes a token that may do more than its maker.
    pub const fn may_grant(self, other: Self) -> bool {
        self.may(Permission::TokenManage) && other.rank() <= self.rank()
    }

    /// As the protocol compares privileges.
    const fn rank(self) -> u8 {
        match self {
            Self::Admin => 7,
            Self::Developer => 5,
            Self::SalesAgent => 3,
            Self::SupportAgent => 2,
            Self::ReadOnly => 1,
        }
    }
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 11] = [
        Self::LicenseRead,
        Self::LicenseIssue,
        Self::LicenseChange,
        Self::LicenseReveal,
        Self::PolicyChange,
        Self::TokenManage,
        Self::KeyManage,
        Self::PeopleManage,
        Self::AuditRead,
        Self::StatsRead,
        Self::SettingsRead,
    ];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let role = Self::ALL.into_iter().find(|role| role.as_str() == text);
        role.ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
