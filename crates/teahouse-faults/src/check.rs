//! Whether a history keeps every promise. Pure: it knows nothing of how the run came about.
//!
//! `said.rs` walks through what senders and readers heard; here it is compared with the logs that were
//! read at the end. Its own tests feed it histories that are broken in every way there is a name for.

use std::collections::HashMap;

use teahouse_client::protocol::{Event, RoomId, Seq, UserId};

use crate::broken::{Broken, Letter, Violation};
use crate::history::{Name, Operation};
use crate::said::{Log, Said};

/// Where each message is in a log, by its first appearance.
type Stored<'a> = HashMap<Letter, (usize, &'a Event)>;

/// Every promise that the history breaks; none in a good run.
#[must_use]
pub fn check(history: &[Operation]) -> Vec<Violation> {
    let mut said = Said::new(history);
    let mut stored = Stored::new();
    for (room, log) in std::mem::take(&mut said.logs) {
        let Some(head) = log.head else {
            said.broken(Broken::LogUnread(room.clone()), &[]);
            continue;
        };
        numbers(&mut said, room, &log, head);
        authors(&mut said, &log, &mut stored);
        readers(&mut said, room, &log, head);
    }
    letters(&mut said, &stored);
    said.violations
}

/// 1, 2, 3, … up to the number that the house names.
fn numbers(said: &mut Said<'_>, room: &RoomId, log: &Log<'_>, (head_at, head): (usize, Seq)) {
    let mut expected = Seq(1);
    for (at, event) in &log.events {
        if event.seq != expected {
            said.broken(Broken::LogGap(room.clone(), expected), &[*at]);
        }
        expected = event.seq.next();
    }
    if expected != head.next() {
        let last = log.events.last().map_or(head_at, |(at, _)| *at);
        said.broken(Broken::LogEnd(room.clone(), head), &[last, head_at]);
    }
}

/// Everything in the log was sent, once, as it stands there, in the order in which its sender sent it.
fn authors<'a>(said: &mut Said<'a>, log: &Log<'a>, stored: &mut Stored<'a>) {
    let mut latest: HashMap<Name, (u64, usize, UserId)> = HashMap::new();
    for &(at, event) in &log.events {
        let Some(letter) = said.by_cid.get(&event.cid).cloned() else {
            said.broken(Broken::Invented(event.room.clone(), event.seq), &[at]);
            continue;
        };
        let Some(sending) = said.letters.get(&letter) else { continue };
        let (sent, same) = (sending.at, *sending.room == event.room && sending.text == event.body.text);
        if let Some((earlier, _)) = stored.get(&letter) {
            let earlier = *earlier;
            said.broken(Broken::Repeated(letter), &[sent, earlier, at]);
            continue;
        }
        stored.insert(letter.clone(), (at, event));
        if !same {
            said.broken(Broken::Altered(letter.clone()), &[sent, at]);
        }
        if let Some(&(number, earlier, by)) = latest.get(&letter.sender) {
            if by != event.by.id {
                said.broken(Broken::OtherPerson(letter.clone()), &[earlier, at]);
            }
            if number > letter.number {
                said.broken(Broken::Swapped(letter), &[sent, earlier, at]);
                continue;
            }
        }
        latest.insert(letter.sender, (letter.number, at, event.by.id));
    }
}

/// Each message's fate is what its sender was told.
fn letters(said: &mut Said<'_>, stored: &Stored<'_>) {
    let mut found = Vec::new();
    for (letter, sending) in &said.letters {
        let mut broken = |make: fn(Letter) -> Broken, at: &[usize]| {
            let named = sending.named.into_iter().chain([sending.at]);
            found.push((make(letter.clone()), named.chain(at.iter().copied()).collect::<Vec<_>>()));
        };
        match (sending.acknowledged, stored.get(letter)) {
            (Some((at, _)), None) => broken(Broken::Lost, &[at]),
            (Some((acknowledged, seq)), Some((at, event))) if event.seq != seq => {
                broken(Broken::Moved, &[acknowledged, *at]);
            }
            _ => {}
        }
        if let (Some(refused), Some((at, _))) = (sending.refused, stored.get(letter)) {
            broken(Broken::RefusedStored, &[refused, *at]);
        }
        let early = |event: &Event| event.room == *sending.room && event.seq <= sending.after.0;
        if let Some((at, _)) = stored.get(letter).filter(|(_, event)| early(event)) {
            broken(Broken::Overtook, &[sending.after.1, *at]);
        }
        if sending.acknowledged.is_none() && sending.refused.is_none() && sending.unknown.is_none() {
            broken(Broken::Unanswered, &[]);
        }
    }
    for (broken, at) in found {
        said.broken(broken, &at);
    }
}

/// What readers were told is the log, up to its end.
fn readers(said: &mut Said<'_>, room: &RoomId, log: &Log<'_>, (head_at, head): (usize, Seq)) {
    let by_seq: HashMap<Seq, (usize, &Event)> =
        log.events.iter().rev().map(|&(at, event)| (event.seq, (at, event))).collect();
    let mut found = Vec::new();
    for ((reader, _), reading) in said.readings.iter().filter(|((_, its), _)| *its == room) {
        for (seq, &(told, event)) in &reading.told {
            let named = |make: fn(Name, RoomId, Seq) -> Broken| make((*reader).clone(), room.clone(), *seq);
            match by_seq.get(seq) {
                None => found.push((named(Broken::ToldUnlogged), vec![told])),
                Some((at, logged)) if *logged != event => {
                    found.push((named(Broken::ToldOther), vec![told, *at]));
                }
                Some(_) => {}
            }
        }
        if reading.last.0 < head && !said.left.contains(reader) {
            let at = vec![reading.last.1, head_at];
            found.push((Broken::NotAtHead((*reader).clone(), room.clone(), head), at));
        }
    }
    for (broken, at) in found {
        said.broken(broken, &at);
    }
}

#[cfg(test)]
mod tests;
