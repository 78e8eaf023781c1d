//! Files of a message that is about to be written: its sender names them, everybody sees more. Whether they may be
//! carried is settled when the message is stored.

use teahouse_protocol::frame::{Error, Send};
use teahouse_protocol::{Carried, ErrorCode, UserId};

use super::Files;
use crate::store::files;

impl Files {
    /// Puts what everybody sees of them in the place of their ids. If the store cannot say, they stay as they are,
    /// and the store refuses the message in its turn.
    ///
    /// # Errors
    /// `not_found`, if one is not whole or not theirs.
    pub async fn name(&self, by: UserId, send: &mut Send) -> Result<(), Error> {
        for carried in &mut send.body.files {
            let Ok(found) = files::find(&*self.store, carried.id()).await else { return Ok(()) };
            let about = found.filter(|upload| upload.by == by).and_then(|upload| upload.about);
            let Some(about) = about else { return Err(missing(send.r#ref)) };
            *carried = Carried::File(Box::new(about));
        }
        Ok(())
    }
}

fn missing(r#ref: u64) -> Error {
    let said = "A file of this message is not there, not whole, or not yours.";
    Error { field: Some("body.files".into()), ..Error::new(Some(r#ref), ErrorCode::NotFound, said) }
}
