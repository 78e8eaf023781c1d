//! Messages that are taken away.

use serde_json::json;
use teahouse_core::rights::{self, Action};
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Body, ErrorCode, Kind, RoomId, Seq};

use super::{By, access_refusal, audit, event, refused};
use crate::node::Node;
use crate::store::rooms::messages;
use crate::store::{Commit, Committed};

impl Node {
    /// Deletes a message: one's own, or anybody's for who keeps order. Its text is gone from the store then.
    ///
    /// # Errors
    /// Why they may not, `no_such_message`, or the store's code.
    pub async fn delete(&self, by: &By, id: &RoomId, seq: Seq) -> Result<(), Error> {
        let place = self.place(by, id, Action::Read).await?;
        let none = || refused(ErrorCode::NoSuchMessage, "There is no such message, or it is gone already.");
        let found = messages::message(&*self.store, id, seq).await?;
        let floor = rights::readable_from(&place.subject, &place.room.now());
        let (author, _) = found.filter(|_| seq >= floor).ok_or_else(none)?;
        let is_own = author == by.id();
        let needed = if is_own { Action::Report } else { Action::Moderate };
        if *by != By::Terminal {
            rights::may(&place.subject, id, &place.room.now(), needed).map_err(access_refusal)?;
        }
        let body = Body { target: Some(seq), ..Body::default() };
        let mut commit = Commit::new()
            .then(messages::has_text(id, seq))
            .append(id, event(Kind::Delete, by.id(), body))
            .then(messages::take_text(id, seq))
            .redacts();
        if !is_own {
            commit = commit.then(audit(by, "deleted", Some(id), Some(author), &json!({"seq": seq})));
        }
        match self.commit(commit).await? {
            Committed::Done { .. } => Ok(()),
            Committed::Refused(_) => Err(none()),
        }
    }
}
