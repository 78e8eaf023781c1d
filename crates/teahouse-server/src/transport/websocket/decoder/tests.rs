use super::*;

#[test]
fn is_small() {
    assert!(size_of::<Decoder>() <= 32, "{}", size_of::<Decoder>());
}
