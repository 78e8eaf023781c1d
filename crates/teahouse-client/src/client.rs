//! The handle that a program holds: it writes, asks and leaves. The work is done by one task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use teahouse_protocol::{Body, Cid, Event, From, Kind, Push, Range, RoomId, Seq, SessionId, States};
use tokio::sync::{mpsc, oneshot, watch};

use crate::address::{Address, BadAddress};
use crate::choice::Transport;
use crate::connection::{Backoff, Question};
use crate::drive::{Driver, Order};
use crate::notice::{Ack, Notice, Refused};

/// Where to connect, as whom, and what to follow.
#[derive(Debug, Clone)]
pub struct Options {
    /// The house.
    pub address: Address,
    /// The name of a new guest; none lets the house make one up.
    pub name: Option<String>,
    /// Proof of being somebody: what an earlier [`Notice::Welcome`] brought.
    pub token: Option<String>,
    /// The session to go on with.
    pub session: Option<SessionId>,
    /// What to follow, each from where.
    pub rooms: Vec<(RoomId, From)>,
    /// The program's name and version, for the house's log.
    pub client: String,
    /// Most messages without an acknowledgement; [`Client::send`] waits above it.
    pub outbox_max: usize,
    /// Notices that may wait for the program. When it does not take them, the house is not read, and
    /// the client is *behind* like any slow reader: nothing is lost, nothing piles up.
    pub notices_max: usize,
    /// The pauses between tries.
    pub backoff: Backoff,
    /// How frames travel; none chooses, and goes down and up by itself.
    pub transport: Option<Transport>,
    /// A fixed interval of [`Transport::Poll`], at least a second; none lets the house name it.
    pub poll_every: Option<Duration>,
    /// The house counts what this session costs.
    pub cost: bool,
    /// Certificates in PEM of more authorities than the system's, for TLS.
    pub roots_pem: Vec<u8>,
}

impl Options {
    /// A new guest in the room that `url` names, or in the main room, from its last 50 events on.
    ///
    /// # Errors
    /// When `url` is not `http://HOST[:PORT][/r/ROOM]` or the same with `https://`, `ws://` or `wss://`.
    pub fn new(url: &str) -> Result<Self, BadAddress> {
        let address = Address::parse(url)?;
        let room = address.room().cloned().unwrap_or_else(RoomId::main);
        Ok(Self {
            address,
            name: None,
            token: None,
            session: None,
            rooms: vec![(room, From::Tail(50))],
            client: concat!("rust/", env!("CARGO_PKG_VERSION")).into(),
            outbox_max: 256,
            notices_max: 256,
            backoff: Backoff::default(),
            transport: None,
            poll_every: None,
            cost: false,
            roots_pem: Vec::new(),
        })
    }
}

/// A client of one house. Clones are the same client.
///
/// It lives while a `Client` or its [`Notices`] live, and leaves when both are dropped.
#[derive(Debug, Clone)]
pub struct Client {
    orders: mpsc::Sender<Order>,
    closing: watch::Sender<bool>,
    room: Option<RoomId>,
}

/// What happens, as a stream. Dropping it makes a client that only writes.
#[derive(Debug)]
pub struct Notices {
    queue: mpsc::Receiver<Notice>,
}

/// Messages of the past, in order and in their current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The messages.
    pub messages: Vec<Event>,
    /// What stands beside those of them that have something: reactions, replies, a pin.
    pub states: States,
    /// The room's last number when they were read.
    pub as_of: Seq,
    /// Whether there is more in the direction that was asked.
    pub more: bool,
}

/// A message on its way. It resolves once the log has it, or it is refused for good.
#[derive(Debug)]
pub struct Receipt {
    cid: Cid,
    answer: oneshot::Receiver<Result<Ack, Refused>>,
}

impl Client {
    /// Orders that wait for the driver.
    const ORDERS_MAX: usize = 64;

    /// Starts a client. It connects by itself, again and again; the first notice says what came of it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn connect(options: Options) -> (Self, Notices) {
        let (orders, order_queue) = mpsc::channel(Self::ORDERS_MAX);
        let (notices, queue) = mpsc::channel(options.notices_max.max(1));
        let (closing, closed) = watch::channel(false);
        let room = options.rooms.first().map(|(room, _)| room.clone());
        tokio::spawn(Driver::new(options, order_queue, closed, notices).run());
        (Self { orders, closing, room }, Notices { queue })
    }

    /// Writes to a room that is followed. Returns as soon as the outbox has a place.
    ///
    /// # Errors
    /// [`Refused::Ended`] when the client has ended. A refusal by the house is the receipt's.
    pub async fn send(&self, room: &RoomId, text: impl Into<String>) -> Result<Receipt, Refused> {
        self.write(room, Kind::Message, Body::of(text.into())).await
    }

    /// Replies to a message of a room that is followed.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn reply(
        &self,
        room: &RoomId,
        target: Seq,
        text: impl Into<String>,
    ) -> Result<Receipt, Refused> {
        self.write(room, Kind::Message, Body { text: text.into(), ..Body::about(target) }).await
    }

    /// Gives one's own message another text.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn edit(
        &self,
        room: &RoomId,
        target: Seq,
        text: impl Into<String>,
    ) -> Result<Receipt, Refused> {
        self.write(room, Kind::Edit, Body { text: text.into(), ..Body::about(target) }).await
    }

    /// Takes a message away: one's own, or, as a moderator, anybody's.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn delete(&self, room: &RoomId, target: Seq) -> Result<Receipt, Refused> {
        self.write(room, Kind::Delete, Body::about(target)).await
    }

    /// Puts an emoji under a message (`on`), or takes it back.
    ///
    /// # Errors
    /// As [`Client::send`]. The receipt is refused with `no_change` where it is so already.
    pub async fn react(&self, room: &RoomId, target: Seq, emoji: &str, on: bool) -> Result<Receipt, Refused> {
        let body = Body { emoji: Some(emoji.into()), on: Some(on), ..Body::about(target) };
        self.write(room, Kind::Reaction, body).await
    }

    /// Keeps a message in view (`on`), or no longer.
    ///
    /// # Errors
    /// As [`Client::send`]. The receipt is refused with `no_change` where it is so already.
    pub async fn pin(&self, room: &RoomId, target: Seq, on: bool) -> Result<Receipt, Refused> {
        self.write(room, Kind::Pin, Body { on: Some(on), ..Body::about(target) }).await
    }

    async fn write(&self, room: &RoomId, kind: Kind, body: Body) -> Result<Receipt, Refused> {
        let cid = Cid::new(unix_ms(), rand::random());
        let (done, answer) = oneshot::channel();
        self.order(Order::Send { room: room.clone(), cid, kind, body, done }).await?;
        Ok(Receipt { cid, answer })
    }

    /// Writes to the first room of the options.
    ///
    /// # Errors
    /// As [`Client::send`], and when the options had no room.
    pub async fn say(&self, text: impl Into<String>) -> Result<Receipt, Refused> {
        let room = self.room.clone().ok_or(Refused::Ended)?;
        self.send(&room, text).await
    }

    /// Reads messages of the past: at most `limit`, 1 to 200.
    ///
    /// # Errors
    /// When the house refuses it for good, or the client has ended.
    pub async fn history(&self, room: &RoomId, range: Range, limit: u32) -> Result<Page, Refused> {
        match self.ask(Question::History { room: room.clone(), range, limit }).await? {
            Push::Page { messages, states, as_of, more, .. } => {
                let event = |push| if let Push::Event(event) = push { Some(event) } else { None };
                let messages = messages.into_iter().filter_map(event).collect();
                Ok(Page { messages, states, as_of, more })
            }
            _ => Err(Refused::Ended),
        }
    }

    /// Keeps how far the person has read, and tells the mark, which only grows.
    ///
    /// # Errors
    /// When the house refuses it for good, or the client has ended.
    pub async fn read(&self, room: &RoomId, seq: Seq) -> Result<Seq, Refused> {
        match self.ask(Question::Read { room: room.clone(), seq }).await? {
            Push::Read { seq, .. } => Ok(seq),
            _ => Err(Refused::Ended),
        }
    }

    /// Says that the person is typing, or stopped. Lost while there is no connection.
    ///
    /// # Errors
    /// [`Refused::Ended`] when the client has ended.
    pub async fn typing(&self, room: &RoomId, on: bool) -> Result<(), Refused> {
        self.order(Order::Typing { room: room.clone(), on }).await
    }

    /// Follows one more room.
    ///
    /// # Errors
    /// [`Refused::Ended`] when the client has ended. A refusal is a [`Notice::Left`].
    pub async fn subscribe(&self, room: &RoomId, from: From) -> Result<(), Refused> {
        self.order(Order::Subscribe { room: room.clone(), from }).await
    }

    /// Follows a room no longer. What was written to it and not acknowledged is refused.
    ///
    /// # Errors
    /// [`Refused::Ended`] when the client has ended.
    pub async fn unsubscribe(&self, room: &RoomId) -> Result<(), Refused> {
        self.order(Order::Unsubscribe { room: room.clone() }).await
    }

    /// Leaves cleanly: says `bye`, waits for the end. Await the receipts first that matter.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        self.orders.closed().await;
    }

    async fn ask(&self, question: Question) -> Result<Push, Refused> {
        let (done, answer) = oneshot::channel();
        self.order(Order::Ask { question, done }).await?;
        answer.await.unwrap_or(Err(Refused::Ended)).map(|push| *push)
    }

    async fn order(&self, order: Order) -> Result<(), Refused> {
        self.orders.send(order).await.map_err(|_| Refused::Ended)
    }
}

impl Notices {
    /// Waits for what happens next; none once the client has ended. Cancel safe.
    pub async fn next(&mut self) -> Option<Notice> {
        self.queue.recv().await
    }
}

impl Receipt {
    /// The id under which the message is, or will be, in the log.
    #[must_use]
    pub fn cid(&self) -> Cid {
        self.cid
    }
}

impl Future for Receipt {
    type Output = Result<Ack, Refused>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context).map(|answer| answer.unwrap_or(Err(Refused::Ended)))
    }
}

/// The time as a new `cid` begins with it; a clock before 1970 says 0.
fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}
