//! Messages that are changed without a connection: by who has the machine, and what moderators look back at.

use teahouse_core::rights::{self, Action};
use teahouse_core::room::Change;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{Body, ErrorCode, Kind, RoomId, Seq};

use super::{By, access_refusal, event, refused};
use crate::error::sentence;
use crate::node::Node;
use crate::store::changes::{Guarded, guarded};
use crate::store::{Committed, StoreError};

impl Node {
    /// Deletes a message: one's own, or anybody's for who keeps order. Its text is gone from the store then.
    ///
    /// # Errors
    /// Why they may not, `no_such_message`, or the store's code.
    pub async fn delete(&self, by: &By, id: &RoomId, seq: Seq) -> Result<(), Error> {
        let place = self.place(by, id, Action::Read).await?;
        let now = place.room.now();
        let may = |action| rights::may(&place.subject, id, &now, action);
        let keeps_order = *by == By::Terminal || may(Action::Moderate).is_ok();
        if !keeps_order {
            may(Action::Report).map_err(access_refusal)?;
        }
        let readable_from = rights::readable_from(&place.subject, &now);
        let draft = event(Kind::Delete, by.id(), Body::about(seq));
        self.change(id, Change { draft, readable_from, keeps_order }).await
    }

    async fn change(&self, id: &RoomId, change: Change) -> Result<(), Error> {
        let (commit, codes) = guarded(id, change).map(Guarded::parts).ok_or_else(none)?;
        match self.commit(commit).await? {
            Committed::Done { .. } => Ok(()),
            Committed::Refused(index) => {
                // A guard without a code cannot say no unless somebody else changed it in this moment.
                let code = codes.get(index).copied().flatten();
                Err(code.map_or_else(|| StoreError::Busy.into(), |code| refused(code, sentence(code))))
            }
        }
    }
}

fn none() -> Error {
    refused(ErrorCode::NoSuchMessage, sentence(ErrorCode::NoSuchMessage))
}
