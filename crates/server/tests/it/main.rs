//! The doors as clients meet them, over sockets: with handlers that stand for the real ones, and the whole server over
//! a fresh database.

mod attack;
mod bad_input;
mod client;
mod console;
mod console_issue;
mod console_pages;
mod front;
mod limits;
mod line;
mod lk;
mod log_lines;
mod logs;
mod lost_commit;
mod moving;
mod nodes;
mod openapi;
mod pages;
mod pool;
mod races;
mod records;
mod rules;
mod secrets;
mod seeds;
mod serve;
mod site;
mod tier;
mod tls;
mod truth;
mod vectors;
mod world;
