//! Streaming, long polling and polling over HTTP/1.1: one part reads answer after answer, the other
//! writes, one request at a time. Whatever fails in either ends both: the rules send and ask again.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Response, StatusCode};
use teahouse_protocol::{Command, Hello, Push};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::lines::Lines;
use super::request::{Failure, Lane, refusal, said};
use super::sending::{Pass, Sending};
use super::{Arrival, Dialer};
use crate::choice::{Fault, Transport};
use crate::heard::Heard;

/// What tells the driver; nobody listens any more when it fails.
type Arrivals = mpsc::Sender<Arrival>;

/// A stream whose answer has begun must say something within this time.
const FIRST_FRAME_MAX: Duration = Duration::from_secs(3);
/// After a `close` the answer must end within this time.
const END_MAX: Duration = Duration::from_secs(1);
/// A request to send must be answered within this time.
const REPLIES_MAX: Duration = Duration::from_secs(20);

/// Carries frames until one side ends.
pub(super) async fn run(
    dialer: Dialer,
    transport: Transport,
    commands: mpsc::Receiver<Command>,
    arrivals: Arrivals,
) {
    if arrivals.send(Arrival::Opened).await.is_err() {
        return;
    }
    let (hello, hellos) = watch::channel(None);
    let (pass, passes) = watch::channel(None);
    let (letter, letters) = mpsc::channel(super::Link::COMMANDS_MAX);
    let reader = Reader { lane: Lane::new(dialer.clone()), transport, hellos, pass, arrivals: &arrivals };
    let writer = Writer { lane: Lane::new(dialer), letters, passes, arrivals: &arrivals };
    let ended = tokio::select! {
        ended = reader.run() => ended,
        ended = writer.run() => ended,
        // The driver is gone.
        () = sort(commands, hello, letter) => return,
    };
    drop(arrivals.send(ended).await);
}

/// Gives each command to the part that carries it.
async fn sort(
    mut commands: mpsc::Receiver<Command>,
    hello: watch::Sender<Option<Hello>>,
    letter: mpsc::Sender<Command>,
) {
    while let Some(command) = commands.recv().await {
        match command {
            Command::Hello(next) => drop(hello.send_replace(Some(next))),
            command => {
                if letter.send(command).await.is_err() {
                    return;
                }
            }
        }
    }
}

struct Reader<'a> {
    lane: Lane,
    transport: Transport,
    /// The newest request to read with.
    hellos: watch::Receiver<Option<Hello>>,
    pass: watch::Sender<Option<Pass>>,
    arrivals: &'a Arrivals,
}

impl Reader<'_> {
    /// Asks and reads, one request at a time; a newer one takes the place of the one under way.
    async fn run(mut self) -> Arrival {
        let mut hellos = self.hellos.clone();
        loop {
            let asked = hellos.borrow_and_update().clone();
            if let Some(hello) = asked {
                tokio::select! {
                    biased;
                    ended = self.answer(&hello) => if let Err(ended) = ended {
                        return ended;
                    },
                    changed = hellos.changed() => {
                        self.lane.reset();
                        if changed.is_err() {
                            return over();
                        }
                        continue;
                    }
                }
            }
            if hellos.changed().await.is_err() {
                return over();
            }
        }
    }

    /// One request and its answer, up to the `close` that ends it.
    async fn answer(&mut self, hello: &Hello) -> Result<(), Arrival> {
        let path = path(self.transport, hello);
        let mut body = Command::Hello(hello.clone()).encode();
        body.push(b'\n');
        let response = self.lane.post(path, body.into()).await.map_err(Failure::arrival)?;
        if response.status() != StatusCode::OK {
            let refused = refusal(response).await;
            // The last word of the house; what the rules do about it ends this transport.
            return match refused {
                Arrival::Heard(_) | Arrival::Refused(_) => self.tell(refused).await,
                ended => Err(ended),
            };
        }
        self.read(hello, response, path == STREAM).await
    }

    async fn read(&mut self, hello: &Hello, response: Response<Incoming>, held: bool) -> Result<(), Arrival> {
        let mut body = response.into_body();
        let mut lines = Lines::default();
        let (mut first, mut close) = (true, None);
        loop {
            let limit = match (&close, held && first) {
                (Some(_), _) => Some(END_MAX),
                (None, true) => Some(FIRST_FRAME_MAX),
                (None, false) => None,
            };
            let Some(chunk) = next_chunk(&mut body, limit).await else {
                // What held the frames back is left; an answer that said its end has ended.
                self.lane.reset();
                match close {
                    Some(close) => return self.tell(Arrival::Heard(close)).await,
                    None => return Err(buffered()),
                }
            };
            match chunk {
                Ok(Some(bytes)) => {
                    for heard in lines.feed(&bytes).map_err(|cause| Failure::cut(cause).arrival())? {
                        first = false;
                        self.learn(hello, &heard);
                        // It is told when the answer has ended, so that its connection can be kept.
                        if matches!(heard, Heard::Push(Push::Close { .. })) {
                            close = Some(heard);
                        } else {
                            self.tell(Arrival::Heard(heard)).await?;
                        }
                    }
                }
                end => match (close, end) {
                    (Some(close), _) => return self.tell(Arrival::Heard(close)).await,
                    (None, Err(cause)) => return Err(Failure::cut(cause).arrival()),
                    (None, Ok(_)) => return Err(Failure::cut("the answer was cut off").arrival()),
                },
            }
        }
    }

    /// Who one is becomes known with the first welcome.
    fn learn(&self, hello: &Hello, heard: &Heard) {
        let Heard::Push(Push::Welcome(welcome)) = heard else { return };
        let Some(token) = welcome.token.clone().or_else(|| hello.token.clone()) else { return };
        let rooms = hello.cursors.keys().cloned().collect();
        let pass = Pass { token, session: welcome.session, cost: hello.cost, rooms };
        self.pass.send_replace(Some(pass));
    }

    async fn tell(&self, arrival: Arrival) -> Result<(), Arrival> {
        self.arrivals.send(arrival).await.map_err(|_| over())
    }
}

struct Writer<'a> {
    lane: Lane,
    letters: mpsc::Receiver<Command>,
    passes: watch::Receiver<Option<Pass>>,
    arrivals: &'a Arrivals,
}

impl Writer<'_> {
    async fn run(mut self) -> Arrival {
        let mut sending = Sending::default();
        loop {
            if sending.is_empty() {
                let Some(letter) = self.letters.recv().await else { return over() };
                sending.push(letter);
            }
            while let Ok(letter) = self.letters.try_recv() {
                sending.push(letter);
            }
            // A guest has no name to write under before the first welcome.
            let pass = self.passes.wait_for(Option::is_some).await.map(|pass| pass.clone());
            let Ok(Some(pass)) = pass else { return over() };
            let (body, answered) = sending.batch(&pass);
            for heard in answered {
                if self.arrivals.send(Arrival::Heard(heard)).await.is_err() {
                    return over();
                }
            }
            let Some(body) = body else { continue };
            let replied = timeout(REPLIES_MAX, self.post(&mut sending, body)).await;
            match replied {
                Ok(Ok(())) if sending.is_over() => return over(),
                Ok(Ok(())) => {}
                Ok(Err(ended)) => return ended,
                Err(_) => {
                    let cause = format!("no answer to what was sent within {} s", REPLIES_MAX.as_secs());
                    return Failure::cut(cause).arrival();
                }
            }
        }
    }

    async fn post(&mut self, sending: &mut Sending, body: Bytes) -> Result<(), Arrival> {
        let response = self.lane.post("/v1/send", body).await.map_err(Failure::arrival)?;
        if response.status() != StatusCode::OK {
            let refused = refusal(response).await;
            if let Arrival::Ended { .. } = refused {
                return Err(refused);
            }
            self.arrivals.send(refused).await.map_err(|_| over())?;
            // The rules end this transport; nothing more is sent over it.
            return std::future::pending().await;
        }
        let mut body = response.into_body();
        let mut lines = Lines::default();
        while let Some(bytes) = chunk(&mut body).await.map_err(|cause| Failure::cut(cause).arrival())? {
            for heard in lines.feed(&bytes).map_err(|cause| Failure::cut(cause).arrival())? {
                sending.heard(&heard);
                self.arrivals.send(Arrival::Heard(heard)).await.map_err(|_| over())?;
            }
        }
        if sending.answered() { Ok(()) } else { Err(Failure::cut("the answer was cut off").arrival()) }
    }
}

const STREAM: &str = "/v1/stream";

/// Where one reads. Whoever is new, or needs to be told everything, asks for an answer that ends at
/// once: it comes through whatever holds answers back, so that a new guest is made only once.
fn path(transport: Transport, hello: &Hello) -> &'static str {
    match transport {
        Transport::Stream if hello.token.is_some() => STREAM,
        Transport::LongPoll if hello.brief => "/v1/poll?wait=25",
        _ => "/v1/poll?wait=0",
    }
}

/// The next bytes; none in time if there is a limit.
async fn next_chunk(body: &mut Incoming, limit: Option<Duration>) -> Option<Result<Option<Bytes>, String>> {
    match limit {
        Some(limit) => timeout(limit, chunk(body)).await.ok(),
        None => Some(chunk(body).await),
    }
}

/// The next bytes; none at the end.
async fn chunk(body: &mut Incoming) -> Result<Option<Bytes>, String> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(said(&error)),
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

fn buffered() -> Arrival {
    let cause = "something on the way holds the answer back".into();
    Arrival::Ended { code: None, fault: Fault::Buffered, cause }
}

fn over() -> Arrival {
    Failure::cut("the connection ended").arrival()
}
