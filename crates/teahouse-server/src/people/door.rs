//! The door: whether a newcomer comes in, and what they are asked before.

use std::net::IpAddr;

use serde::Deserialize;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person};

use super::guests::NO_GUESTS;
use super::work::{self, WorkDone};
use super::{People, Whence, hash, passwords, secret_of};
use crate::clock::unix_ms;
use crate::settings::{Admission, Settings};
use crate::store::accounts;
use crate::store::tickets::{self, Ticket};

const WORK: &str = "work";

/// Somebody who has no account here, and what they brought.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Newcomer {
    /// What they want to be called.
    pub name: Option<String>,
    /// The code of an invite.
    pub invite: Option<String>,
    /// The answer to the door's question.
    pub answer: Option<String>,
    /// The proof of work that the door asks for.
    pub work: Option<WorkDone>,
    /// With one they become a member at once.
    pub password: Option<String>,
}

impl People {
    /// Lets a newcomer in.
    ///
    /// # Errors
    /// `forbidden`, `question`, `work`, `missing_field` or `bad_field` for the password, `bad_name`, `name_taken`,
    /// `rate`, or the store's code.
    pub async fn welcome(
        &self,
        newcomer: &Newcomer,
        address: IpAddr,
        whence: &Whence,
    ) -> Result<(Person, String), Error> {
        let settings = self.settings.now();
        let is_invited = match &newcomer.invite {
            Some(code) => self.is_invite(code).await?,
            None => false,
        };
        if newcomer.invite.is_some() && !is_invited {
            return Err(invite_ended());
        }
        if settings.admission != Admission::Open && !is_invited {
            return Err(Error::new(None, ErrorCode::Forbidden, NO_GUESTS));
        }
        if settings.admission == Admission::Accounts && newcomer.password.is_none() {
            let error =
                Error::new(None, ErrorCode::MissingField, "This house has no guests: choose a password.");
            return Err(Error { field: Some("password".into()), ..error });
        }
        newcomer.password.as_deref().map_or(Ok(()), passwords::check)?;
        // Who was invited is vouched for.
        if !is_invited {
            self.check_answers(&settings, newcomer).await?;
        }
        let password = match &newcomer.password {
            Some(password) => {
                // Hashing costs as much as a try does.
                self.may_try("", address)?;
                Some(self.passwords.hash(password).await)
            }
            None => None,
        };
        let made = self.newcomer(newcomer.name.as_deref(), password, address, whence).await?;
        Ok((made.someone.person(), made.token.unwrap_or_default()))
    }

    async fn check_answers(&self, settings: &Settings, newcomer: &Newcomer) -> Result<(), Error> {
        let answer = newcomer.answer.as_deref().unwrap_or_default();
        if settings.question.as_ref().is_some_and(|question| !question.is_answered(answer)) {
            let error =
                Error::new(None, ErrorCode::Question, "That is not the answer to the door's question.");
            return Err(Error { field: Some("answer".into()), ..error });
        }
        if settings.work_bits == 0 {
            return Ok(());
        }
        let no = |said| Err(Error { field: Some(WORK.into()), ..Error::new(None, ErrorCode::Work, said) });
        let (hours, until) = work::hours(unix_ms());
        let salts = hours.map(|hour| secret_of(&self.secret, &hour));
        let Some(proof) = newcomer.work.as_ref().and_then(|done| done.proof(&salts, settings.work_bits))
        else {
            return no("The door asks for a proof of work: GET /v1/house says which.");
        };
        let used = Ticket { hash: proof, kind: WORK, person: None, data: String::new(), until };
        let is_first = tickets::put_ticket(&*self.store, used).await?;
        if is_first { Ok(()) } else { no("This proof of work was used already: find another one.") }
    }

    /// Whether that is the code of an invite that has not ended.
    async fn is_invite(&self, code: &str) -> Result<bool, Error> {
        let good = accounts::is_invite(&*self.store, hash(code), unix_ms()).await;
        good.map_err(Error::from)
    }
}

/// The refusal of an invite that is not, or no longer, good.
fn invite_ended() -> Error {
    let said = "There is no such invite, or it has ended. Ask whoever sent it for another one.";
    Error::new(None, ErrorCode::NotFound, said)
}
