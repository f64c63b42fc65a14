//! The core from outside: what a verdict says.

mod online;
mod seat_page;
mod tables;
mod trial_days;
