//! The measuring itself: a writer and a reader on the same transport, one message after the other.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use rand::Rng;
use teahouse_client::protocol::{Cid, From, RoomId, SessionId};
use teahouse_client::{Address, Client, Cost, Notice, Notices, Options, Transport, costs};
use tokio::time::{Instant, sleep, timeout};

use super::figures::{Delay, Idle, OfSize, PerMessage, Travelled, spent};

/// Longest time for a transport to open, or a message to arrive: polls of a quiet room are 30 s apart.
const PATIENCE: Duration = Duration::from_secs(60);
/// Who comes and who goes is told within this time; what is measured begins afterwards.
const SETTLE: Duration = Duration::from_millis(2_500);
/// Shortest pause between two messages: half of what a person may send.
const PAUSE_MS: u64 = 200;

/// Two guests and a house.
pub(super) struct Lab {
    address: Address,
    room: RoomId,
    progress: fn(&str),
    /// The reader's and the writer's, once they are somebody.
    tokens: Vec<String>,
}

/// One of the two on one transport.
struct Guest {
    client: Client,
    notices: Notices,
    token: String,
    session: SessionId,
}

impl Lab {
    pub(super) fn new(address: Address, room: RoomId, progress: fn(&str)) -> Self {
        Self { address, room, progress, tokens: Vec::new() }
    }

    /// Makes the two guests, by whatever transport gets through.
    ///
    /// # Errors
    /// When the house cannot be reached, or counts nothing.
    pub(super) async fn open(&mut self) -> anyhow::Result<()> {
        for _ in 0..2 {
            let guest = self.enter(None, None).await?;
            guest.count(self).await?;
            guest.leave().await;
            self.tokens.push(guest.token);
        }
        Ok(())
    }

    /// Everything about one transport but its idle time. A fault ends it and is told in its place.
    pub(super) async fn travel(&self, transport: Transport, sizes: &[u32], messages: u32) -> Travelled {
        let mut travelled = Travelled { transport: transport.to_string(), ..Travelled::default() };
        if let Err(error) = self.travel_sizes(&mut travelled, transport, sizes, messages).await {
            (self.progress)(&format!("{transport}: given up: {error:#}"));
            travelled.fault = Some(format!("{error:#}"));
        }
        travelled
    }

    async fn travel_sizes(
        &self,
        travelled: &mut Travelled,
        transport: Transport,
        sizes: &[u32],
        messages: u32,
    ) -> anyhow::Result<()> {
        (self.progress)(&format!("{transport}: opening"));
        let mut reader = self.enter(Some(transport), self.tokens.first()).await?;
        let mut writer = self.enter(Some(transport), self.tokens.last()).await?;
        tokio::try_join!(reader.settle(SETTLE), writer.settle(SETTLE))?;
        for text_bytes in sizes {
            (self.progress)(&format!("{transport}: {messages} messages of {text_bytes} B"));
            let before = tokio::try_join!(reader.count(self), writer.count(self))?;
            let mut delays = Vec::new();
            for number in 0..messages {
                let text = text(*text_bytes, number);
                delays.push(self.say(&mut reader, &mut writer, text).await?);
                sleep(pause(transport)).await;
            }
            let after = tokio::try_join!(reader.count(self), writer.count(self))?;
            travelled.sizes.push(OfSize {
                text_bytes: *text_bytes,
                delay_ms: Delay::of(delays),
                reader: PerMessage::of(spent(before.0, after.0), messages, *text_bytes),
                // Once on its way up, and once back.
                writer: PerMessage::of(spent(before.1, after.1), messages, 2 * text_bytes),
            });
        }
        reader.leave().await;
        writer.leave().await;
        Ok(())
    }

    /// Writes one message, waits until both have it, and gives the reader's delay.
    async fn say(&self, reader: &mut Guest, writer: &mut Guest, text: String) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let receipt = writer.client.send(&self.room, text).await?;
        let cid = receipt.cid();
        let arrives = async {
            reader.wait_for(cid).await?;
            anyhow::Ok(began.elapsed())
        };
        let comes_back = async {
            writer.wait_for(cid).await?;
            anyhow::Ok(receipt.await?)
        };
        let both = async { tokio::try_join!(arrives, comes_back) };
        let (delay, _) =
            timeout(PATIENCE, both).await.context("a message did not arrive within a minute")??;
        Ok(delay)
    }

    /// The idle time of every transport that got through, all at once.
    pub(super) async fn idle(&self, travelled: &mut [Travelled], time: Duration) {
        let mut guests = Vec::new();
        for (at, one) in travelled.iter().enumerate().filter(|(_, one)| one.fault.is_none()) {
            let transport = one.transport.parse().ok();
            match self.enter(transport, self.tokens.first()).await {
                Ok(guest) => guests.push((at, guest)),
                Err(error) => (self.progress)(&format!("{}: no idle time: {error:#}", one.transport)),
            }
        }
        (self.progress)(&format!("all: {} s without a message", time.as_secs()));
        let measured = guests.iter_mut().map(async |(at, guest)| (*at, guest.idle(self, time).await));
        for (at, idle) in futures_util::future::join_all(measured).await {
            match idle {
                Ok(idle) => travelled[at].idle = Some(idle),
                Err(error) => {
                    (self.progress)(&format!("{}: no idle time: {error:#}", travelled[at].transport));
                }
            }
        }
    }

    /// Comes in, and waits until the room is live.
    async fn enter(&self, transport: Option<Transport>, token: Option<&String>) -> anyhow::Result<Guest> {
        let options = Options::new(&self.address.to_string())?;
        let (client, notices) = Client::connect(Options {
            transport,
            token: token.cloned(),
            rooms: vec![(self.room.clone(), From::Head)],
            client: concat!("lab/", env!("CARGO_PKG_VERSION")).into(),
            cost: true,
            ..options
        });
        let token = token.cloned().unwrap_or_default();
        let mut guest = Guest { client, notices, token, session: SessionId(0) };
        timeout(PATIENCE, guest.welcomed()).await.context("it did not open within a minute")??;
        Ok(guest)
    }
}

impl Guest {
    async fn welcomed(&mut self) -> anyhow::Result<()> {
        loop {
            match self.notices.next().await {
                Some(Notice::Welcome(welcome)) => {
                    self.session = welcome.session;
                    self.token = welcome.token.unwrap_or_else(|| std::mem::take(&mut self.token));
                }
                Some(Notice::Live { .. }) => return Ok(()),
                Some(notice) => wrong(&notice)?,
                None => bail!("the client ended"),
            }
        }
    }

    /// Lets pass what is told meanwhile, such as who came and went.
    async fn settle(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        while let Ok(notice) = tokio::time::timeout_at(until, self.notices.next()).await {
            wrong(&notice.context("the client ended")?)?;
        }
        Ok(())
    }

    async fn wait_for(&mut self, cid: Cid) -> anyhow::Result<()> {
        loop {
            match self.notices.next().await.context("the client ended")? {
                Notice::Event(event) if event.cid == cid => return Ok(()),
                notice => wrong(&notice)?,
            }
        }
    }

    /// What the session cost so far.
    async fn count(&self, lab: &Lab) -> anyhow::Result<Cost> {
        let all = costs(&lab.address, &[], &self.token).await.map_err(|said| anyhow!(said))?;
        all.get(&self.session).copied().context("The house does not count what this session costs.")
    }

    /// What a time without messages costs, once nobody comes or goes any more.
    async fn idle(&mut self, lab: &Lab, time: Duration) -> anyhow::Result<Idle> {
        self.settle(SETTLE).await?;
        let (before, began) = (self.count(lab).await?, Instant::now());
        self.settle(time).await?;
        let (after, measured) = (self.count(lab).await?, began.elapsed());
        self.leave().await;
        Ok(Idle::of(spent(before, after), measured))
    }

    async fn leave(&self) {
        self.client.close().await;
    }
}

/// What makes a measurement worthless.
fn wrong(notice: &Notice) -> anyhow::Result<()> {
    match notice {
        Notice::Suspended { cause, .. } => bail!("{cause}"),
        Notice::Held { error, .. } | Notice::Left { error, .. } => bail!("{}", error.message),
        Notice::Refused(error) => bail!("{}", error.message),
        Notice::Ended(end) => bail!("the house ended it: {end:?}"),
        _ => Ok(()),
    }
}

/// A text of exactly so many bytes, none of which JSON has to escape.
fn text(bytes: u32, number: u32) -> String {
    let number = format!("{number} ");
    let words = number.chars().chain("a cup of tea is a good measure of time ".chars().cycle());
    let mut text: String = words.take(bytes as usize).collect();
    // White space at the end might be cut off.
    text.pop();
    text.push('.');
    text
}

/// The pause before the next message; polls are met at any moment of their interval.
fn pause(transport: Transport) -> Duration {
    let most = if transport == Transport::Poll { 1_000 } else { PAUSE_MS };
    Duration::from_millis(PAUSE_MS + rand::rng().random_range(0..=most))
}
