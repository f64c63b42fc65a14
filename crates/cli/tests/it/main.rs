//! The command line as people and scripts use it: what it prints, where, and its exit status.

mod bulk;
mod crash;
mod database;
mod deploy;
mod device;
mod generators;
mod guides;
mod hangup;
mod issue;
mod json_page;
mod keys;
mod lk3_page;
mod page;
mod readme;
mod scale_page;
mod serve;
mod served;
mod verify;
mod world;
