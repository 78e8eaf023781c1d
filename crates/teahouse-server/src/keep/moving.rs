//! `teahouse move`: a house goes to another store with everything in it, so that cursors, tokens and links stay
//! valid.
//!
//! The target is marked as unfinished until it equals the source by every checksum; what is in it is always a
//! beginning of each part, so an interrupted move goes on where it ended. Only then the source is marked as
//! moved, and after that the target is opened: at no moment two servers could serve the house.

use std::collections::HashMap;

use super::open;
use super::place::Place;
use super::progress::{Progress, Unit};
use super::rows::{self, Part, ROOM_COLUMNS, Room, Value, Writable};
use super::survey::{PAGE_ROWS, Survey, survey, unfinished};
use crate::clock::unix_ms;
use crate::store::mark::Mark;
use anyhow::{Context as _, bail, ensure};

/// Which house goes where.
#[derive(Debug)]
pub struct Move {
    /// Where it is.
    pub from: Place,
    /// Where it goes.
    pub to: Place,
    /// Whether what is there already may be put aside.
    pub force: bool,
}

/// A house that was moved.
#[derive(Debug)]
pub struct Moved {
    /// What was moved.
    pub survey: Survey,
    /// What was found on the way that somebody has to know, one sentence each.
    pub notes: Vec<String>,
}

impl Move {
    /// Copies, compares, marks the source and opens the target.
    ///
    /// # Errors
    /// If a server runs on one of them, the target holds another house, the source is damaged, or a store
    /// fails; run it again and it goes on.
    pub fn run(&self, progress: &Progress) -> anyhow::Result<Moved> {
        ensure!(self.from != self.to, "the house is in {} already", self.to);
        let mut source = open::write(&self.from)?;
        let gone_to = self.check_source(&mut *source)?;
        let house = open::identity(&mut *source)?;
        let begun = Mark::Unfinished { from: self.from.to_string(), house };
        let mut target = open::target(&self.to, &begun, self.force)?;
        let mut notes: Vec<String> = target.notes.drain(..).collect();
        if target.is_whole {
            ensure!(
                gone_to,
                "{} holds this house already, and {} was not moved away, so that both may have been used. To move it \
                 once more, make {0} empty (of a folder, --force keeps the old database beside the new one)",
                self.to,
                self.from
            );
            return Ok(Moved { survey: survey(&mut *target.house, progress)?, notes });
        }
        let ours = survey(&mut *source, progress)?;
        if let Some(first) = ours.faults.first() {
            bail!(
                "the house in {} is damaged and was not moved: {first}. `teahouse verify` names everything",
                self.from
            );
        }
        let mut copied = copy_and_look(&mut *source, &mut *target.house, progress);
        if target.was_begun && copied.as_ref().map_or(true, |theirs| !faults(&ours, theirs).is_empty()) {
            notes.push("The source was used since the move began: everything was copied anew.".into());
            open::empty(&mut *target.house, &begun)?;
            copied = copy_and_look(&mut *source, &mut *target.house, progress);
        }
        let theirs = copied?;
        let faults = faults(&ours, &theirs);
        if !faults.is_empty() {
            bail!("{} does not equal {} and was not opened: {}", self.to, self.from, faults.join("; "));
        }
        self.finish(&mut *source, &mut *target.house)?;
        Ok(Moved { survey: theirs, notes })
    }

    /// Says no if the source is not a whole house that is here; and whether it was moved to the target before.
    fn check_source(&self, source: &mut dyn Writable) -> anyhow::Result<bool> {
        match open::mark(source)? {
            None => Ok(false),
            Some(Mark::Moved { to, .. }) if to == self.to.to_string() => Ok(true),
            Some(Mark::Moved { to, .. }) => bail!(
                "the house in {} was moved to {to}: move it from there. If it shall be used as it is here, run first: \
                 teahouse move --undo {0}",
                self.from
            ),
            Some(Mark::Unfinished { from, .. }) => {
                bail!("{} has only a part of the house in {from}: finish that move first", self.from)
            }
        }
    }

    /// The source goes first: if this is interrupted, nothing can be served until it is run again.
    fn finish(&self, source: &mut dyn Writable, target: &mut dyn Writable) -> anyhow::Result<()> {
        target.settle()?;
        let moved = Mark::Moved { to: self.to.to_string(), at: unix_ms() };
        open::set_mark(source, Some(&moved)).context("the source could not be marked as moved")?;
        source.settle()?;
        open::set_mark(target, None).context("the target could not be opened; run it again")?;
        target.settle()
    }
}

/// Lets a house be served again from where it was moved away; says where the other one is.
///
/// # Errors
/// If it was not moved away, or a server runs on it.
pub fn undo(place: &Place) -> anyhow::Result<String> {
    let mut house = open::write(place)?;
    match open::mark(&mut *house)? {
        Some(Mark::Moved { to, .. }) => {
            open::set_mark(&mut *house, None)?;
            house.settle()?;
            Ok(to)
        }
        Some(Mark::Unfinished { from, .. }) => bail!(
            "{place} has only a part of the house in {from}. Run `teahouse move` once more to finish it, or delete \
             what is in {place}"
        ),
        None => bail!("the house in {place} was not moved away: nothing is to be undone"),
    }
}

/// Copies what is missing, and looks at all that is there then.
fn copy_and_look(
    source: &mut dyn Writable,
    target: &mut dyn Writable,
    progress: &Progress,
) -> anyhow::Result<Survey> {
    copy(source, target, progress)?;
    let mut found = survey(target, progress)?;
    if let Some(Mark::Unfinished { from, .. }) = open::mark(target)? {
        // That is known.
        found.faults.retain(|fault| *fault != unfinished(&from));
    }
    Ok(found)
}

/// Why what was copied cannot be used.
fn faults(ours: &Survey, theirs: &Survey) -> Vec<String> {
    ours.differences(theirs).into_iter().chain(theirs.faults.iter().cloned()).collect()
}

/// Copies what the target does not have yet, part by part.
fn copy(source: &mut dyn Writable, target: &mut dyn Writable, progress: &Progress) -> anyhow::Result<()> {
    let rooms = rows::rooms(source)?;
    let keys = copy_rooms(&rooms, target)?;
    let logs = rooms.iter().map(|room| (room.head - room.oldest + 1) + room.head);
    let mut total = u64::try_from(logs.sum::<i64>()).unwrap_or(0);
    for part in Part::common() {
        total += rows::count(source, part)?;
    }
    progress.begin("copying", total, Unit::Rows);
    for room in &rooms {
        let key = keys[&room.id];
        copy_part(source, target, [Part::events(room.key), Part::events(key)], &keys, progress)?;
        copy_part(source, target, [Part::cids(room.key), Part::cids(key)], &keys, progress)?;
    }
    for part in Part::common() {
        copy_part(source, target, [part, part], &keys, progress)?;
    }
    progress.end();
    Ok(())
}

/// Makes the rooms that are missing; says which number each has in the target.
fn copy_rooms(rooms: &[Room], target: &mut dyn Writable) -> anyhow::Result<HashMap<String, i64>> {
    let known: Vec<String> = rows::rooms(target)?.into_iter().map(|room| room.id).collect();
    for room in rooms.iter().filter(|room| !known.contains(&room.id)) {
        let Room { id, called: [name, topic], epoch, oldest, head, n, rules, .. } = room.clone();
        let mut values = vec![
            Value::Text(id),
            Value::Text(name),
            Value::Text(topic),
            Value::Int(epoch),
            Value::Int(oldest),
            Value::Int(head),
            Value::Int(n),
        ];
        values.extend(rules);
        let places: Vec<String> = (1..=values.len()).map(|place| format!("${place}")).collect();
        let columns = ROOM_COLUMNS.strip_prefix("key, ").expect("the key is the store's own");
        let insert = format!("INSERT INTO room ({columns}) VALUES ({})", places.join(", "));
        target.run(&[(&insert, &values)])?;
    }
    Ok(rows::rooms(target)?.into_iter().map(|room| (room.id, room.key)).collect())
}

/// Copies the rows that follow the target's last one. `parts` is the same part in the source and the target.
fn copy_part(
    source: &mut dyn Writable,
    target: &mut dyn Writable,
    parts: [Part; 2],
    keys: &HashMap<String, i64>,
    progress: &Progress,
) -> anyhow::Result<()> {
    let [from, to] = parts;
    let mut after = rows::last_key(target, to)?;
    if after.is_some() {
        progress.add(rows::count(target, to)?);
    }
    loop {
        let mut page = rows::page(source, from, after.as_deref(), PAGE_ROWS)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last[..from.key_width()].to_vec());
        for place in to.rooms() {
            page.iter_mut().try_for_each(|row| by_key(&mut row[place], keys))?;
        }
        target.put(to, &page).with_context(|| {
            let (part, place) = (to.called(), target.place());
            format!("{part} could not be written to {place}. Mend that and run it again: it goes on there")
        })?;
        progress.add(page.len() as u64);
        if page.len() < PAGE_ROWS {
            return Ok(());
        }
    }
}

/// The room's number in the target in the place of its id.
fn by_key(room: &mut Value, keys: &HashMap<String, i64>) -> anyhow::Result<()> {
    if *room != Value::Null {
        let key =
            room.text().and_then(|id| keys.get(id)).context("something is of a room that is not there")?;
        *room = Value::Int(*key);
    }
    Ok(())
}
