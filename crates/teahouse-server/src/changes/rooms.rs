//! Rooms: made, changed, archived.
