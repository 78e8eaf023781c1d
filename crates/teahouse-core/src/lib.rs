//! The rules of Teahouse: no sockets, no clock, no runtime.
