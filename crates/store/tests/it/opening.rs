//! Opening a database: new, interrupted, in use, another program's, or none at all.

mod files;
mod foreign;
mod start;
mod unreachable;
