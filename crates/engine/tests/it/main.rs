//! The licence forms as users meet them: across the border to other systems' tools, under made-up values, and under
//! hostile input. The audit chain, secrets at rest and tokens, too.

mod archive;
mod audit;
mod border;
mod forms;
mod hostile;
mod installations;
mod keys;
mod moving;
mod offline;
mod people;
mod policies;
mod properties;
mod stored;
mod token;
mod upgrade;
mod vault;
mod world;
