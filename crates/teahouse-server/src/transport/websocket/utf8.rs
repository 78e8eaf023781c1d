//! UTF-8 told piece by piece: a wrong byte is known when it comes, not at the end.

/// The state between two pieces of one text; four bytes, no heap.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    /// The first bytes of a character whose rest has not come.
    partial: [u8; 3],
    filled: u8,
}

impl Utf8 {
    /// Whether the text is still right after `bytes`, which continue it.
    pub(super) fn offer(&mut self, mut bytes: &[u8]) -> bool {
        while self.filled > 0 {
            let Some((&byte, rest)) = bytes.split_first() else {
                return true;
            };
            bytes = rest;
            if !self.offer_byte(byte) {
                return false;
            }
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => true,
            Err(error) if error.error_len().is_some() => false,
            Err(error) => {
                for &byte in &bytes[error.valid_up_to()..] {
                    self.hold(byte);
                }
                true
            }
        }
    }

    /// Whether the text may end here.
    pub(super) fn is_whole(self) -> bool {
        self.filled == 0
    }

    fn offer_byte(&mut self, byte: u8) -> bool {
        let [a, b, c] = self.partial;
        let mut character = [a, b, c, 0];
        let filled = usize::from(self.filled);
        character[filled] = byte;
        match std::str::from_utf8(&character[..=filled]) {
            Ok(_) => {
                self.filled = 0;
                true
            }
            Err(error) if error.error_len().is_some() => false,
            Err(_) => {
                self.hold(byte);
                true
            }
        }
    }

    /// An unfinished character has at most three bytes, so there is always a place.
    fn hold(&mut self, byte: u8) {
        self.partial[usize::from(self.filled)] = byte;
        self.filled += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Utf8;

    /// Where the first wrong byte is: the place at which no continuation is right.
    fn first_wrong(bytes: &[u8]) -> Option<usize> {
        (1..=bytes.len())
            .find(|&end| std::str::from_utf8(&bytes[..end]).is_err_and(|error| error.error_len().is_some()))
    }

    fn first_wrong_bytewise(bytes: &[u8]) -> Option<usize> {
        let mut utf8 = Utf8::default();
        (1..=bytes.len()).find(|&end| !utf8.offer(&bytes[end - 1..end]))
    }

    fn mostly_text() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            6 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
            2 => "[a-z]{1,20}".prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 1..4),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn tells_the_first_wrong_byte(bytes in mostly_text()) {
            prop_assert_eq!(first_wrong_bytewise(&bytes), first_wrong(&bytes));
        }

        #[test]
        fn agrees_at_any_cuts(bytes in mostly_text(), cuts in prop::collection::vec(0_usize..9, 0..20)) {
            let mut utf8 = Utf8::default();
            let mut rest = &bytes[..];
            let mut right = true;
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let piece;
                (piece, rest) = rest.split_at(cut.min(rest.len()));
                right = right && utf8.offer(piece);
            }
            let whole = std::str::from_utf8(&bytes).is_ok();
            prop_assert_eq!(right && utf8.is_whole(), whole);
            prop_assert_eq!(right, first_wrong(&bytes).is_none());
        }
    }

    #[test]
    fn tells_every_two_and_three_byte_beginning() {
        for first in 0..=255_u8 {
            for second in 0..=255_u8 {
                let bytes = [first, second, 0x80];
                assert_eq!(first_wrong_bytewise(&bytes), first_wrong(&bytes), "{bytes:x?}");
            }
        }
    }
}
