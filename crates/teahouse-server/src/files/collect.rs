//! Takes away what nobody carries: files of deleted messages, those that no message took within a day, what
//! broke off. The bytes go first, then the row: after a crash in between it is done again.

use std::time::Duration;

use super::{Files, UNTIL_MS};
use crate::clock::unix_ms;
use crate::store::files;

/// How often it is looked, if nobody says that there is something.
const LOOK: Duration = Duration::from_secs(5);
/// After so long no request is still at work on a file that is whole, in milliseconds.
const QUIET_MS: u64 = 60 * 60 * 1_000;

impl Files {
    /// Takes away, now and again, what nobody carries.
    pub async fn keep_clean(&self) {
        loop {
            match self.collect(unix_ms()).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "files that nobody carries were taken away"),
                Err(error) => tracing::warn!("files that nobody carries could not be taken away: {error:#}"),
            }
            // No time: woken or not, it looks again.
            let _ = tokio::time::timeout(LOOK, self.collecting.notified()).await;
        }
    }

    /// Takes away what nobody carries at this time, in milliseconds since 1970-01-01 UTC; says how many files.
    ///
    /// # Errors
    /// The store's, or what the place says.
    pub async fn collect(&self, now: u64) -> anyhow::Result<u64> {
        let Some(place) = &self.place else { return Ok(0) };
        let mut count = 0;
        loop {
            let expired = files::expired(&*self.store, now).await?;
            for id in &expired {
                place.remove(*id).await?;
                files::forget(&*self.store, *id).await?;
                count += 1;
            }
            if expired.is_empty() {
                break;
            }
        }
        for id in files::left_over(&*self.store, now.saturating_sub(QUIET_MS.min(UNTIL_MS))).await? {
            place.remove_pieces(id).await?;
            files::in_one_piece(&*self.store, id).await?;
        }
        Ok(count)
    }
}
