//! The console, as people use it in their browsers, and as somebody attacks it who sends bytes.

mod account;
mod browser;
mod doors;
mod driver;
mod finding;
mod first_visit;
mod french;
mod guesses;
mod keyboard;
mod languages;
mod links;
mod locked;
mod over;
mod people;
mod secrets;
mod signing_in;
