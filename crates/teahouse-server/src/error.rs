//! What a fault inside becomes outside: a public code, never the inside's words.

use jiff::tz::TimeZone;
use teahouse_protocol::ErrorCode;
use teahouse_protocol::frame::Error;

use crate::store::StoreError;

/// How long a client waits after the store could not answer, in milliseconds.
const RETRY_MS: u64 = 1_000;

impl StoreError {
    /// The public code of this fault.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Busy => ErrorCode::StoreBusy,
            Self::Full(_) => ErrorCode::StoreFull,
            Self::Down(_) | Self::Corrupt(_) => ErrorCode::StoreDown,
        }
    }

    /// What a client is told; the fault itself goes to the log, once, here.
    #[must_use]
    pub fn refusal(&self, r#ref: Option<u64>) -> Error {
        tracing::warn!(code = self.code().as_str(), "a request could not be answered: {self}");
        self.told(r#ref)
    }

    /// The same for whoever asks again and again: nothing goes to the log.
    #[must_use]
    pub fn told(&self, r#ref: Option<u64>) -> Error {
        Error { retry_ms: Some(RETRY_MS), ..Error::new(r#ref, self.code(), sentence(self.code())) }
    }
}

/// The error that says which field is wrong.
#[must_use]
pub fn bad_field(field: &str, said: impl Into<String>) -> Error {
    Error { field: Some(field.into()), ..Error::new(None, ErrorCode::BadField, said) }
}

/// The zone of that name.
///
/// # Errors
/// `bad_field` if there is none.
pub fn zone(field: &str, given: &str) -> Result<TimeZone, Error> {
    let said = || format!("{field} is {given:?}; expected a name such as Asia/Shanghai.");
    TimeZone::get(given).map_err(|_| bad_field(field, said()))
}

impl From<StoreError> for Error {
    /// What whoever asked without a `ref` is told.
    fn from(error: StoreError) -> Self {
        error.refusal(None)
    }
}

/// What a person reads about a code that has no more to say.
#[must_use]
pub fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Rate => "You are writing faster than this house allows.",
        ErrorCode::OutOfOrder => "An earlier message was not sent. Send that one first.",
        ErrorCode::CidConflict => "This message's id belongs to another message.",
        ErrorCode::StoreBusy => "The house has too much to do right now. Try again shortly.",
        ErrorCode::StoreFull => "The server's disk is full. Nothing new can be kept until there is room.",
        ErrorCode::StoreDown => "The server cannot reach its store right now.",
        ErrorCode::NoSuchRoom => "There is no such room, or it is not open to you.",
        ErrorCode::BadToken => "This token is nobody's here. Come in anew.",
        ErrorCode::Draining => "The server is about to stop. Connect again in a moment.",
        ErrorCode::NoSuchMessage => "There is no such message, or it is gone already.",
        ErrorCode::NoChange => "It is so already.",
        ErrorCode::TooMany => "There are as many of these as there may be.",
        ErrorCode::Forbidden => "You may not do this here.",
        ErrorCode::Muted => "You were muted here.",
        ErrorCode::SlowMode => "In this room one waits between two messages.",
        ErrorCode::MayNotWrite => "You may not write here.",
        _ => "That was not possible.",
    }
}
