//! Everybody who takes part in a run, each behind a proxy of their own: they come, are disturbed, are
//! healed, get their answers, hear everything and leave.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use teahouse_client::connection::Backoff;
use teahouse_client::protocol::{Cursor, From, RoomId, Seq};
use teahouse_client::{Options, Transport};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::fault::Rates;
use crate::history::{Journal, Name};
use crate::person::{Person, Word};
use crate::proxy::{Proxy, Target};
use crate::request::{Asked, Barrier};

/// Long enough for any machine: beyond it something hangs.
pub(crate) const HANGS_AFTER: Duration = Duration::from_secs(90);

/// How a house is reached.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) target: Target,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// The certificate to trust, in PEM; empty for the system's alone.
    pub(crate) roots_pem: Vec<u8>,
}

/// People of one kind who come together.
#[derive(Debug, Clone)]
pub(crate) struct Guests {
    /// Their names.
    pub(crate) names: Vec<String>,
    /// Whether they talk.
    pub(crate) talk: bool,
    /// How they travel, in turn; none is one that chooses.
    pub(crate) transports: Vec<Option<Transport>>,
    /// What their proxies do.
    pub(crate) rates: Rates,
    /// Their longest pause between two bursts of talk.
    pub(crate) pause_ms_max: u64,
    /// How many of a hundred leave in the middle of a sentence.
    pub(crate) leaving_percent: u64,
}

/// Everybody.
pub(crate) struct Crowd {
    pub(crate) chance: Chance,
    pub(crate) journal: Journal,
    rooms: Vec<RoomId>,
    proxies: Vec<Proxy>,
    /// Which of them have somebody behind them who chooses the transport.
    choosers: Vec<usize>,
    word: watch::Sender<Word>,
    talking: Arc<watch::Sender<usize>>,
    people: JoinSet<()>,
    /// Somebody did not get all their answers in time.
    hangs: bool,
}

impl Door {
    /// Of a client that goes there through a proxy at `address`, and follows nothing.
    pub(crate) fn options(&self, address: SocketAddr) -> anyhow::Result<Options> {
        let mut options = Options::new(&format!("{}://{address}", self.scheme))?;
        options.roots_pem = self.roots_pem.clone();
        options.rooms = Vec::new();
        Ok(options)
    }
}

impl Crowd {
    pub(crate) fn new(seed: u64, journal: Journal, rooms: &[RoomId]) -> Self {
        Self {
            chance: Chance::new(seed),
            journal,
            rooms: rooms.to_vec(),
            proxies: Vec::new(),
            choosers: Vec::new(),
            word: watch::Sender::new(Word::default()),
            talking: Arc::new(watch::Sender::new(0)),
            people: JoinSet::new(),
            hangs: false,
        }
    }

    /// They come, each through a proxy of their own.
    pub(crate) async fn invite(&mut self, guests: &Guests, door: &Door) -> anyhow::Result<()> {
        for (name, transport) in guests.names.iter().zip(guests.transports.iter().cycle()) {
            let chance = self.chance.stream(self.proxies.len() as u64);
            // Who chooses would be at the last transport soon if every connection died young.
            let rates = if transport.is_some() { guests.rates.clone() } else { guests.rates.clone().uncut() };
            let (to, harm) = (door.target.clone(), chance.stream(0));
            let proxy = Proxy::open(name.as_str().into(), to, rates, harm, self.journal.clone()).await?;
            if transport.is_none() {
                self.choosers.push(self.proxies.len());
            }
            self.admit(guests, name, *transport, door.options(proxy.address())?, chance.stream(1));
            self.proxies.push(proxy);
        }
        Ok(())
    }

    /// One of them comes, behind whatever the options lead to.
    pub(crate) fn admit(
        &mut self,
        guests: &Guests,
        name: &str,
        transport: Option<Transport>,
        mut options: Options,
        chance: Chance,
    ) {
        let from = if guests.talk { From::Head } else { From::Cursor(Cursor::BEGINNING) };
        options.rooms = self.rooms.iter().map(|room| (room.clone(), from)).collect();
        options.transport = transport;
        options.poll_every = Some(Duration::from_secs(1));
        // Short pauses, or most harm would hit nobody.
        options.backoff = Backoff { least: Duration::from_millis(10), most: Duration::from_millis(200) };
        let person = Person {
            name: Name::from(name),
            options,
            journal: self.journal.clone(),
            chance,
            word: self.word.subscribe(),
            talking: self.talking.clone(),
            pause_ms_max: guests.pause_ms_max,
            leaving_percent: guests.leaving_percent,
        };
        if guests.talk {
            self.talking.send_modify(|talking| *talking += 1);
            self.people.spawn(person.write());
        } else {
            self.people.spawn(person.read());
        }
    }

    /// Whether anybody chooses the transport.
    pub(crate) fn has_choosers(&self) -> bool {
        !self.choosers.is_empty()
    }

    /// The house has another address now.
    pub(crate) fn lead_to(&self, house: SocketAddr) {
        self.proxies.iter().for_each(|proxy| proxy.lead_to(house));
    }

    /// Somebody's network goes away for a moment.
    pub(crate) fn cut_somebody(&mut self) {
        let whose = self.chance.index(self.proxies.len());
        self.proxies[whose].cut_all();
    }

    /// Somebody who chooses finds that some transports do not work: the upgrade at least, in one of the
    /// ways in which real networks block it.
    pub(crate) fn block_somebody(&mut self) {
        let barriers = [Barrier::Refuse(403), Barrier::Refuse(400), Barrier::Swallow];
        let proxy = &self.proxies[self.choosers[self.chance.index(self.choosers.len())]];
        proxy.block(Asked::Upgrade, Some(barriers[self.chance.index(barriers.len())]));
        if self.chance.percent(60) {
            proxy.block(Asked::Stream, Some(Barrier::Hold));
            if self.chance.percent(40) {
                proxy.block(Asked::LongPoll, Some(Barrier::Refuse(504)));
            }
        }
        proxy.cut_all();
    }

    /// Everything works again for somebody who chooses.
    pub(crate) fn unblock_somebody(&mut self) {
        let proxy = &self.proxies[self.choosers[self.chance.index(self.choosers.len())]];
        Asked::ALL.into_iter().for_each(|asked| proxy.block(asked, None));
    }

    /// No proxy does harm any more.
    pub(crate) fn heal(&self) {
        self.proxies.iter().for_each(Proxy::heal);
    }

    /// Nothing new is said. Done when every answer has come, or somebody hangs.
    pub(crate) async fn hush(&mut self) {
        self.word.send_modify(|word| word.hush = true);
        let mut talking = self.talking.subscribe();
        let answered = tokio::time::timeout(HANGS_AFTER, talking.wait_for(|talking| *talking == 0)).await;
        // Who hangs has messages without an answer, and the check will name them; nobody waits twice.
        self.hangs = answered.is_err();
    }

    /// Everybody listens up to the end of every log and leaves.
    pub(crate) async fn leave(&mut self, heads: BTreeMap<RoomId, Seq>) -> anyhow::Result<()> {
        self.word.send_modify(|word| word.heads = Some(heads));
        let all = async {
            while let Some(left) = self.people.join_next().await {
                left.context("somebody failed")?;
            }
            Ok(())
        };
        // Who hangs is not at the head, and the check will name them.
        let patience = if self.hangs { Duration::from_secs(10) } else { HANGS_AFTER };
        tokio::time::timeout(patience, all).await.unwrap_or(Ok(()))
    }
}
