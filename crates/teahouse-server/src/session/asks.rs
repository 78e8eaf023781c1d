//! What a client asks for, and how it is answered. What has to wait for a room or the store is a future
//! that lives only as long as the question.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rand::Rng;
use teahouse_core::Moment;
use teahouse_core::cursor::{self, Extent, Start};
use teahouse_core::rights::{Action, Who};
use teahouse_core::room::Post;
use teahouse_protocol::frame::{Error, House, Send, Subscribed, Welcome};
use teahouse_protocol::{
    Body, Cid, CloseCode, Command, Cursor, ErrorCode, From, Hello, History, Kind, Person, Push, Range,
    RoomId, RoomNow, RoomView, Seq, SessionId, VERSION,
};
use tokio::sync::oneshot;

use super::{Connection, Older, Transport};
use crate::access::{self, Standing};
use crate::clock::unix_ms;
use crate::cost::Meter;
use crate::error::sentence;
use crate::node::Node;
use crate::room::{Enter, Mail, Room};
use crate::store::{Page, StoreError};

/// How often somebody tries to enter a room that ends under their hands.
const ENTER_TRIES: usize = 3;
/// The pause before a reconnect that `welcome` names, in milliseconds.
const RETRY_MS: u64 = 1_000;
/// Most bytes of text in a page of history; the rest is asked for with the next page.
const PAGE_BYTES_MAX: usize = 48 << 10;

/// What came of a question.
pub(super) enum Answered {
    /// The answer was said.
    Done,
    /// It is known who the client is, and which older connections it has.
    Identified(Option<Box<Older>>),
    /// It is not.
    NotIdentified(Error),
    /// The plain-text room's participant has a name now, and this to say.
    Post(String),
    /// The connection has to end.
    Close(CloseCode),
}

/// The room that a command names.
pub(super) fn room_of(command: &Command) -> Option<&RoomId> {
    match command {
        Command::Subscribe { room, .. }
        | Command::Unsubscribe { room, .. }
        | Command::Read { room, .. }
        | Command::Typing { room, .. }
        | Command::Send(Send { room, .. })
        | Command::History(History { room, .. }) => Some(room),
        _ => None,
    }
}

pub(super) async fn identify(node: Arc<Node>, connection: Arc<Connection>, hello: Box<Hello>) -> Answered {
    match come_in(&node, &connection, *hello, None).await {
        Ok(older) => Answered::Identified(older),
        Err(NotIn::Refused(error)) => Answered::NotIdentified(error),
        Err(NotIn::Close(code)) => Answered::Close(code),
    }
}

/// Why somebody who said hello is not let in.
#[derive(Debug)]
pub enum NotIn {
    /// The hello is refused.
    Refused(Error),
    /// The connection has to end.
    Close(CloseCode),
}

/// Makes the connection somebody's, welcomes them, and follows the rooms of their hello. Gives the older
/// connections of the same client.
pub(super) async fn come_in(
    node: &Node,
    connection: &Arc<Connection>,
    hello: Hello,
    meter: Option<&Meter>,
) -> Result<Option<Box<Older>>, NotIn> {
    // Who is here already and polls again is no new crowd.
    if !connection.brief && node.admit_hello().is_err() {
        return Err(NotIn::Close(CloseCode::Overload));
    }
    let mut met = met_by_nobody(node, &hello);
    let before = node.people.changes();
    let identified = node.people.identify(&hello, connection.address).await.map_err(NotIn::Refused)?;
    let (someone, new_token) = (identified.someone, identified.token);
    let receives = connection.transport != Transport::Send;
    if receives && !someone.admit(connection, node.config.connections_per_user_max) {
        return Err(NotIn::Close(CloseCode::TooManySessions));
    }
    let token = hello.token.as_deref().or(new_token.as_deref());
    // Set once: a connection says hello successfully once.
    connection.become_somebody(someone.clone(), token);
    if let (Some(token), true) = (token, node.people.changes() != before) {
        // The sign-in may have ended before its connection could be found by it.
        node.people.by_token(token).await.map_err(NotIn::Refused)?;
    }
    // Who was banned since they were looked up was not found by whom the order came.
    node.may_stay(connection).map_err(NotIn::Refused)?;
    // Whoever shows none gets a new one.
    let session = hello.session.filter(|_| hello.token.is_some());
    let session = session.unwrap_or_else(|| SessionId(rand::rng().random()));
    connection.session.store(session.0, Ordering::Relaxed);
    if hello.cost {
        let cost = node.costs.of(session, someone.id, node.clock.now());
        connection.count(&cost, meter);
    }
    let older = someone.others(connection).into_iter().filter(|one| one.session() == session);
    let older = Older::of(older.map(|one| Arc::downgrade(&one)).collect());
    if !connection.brief {
        let welcome = welcome(node, session, someone.person(), new_token.clone());
        connection.say(&Push::Welcome(Box::new(welcome)));
    }
    let rooms = if receives { hello.cursors } else { BTreeMap::default() };
    for (room, from) in rooms {
        if let Err(error) = follow(node, connection, None, &room, from, met.remove(&room)).await {
            // Such a room has no `ref` that would say which one it was.
            let field = Some(format!("cursors.{room}"));
            connection.say(&Push::Error(Error { field, ..error }));
        }
    }
    Ok(if receives { older } else { None })
}

/// A room, and how often rights had changed there before those of somebody were read.
struct Met {
    room: Arc<Room>,
    as_of: u64,
}

impl Met {
    fn now(room: Arc<Room>) -> Self {
        Self { as_of: room.changes(), room }
    }
}

/// The rooms of a hello that are in memory, met before whoever says it is anybody: they are nothing there yet. None for
/// who is somebody already.
fn met_by_nobody(node: &Node, hello: &Hello) -> BTreeMap<RoomId, Met> {
    let rooms = hello.cursors.keys().filter(|_| hello.token.is_none());
    rooms.filter_map(|id| Some((id.clone(), Met::now(node.rooms.known(id)?)))).collect()
}

fn welcome(node: &Node, session: SessionId, you: Person, token: Option<String>) -> Welcome {
    let terms = &node.config.terms;
    Welcome {
        v: VERSION,
        session,
        you,
        token,
        heartbeat_s: u32::try_from(terms.heartbeat_ms / 1_000).unwrap_or(u32::MAX),
        limits: terms.limits,
        house: House { name: node.name() },
        now: unix_ms(),
        retry_ms: RETRY_MS,
    }
}

pub(super) async fn subscribe(
    node: Arc<Node>,
    connection: Arc<Connection>,
    r#ref: u64,
    room: RoomId,
    from: From,
) -> Answered {
    if let Err(error) = follow(&node, &connection, Some(r#ref), &room, from, None).await {
        connection.say(&Push::Error(error));
    }
    Answered::Done
}

/// Has the connection follow a room from `from` on; it is told so, and of every hole. Of a room that was met before they
/// were anybody nothing is read.
async fn follow(
    node: &Node,
    connection: &Arc<Connection>,
    r#ref: Option<u64>,
    id: &RoomId,
    from: From,
    mut by_nobody: Option<Met>,
) -> Result<(), Error> {
    for _ in 0..ENTER_TRIES {
        let (met, seen) = match by_nobody.take() {
            Some(met) => {
                let seen = Seen::with(node, connection, &met.room, Default::default(), r#ref)?;
                (met, seen)
            }
            None => look_up(node, connection, r#ref, id).await?,
        };
        if follow_now(connection, r#ref, &met, seen, from).await? {
            return Ok(());
        }
    }
    Err(internal(r#ref))
}

/// A room, and what the person is in it.
async fn look_up(
    node: &Node,
    connection: &Connection,
    r#ref: Option<u64>,
    id: &RoomId,
) -> Result<(Met, Seen), Error> {
    let room = node.rooms.find(id).await.map_err(|error| error.refusal(r#ref))?;
    let met = Met::now(room.ok_or_else(|| no_such_room(r#ref))?);
    let seen = Seen::of(node, connection, &met.room, r#ref).await?;
    Ok((met, seen))
}

/// Follows a room, unless it ends meanwhile or rights change there: then `false`.
async fn follow_now(
    connection: &Arc<Connection>,
    r#ref: Option<u64>,
    Met { room, as_of }: &Met,
    seen: Seen,
    from: From,
) -> Result<bool, Error> {
    let (from, hole) = start(room, seen.floor, from).await.map_err(|error| error.refusal(r#ref))?;
    let extent = room.extent();
    let subscribed = (!connection.brief).then(|| Subscribed {
        r#ref,
        room: seen.view(&room.id),
        epoch: extent.epoch,
        head: extent.head,
        from,
        read: seen.read,
        // The room fills in who is there when it lets the connection in.
        here: teahouse_protocol::Here::default(),
    });
    Ok(enter(room, connection, from.seq, seen.standing, *as_of, subscribed, hole).await == Ok(true))
}

fn internal(r#ref: Option<u64>) -> Error {
    Error::new(r#ref, ErrorCode::Internal, sentence(ErrorCode::Internal))
}

/// A room as somebody sees it at this moment, who may read it.
struct Seen {
    who: Who,
    standing: Standing,
    now: Arc<RoomNow>,
    /// The number before the first one that they may read.
    floor: Seq,
    /// How far they have read.
    read: Seq,
}

impl Seen {
    async fn of(
        node: &Node,
        connection: &Connection,
        room: &Room,
        r#ref: Option<u64>,
    ) -> Result<Self, Error> {
        let person = connection.someone.get().map(|someone| someone.person());
        let known = node.access.standing_and_mark(person.as_ref(), &room.id).await;
        Self::with(node, connection, room, known.map_err(|error| error.refusal(r#ref))?, r#ref)
    }

    fn with(
        node: &Node,
        connection: &Connection,
        room: &Room,
        (standing, read): (Standing, Seq),
        r#ref: Option<u64>,
    ) -> Result<Self, Error> {
        let who = node.who(connection.someone.get().map(|someone| someone.person()).as_ref());
        let (subject, now) = (standing.subject(who, unix_ms()), room.now());
        access::check(&subject, &room.id, &now, Action::Read, r#ref)?;
        let floor = access::floor(&subject, &now);
        Ok(Self { who, standing, now, floor, read })
    }

    fn view(&self, id: &RoomId) -> RoomView {
        self.standing.view(self.who, id, &self.now)
    }
}

/// Where somebody begins who comes with `from` and may read what follows `floor`, and the hole that they are
/// told of.
async fn start(room: &Room, floor: Seq, from: From) -> Result<(Cursor, Option<Push>), StoreError> {
    let extent = match &from {
        From::Cursor(cursor) => room.extent_for(cursor).await?,
        From::Head | From::Tail(_) => room.extent(),
    };
    let extent = extent.after(floor);
    let check = match &from {
        From::Cursor(cursor) if cursor.epoch.is_some() && cursor.seq <= extent.head => {
            room.log.check(cursor.seq).await?
        }
        _ => None,
    };
    let start = cursor::start(&from, &extent, |_, given| check == Some(given));
    let (Start::At(seq) | Start::Behind(seq) | Start::Reset(seq)) = start;
    // A cursor's own number was looked at just now.
    let at = match check.filter(|_| matches!(from, From::Cursor(cursor) if cursor.seq == seq)) {
        Some(check) => Cursor { epoch: Some(extent.epoch), seq, check },
        None => cursor_at(room, seq).await?,
    };
    let room = room.id.clone();
    let hole = match start {
        Start::At(_) => None,
        Start::Behind(_) => Some(Push::Behind { room, from: at, head: extent.head }),
        Start::Reset(_) => {
            let Extent { epoch, oldest, head } = extent;
            Some(Push::Reset { room, epoch, from: at, oldest, head })
        }
    };
    Ok((at, hole))
}

/// Follows one room from `from` on and nothing else; gives the cursor of `from`.
pub(super) async fn look_on(
    node: &Node,
    connection: &Arc<Connection>,
    id: &RoomId,
    from: From,
) -> Result<Cursor, Error> {
    let refusal = |error: StoreError| error.refusal(None);
    for _ in 0..ENTER_TRIES {
        let (Met { room, as_of }, seen) = look_up(node, connection, None, id).await?;
        let (cursor, hole) = start(&room, seen.floor, from).await.map_err(refusal)?;
        if enter(&room, connection, cursor.seq, seen.standing, as_of, None, hole).await == Ok(true) {
            return Ok(cursor);
        }
    }
    Err(internal(None))
}

/// Whether the connection follows the room now; not if its person's rights changed since they were looked
/// up. Fails only if the room's task ended.
async fn enter(
    room: &Room,
    connection: &Arc<Connection>,
    from: Seq,
    standing: Standing,
    as_of: u64,
    subscribed: Option<Subscribed>,
    hole: Option<Push>,
) -> Result<bool, oneshot::error::RecvError> {
    let (done, entered) = oneshot::channel();
    let connection = connection.clone();
    let enter = Enter { connection, from, standing, as_of, subscribed, hole, done };
    room.tell(Mail::Enter(Box::new(enter)));
    entered.await
}

/// A plain-text participant follows the main room from its head on.
pub(super) async fn enter_plain(
    node: Arc<Node>,
    connection: Arc<Connection>,
    room: &'static str,
) -> Answered {
    let id: RoomId = room.parse().expect("the main room has a valid id");
    match look_on(&node, &connection, &id, From::Head).await {
        Ok(_) => Answered::Done,
        Err(error) if error.code == ErrorCode::NoSuchRoom => Answered::Close(CloseCode::Forbidden),
        Err(error) => {
            connection.say(&Push::Error(error));
            Answered::Close(CloseCode::Overload)
        }
    }
}

/// A plain-text participant says something for the first time: now it needs a name.
pub(super) async fn name_plain(node: Arc<Node>, connection: Arc<Connection>, text: String) -> Answered {
    match node.people.new_plain(connection.address).await {
        Ok(someone) => {
            // It is found by whoever ends connections of theirs; a new guest has no other.
            let _ = someone.admit(&connection, node.config.connections_per_user_max);
            // Set once: the first message is worked on alone.
            let _ = connection.someone.set(someone);
            connection.each_room(|room| room.tell(Mail::Known(connection.clone())));
            Answered::Post(text)
        }
        Err(error) => {
            connection.say(&Push::Error(error));
            Answered::Done
        }
    }
}

pub(super) fn post_plain(node: &Node, connection: &Arc<Connection>, text: &str, now: Moment) {
    let (cid, body) = (Cid::new(unix_ms(), rand::random()), Body::of(text.to_owned()));
    // Each message stands alone: there is no outbox that a later one could overtake.
    let send = Send { r#ref: 0, room: RoomId::main(), cid, kind: Kind::Message, body, first: true };
    post(node, connection, send, now);
}

pub(super) fn post(node: &Node, connection: &Arc<Connection>, send: Send, now: Moment) {
    if let (Some(room), _) = connection.follows(Some(&send.room)) {
        let standing = connection.with_subscription(&room, |one| one.standing.as_deref().copied());
        post_to(node, &room, connection, standing.flatten().unwrap_or_default(), send, now);
    }
}

/// A message with files waits until it is known what they are; what comes behind it waits, too.
pub(super) async fn post_files(node: Arc<Node>, connection: Arc<Connection>, mut send: Send) -> Answered {
    let by = connection.someone.get().expect("only who said hello follows a room").id;
    match node.files.name(by, &mut send).await {
        Ok(()) => post(&node, &connection, send, node.clock.now()),
        Err(error) => connection.say(&Push::Error(error)),
    }
    Answered::Done
}

/// Has the room order and store a message; the answer comes when it is in the log.
pub(super) fn post_to(
    node: &Node,
    room: &Room,
    connection: &Arc<Connection>,
    standing: Standing,
    send: Send,
    now: Moment,
) {
    let someone = connection.someone.get().expect("only who said hello follows a room");
    let Send { r#ref, cid, kind, body, first, .. } = send;
    let by = someone.person();
    let (rate, from) = (node.config.sends_of(by.role), connection.id);
    let subject = standing.subject(Who::of(by.role), unix_ms());
    let post = Post { connection: from, r#ref, cid, kind, by, subject, body, at: unix_ms(), first };
    connection.unacked.fetch_add(1, Ordering::AcqRel);
    room.tell(Mail::Post(connection.clone(), Box::new(post), someone.may_send(rate, now)));
}

pub(super) async fn history(node: Arc<Node>, connection: Arc<Connection>, asked: History) -> Answered {
    let someone = connection.someone.get().map(|someone| someone.person());
    let said = match page(&node, &asked, someone.as_ref()).await {
        Ok(page) => Push::Page {
            r#ref: asked.r#ref,
            room: asked.room,
            messages: page.messages.into_iter().map(Push::Event).collect(),
            states: page.states,
            as_of: page.as_of,
            more: page.more,
        },
        Err(error) => Push::Error(error),
    };
    connection.say(&said);
    Answered::Done
}

/// A page of the past.
///
/// # Errors
/// `no_such_room`, or the store's code.
pub async fn page(node: &Node, asked: &History, reader: Option<&Person>) -> Result<Page, Error> {
    let r#ref = Some(asked.r#ref);
    let readable = node.readable(&asked.room, reader, r#ref).await?;
    let range = within(asked.range, &readable);
    let page = node.store.page(&asked.room, range, asked.limit, reader.map(|reader| reader.id)).await;
    let mut page = page.map_err(|error| error.refusal(r#ref))?;
    let begins_below = page.messages.first().is_some_and(|first| first.seq < *readable.start());
    // What they say, and what stands beside them, may be as it is after that: `as_of` says so.
    page.keep(&readable);
    // Further back is nothing for them; and who gets nothing has no number to go on from.
    let is_at_end = begins_below && matches!(range, Range::Before(_));
    page.more &= !(is_at_end || page.messages.is_empty());
    trim(&mut page, range);
    Ok(page)
}

/// What to ask of the store for somebody who may read these numbers: a page is not filled with what is taken out of it
/// again. What is around a number stays around it.
fn within(range: Range, readable: &RangeInclusive<Seq>) -> Range {
    match range {
        Range::Before(seq) => Range::Before(seq.min(readable.end().next())),
        Range::After(seq) => Range::After(seq.max(Seq(readable.start().0.saturating_sub(1)))),
        Range::Around(_) => range,
    }
}

/// Keeps a page below [`PAGE_BYTES_MAX`]: what is farthest from where it was asked goes first.
fn trim(page: &mut Page, range: Range) {
    let mut bytes: usize = page.messages.iter().map(|message| message.body.text.len()).sum();
    while bytes > PAGE_BYTES_MAX && page.messages.len() > 1 {
        let from_front = match range {
            Range::Before(_) => true,
            Range::After(_) => false,
            Range::Around(seq) => {
                let below = page.messages.partition_point(|message| message.seq < seq);
                below > page.messages.len() / 2
            }
        };
        let gone = if from_front { Some(page.messages.remove(0)) } else { page.messages.pop() };
        bytes -= gone.map_or(0, |message| message.body.text.len());
        page.more = true;
    }
}

pub(super) async fn read(
    node: Arc<Node>,
    connection: Arc<Connection>,
    r#ref: u64,
    room: RoomId,
    seq: Seq,
) -> Answered {
    let someone = connection.someone.get().expect("only who said hello follows a room");
    if let Err(error) = node.subject_in(&room, Some(&someone.person()), Action::Read, Some(r#ref)).await {
        connection.say(&Push::Error(error));
        return Answered::Done;
    }
    // The store knows how far the log goes, this node perhaps not yet.
    match node.store.mark_read(someone.id, &room, seq).await {
        Ok(seq) => {
            connection.say(&Push::Read { r#ref: Some(r#ref), room: room.clone(), seq });
            node.tell_read(someone.id, &room, seq, Some(&connection));
        }
        Err(error) => connection.say(&Push::Error(error.refusal(Some(r#ref)))),
    }
    Answered::Done
}

pub(super) async fn auth(
    node: Arc<Node>,
    connection: Arc<Connection>,
    r#ref: u64,
    token: String,
) -> Answered {
    let me = connection.someone.get().map(|someone| someone.id);
    match node.people.by_token(&token).await {
        Ok(someone) if Some(someone.id) == me => {
            connection.shows(&token);
            connection.say(&Push::Authed { r#ref });
            Answered::Done
        }
        Err(error) if error.code != ErrorCode::BadToken => {
            connection.say(&Push::Error(Error { r#ref: Some(r#ref), ..error }));
            Answered::Done
        }
        _ => {
            let error = Error::new(Some(r#ref), ErrorCode::BadToken, sentence(ErrorCode::BadToken));
            connection.say(&Push::Error(error));
            Answered::Close(CloseCode::BadToken)
        }
    }
}

pub(super) fn unsubscribe(connection: &Arc<Connection>, r#ref: u64, room: &RoomId) {
    if let (Some(followed), _) = connection.follows(Some(room)) {
        // Nothing of the room comes after this answer: its task gives it when it let the connection go.
        followed.tell(Mail::Leave(connection.clone(), true, Some(r#ref)));
    }
}

pub(super) fn typing(connection: &Connection, room: &RoomId, on: bool) {
    if let (Some(room), Some(someone)) = (connection.follows(Some(room)).0, connection.someone.get()) {
        let standing = connection.with_subscription(&room, |one| one.standing.as_deref().copied());
        let who = Who::of(someone.person().role);
        let subject = standing.flatten().unwrap_or_default().subject(who, unix_ms());
        if access::check(&subject, &room.id, &room.now(), Action::Write, None).is_ok() {
            room.tell(Mail::Typing(someone.id, on));
        }
    }
}

pub(super) fn pong(connection: &Connection, r#ref: u64, now: u64) {
    connection.say(&Push::Pong { r#ref, now });
}

/// Asks for a sign of life, and tells the heads that changed since it was last asked.
pub(super) fn ping(connection: &Connection) {
    let heads = connection.changed_heads();
    connection.say(&Push::Ping { heads });
}

/// The cursor of somebody who has everything up to `seq`.
pub(super) async fn cursor_at(room: &Room, seq: Seq) -> Result<Cursor, StoreError> {
    let check = room.log.check(seq).await?.unwrap_or(0);
    Ok(Cursor { epoch: Some(room.extent().epoch), seq, check })
}

pub(super) fn no_such_room(r#ref: Option<u64>) -> Error {
    Error::new(r#ref, ErrorCode::NoSuchRoom, sentence(ErrorCode::NoSuchRoom))
}
