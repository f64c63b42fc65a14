//! The doors as clients meet them, over sockets: with handlers that stand for the real ones, and the whole server over
//! a fresh database.

mod front;
mod limits;
mod logs;
mod pages;
mod pool;
mod serve;
mod site;
mod tier;
mod tls;
mod world;
