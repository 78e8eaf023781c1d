//! The nouns of Teahouse: what travels on the wire.
