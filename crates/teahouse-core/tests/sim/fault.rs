//! What goes wrong: how often by nature, and which rule is broken on purpose.

use crate::rng::Rng;

/// How often things go wrong in one world, in percent.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    pub(crate) append_fails: u64,
    pub(crate) append_slow: u64,
    pub(crate) read_fails: u64,
    pub(crate) hint_lost: u64,
    pub(crate) hint_again: u64,
    /// Most milliseconds that a frame travels.
    pub(crate) delay_ms: u64,
    /// Most milliseconds between two deeds of a client.
    pub(crate) pause_ms: u64,
    /// Mean milliseconds between two crashes.
    pub(crate) crash_ms: u64,
    /// Of a hundred deeds of a client, how many break its connection.
    pub(crate) breaks: u64,
    /// Of a hundred deeds of a client, how many stop it from reading.
    pub(crate) stalls: u64,
}

impl Faults {
    /// Some worlds are calm in one respect and wild in another.
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let mut one_of = |choices: &[u64]| choices[rng.index(choices.len())];
        Self {
            append_fails: one_of(&[0, 5, 15, 40]),
            append_slow: one_of(&[0, 5, 20]),
            read_fails: one_of(&[0, 5, 20]),
            hint_lost: one_of(&[0, 20, 100]),
            hint_again: one_of(&[0, 10, 40]),
            delay_ms: one_of(&[2, 30, 300]),
            pause_ms: one_of(&[60, 400, 1_200]),
            crash_ms: one_of(&[u64::MAX, 20_000, 5_000]),
            breaks: one_of(&[0, 3, 10]),
            stalls: one_of(&[0, 2, 8]),
        }
    }
}

/// A rule that the driver, the log or the client breaks, to show that some check sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// Everything as it should be.
    None,
    /// Whoever sends is told that it worked before the log says so.
    AckBeforeDurable,
    /// Others get an event before the log has it.
    DeliverBeforeCommit,
    /// A full socket loses events, and the subscription stays live.
    SkipCatchUp,
    /// A send after a refused one is taken as if it were the head of the outbox.
    ForgetGate,
    /// What lies between is not read when the log went on without the room.
    IgnoreMissing,
    /// A hint is delivered although those before it are not here.
    DeliverHints,
    /// Who is behind the beginning of a log is not sent to it.
    IgnoreJump,
    /// Who thinks that it has everything is made live without the room's word.
    LiveWithoutAsking,
    /// The heads are never compared with the log.
    NeverCompare,
    /// A subscription starts further on, and nobody is told.
    HoleUnsaid,
    /// The check of a cursor is taken for right.
    ForgetCheck,
    /// Everybody may read everything.
    ForgetRights,
    /// A connection that died stays here.
    ForgetLeave,
    /// The socket is read while replies pile up.
    NeverPause,
    /// A batch has no bound.
    ReadEverything,
    /// The log stores a repeat again.
    StoreTwice,
    /// The log answers before it has synced, so that a crash loses what was answered.
    AnswerUnsynced,
    /// The client applies whatever comes.
    ClientWithoutDedupe,
    /// The client does not send again after a reconnect.
    ClientForgetsOutbox,
    /// The client sends again in the wrong order.
    ClientSwapsOutbox,
}
