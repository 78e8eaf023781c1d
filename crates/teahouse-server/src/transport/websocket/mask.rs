//! Takes the mask off a payload, in place (RFC 6455, 5.3).

/// Unmasks `payload` and returns the mask turned so that it fits the byte after it.
pub(super) fn unmask(payload: &mut [u8], mask: [u8; 4]) -> [u8; 4] {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, tail) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= key;
    }
    let mut turned = mask;
    turned.rotate_left(payload.len() % 4);
    turned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::unmask;

    fn unmask_bytewise(payload: &mut [u8], mask: [u8; 4]) {
        for (at, byte) in payload.iter_mut().enumerate() {
            *byte ^= mask[at % 4];
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_bytewise_one(
            payload in prop::collection::vec(any::<u8>(), 0..200),
            mask in any::<[u8; 4]>(),
            skip in 0_usize..9,
        ) {
            let skip = skip.min(payload.len());
            let mut expected = payload[skip..].to_vec();
            unmask_bytewise(&mut expected, mask);
            // A start that is not aligned to eight bytes must not matter.
            let mut fast = payload;
            unmask(&mut fast[skip..], mask);
            prop_assert_eq!(&fast[skip..], &expected[..]);
        }

        #[test]
        fn goes_on_where_it_stopped(
            payload in prop::collection::vec(any::<u8>(), 0..200),
            mask in any::<[u8; 4]>(),
            cuts in prop::collection::vec(0_usize..20, 0..20),
        ) {
            let mut expected = payload.clone();
            unmask_bytewise(&mut expected, mask);
            let mut pieces = payload;
            let (mut rest, mut mask) = (&mut pieces[..], mask);
            for cut in cuts {
                let piece;
                (piece, rest) = rest.split_at_mut(cut.min(rest.len()));
                mask = unmask(piece, mask);
            }
            unmask(rest, mask);
            prop_assert_eq!(pieces, expected);
        }
    }
}
