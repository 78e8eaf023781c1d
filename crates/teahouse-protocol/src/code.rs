//! What went wrong, and what the client should do about it: one table for errors, one for closes.
//!
//! `docs/protocol.md` prints both tables; a test holds them together.

use serde::{Deserialize, Serialize};

/// What a client does about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The request was wrong: change it.
    Fix,
    /// Nothing is wrong with the request: send it again after `retry_ms`.
    Retry,
    /// Connect again and go on.
    Reconnect,
    /// Drop the cursors, connect again.
    Resync,
    /// Get a new token, connect again.
    Renew,
    /// Tell the person; do not try again.
    Stop,
}

impl Advice {
    /// As `docs/protocol.md` words it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fix => "fix",
            Self::Retry => "wait and retry",
            Self::Reconnect => "reconnect",
            Self::Resync => "resync",
            Self::Renew => "renew",
            Self::Stop => "stop",
        }
    }
}

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $status:literal $advice:ident $close:expr;)*) => {
        /// Why a command was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The HTTP status that carries it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// What the client should do.
            #[must_use]
            pub fn advice(self) -> Advice {
                match self { $(Self::$variant => Advice::$advice),* }
            }

            /// The code with which it ends the connection, if it does.
            #[must_use]
            pub fn close(self) -> Option<CloseCode> {
                match self { $(Self::$variant => $close),* }
            }
        }
    };
}

error_codes! {
    /// Not a frame at all.
    BadFrame "bad_frame" 400 Fix Some(CloseCode::BadFrame);
    /// A `type` that this version does not know.
    UnknownCommand "unknown_command" 400 Fix None;
    /// A field that must be there is not.
    MissingField "missing_field" 400 Fix None;
    /// A field has a value that it may not have.
    BadField "bad_field" 400 Fix None;
    /// More bytes than a frame or a request may have.
    TooLarge "too_large" 413 Fix None;
    /// More bytes of files than a person, or the house, may keep.
    Quota "quota" 413 Stop None;
    /// More bytes than a text may have.
    TextTooLong "text_too_long" 413 Fix None;
    /// A command before `hello`.
    HelloFirst "hello_first" 400 Fix Some(CloseCode::BadFrame);
    /// A second `hello` after `welcome`.
    AlreadyWelcome "already_welcome" 400 Fix None;
    /// There is no such room, or one may not read it.
    NoSuchRoom "no_such_room" 404 Stop None;
    /// The command needs a subscription to that room.
    NotSubscribed "not_subscribed" 409 Fix None;
    /// More rooms than a connection may have.
    TooManyRooms "too_many_rooms" 409 Fix None;
    /// The room's policy does not let this person write.
    MayNotWrite "may_not_write" 403 Stop None;
    /// This person was muted in that room.
    Muted "muted" 403 Stop None;
    /// The room lets everybody write only now and then.
    SlowMode "slow_mode" 429 Retry None;
    /// Faster than the house allows.
    Rate "rate" 429 Retry None;
    /// The `cid` belongs to another message.
    CidConflict "cid_conflict" 409 Stop None;
    /// An earlier send to that room was refused; start again with the head of the outbox.
    OutOfOrder "out_of_order" 409 Retry None;
    /// The message that a command names is not there.
    NoSuchMessage "no_such_message" 404 Stop None;
    /// It is so already: nothing changed.
    NoChange "no_change" 409 Stop None;
    /// There are as many of these as there may be.
    TooMany "too_many" 409 Stop None;
    /// The time in which this was allowed is over.
    TooLate "too_late" 403 Stop None;
    /// Somebody has this name, or one that looks like it.
    NameTaken "name_taken" 409 Fix None;
    /// A name may not look like this.
    BadName "bad_name" 400 Fix None;
    /// The token is not, or no longer, anybody's.
    BadToken "bad_token" 401 Stop Some(CloseCode::BadToken);
    /// No account has this name and password.
    BadPassword "bad_password" 401 Fix None;
    /// Not allowed, from here or for this person.
    Forbidden "forbidden" 403 Stop None;
    /// This person, or their address, was sent out of the house.
    Banned "banned" 403 Stop Some(CloseCode::Forbidden);
    /// The door asks something, and this is not the answer.
    Question "question" 403 Fix None;
    /// The door asks for a proof of work.
    Work "work" 403 Fix None;
    /// The command does not exist on this transport.
    WrongTransport "wrong_transport" 400 Fix None;
    /// The store has too much to do.
    StoreBusy "store_busy" 503 Retry None;
    /// The disk is full.
    StoreFull "store_full" 503 Retry None;
    /// The store cannot be reached or written.
    StoreDown "store_down" 503 Retry None;
    /// The server is about to stop.
    Draining "draining" 503 Reconnect None;
    /// The server does not speak this version.
    Version "version" 426 Stop Some(CloseCode::Version);
    /// There is nothing at this address.
    NotFound "not_found" 404 Stop None;
    /// A bug in the server; the log has the details.
    Internal "internal" 500 Retry None;
}

impl ErrorCode {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(self.advice(), Advice::Retry | Advice::Reconnect)
    }
}

macro_rules! close_codes {
    ($($(#[doc = $doc:literal])* $variant:ident $code:literal $name:literal $advice:ident;)*) => {
        /// Why a connection ended and whether to come back.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CloseCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl CloseCode {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The number in the close frame.
            #[must_use]
            pub fn number(self) -> u16 {
                match self { $(Self::$variant => $code),* }
            }

            /// The reason beside it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What the client should do.
            #[must_use]
            pub fn advice(self) -> Advice {
                match self { $(Self::$variant => Advice::$advice),* }
            }
        }
    };
}

close_codes! {
    /// The server is about to stop.
    Drain 4001 "drain" Reconnect;
    /// The connection has lived long enough.
    Rotate 4002 "rotate" Reconnect;
    /// A newer connection of the same session took over.
    Replaced 4003 "replaced" Stop;
    /// A ping was not answered.
    NoPong 4010 "no_pong" Reconnect;
    /// The socket took nothing for 30 s.
    Stalled 4011 "stalled" Reconnect;
    /// No `hello` came in time.
    NoHello 4012 "no_hello" Reconnect;
    /// The server has too much to do.
    Overload 4100 "overload" Reconnect;
    /// Too many connections from one address.
    Rate 4101 "rate" Reconnect;
    /// Too many connections of one person.
    TooManySessions 4102 "too_many_sessions" Reconnect;
    /// The token was good once.
    TokenExpired 4200 "token_expired" Renew;
    /// The cursors make no sense here.
    UnreadableCursors 4300 "unreadable_cursors" Resync;
    /// Not a frame at all.
    BadFrame 4400 "bad_frame" Stop;
    /// The token is nobody's.
    BadToken 4401 "bad_token" Stop;
    /// Not allowed, from here or for this person.
    Forbidden 4403 "forbidden" Stop;
    /// The person signed out everywhere.
    SignedOut 4410 "signed_out" Stop;
    /// The server does not speak this version.
    Version 4426 "version" Stop;
}

/// What to do about the number of a WebSocket close: ours by the table, an unknown one by its hundred.
#[must_use]
pub fn advice_for_close(number: u16) -> Advice {
    if let Some(code) = CloseCode::ALL.iter().find(|code| code.number() == number) {
        return code.advice();
    }
    match number / 100 {
        42 => Advice::Renew,
        43 => Advice::Resync,
        44 => Advice::Stop,
        _ => Advice::Reconnect,
    }
}
