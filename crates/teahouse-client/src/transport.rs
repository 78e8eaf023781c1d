//! How frames travel: each transport is one task behind the same two bounded channels.
//!
//! A transport turns commands into bytes and bytes into frames and knows nothing else: no cursor, no
//! resend, no pause. It ends when its [`Link`] is dropped.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use teahouse_protocol::Command;

use crate::address::Address;
use crate::heard::Heard;

mod websocket;

/// What a transport tells the driver.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// It stands.
    Opened,
    /// A frame.
    Heard(Heard),
    /// It ended, or could not be opened; nothing follows.
    Ended {
        /// The close code, if one came.
        code: Option<u16>,
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

    /// Begins to open a WebSocket to the house.
    pub(crate) fn open(address: &Address) -> Self {
        let (commands, command_queue) = mpsc::channel(Self::COMMANDS_MAX);
        let (arrival_queue, arrivals) = mpsc::channel(Self::ARRIVALS_MAX);
        let task = tokio::spawn(websocket::run(address.clone(), command_queue, arrival_queue));
        Self { commands, arrivals, task }
    }

    /// Hands a command over. False when so many wait that the transport must be stuck.
    pub(crate) fn send(&self, command: Command) -> bool {
        !matches!(self.commands.try_send(command), Err(mpsc::error::TrySendError::Full(_)))
    }

    /// Waits for what comes next. Cancel safe.
    pub(crate) async fn next(&mut self) -> Arrival {
        let ended = || Arrival::Ended { code: None, cause: "the connection ended".into() };
        self.arrivals.recv().await.unwrap_or_else(ended)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}
