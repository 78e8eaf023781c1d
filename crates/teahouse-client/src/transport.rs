//! How frames travel: each transport is one task behind the same two bounded channels.
//!
//! A transport turns commands into bytes and bytes into frames and knows nothing else: no cursor, no
//! resend, no pause. It ends when its [`Link`] is dropped.

use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use teahouse_protocol::Command;

use teahouse_protocol::frame::Error;

use crate::choice::{Fault, Transport};
use crate::heard::Heard;

/// How a connection to the house is opened, with TLS where the address asks for it.
mod dial;
/// Frames out of the bytes of an answer.
mod lines;
/// Streaming, long polling and polling: one reads while the other writes.
mod plain;
/// Requests over one connection that is kept.
mod request;
/// What one request carries to the house.
mod sending;
/// WebSocket.
mod websocket;

pub(crate) use dial::Dialer;
pub(crate) use request::{Failure, Lane};

/// What a transport tells the driver.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// It stands.
    Opened,
    /// A frame.
    Heard(Heard),
    /// A request as a whole was refused.
    Refused(Error),
    /// It ended, or could not be opened; nothing follows.
    Ended {
        /// The close code, if one came.
        code: Option<u16>,
        /// What it says of the transport.
        fault: Fault,
        /// Why, as a clause for people.
        cause: String,
    },
}

/// The driver's end of a transport.
#[derive(Debug)]
pub(crate) struct Link {
    commands: mpsc::Sender<Command>,
    arrivals: mpsc::Receiver<Arrival>,
    task: JoinHandle<()>,
}

impl Link {
    /// More than the rules ever have in flight: 200 rooms, 32 sends, the questions, pongs.
    const COMMANDS_MAX: usize = 1024;
    /// Frames read ahead of the program; when it is full the socket is not read.
    const ARRIVALS_MAX: usize = 64;

    /// Begins to open a transport to the house.
    pub(crate) fn open(dialer: &Dialer, transport: Transport) -> Self {
        let (commands, command_queue) = mpsc::channel(Self::COMMANDS_MAX);
        let (arrival_queue, arrivals) = mpsc::channel(Self::ARRIVALS_MAX);
        let dialer = dialer.clone();
        let task = match transport {
            Transport::WebSocket => tokio::spawn(websocket::run(dialer, command_queue, arrival_queue)),
            Transport::Stream | Transport::LongPoll | Transport::Poll => {
                tokio::spawn(plain::run(dialer, transport, command_queue, arrival_queue))
            }
        };
        Self { commands, arrivals, task }
    }

    /// Hands a command over. False when so many wait that the transport must be stuck.
    pub(crate) fn send(&self, command: Command) -> bool {
        !matches!(self.commands.try_send(command), Err(mpsc::error::TrySendError::Full(_)))
    }

    /// What comes next.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Arrival> {
        let cause = || "the connection ended".to_owned();
        let ended = || Arrival::Ended { code: None, fault: Fault::Cut, cause: cause() };
        self.arrivals.poll_recv(context).map(|arrival| arrival.unwrap_or_else(ended))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}
