//! Changes of messages in a room's turn: one commit, whose guards say why not; and whom messages name, filled in
//! before they are told.

use futures_util::FutureExt as _;
use futures_util::future::ready;
use teahouse_core::room::{self as core, Outcome};
use teahouse_protocol::{ErrorCode, Event};

use super::task::{Append, Task, outcome};
use crate::store::{Committed, StoreError, changes, mentions};

impl Task {
    /// Stores a change, alone, if what it names is as it has to be.
    pub(super) fn change(&self, change: core::Change) -> Append {
        let Some(guarded) = changes::guarded(&self.room.id, change) else {
            return ready(Ok(vec![Outcome::Refused(ErrorCode::NoSuchMessage)])).boxed();
        };
        let (commit, codes) = guarded.parts();
        let committed = self.store.commit(commit);
        let outcomes = move |committed| match committed {
            Committed::Done { appended, .. } => Ok(appended.into_iter().map(outcome).collect()),
            // Without a code only who changed it in the same moment can be why: it is tried again.
            Committed::Refused(index) => match codes.get(index).copied().flatten() {
                Some(code) => Ok(vec![Outcome::Refused(code)]),
                None => Err(StoreError::Busy),
            },
        };
        async move { outcomes(committed.await?) }.boxed()
    }

    /// Fills in whom the events name. Who is live does not wait for a store that cannot say it: their client has the
    /// ids, and names from elsewhere.
    pub(super) async fn name(&mut self, events: &mut [Event]) {
        if let Err(error) = mentions::name(&*self.store, events).await {
            tracing::warn!(room.id = %self.room.id, "whom messages name could not be read: {error}");
        }
    }
}
