//! Whole moves from an older system: everything that it had answers here as it did there.

mod files;
mod tables;
