//! The licence forms as users meet them: across the border to other systems' tools, under made-up values, and under
//! hostile input. The audit chain, secrets at rest and tokens, too.

mod audit;
mod border;
mod hostile;
mod properties;
mod token;
mod vault;
mod world;
