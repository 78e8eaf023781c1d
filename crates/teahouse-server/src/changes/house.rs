//! What the house's moderators and its owner do to people: roles, accounts, reset links, sign-ins, what somebody
//! wrote, what there is of them. Each leaves a line in the audit log.

use serde_json::{Value as Json, json};
use teahouse_core::name;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person, Role, RoomId, UserId};

use super::bans::keeps_order;
use super::{By, audit, refused};
use crate::clock::unix_ms;
use crate::error::bad_field;
use crate::house::Order;
use crate::node::Node;
use crate::people::Code;
use crate::store::people::{self as rows, Known, Sought};
use crate::store::tickets;
use crate::store::{Claim, Commit, Committed, NewPerson, accounts};

impl Node {
    /// People by a part of their name, at most `limit` of those after that one.
    ///
    /// # Errors
    /// The store's code.
    pub async fn known(&self, part: &str, after: Option<UserId>, limit: u32) -> Result<Vec<Known>, Error> {
        let part: String = name::fold(&part.chars().take(name::BYTES_MAX).collect::<String>());
        let sought = Sought { part: &part, after, limit, now: unix_ms() };
        rows::known(&*self.store, sought).await.map_err(Error::from)
    }

    /// Makes an account a member's, a moderator's, or the owner's, who hands the house over with it.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code.
    pub async fn give_role(&self, by: &By, id: UserId, role: Role) -> Result<Person, Error> {
        is_owner(by)?;
        let person = self.person(id).await?;
        let Some(was) = person.role else {
            return Err(refused(
                ErrorCode::Forbidden,
                "A guest has no account. They choose a password first.",
            ));
        };
        if was == role {
            return Ok(person);
        }
        let line = audit(by, "role", None, Some(id), &json!({"role": role, "was": was}));
        let mut concerned = vec![id];
        let commit = match role {
            Role::Owner => {
                self.bans.check(Some(id), None).map_err(|_| {
                    refused(ErrorCode::Forbidden, "They have to stay out of the house. Lift the ban first.")
                })?;
                let from = rows::owner(&*self.store).await?.map(|owner| owner.id);
                let is_theirs = *by == By::Terminal || from == Some(by.id());
                let said = "Somebody else owns this house now.";
                is_theirs.then_some(()).ok_or_else(|| refused(ErrorCode::Forbidden, said))?;
                concerned.extend(from);
                rows::hand_over(from, id).into_iter().fold(Commit::new(), Commit::then)
            }
            Role::Member | Role::Moderator if was == Role::Owner => {
                let said = "The owner hands the house over to somebody else first.";
                return Err(refused(ErrorCode::Forbidden, said));
            }
            Role::Member | Role::Moderator => Commit::new().then(rows::set_role(id, role)),
        };
        // Settings as well: whether there is an owner is read with them.
        let orders = concerned.iter().map(|person| Order::Person { person: *person });
        let orders = orders.chain((role == Role::Owner).then_some(Order::Settings));
        let commit =
            orders.fold(commit.then(line), |commit, order| commit.append(&RoomId::house(), order.draft()));
        // A link that was made for who they were is not one into what they are now.
        self.unless_changed(commit.then(tickets::forget(id))).await?;
        Ok(Person { role: Some(role), ..person })
    }

    /// Makes an account, whose person chooses a password by a link.
    ///
    /// # Errors
    /// `bad_name`, `name_taken`, `bad_field`, `forbidden`, or the store's code.
    pub async fn make_account(&self, by: &By, given: &str, role: Role) -> Result<(Person, Code), Error> {
        is_owner(by)?;
        if role == Role::Owner {
            return Err(bad_field(
                "role",
                "A house has one owner: make a member, and hand the house over to them.",
            ));
        }
        let named = |code, said: String| Error { field: Some("name".into()), ..Error::new(None, code, said) };
        let name = name::check(given).map_err(|said| named(ErrorCode::BadName, said.to_string()))?;
        let at = unix_ms();
        let id = UserId::new(at, rand::random());
        let new = NewPerson {
            id,
            name: name.shown.clone().into(),
            folded: name.folded,
            role: Some(role),
            password: None,
            token: None,
            at,
        };
        let line = audit(by, "account", None, Some(id), &json!({"role": role}));
        match accounts::add_with(&*self.store, new, &accounts::Whence::default(), Some(line)).await {
            Ok(Claim::Made) => {}
            Ok(Claim::Taken) => {
                let said = format!("Somebody is called {given} already, or nearly so.");
                return Err(named(ErrorCode::NameTaken, said));
            }
            Err(error) => return Err(error.into()),
        }
        let code = self.people.new_reset(id).await?;
        Ok((Person::new(id, name.shown.into(), Some(role)), code))
    }

    /// A link by which somebody with an account chooses a new password.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code.
    pub async fn reset_link(&self, by: &By, id: UserId) -> Result<Code, Error> {
        let person = self.entrusted(by, id).await?;
        if person.role.is_none() {
            return Err(refused(
                ErrorCode::Forbidden,
                "A guest has no account, and no password to set anew.",
            ));
        }
        self.note(audit(by, "reset_link", None, Some(id), &Json::Null)).await?;
        self.people.new_reset(id).await
    }

    /// Ends all sign-ins of somebody.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code.
    pub async fn sign_out(&self, by: &By, id: UserId) -> Result<(), Error> {
        self.entrusted(by, id).await?;
        self.note(audit(by, "signed_out", None, Some(id), &Json::Null)).await?;
        self.people.end_sign_ins(id, None).await
    }

    /// Deletes everything that somebody wrote; how many messages.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code. Asking again goes on.
    pub async fn remove_all(&self, by: &By, id: UserId) -> Result<u64, Error> {
        keeps_order(by)?;
        self.below(by, id).await?;
        self.note(audit(by, "removed_all", None, Some(id), &Json::Null)).await?;
        self.remove_messages(id, by.id()).await
    }

    /// Erases somebody's account, and what they wrote.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, or the store's code. Asking again goes on.
    pub async fn erase_other(&self, by: &By, id: UserId) -> Result<(), Error> {
        is_owner(by)?;
        let person = self.below(by, id).await?;
        self.note(audit(by, "erased", None, Some(id), &json!({"was": person.role}))).await?;
        self.erase(id, by.id()).await
    }

    /// Writes a line of what is done next: nothing is done without one.
    async fn note(&self, line: crate::store::Statement) -> Result<(), Error> {
        self.commit_all(Commit::new().then(line)).await
    }

    /// The person, if whoever asks may do to them what helps them, too: the owner to everybody, also to
    /// themselves, the terminal also to the owner.
    async fn entrusted(&self, by: &By, id: UserId) -> Result<Person, Error> {
        keeps_order(by)?;
        match is_owner(by) {
            Ok(()) => self.person(id).await,
            Err(_) => self.below(by, id).await,
        }
    }

    /// Commits what may have been overtaken by another change.
    pub(super) async fn unless_changed(&self, commit: Commit) -> Result<(), Error> {
        match self.commit(commit).await? {
            Committed::Done { .. } => Ok(()),
            Committed::Refused(_) => {
                Err(refused(ErrorCode::Forbidden, "Somebody changed this at the same moment. Look again."))
            }
        }
    }
}

/// Whether they own the house; the terminal may what the owner may.
///
/// # Errors
/// `forbidden`.
pub fn is_owner(by: &By) -> Result<(), Error> {
    if by.who() == teahouse_core::rights::Who::Account(Role::Owner) {
        return Ok(());
    }
    Err(refused(ErrorCode::Forbidden, "Only the owner of the house may do this."))
}
