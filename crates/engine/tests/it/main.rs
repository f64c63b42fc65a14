//! The licence forms as users meet them: across the border to other systems' tools, under made-up values, and under
//! hostile input.

mod audit;
mod border;
mod hostile;
mod properties;
mod world;
