//! The core from outside: what a verdict says.

mod online;
mod tables;
