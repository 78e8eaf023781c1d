//! One session over every transport: what has to be the same over all of them, and what each adds.

mod changes;
mod costs;
mod cut;
mod fuzz;
mod kept;
mod one;
mod origin;
mod polls;
mod presence;
mod refused;
mod sends;
mod streams;
mod talk;
