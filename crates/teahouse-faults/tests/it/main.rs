//! The real program under faults; see `docs/faults.md`.
