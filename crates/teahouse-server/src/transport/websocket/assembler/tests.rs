use super::*;

#[test]
fn is_small() {
    assert!(size_of::<Assembler>() <= 40, "{}", size_of::<Assembler>());
}
