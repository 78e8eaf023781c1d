//! The bus over NATS: a subject for each room that somebody on this node follows, and one for the house.
//!
//! Only core NATS is used, which promises nothing: neither do we. While it is down nothing is kept for
//! later; it is found again by itself.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use serde::{Deserialize, Serialize};
use teahouse_core::presence::NodeId;
use tokio::sync::{mpsc, watch};

use super::{Bus, Heard, Place, Word};

/// Words that wait to be sent; what is more is lost.
const WORDS_MAX: usize = 4_096;
/// Words that wait for a room that is slow; what is more is lost.
const HEARD_MAX: usize = 1_024;
/// Subscriptions that may begin and end while NATS is down.
const COMMANDS_MAX: usize = 65_536;
/// How soon a connection that died without a word is noticed: after two of them.
const PING: Duration = Duration::from_secs(4);
/// How long a connection may take to begin.
const CONNECT: Duration = Duration::from_secs(3);
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
        let options = admission(&address, options(nats, Arc::new(tell_up)).await?);
        let client = options.connect(address).await?;
        let (out, words) = mpsc::channel(WORDS_MAX);
        tokio::spawn(send(client.clone(), words, up.clone()));
        let subjects = format!("teahouse.{}", nats.house).into();
        let (node, losing) = (NodeId(rand::random()), AtomicBool::new(false));
        Ok(Self { client, node, subjects, out, up, losing })
    }

    fn subject(&self, place: &Place) -> String {
        match place {
            // A room's id has nothing in it that means something in a subject.
            Place::Room(room) => format!("{}.room.{room}", self.subjects),
            Place::House => format!("{}.house", self.subjects),
        }
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
        let lost = self.out.try_send((self.subject(place), bytes)).is_err();
        if self.losing.swap(lost, Ordering::Relaxed) != lost && lost {
            tracing::warn!(
                "NATS takes words more slowly than they are told; other nodes read the log instead"
            );
        }
    }

    fn follow(&self, place: &Place) -> BoxFuture<'static, Heard> {
        let (client, subject) = (self.client.clone(), self.subject(place));
        async move {
            match client.subscribe(subject).await {
                Ok(words) => {
                    // What was written to the socket is in force soon; what comes before is compared.
                    if client.connection_state() == async_nats::connection::State::Connected {
                        let _ = tokio::time::timeout(CONNECT, client.flush()).await;
                    }
                    words.filter_map(async |message| decode(&message.payload)).boxed()
                }
                Err(error) => {
                    tracing::error!("NATS is not listened to: {error}");
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

async fn options(nats: Nats<'_>, up: Arc<watch::Sender<bool>>) -> Result<ConnectOptions, OpenError> {
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
        .event_callback(move |event| {
            happened(&event, &up);
            std::future::ready(())
        }))
}

fn happened(event: &Event, up: &watch::Sender<bool>) {
    match event {
        Event::Connected => {
            tracing::info!("NATS is there");
            up.send_replace(true);
        }
        Event::Disconnected | Event::Closed => {
            tracing::warn!("NATS is gone; what other nodes store is found by comparing with the database");
            up.send_replace(false);
        }
        // Lost words are made good by comparing.
        Event::SlowConsumer(_) => tracing::debug!("NATS: {event}"),
        _ => tracing::warn!("NATS: {event}"),
    }
}

/// Sends what is told, until nobody tells any more.
async fn send(client: Client, mut words: mpsc::Receiver<(String, Bytes)>, up: watch::Receiver<bool>) {
    while let Some((subject, bytes)) = words.recv().await {
        // What waited while NATS was away is old: nobody needs it.
        if *up.borrow()
            && let Err(error) = client.publish(subject, bytes).await
        {
            tracing::debug!("NATS: {error}");
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
