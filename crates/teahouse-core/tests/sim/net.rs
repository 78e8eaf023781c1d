//! Connections: two ordered pipes of frames that delay, fill up, stall and are cut.

use std::collections::VecDeque;

use teahouse_protocol::{Command, Push};

use crate::outside::{ClientIx, NodeIx};

/// A connection, as everybody tells it from others. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LinkId(pub(crate) u64);

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// The socket took everything.
    All,
    /// The rest is on its way; the socket is full.
    Part,
    /// The socket took nothing.
    Nothing,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) client: ClientIx,
    pub(crate) node: NodeIx,
    /// Nothing arrives any more.
    pub(crate) cut: bool,
    /// On the way to the node.
    pub(crate) up: VecDeque<Command>,
    pub(crate) up_at: u64,
    /// At the node, not read yet.
    pub(crate) inbox: VecDeque<Command>,
    /// On the way to the client.
    pub(crate) down: VecDeque<Push>,
    pub(crate) down_at: u64,
    /// At the client, not read yet.
    pub(crate) unread: VecDeque<Push>,
    /// The client does not read until then.
    pub(crate) stalled: bool,
    /// How many frames fit between the node and the client.
    pub(crate) window: usize,
    pub(crate) full_since: Option<u64>,
    /// Somebody will tell the node that the socket takes frames again.
    pub(crate) writable_due: bool,
    /// Least milliseconds that a frame travels.
    pub(crate) delay_ms: u64,
}

impl Link {
    pub(crate) fn new(client: ClientIx, node: NodeIx, window: usize, delay_ms: u64) -> Self {
        Self {
            client,
            node,
            cut: false,
            up: VecDeque::new(),
            up_at: 0,
            inbox: VecDeque::new(),
            down: VecDeque::new(),
            down_at: 0,
            unread: VecDeque::new(),
            stalled: false,
            window,
            full_since: None,
            writable_due: false,
            delay_ms,
        }
    }

    /// Frames that the client has not taken.
    pub(crate) fn load(&self) -> usize {
        self.down.len() + self.unread.len()
    }

    /// Everything in flight is lost, and nothing follows.
    pub(crate) fn cut(&mut self) {
        self.cut = true;
        self.up.clear();
        // What was written to a dead socket still fills it.
        self.unread.clear();
    }
}
