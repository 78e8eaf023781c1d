//! The generator against hosts that are right and hosts that are wrong, and the program itself
//! from the outside. No numbers are tested, only what is counted and what is left behind.

#![cfg(test)]

mod compare;
mod counting;
mod program;
mod stand_in;
