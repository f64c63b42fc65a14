//! Both ways across the border: what is issued here is accepted by tools that are not ours, and what they make is
//! accepted here. The scripts stand in `testdata/border` and know the documents of the systems, not our code.

mod file;
mod json;
mod lk;
mod pool;
mod record;
mod tier;
mod tool;
