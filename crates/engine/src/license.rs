//! Licences: one file per verb.

mod activate;
mod deactivate;
mod find;
mod issue;
mod issuing;
mod order;
mod pool;
mod register;
mod renew;
mod reset;
mod show;
mod standing;
mod suspend;
mod transfer;
mod usage;
mod validate;

pub use activate::{Activate, Activated, Activation, OTHER_DEVICE};
pub use deactivate::Deactivate;
pub use find::{Found, Named};
pub(crate) use find::{hint, scope_of, stored_hint};
pub(crate) use issuing::Beside;
pub use order::{Issued, LIFETIME_DAYS, NewLicense, Term};
pub use pool::{PoolBatch, PoolRequest};
pub use register::Register;
pub(crate) use register::SelfContained;
pub use renew::{Renewal, Renewed};
pub use reset::PoolKeyOut;
pub use show::{Form, Shown};
pub use standing::{Question, decide};
pub use suspend::Suspension;
pub(crate) use suspend::changes as suspension_changes;
pub use transfer::{Transfer, Transferred};
pub use usage::{USES, Usage};
pub use validate::Validated;
