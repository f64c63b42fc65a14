//! The doors of Keyward: configuration, listeners, and what surrounds every HTTP request.
//!
//! Owns: the [`app`], its dialects, the console, [`config`], the sockets ([`serve`]), the layers around requests ([`layers`]), limits on guessing ([`limits`]),
//! [`metrics`], the [`openapi`] document, log lines ([`logs`]) and the pages about the server itself ([`health`]). Does not own what a request
//! means: handlers ask the engine, and never see SQL. Time and randomness are handed in as a
//! [`Clock`](clock::Clock) and a seed.

pub mod app;
pub mod checkpoint_file;
pub mod clock;
pub mod config;
mod console;
pub mod dialects;
pub mod health;
pub mod layers;
pub mod limits;
pub mod logs;
pub mod metrics;
pub mod openapi;
pub mod serve;
mod web;
