//! Who has to stay out of the house: the list in memory that every node keeps, and reads again when it is
//! ordered to. Times are compared when somebody comes, so that the end of a ban is no event.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use ipnet::IpNet;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, UserId};
use tokio::sync::watch;

use crate::clock::unix_ms;
use crate::lock;
use crate::store::bans::{StoredBan, bans};
use crate::store::{Store, StoreError};

/// What holds of somebody who has to stay out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    /// Until when, in milliseconds since 1970-01-01 UTC; none for ever.
    until: Option<u64>,
    reason: Arc<str>,
}

impl Term {
    /// The later one: who is banned twice stays out until both have ended.
    fn max(self, other: Self) -> Self {
        let end = |term: &Self| term.until.unwrap_or(u64::MAX);
        if end(&other) > end(&self) { other } else { self }
    }
}

#[derive(Debug, Default)]
struct Listed {
    people: HashMap<UserId, Term>,
    ranges: HashMap<IpNet, Term>,
    /// The lengths of the prefixes in `ranges`, so that an address is looked up once for each.
    bits: BTreeSet<u8>,
}

/// The bans of the house, as this node read them last.
#[derive(Debug, Default)]
pub struct Bans {
    listed: Mutex<Arc<Listed>>,
    read: watch::Sender<u64>,
}

impl Bans {
    /// Reads them again.
    ///
    /// # Errors
    /// The store's.
    pub async fn read_again(&self, store: &dyn Store) -> Result<(), StoreError> {
        let bans = bans(store, unix_ms()).await?;
        *lock(&self.listed) = Arc::new(Listed::of(bans));
        self.read.send_modify(|count| *count += 1);
        Ok(())
    }

    /// What somebody is told who has to stay out now, because of who or where they are.
    ///
    /// # Errors
    /// `banned`, with the time until it ends.
    pub fn check(&self, person: Option<UserId>, address: Option<IpAddr>) -> Result<(), Error> {
        let listed = lock(&self.listed).clone();
        let by_person = person.and_then(|person| listed.people.get(&person).cloned());
        let all = listed.of_address(address).chain(by_person);
        match all.filter(|term| term.until.is_none_or(|until| until > unix_ms())).reduce(Term::max) {
            Some(term) => Err(told(&term)),
            None => Ok(()),
        }
    }

    /// Done when somebody at that address has to go.
    pub async fn until_banned(&self, address: IpAddr) {
        let mut read = self.read.subscribe();
        while self.check(None, Some(address)).is_ok() {
            if read.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Listed {
    fn of(bans: Vec<StoredBan>) -> Self {
        let mut listed = Self::default();
        for ban in bans {
            let term = Term { until: ban.until, reason: ban.reason.into() };
            if let Some(person) = ban.person {
                listed
                    .people
                    .entry(person.id)
                    .and_modify(|one| *one = one.clone().max(term.clone()))
                    .or_insert_with(|| term.clone());
            }
            match ban.range.as_deref().map(range) {
                Some(Ok(range)) => {
                    listed.bits.insert(range.prefix_len());
                    listed
                        .ranges
                        .entry(range)
                        .and_modify(|one| *one = one.clone().max(term.clone()))
                        .or_insert(term);
                }
                Some(Err(said)) => tracing::warn!(ban.id, "a ban makes no sense: {said}"),
                None => {}
            }
        }
        listed
    }

    fn of_address(&self, address: Option<IpAddr>) -> impl Iterator<Item = Term> {
        let address = address.map(|address| address.to_canonical());
        let lengths = self.bits.iter().filter_map(move |bits| Some((address?, *bits)));
        let ranges = lengths.filter_map(|(address, bits)| IpNet::new(address, bits).ok());
        ranges.filter_map(|range| self.ranges.get(&range.trunc()).cloned())
    }
}

/// The range of an address, or of `ADDRESS/BITS`. An IPv4 address in the spelling of IPv6 is an IPv4 address.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn range(text: &str) -> Result<IpNet, String> {
    let said = || format!("{text:?} is no range; expected an address, or ADDRESS/BITS as in 192.0.2.0/24.");
    let net = match text.trim().parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.trim().parse::<IpNet>().map_err(|_| said())?,
    };
    let net = match (net.addr().to_canonical(), net) {
        (IpAddr::V4(v4), IpNet::V6(v6)) if v6.prefix_len() >= 96 => {
            IpNet::new(v4.into(), v6.prefix_len() - 96).map_err(|_| said())?
        }
        _ => net,
    };
    Ok(net.trunc())
}

/// What somebody reads who has to stay out.
fn told(term: &Term) -> Error {
    let until = match term.until {
        Some(until) => {
            format!(" until {}", httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(until)))
        }
        None => String::new(),
    };
    let why = if term.reason.is_empty() { String::new() } else { format!(": {}", term.reason) };
    let retry_ms = term.until.map(|until| until.saturating_sub(unix_ms()));
    let said = format!("You have to stay out of this house{until}{why}.");
    Error { retry_ms, ..Error::new(None, ErrorCode::Banned, said) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ban(range: &str, until: Option<u64>) -> StoredBan {
        StoredBan {
            id: 1,
            person: None,
            range: Some(range.into()),
            until,
            reason: "spam".into(),
            by: None,
            at: 0,
        }
    }

    fn bans(all: Vec<StoredBan>) -> Bans {
        let bans = Bans::default();
        *lock(&bans.listed) = Arc::new(Listed::of(all));
        bans
    }

    #[test]
    fn a_range_is_read_in_every_spelling() {
        for (text, shown) in [
            ("192.0.2.7", "192.0.2.7/32"),
            (" 192.0.2.7/24 ", "192.0.2.0/24"),
            ("2001:db8::7", "2001:db8::7/128"),
            ("2001:db8::7/64", "2001:db8::/64"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(range(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "192.0.2", "192.0.2.0/33", "2001:db8::/129", "host.example", "192.0.2.0-192.0.2.9"] {
            assert!(range(text).unwrap_err().contains("expected an address"), "{text}");
        }
    }

    #[test]
    fn who_is_in_a_range_stays_out_until_it_ends() {
        let later = unix_ms() + 3_600_000;
        let bans = bans(vec![
            ban("192.0.2.0/24", Some(later)),
            ban("192.0.2.7", None),
            ban("198.51.100.1", Some(1)),
            ban("2001:db8::/32", None),
        ]);
        let check = |address: &str| bans.check(None, Some(address.parse().unwrap()));
        for out in ["192.0.2.1", "192.0.2.7", "::ffff:192.0.2.1", "2001:db8:1::1"] {
            assert_eq!(check(out).unwrap_err().code, ErrorCode::Banned, "{out}");
        }
        for free in ["192.0.3.1", "198.51.100.1", "2001:db9::1", "::1"] {
            assert!(check(free).is_ok(), "{free}");
        }
        let error = check("192.0.2.1").unwrap_err();
        assert!(error.message.ends_with("GMT: spam.") && error.retry_ms.is_some(), "{error:?}");
        // Both bans have to end.
        assert_eq!(check("192.0.2.7").unwrap_err().retry_ms, None);
    }
}
