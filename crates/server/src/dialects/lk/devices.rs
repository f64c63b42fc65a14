//! `/devices`: the devices of the installation.

mod add;
mod release;
mod show;

pub(super) use add::{activate_license, add};
pub(super) use release::release;
pub(super) use show::{list, show};

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use super::MAX_NAME;
use super::fields::keepable;
use super::shape::No;

/// The id of a device, as the path has it.
fn device_id(id: Result<Path<String>, PathRejection>) -> Result<String, No> {
    let Path(id) = id.map_err(|_| No::malformed("The id of the device must be text in UTF-8"))?;
    keepable("The id of the device", &id, MAX_NAME)?;
    Ok(id)
}
