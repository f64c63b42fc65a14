//! The doors as clients meet them: over sockets, with handlers that stand for the real ones.

mod front;
mod limits;
mod logs;
mod pages;
mod serve;
mod tls;
mod world;
