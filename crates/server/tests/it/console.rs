//! The console, as people use it in their browsers, and as somebody attacks it who sends bytes.

mod account;
mod browser;
mod doors;
mod driver;
mod finding;
mod first_visit;
mod guesses;
mod keyboard;
mod languages;
mod links;
mod people;
mod secrets;
mod signing_in;
