//! The console, as people use it in their browsers, and as somebody attacks it who sends bytes.

mod account;
mod administration;
pub(crate) mod browser;
mod doors;
mod driver;
mod finding;
mod first_visit;
mod french;
mod generating;
mod guesses;
mod helping;
mod keyboard;
mod languages;
mod links;
mod locked;
mod over;
mod own_key;
mod people;
mod secrets;
mod signing_in;
mod testing;
mod tour;
