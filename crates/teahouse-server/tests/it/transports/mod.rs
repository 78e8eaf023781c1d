//! One session over every transport: what has to be the same over all of them, and what each adds.

mod polls;
mod sends;
mod talk;
