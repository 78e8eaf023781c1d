//! The pauses of a room where one waits between two messages.
//!
//! What is in the log begins a pause, and nothing else does: a message that was refused after all was never said. What
//! is under way holds up another one, but not itself: its author may have missed the answer, and asks again.

use std::collections::HashMap;

use teahouse_protocol::{Cid, UserId};

use super::Post;

/// Who spoke when.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    /// The last message of each person that is in the log.
    spoke: HashMap<UserId, Said>,
    /// Their last message of which it is not known yet, and how often it is under way.
    under_way: HashMap<UserId, (Said, u32)>,
}

#[derive(Debug, Clone, Copy)]
struct Said {
    cid: Cid,
    at: u64,
}

impl Pauses {
    /// A message is under way from now on, or its author has to wait so many milliseconds.
    pub(super) fn begin(&mut self, post: &Post, pause_ms: u64) -> Result<(), u64> {
        let person = post.by.id;
        if let Some((said, times)) = self.under_way.get_mut(&person)
            && said.cid == post.cid
        {
            *times += 1;
            return Ok(());
        }
        let under_way = self.under_way.get(&person).map(|(said, _)| said);
        let spoke = self.spoke.get(&person);
        if spoke.is_some_and(|said| said.cid == post.cid) {
            return Ok(());
        }
        let ends_at = [under_way, spoke].into_iter().flatten().map(|said| said.at + pause_ms).max();
        match ends_at.map(|at| at.saturating_sub(post.at)) {
            Some(wait_ms @ 1..) => Err(wait_ms.min(pause_ms)),
            _ => {
                self.under_way.insert(person, (Said { cid: post.cid, at: post.at }, 1));
                Ok(())
            }
        }
    }

    /// It is known what became of what was accepted: it is in the log since `at`, or it was refused.
    pub(super) fn ended(&mut self, post: &Post, at: Option<u64>, pause_ms: u64) {
        let person = post.by.id;
        if let Some((said, times)) = self.under_way.get_mut(&person)
            && said.cid == post.cid
        {
            *times -= 1;
            if *times == 0 {
                self.under_way.remove(&person);
            }
        }
        let Some(at) = at.filter(|_| pause_ms > 0 && post.kind.is_message()) else { return };
        if self.spoke.len() == self.spoke.capacity() {
            self.spoke.retain(|_, said| post.at.saturating_sub(said.at) < pause_ms);
        }
        let said = self.spoke.entry(person).or_insert(Said { cid: post.cid, at });
        if said.at < at {
            *said = Said { cid: post.cid, at };
        }
    }
}
