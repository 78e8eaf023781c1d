//! The checksum of rows: SHA-256 over bytes that are the same for every kind of store.
//!
//! A row is its values one after another: `0` for nothing, `1` and eight bytes for a number, `2` (bytes) or
//! `3` (text) and eight bytes of length before the content. All numbers are big-endian.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::rows::Value;

/// A checksum in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct Digest(Sha256);

/// A finished checksum. Its text is 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Checksum([u8; 32]);

impl Digest {
    /// Counts a row in.
    pub(super) fn row(&mut self, row: &[Value]) {
        for value in row {
            match value {
                Value::Null => self.0.update([0]),
                Value::Int(number) => {
                    self.0.update([1]);
                    self.0.update(number.to_be_bytes());
                }
                Value::Bytes(bytes) => self.content(2, bytes),
                Value::Text(text) => self.content(3, text.as_bytes()),
            }
        }
    }

    /// The checksum of what was counted in.
    pub(super) fn finish(self) -> Checksum {
        Checksum(self.0.finalize().into())
    }

    fn content(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update([kind]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

/// A checksum of rows in any order: two sets are equal if these are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum(u128);

impl Sum {
    /// Counts a pair in.
    pub(super) fn add(&mut self, cid: &[u8], seq: i64) {
        let hash = Sha256::new().chain_update(seq.to_be_bytes()).chain_update(cid).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        self.0 = self.0.wrapping_add(u128::from_be_bytes(half));
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(rows: &[&[Value]]) -> String {
        let mut digest = Digest::default();
        rows.iter().for_each(|row| digest.row(row));
        digest.finish().to_string()
    }

    #[test]
    fn is_sha_256_of_the_described_bytes() {
        let row = [Value::Int(1), Value::Null, Value::Text("茶".into()), Value::Bytes(vec![7])];
        let bytes = b"\x01\0\0\0\0\0\0\0\x01\x00\x03\0\0\0\0\0\0\0\x03\xe8\x8c\xb6\x02\0\0\0\0\0\0\0\x01\x07";
        let expected = Checksum(Sha256::digest(bytes).into()).to_string();
        assert_eq!(checksum(&[&row]), expected);
    }

    #[test]
    fn where_a_value_ends_matters() {
        let [a, b, ab] = ["a", "b", "ab"].map(|text| Value::Text(text.into()));
        let empty = Value::Text(String::new());
        assert_ne!(checksum(&[&[a, b]]), checksum(&[&[ab, empty]]));
    }

    #[test]
    fn a_sum_is_of_pairs_in_any_order() {
        let sum = |pairs: &[(&[u8], i64)]| {
            let mut sum = Sum::default();
            pairs.iter().for_each(|(cid, seq)| sum.add(cid, *seq));
            sum
        };
        assert_eq!(sum(&[(b"a", 1), (b"b", 2)]), sum(&[(b"b", 2), (b"a", 1)]));
        assert_ne!(sum(&[(b"a", 1), (b"b", 2)]), sum(&[(b"a", 2), (b"b", 1)]));
    }
}
