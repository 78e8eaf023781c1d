//! `teahouse chat URL`: talk from a terminal or through a pipe, line by line.
//!
//! It is a client like any other: it knows the protocol and nothing of the server beside it.

use std::collections::{HashSet, VecDeque};
use std::future::pending;
use std::io::{self, IsTerminal};

use anyhow::{Context, anyhow, bail};
use teahouse_client::protocol::frame::{Error, Welcome};
use teahouse_client::protocol::{Cid, CloseCode, ErrorCode, Event, From, Kind, RoomId, Seq};
use teahouse_client::{Address, Client, End, Notice, Notices, Options, Receipt, Refused, Transport};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

mod input;
mod people;
mod screen;
mod token;
mod words;

use people::People;
use screen::{Form, Screen};
use token::TokenFile;
use words::{Seen, Typed};

/// Talk from this terminal: `teahouse chat http://HOST:8888/r/1024`.
#[derive(Debug, clap::Args)]
pub(crate) struct ChatArgs {
    /// The house, and perhaps the room: http[s]://HOST[:PORT][/r/ROOM]
    #[arg(default_value = "http://127.0.0.1:8888")]
    url: String,
    /// The name of a new guest; without it the house makes one up
    #[arg(long)]
    name: Option<String>,
    /// The room; without it the one in URL, or 1024
    #[arg(long)]
    room: Option<RoomId>,
    /// No colours
    #[arg(long)]
    plain: bool,
    /// Show so many earlier messages, at most 200 [default: 20, or 0 when the input is no terminal]
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..=From::TAIL_MAX))]
    history: Option<u64>,
    /// Write each event as a line of JSON
    #[arg(long)]
    json: bool,
    /// Be a new guest, and keep nothing
    #[arg(long)]
    guest: bool,
    /// How messages travel: auto, websocket, stream, long_poll or poll
    #[arg(long, default_value = "auto", value_parser = way)]
    transport: Way,
}

/// The only transport to use; none chooses.
#[derive(Debug, Clone, Copy)]
struct Way(Option<Transport>);

fn way(text: &str) -> Result<Way, String> {
    if text == "auto" { Ok(Way(None)) } else { text.parse().map(|it| Way(Some(it))) }
}

/// Talks until the input ends, the person leaves, or the house sends them away.
///
/// # Errors
/// One sentence each: a bad address, a house that cannot be reached, a refusal, unsent messages.
pub(crate) async fn chat(args: ChatArgs) -> anyhow::Result<()> {
    let mut options = Options::new(&args.url)?;
    let room = args.room.clone().or_else(|| options.address.room().cloned()).unwrap_or_else(RoomId::main);
    let speaks_only = !io::stdin().is_terminal();
    let history = args.history.unwrap_or(if speaks_only { 0 } else { 20 });
    options.rooms = vec![(room.clone(), From::Tail(history))];
    options.name.clone_from(&args.name);
    options.transport = args.transport.0;
    options.client = concat!("chat/", env!("CARGO_PKG_VERSION")).into();
    let kept = (!args.guest).then(|| TokenFile::of(&options.address)).flatten();
    options.token = kept.as_ref().map(TokenFile::read).transpose()?.flatten();
    let (address, had_token) = (options.address.clone(), options.token.is_some());
    let screen = Screen::new(io::stdout(), Form::of(&args), !speaks_only);
    let (client, notices) = Client::connect(options);
    let mut chat = Chat::new(client, room, screen, kept);
    chat.chooses = args.transport.0.is_none();
    chat.wanted = args.name.filter(|_| had_token);
    let (lines, terminate) = (input::lines(io::stdin()), signal(SignalKind::terminate())?);
    let talked = chat.talk(&address, notices, lines, terminate).await;
    chat.client.close().await;
    match talked {
        // Whoever read along has gone (`| head`): that is no fault.
        Err(error) if is_broken_pipe(&error) => Ok(()),
        other => other,
    }
}

/// One person in one room.
struct Chat {
    client: Client,
    room: RoomId,
    screen: Screen<io::Stdout>,
    kept: Option<TokenFile>,
    people: People,
    /// The messages that a command may name.
    seen: Seen,
    /// The name that was asked for beside a token, which has a name of its own.
    wanted: Option<String>,
    /// The transport was not chosen by the person.
    chooses: bool,
    /// What was written here and is not yet acknowledged.
    unacked: VecDeque<Receipt>,
    /// What was written here and is not yet shown: a terminal shows it while it is typed.
    typed: HashSet<Cid>,
    welcomed: bool,
    greeted: bool,
    /// Everything that was asked for at first has been shown.
    live: bool,
    /// The connection is gone, and the person knows.
    suspended: bool,
    /// The input has ended.
    finishing: bool,
    shown: Seq,
    acknowledged: Seq,
    refused: u64,
}

/// What woke the chat.
enum Woken {
    Notice(Option<Notice>),
    Line(Option<String>),
    Answer(Result<teahouse_client::Ack, Refused>),
    Leave,
}

impl Chat {
    /// Messages on their way; no line is read above it.
    const UNACKED_MAX: usize = 64;

    fn new(client: Client, room: RoomId, screen: Screen<io::Stdout>, kept: Option<TokenFile>) -> Self {
        Self {
            client,
            room,
            screen,
            kept,
            people: People::default(),
            seen: Seen::default(),
            wanted: None,
            chooses: false,
            unacked: VecDeque::new(),
            typed: HashSet::new(),
            welcomed: false,
            greeted: false,
            live: false,
            suspended: false,
            finishing: false,
            shown: Seq::ZERO,
            acknowledged: Seq::ZERO,
            refused: 0,
        }
    }

    async fn talk(
        &mut self,
        address: &Address,
        mut notices: Notices,
        mut lines: mpsc::Receiver<io::Result<String>>,
        mut terminate: Signal,
    ) -> anyhow::Result<()> {
        loop {
            let takes = !self.finishing && self.unacked.len() < Self::UNACKED_MAX;
            let woken = tokio::select! {
                notice = notices.next() => Woken::Notice(notice),
                answer = front(&mut self.unacked) => Woken::Answer(answer),
                line = lines.recv(), if takes => Woken::Line(line.transpose().context("Cannot read the input.")?),
                _ = tokio::signal::ctrl_c() => Woken::Leave,
                _ = terminate.recv() => Woken::Leave,
            };
            match woken {
                Woken::Notice(Some(notice)) => self.told(notice, address)?,
                Woken::Notice(None) => return Ok(()),
                Woken::Line(Some(line)) => self.say(line).await?,
                Woken::Line(None) => self.finish()?,
                Woken::Answer(answer) => self.answered(answer)?,
                Woken::Leave => return self.left(),
            }
            // What was said here is also shown here before the end, after its own acknowledgement.
            if self.finishing && self.live && self.unacked.is_empty() && self.shown >= self.acknowledged {
                return self.left();
            }
        }
    }

    async fn say(&mut self, line: String) -> anyhow::Result<()> {
        let me = self.people.me.as_ref().map(|me| me.id);
        // What a program pipes in is a text, whatever it begins with.
        let typed = match me.filter(|_| self.screen.is_typed_on()) {
            Some(me) => self.seen.read(&line, me),
            None => Typed::Say(line),
        };
        let named = |text: &str| words::with_mentions(text, self.people.everybody());
        let (client, room) = (&self.client, &self.room);
        let receipt = match &typed {
            Typed::Say(text) => client.send(room, named(text)).await,
            Typed::Reply(seq, text) => client.reply(room, *seq, named(text)).await,
            Typed::Edit(seq, text) => client.edit(room, *seq, named(text)).await,
            Typed::Delete(seq) => client.delete(room, *seq).await,
            Typed::React(seq, emoji, on) => client.react(room, *seq, emoji, *on).await,
            Typed::Pin(seq, on) => client.pin(room, *seq, *on).await,
            Typed::Told(said) => return Ok(self.screen.status(said)?),
        };
        let receipt = receipt.context("The chat is over.")?;
        if self.screen.is_typed_on() {
            self.typed.insert(receipt.cid());
        }
        self.unacked.push_back(receipt);
        Ok(())
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        self.finishing = true;
        if self.suspended && !self.unacked.is_empty() {
            let waiting = self.unacked.len();
            self.screen.status(&format!("{waiting} of your messages still wait; Ctrl-C gives them up"))?;
        }
        Ok(())
    }

    fn answered(&mut self, answer: Result<teahouse_client::Ack, Refused>) -> anyhow::Result<()> {
        match answer {
            Ok(ack) => self.acknowledged = self.acknowledged.max(ack.seq),
            // Why it ended is told by the notice that follows.
            Err(Refused::Ended) => {}
            Err(refused) => {
                self.refused += 1;
                let code = refused.code().map_or("ended", ErrorCode::as_str);
                self.screen.status(&format!("not sent ({code}): {refused}"))?;
            }
        }
        Ok(())
    }

    fn left(&self) -> anyhow::Result<()> {
        match (self.unacked.len(), self.refused) {
            (0, 0) => Ok(()),
            (0, refused) => bail!("{refused} of your messages were refused and not sent."),
            (unacked, _) => {
                bail!("{unacked} of your messages were not acknowledged and may not have arrived.")
            }
        }
    }

    fn told(&mut self, notice: Notice, address: &Address) -> anyhow::Result<()> {
        match notice {
            Notice::Welcome(welcome) => self.welcome(&welcome)?,
            Notice::Subscribed(subscribed) => {
                let first = !std::mem::replace(&mut self.greeted, true);
                let changes = self.people.replace(subscribed.here.people.as_deref());
                if first {
                    self.screen.greet(&subscribed, &self.people)?;
                } else {
                    self.screen.came_and_went(&changes)?;
                }
            }
            Notice::Event(event) => self.event(&event)?,
            Notice::Live { seq, .. } => {
                self.live = true;
                self.shown = self.shown.max(seq);
            }
            Notice::Hole(hole) => {
                self.shown = self.shown.max(hole.from.seq);
                self.screen.status("some messages are not shown here; the page has them")?;
            }
            Notice::Presence { presence, .. } => {
                let changes = self.people.change(&presence);
                self.screen.came_and_went(&changes)?;
            }
            Notice::Suspended { cause, .. } => self.suspended(&cause, address)?,
            Notice::Resumed(_) => {
                self.suspended = false;
                self.screen.status("the connection is back")?;
            }
            // Why messages come late is worth a line; that everything is as it should be is not.
            Notice::Transport(transport) if self.chooses && transport != Transport::WebSocket => {
                self.screen.status(&format!("connected by {transport}: a WebSocket does not get through"))?;
            }
            Notice::Held { error, .. } if error.code != ErrorCode::Rate => {
                self.screen.status(&format!("your messages wait: {}", error.message))?;
            }
            Notice::Left { error, .. } => return Err(self.no_room(&error)),
            Notice::Refused(error) if error.code == ErrorCode::NoSuchRoom => return Err(self.no_room(&error)),
            Notice::Refused(error) => self.screen.status(&error.message)?,
            Notice::Ended(end) => return self.ended(end),
            Notice::Held { .. } | Notice::Typing { .. } | Notice::Read { .. } | Notice::Transport(_) => {}
            Notice::Changed { .. } => {}
        }
        Ok(())
    }

    fn welcome(&mut self, welcome: &Welcome) -> anyhow::Result<()> {
        self.welcomed = true;
        self.people.me = Some(welcome.you.clone());
        if let (Some(token), Some(kept)) = (&welcome.token, &self.kept)
            && let Err(error) = kept.write(token)
        {
            let said =
                format!("next time you will be somebody else: cannot keep the token in {kept}: {error}");
            self.screen.status(&said)?;
        }
        if self.wanted.as_deref().is_some_and(|wanted| wanted != &*welcome.you.name) {
            let said =
                format!("you are {} here; for a new guest with another name use --guest", welcome.you.name);
            self.screen.status(&said)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.shown = self.shown.max(event.seq);
        let typed = self.typed.remove(&event.cid);
        let to = event.body.target.filter(|_| event.kind == Kind::Message);
        let to = to.and_then(|target| self.seen.author(target));
        let said = if typed { Ok(()) } else { self.screen.event(event, to) };
        self.seen.take(event);
        said
    }

    fn suspended(&mut self, cause: &str, address: &Address) -> anyhow::Result<()> {
        if !self.welcomed {
            bail!("Cannot reach {address}: {cause}. Check the address, and that the house is running there.");
        }
        if !std::mem::replace(&mut self.suspended, true) {
            let said = format!("the connection is gone ({cause}); what you write waits and goes out later");
            self.screen.status(&said)?;
        }
        Ok(())
    }

    fn no_room(&self, error: &Error) -> anyhow::Error {
        anyhow!("Cannot enter the room {}: {}", self.room, error.message)
    }

    fn ended(&self, end: End) -> anyhow::Result<()> {
        let bad_token = match &end {
            End::Refused(error) => error.code == ErrorCode::BadToken,
            End::Close { code, .. } => *code == CloseCode::BadToken.number(),
            End::Closed => return Ok(()),
        };
        match (end, &self.kept) {
            (_, Some(kept)) if bad_token => {
                bail!(
                    "The house does not know you any more. Delete {kept}, or use --guest, to be a new guest."
                )
            }
            (End::Refused(error), _) => bail!("{}", error.message),
            (End::Close { code, reason }, _) => bail!("The house ended the chat: {reason} ({code})."),
            (End::Closed, _) => Ok(()),
        }
    }
}

/// Waits for the oldest message's answer and takes the message out. Cancel safe.
async fn front(unacked: &mut VecDeque<Receipt>) -> Result<teahouse_client::Ack, Refused> {
    let Some(receipt) = unacked.front_mut() else { return pending().await };
    let answer = receipt.await;
    unacked.pop_front();
    answer
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
