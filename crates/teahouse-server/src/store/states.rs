//! What stands beside messages (reactions, replies, pins), read in the same moment as the messages: SQL that both
//! engines understand. Each store runs it inside the moment of its page.

use std::collections::HashMap;

use teahouse_protocol::{Event, Reactions, Replies, RoomId, Seq, States, UserId};

use super::rooms::person_of;
use super::{Row, Statement, StoreError, Value};

/// How many messages one statement asks for: a list is filled up to one of these lengths, so that there are few
/// different statements to be prepared.
const LENGTHS: [usize; 3] = [8, 64, 256];

/// Asks for what stands beside those of these events that are messages, as this reader sees it; nothing if there
/// is none. Each page of history is one question.
pub(super) fn questions(room: &RoomId, events: &[Event], reader: Option<UserId>) -> Option<[Statement; 3]> {
    let messages = events.iter().filter(|event| event.kind.is_message());
    let seqs: Vec<Seq> = messages.map(|message| message.seq).collect();
    let length = LENGTHS.into_iter().find(|length| *length >= seqs.len()).unwrap_or(seqs.len());
    let places: Vec<String> = (2..length + 2).map(|number| format!("${number}")).collect();
    let (among, reader) = (places.join(", "), reader.unwrap_or(UserId::from_bytes([0; 16])));
    let ask = |sql: String| {
        let rest = std::iter::repeat_n(Value::Null, length - seqs.len());
        let seqs = seqs.iter().map(|seq| Value::from(*seq)).chain(rest);
        seqs.fold(Statement::new(sql).with(room), Statement::with)
    };
    let last = length + 2;
    let reactions = format!(
        "SELECT x.target, x.emoji, x.total, x.place, CASE WHEN x.person = ${last} THEN 1 ELSE 0 END,
            p.id, p.name, p.role, p.picture
         FROM (
            SELECT a.target, a.emoji, a.person, count(*) OVER kind AS total, min(a.seq) OVER kind AS first,
                row_number() OVER (PARTITION BY a.target, a.emoji ORDER BY a.seq) AS place
            FROM reaction a WHERE a.room = (SELECT key FROM room WHERE id = $1) AND a.target IN ({among})
            WINDOW kind AS (PARTITION BY a.target, a.emoji)
         ) x LEFT JOIN person p ON p.id = x.person
         WHERE x.place <= {} OR x.person = ${last} ORDER BY x.target, x.first, x.place",
        Reactions::PEOPLE_MAX
    );
    let replies = format!(
        "SELECT e.target, count(*), max(e.at) FROM event e
         WHERE e.room = (SELECT key FROM room WHERE id = $1) AND e.target IN ({among}) AND e.kind = 'message'
            AND e.target IS NOT NULL AND e.text IS NOT NULL GROUP BY e.target"
    );
    let pins = format!(
        "SELECT i.target FROM pin i WHERE i.room = (SELECT key FROM room WHERE id = $1) AND i.target IN ({among})"
    );
    (!seqs.is_empty()).then(|| [ask(reactions).with(reader), ask(replies), ask(pins)])
}

/// What the answers to [`questions`] say.
pub(super) fn read([reactions, replies, pins]: [Vec<Row>; 3]) -> Result<States, StoreError> {
    let mut states = States::default();
    let mut kinds: HashMap<(Seq, Box<str>), usize> = HashMap::new();
    for row in &reactions {
        let (target, emoji): (Seq, Box<str>) = (row.seq(0)?, row.text(1)?.into());
        let state = states.0.entry(target).or_default();
        if row.flag(4)? {
            state.mine.push(emoji.clone());
        }
        let place = *kinds.entry((target, emoji.clone())).or_insert_with(|| {
            state.reactions.push(Reactions { emoji, count: 0, people: Vec::new() });
            state.reactions.len() - 1
        });
        let kind = &mut state.reactions[place];
        kind.count = row.count(2)?;
        // Whoever was erased meanwhile is nobody any more.
        if row.count(3)? <= Reactions::PEOPLE_MAX as u64 && row.maybe_person(5)?.is_some() {
            kind.people.push(person_of(row, 5)?);
        }
    }
    for row in &replies {
        let replies = Replies { count: row.count(1)?, at: row.count(2)? };
        states.0.entry(row.seq(0)?).or_default().replies = Some(replies);
    }
    for row in &pins {
        states.0.entry(row.seq(0)?).or_default().pinned = true;
    }
    Ok(states)
}
