//! How often something was done lately: by each address, and by or to each account. Bounded, whatever
//! comes; knows no people.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Mutex;

use teahouse_core::Moment;
use teahouse_core::limits::{Bucket, Rate};

use crate::lock;

/// Addresses whose rates are kept; full buckets are forgotten first.
const ADDRESSES_MAX: usize = 65_536;
/// Places in which tries are counted.
const TRIES_PLACES: usize = 16_384;

/// How often each address did something lately.
#[derive(Debug, Default)]
pub struct Addresses(Mutex<HashMap<IpAddr, Bucket>>);

impl Addresses {
    /// Takes one of the address's rate, or says how many milliseconds to wait.
    ///
    /// # Errors
    /// The waiting time in milliseconds.
    pub fn take(&self, address: IpAddr, rate: Rate, now: Moment) -> Result<(), u64> {
        let mut all = lock(&self.0);
        if all.len() >= ADDRESSES_MAX && !all.contains_key(&network(address)) {
            all.retain(|_, bucket| !bucket.is_full(rate, now));
            if all.len() >= ADDRESSES_MAX {
                return Err(1_000);
            }
        }
        all.entry(network(address)).or_default().take(rate, now)
    }
}

/// Who has an IPv6 address usually has the whole /64 around it.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => (u128::from(v6) >> 64 << 64).to_be_bytes().into(),
        v4 => v4,
    }
}

/// How often something may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// How many a minute in the long run; at least 1.
    pub per_minute: u32,
    /// How many at once after a pause; at least 1.
    pub burst: u32,
}

/// What was tried lately, by keys of any number in places of a fixed number: two keys may share a place,
/// and nobody can tell which do.
#[derive(Debug)]
pub(super) struct Throttle {
    /// When what was tried in each place is forgotten, in milliseconds of the clock.
    full_at: Mutex<Vec<u64>>,
    hashing: RandomState,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { full_at: Mutex::new(vec![0; TRIES_PLACES]), hashing: RandomState::new() }
    }
}

impl Throttle {
    /// Takes one try, or says how many milliseconds to wait.
    pub(super) fn take(&self, key: &[u8], tries: Tries, now: Moment) -> Result<(), u64> {
        let step_ms = step_ms(tries);
        let mut all = lock(&self.full_at);
        let full_at = &mut all[self.place(key)];
        let next = (*full_at).max(now.0) + step_ms;
        let most = now.0 + step_ms * u64::from(tries.burst);
        if next > most {
            return Err(next - most);
        }
        *full_at = next;
        Ok(())
    }

    /// Gives a try back that was a good one.
    pub(super) fn give_back(&self, key: &[u8], tries: Tries) {
        let mut all = lock(&self.full_at);
        let full_at = &mut all[self.place(key)];
        *full_at = full_at.saturating_sub(step_ms(tries));
    }

    fn place(&self, key: &[u8]) -> usize {
        usize::try_from(self.hashing.hash_one(key) % TRIES_PLACES as u64).unwrap_or_default()
    }
}

/// How long one try takes to come back, in milliseconds.
fn step_ms(tries: Tries) -> u64 {
    60_000 / u64::from(tries.per_minute.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let rate = Rate { per_second: 1, burst: 1 };
        let addresses = Addresses::default();
        let take = |address: &str| addresses.take(address.parse().unwrap(), rate, Moment(0)).is_ok();
        assert!(take("2001:db8::1"));
        assert!(!take("2001:db8::2"));
        assert!(take("2001:db8:0:1::1"));
        assert!(take("192.0.2.1"));
        // The same address in another spelling (RFC 4291, 2.5.5.2).
        assert!(!take("::ffff:192.0.2.1"));
        assert!(take("192.0.2.2"));
    }

    #[test]
    fn tries_come_back_by_and_by() {
        let tries = Tries { per_minute: 6, burst: 3 };
        let throttle = Throttle::default();
        let take = |key: &str, at_ms: u64| throttle.take(key.as_bytes(), tries, Moment(at_ms));
        for _ in 0..3 {
            assert_eq!(take("ada", 1_000), Ok(()));
        }
        assert_eq!(take("ada", 1_000), Err(10_000));
        assert_eq!(take("ada", 4_000), Err(7_000));
        assert_eq!(take("ada", 11_000), Ok(()));
        assert_eq!(take("ada", 11_000), Err(10_000));
        throttle.give_back(b"ada", tries);
        assert_eq!(take("ada", 11_000), Ok(()));
    }

    #[test]
    fn however_many_keys_come_memory_stays() {
        let tries = Tries { per_minute: 1, burst: 1 };
        let throttle = Throttle::default();
        let taken = (0..200_000u32).filter(|key| throttle.take(&key.to_be_bytes(), tries, Moment(0)).is_ok());
        let taken = taken.count();
        assert!(taken <= TRIES_PLACES && taken > TRIES_PLACES / 2, "{taken}");
        assert_eq!(lock(&throttle.full_at).len(), TRIES_PLACES);
        // And all of it is forgotten in time.
        assert!(throttle.take(b"somebody", tries, Moment(60_000)).is_ok());
    }
}
