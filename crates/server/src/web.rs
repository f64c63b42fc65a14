//! What pages for people have in common: the fields of forms, cookies of sessions, and the headers around every page.

mod answer;
mod fields;
mod session;
mod site;

pub(crate) use answer::{html, see, wait};
pub(crate) use fields::{Fields, address};
pub(crate) use session::{CONSOLE, RECORDS};
pub(crate) use site::is_of_this_site;
