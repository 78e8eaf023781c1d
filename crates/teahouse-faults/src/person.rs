//! People: each has a client behind a proxy of their own, talks if they are a sender, and listens.
//!
//! They note what they do and hear, and judge nothing. Their pauses are their manners: a pause waits for
//! nothing, and what is waited for is always an event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use teahouse_client::protocol::{ErrorCode, From, RoomId, Seq};
use teahouse_client::{Client, End, Notice, Notices, Options, Receipt, Refused, Transport};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::history::{Journal, Name, Operation};

/// What the runner tells everybody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    /// Nothing new is said any more.
    pub(crate) hush: bool,
    /// Every log ends here: whoever has heard it may leave.
    pub(crate) heads: Option<BTreeMap<RoomId, Seq>>,
}

/// Somebody who takes part.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: Name,
    pub(crate) options: Options,
    pub(crate) journal: Journal,
    pub(crate) chance: Chance,
    pub(crate) word: watch::Receiver<Word>,
    /// How many senders do not have all their answers yet.
    pub(crate) talking: Arc<watch::Sender<usize>>,
    /// Longest pause between two bursts of talk.
    pub(crate) pause_ms_max: u64,
    /// How many of a hundred lives end in the middle.
    pub(crate) leaving_percent: u64,
}

impl Person {
    /// Messages that one sender has on their way.
    const UNACKED_MAX: usize = 6;

    /// Listens from the options' beginning on, to the end of every room.
    pub(crate) async fn read(self) {
        let (client, notices) = Client::connect(self.options.clone());
        self.listen(notices).await;
        client.close().await;
    }

    /// Talks until told to hush and every answer is there, while listening; now and then it leaves in the
    /// middle of a sentence and comes back as somebody new.
    pub(crate) async fn write(mut self) {
        let name = self.name.clone();
        for life in 1_u32.. {
            self.name = if life == 1 { name.clone() } else { format!("{name}.{life}").into() };
            let (client, notices) = Client::connect(self.options.clone());
            let listener = tokio::spawn(self.clone().listen(notices));
            let died = self.talk(&client).await;
            if !died {
                self.talking.send_modify(|talking| *talking -= 1);
                // It ends at the head of every room; a panic in it is ours.
                listener.await.expect("listening does not panic");
                return client.close().await;
            }
            listener.abort();
            // What it was told until then is noted before it is gone.
            drop(listener.await);
            self.journal.note(Operation::Left { reader: self.name.clone() });
        }
    }

    /// Says whether it left in the middle.
    async fn talk(&mut self, client: &Client) -> bool {
        let rooms: Vec<RoomId> = self.options.rooms.iter().map(|(room, _)| room.clone()).collect();
        let last =
            if self.chance.percent(self.leaving_percent) { self.chance.from(20, 200) } else { u64::MAX };
        let mut answers = JoinSet::new();
        let mut number = 0;
        while !self.word.borrow().hush && number < last {
            for _ in 0..self.chance.from(1, 5) {
                while answers.len() >= Self::UNACKED_MAX {
                    answers.join_next().await;
                }
                number += 1;
                let room = rooms[self.chance.index(rooms.len())].clone();
                let Some(receipt) = self.say(client, room, number).await else { continue };
                answers.spawn(answer(self.name.clone(), number, receipt, self.journal.clone()));
            }
            let pause = Duration::from_millis(self.chance.from(10, self.pause_ms_max));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = self.word.wait_for(|word| word.hush) => {}
            }
        }
        let died = number >= last;
        if died {
            client.close().await;
        }
        while answers.join_next().await.is_some() {}
        died
    }

    async fn say(&mut self, client: &Client, room: RoomId, number: u64) -> Option<Receipt> {
        let sender = self.name.clone();
        let text = self.text(number);
        let sent = Operation::Sent { sender, number, room: room.clone(), text: text.as_str().into() };
        self.journal.note(sent);
        match client.send(&room, text).await {
            Ok(receipt) => {
                let (sender, cid) = (self.name.clone(), receipt.cid());
                self.journal.note(Operation::Named { sender, number, cid });
                Some(receipt)
            }
            Err(refused) => {
                note_refusal(&self.journal, self.name.clone(), number, &refused);
                None
            }
        }
    }

    /// Nobody else's; mostly short, sometimes longer than a segment, with what has to be escaped.
    fn text(&mut self, number: u64) -> String {
        let mut text = format!("{} {number}", self.name);
        if self.chance.percent(30) {
            text += "\n\t\"茶馆\" \\ <b> 🍵";
        }
        if self.chance.percent(4) {
            text += &" 喝茶去".repeat(self.chance.index(800));
        }
        text
    }

    async fn listen(mut self, mut notices: Notices) {
        let mut at: BTreeMap<RoomId, Seq> = BTreeMap::new();
        let mut travels = None;
        for (room, from) in &self.options.rooms {
            if let From::Cursor(cursor) = from {
                self.began(room, cursor.seq, &mut at);
            }
        }
        let mut left: BTreeSet<RoomId> = self.options.rooms.iter().map(|(room, _)| room.clone()).collect();
        while !left.is_empty() {
            let heads = self.word.borrow().heads.clone();
            if let Some(heads) = &heads {
                left.retain(|room| at.get(room).is_none_or(|seq| *seq < heads[room]));
                if left.is_empty() {
                    break;
                }
            }
            tokio::select! {
                notice = notices.next() => match notice {
                    Some(Notice::Transport(transport)) => {
                        let before = travels.replace(transport);
                        if before != Some(transport) {
                            self.switched(before, transport);
                        }
                    }
                    Some(notice) => self.heard(notice, &mut at),
                    None => return,
                },
                changed = self.word.changed(), if heads.is_none() => {
                    if changed.is_err() {
                        return;
                    }
                }
            }
            if !self.word.borrow().hush && self.chance.below(400) == 0 {
                // Somebody who does not look for a while is a slow reader.
                tokio::time::sleep(Duration::from_millis(self.chance.from(100, 1_500))).await;
            }
        }
    }

    fn heard(&self, notice: Notice, at: &mut BTreeMap<RoomId, Seq>) {
        let ended = |cause: String| Operation::Ended { reader: self.name.clone(), cause };
        match notice {
            Notice::Event(event) => {
                at.insert(event.room.clone(), event.seq);
                self.journal.told(&self.name, event);
            }
            Notice::Subscribed(subscribed) if !at.contains_key(&subscribed.room.id) => {
                self.began(&subscribed.room.id, subscribed.from.seq, at);
            }
            Notice::Welcome(welcome) => {
                let (who, id) = (self.name.clone(), welcome.you.id);
                self.journal.note(Operation::Came { who, id });
            }
            Notice::Held { room, error } => {
                let (sender, code) = (self.name.clone(), error.code);
                self.journal.note(Operation::Held { sender, room, code });
            }
            Notice::Hole(hole) => {
                at.insert(hole.room.clone(), hole.from.seq);
                let (reader, from, head) = (self.name.clone(), hole.from.seq, hole.head);
                let hole = Operation::Hole { reader, room: hole.room, reset: hole.reset, from, head };
                self.journal.note(hole);
            }
            Notice::Left { room, error } => {
                self.journal.note(ended(format!("left {room}: {}", error.code.as_str())));
            }
            Notice::Ended(End::Closed) => {}
            Notice::Ended(end) => self.journal.note(ended(format!("{end:?}"))),
            _ => {}
        }
    }

    fn switched(&self, before: Option<Transport>, transport: Transport) {
        let before = before.map(|before| before.as_str().into());
        let (client, transport) = (self.name.clone(), transport.as_str().into());
        self.journal.note(Operation::Switched { client, before, transport });
    }

    fn began(&self, room: &RoomId, seq: Seq, at: &mut BTreeMap<RoomId, Seq>) {
        at.insert(room.clone(), seq);
        self.journal.note(Operation::Began { reader: self.name.clone(), room: room.clone(), seq });
    }
}

/// Waits for what becomes of a message, and notes it.
async fn answer(sender: Name, number: u64, receipt: Receipt, journal: Journal) {
    match receipt.await {
        Ok(ack) => {
            let acknowledged = Operation::Acknowledged { sender, number, seq: ack.seq, repeat: ack.repeat };
            journal.note(acknowledged);
        }
        Err(refused) => note_refusal(&journal, sender, number, &refused),
    }
}

fn note_refusal(journal: &Journal, sender: Name, number: u64, refused: &Refused) {
    match refused {
        Refused::Code(error) => {
            let code: ErrorCode = error.code;
            journal.note(Operation::Refused { sender, number, code });
        }
        Refused::Ended => journal.note(Operation::Unknown { sender, number }),
    }
}
