//! The bus over NATS: a subject for each room that somebody on this node follows, and one for the house.
//!
//! Only core NATS is used, which promises nothing: neither do we. While it is down nothing is kept for
//! later; it is found again by itself.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_nats::client::SubscribeError;
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event, ServerAddr, Subscriber};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use serde::{Deserialize, Serialize};
use teahouse_core::presence::NodeId;
use tokio::sync::{mpsc, watch};

use super::{Bus, Heard, Place, Word};

/// Words that wait to be sent; what is more is lost.
const WORDS_MAX: usize = 4_096;
/// Words of one flush.
const WORDS_AT_ONCE: usize = 64;
/// Words that wait for a room that is slow; what is more is lost.
const HEARD_MAX: usize = 512;
/// Subscriptions that may begin and end while NATS is down.
const COMMANDS_MAX: usize = 65_536;
/// How soon a connection that died without a word is noticed: after two of them.
const PING: Duration = Duration::from_secs(4);
/// Bytes of words that wait to be sent; what is more is lost.
const WAITING_BYTES_MAX: usize = 16 << 20;
/// How long whoever wants to listen waits for NATS.
const SUBSCRIBE: Duration = Duration::from_millis(500);
/// How long a connection may take to begin.
const CONNECT: Duration = Duration::from_secs(3);
/// How often the connection is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long between two tries at most.
const RETRY_MAX: Duration = Duration::from_secs(2);

/// Where NATS is, and who this house is there.
#[derive(Debug, Clone, Copy)]
pub struct Nats<'a> {
    /// `nats://HOST:PORT` or `tls://…`, with a user and a password or a token if need be.
    pub url: &'a str,
    /// A `.creds` file.
    pub credentials: Option<&'a Path>,
    /// Tells this house's words from those of others on the same NATS: safe in a subject.
    pub house: &'a str,
    /// The node's name, for whoever looks at NATS.
    pub node: &'a str,
}

/// Why NATS cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is no address.
    #[error("nats is not a URL that can be used: {0}; expected nats://HOST:PORT or tls://HOST:PORT")]
    Url(std::io::Error),
    /// The file with the credentials cannot be used.
    #[error("nats_credentials {path} cannot be used: {source}")]
    Credentials {
        /// Which file.
        path: Box<Path>,
        /// Why.
        source: std::io::Error,
    },
    /// It was refused for good.
    #[error("NATS cannot be used: {0}")]
    Refused(#[from] async_nats::ConnectError),
}

/// A node's way to the others through NATS.
#[derive(Debug)]
pub struct NatsBus {
    client: Client,
    node: NodeId,
    subjects: Arc<str>,
    out: mpsc::Sender<(String, Bytes)>,
    up: watch::Receiver<bool>,
    /// Bytes of words that wait to be sent.
    waiting: Arc<AtomicUsize>,
    losing: AtomicBool,
}

/// What goes over the wire.
#[derive(Serialize, Deserialize)]
struct Said {
    /// 16 hex digits.
    node: String,
    #[serde(flatten)]
    word: Word,
}

impl NatsBus {
    /// Joins the house's bus. NATS may be down: then it is joined when it comes back.
    ///
    /// # Errors
    /// If what was given can never work.
    pub async fn open(nats: Nats<'_>) -> Result<Self, OpenError> {
        let address: ServerAddr = nats.url.parse().map_err(OpenError::Url)?;
        let (tell_up, up) = watch::channel(false);
        let shown = format!("{}:{}", address.host(), address.port());
        let options = admission(&address, options(nats).await?);
        let client = options.connect(address).await?;
        let (out, words) = mpsc::channel(WORDS_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        tokio::spawn(watch_over(client.clone(), tell_up, shown));
        tokio::spawn(send(client.clone(), words, waiting.clone(), up.clone()));
        let subjects = format!("teahouse.{}", nats.house).into();
        let (node, losing) = (NodeId(rand::random()), AtomicBool::new(false));
        Ok(Self { client, node, subjects, out, up, waiting, losing })
    }

    fn subject(&self, place: &Place) -> String {
        match place {
            // A room's id has nothing in it that means something in a subject.
            Place::Room(room) => format!("{}.room.{room}", self.subjects),
            Place::House => format!("{}.house", self.subjects),
        }
    }

    fn send(&self, place: &Place, bytes: Bytes) -> Result<(), ()> {
        let length = bytes.len();
        self.waiting.fetch_add(length, Ordering::Relaxed);
        self.out.try_send((self.subject(place), bytes)).map_err(|_| {
            self.waiting.fetch_sub(length, Ordering::Relaxed);
        })
    }

    /// The word as it travels; without its events if it is too large for NATS.
    fn encode(&self, word: Word) -> Option<Bytes> {
        let most = self.client.max_payload();
        let node = format!("{:016x}", self.node.0);
        let mut said = Said { node, word };
        let mut bytes = serde_json::to_vec(&said).ok()?;
        if bytes.len() > most
            && let Word::Stored { events, .. } = &mut said.word
        {
            events.clear();
            bytes = serde_json::to_vec(&said).ok()?;
        }
        (bytes.len() <= most).then(|| bytes.into())
    }
}

impl Bus for NatsBus {
    fn node(&self) -> NodeId {
        self.node
    }

    fn is_alone(&self) -> bool {
        false
    }

    fn tell(&self, place: &Place, word: Word) {
        if !*self.up.borrow() {
            return;
        }
        let Some(bytes) = self.encode(word) else { return };
        let waiting = self.waiting.load(Ordering::Relaxed) + bytes.len();
        let lost = waiting > WAITING_BYTES_MAX || self.send(place, bytes).is_err();
        if self.losing.swap(lost, Ordering::Relaxed) != lost && lost {
            tracing::warn!(
                "NATS takes words more slowly than they are told; other nodes read the log instead"
            );
        }
    }

    fn follow(&self, place: &Place) -> BoxFuture<'static, Heard> {
        let (client, subject) = (self.client.clone(), self.subject(place));
        async move {
            // Whoever wants to enter a room does not wait for a bus that stands still.
            match tokio::time::timeout(SUBSCRIBE, subscribe(&client, subject)).await {
                Ok(Ok(words)) => words.filter_map(async |message| decode(&message.payload)).boxed(),
                Ok(Err(error)) => {
                    tracing::error!("NATS is not listened to: {error}");
                    stream::pending().boxed()
                }
                Err(_) => {
                    tracing::warn!(
                        "NATS does not take subscriptions now; what other nodes store is compared"
                    );
                    stream::pending().boxed()
                }
            }
        }
        .boxed()
    }

    fn is_up(&self) -> watch::Receiver<bool> {
        self.up.clone()
    }
}

/// Shows NATS what the URL has for it: a user with a password, or a token.
fn admission(address: &ServerAddr, options: ConnectOptions) -> ConnectOptions {
    match (address.username(), address.password()) {
        (Some(user), Some(password)) => options.user_and_password(user.into(), password.into()),
        (Some(token), None) => options.token(token.into()),
        (None, _) => options,
    }
}

async fn options(nats: Nats<'_>) -> Result<ConnectOptions, OpenError> {
    let options = match nats.credentials {
        None => ConnectOptions::new(),
        Some(path) => ConnectOptions::with_credentials_file(path)
            .await
            .map_err(|source| OpenError::Credentials { path: path.into(), source })?,
    };
    Ok(options
        .name(format!("teahouse {}", nats.node))
        // A node knows what it said.
        .no_echo()
        .retry_on_initial_connect()
        .connection_timeout(CONNECT)
        .ping_interval(PING)
        .subscription_capacity(HEARD_MAX)
        .client_capacity(COMMANDS_MAX)
        .reconnect_delay_callback(|tries| RETRY_MAX.min(Duration::from_millis(50 << tries.min(10))))
        .event_callback(|event| {
            match event {
                // NATS does not do what it is asked.
                Event::ServerError(error) => tracing::warn!("NATS says: {error}"),
                // Lost words are made good by comparing; the rest is seen from the connection.
                _ => tracing::debug!("NATS: {event}"),
            }
            std::future::ready(())
        }))
}

/// Says whether NATS is there, until nobody wants to know. The connection is looked at, because its events are
/// lost when there are many.
async fn watch_over(client: Client, up: watch::Sender<bool>, shown: String) {
    let begun = Instant::now();
    let mut told = None;
    loop {
        let is_up = client.connection_state() == State::Connected;
        up.send_if_modified(|up| std::mem::replace(up, is_up) != is_up);
        // The first try takes a moment, which is no news.
        if told != Some(is_up) && (is_up || told.is_some() || begun.elapsed() > CONNECT) {
            told = Some(is_up);
            if is_up {
                tracing::info!("NATS at {shown} is there");
            } else {
                tracing::warn!(
                    "NATS at {shown} cannot be reached; messages of other nodes come up to two seconds late, \
                     their people are not seen; it is tried again"
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = up.closed() => return,
        }
    }
}

/// A subscription that is on its way to NATS: in force soon; what is told before that is compared.
async fn subscribe(client: &Client, subject: String) -> Result<Subscriber, SubscribeError> {
    let words = client.subscribe(subject).await?;
    if client.connection_state() == State::Connected {
        // An error is one of the connection, which is tried again with all that is subscribed.
        let _ = client.flush().await;
    }
    Ok(words)
}

/// Sends what is told, until nobody tells any more. No more is on its way than one flush carries, so that what
/// waits is bounded here.
async fn send(
    client: Client,
    mut words: mpsc::Receiver<(String, Bytes)>,
    waiting: Arc<AtomicUsize>,
    up: watch::Receiver<bool>,
) {
    let mut batch = Vec::new();
    while words.recv_many(&mut batch, WORDS_AT_ONCE).await > 0 {
        for (subject, bytes) in batch.drain(..) {
            waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
            // What waited while NATS was away is old: nobody needs it.
            if *up.borrow()
                && let Err(error) = client.publish(subject, bytes).await
            {
                tracing::debug!("NATS: {error}");
            }
        }
        if *up.borrow() {
            // It ends when the words are on the socket, or with the connection.
            let _ = client.flush().await;
        }
    }
}

/// What another node said; none if it is not understood, which a newer node's word may be.
fn decode(bytes: &[u8]) -> Option<(NodeId, Word)> {
    let said: Said = serde_json::from_slice(bytes)
        .inspect_err(|error| tracing::debug!("a word of another node is not understood: {error}"))
        .ok()?;
    Some((NodeId(u64::from_str_radix(&said.node, 16).ok()?), said.word))
}

#[cfg(test)]
mod tests;
