//! Who is where, as each node sees it: a client of that node alone looks until it sees whom it should, or
//! nobody would wait any longer. What it saw last is noted, and the check judges it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use teahouse_client::protocol::frame::Presence;
use teahouse_client::protocol::{From, RoomId, UserId};
use teahouse_client::{Client, Notice, Notices, Transport};
use tokio::time::Instant;

use crate::chance::Chance;
use crate::crowd::Door;
use crate::fault::Rates;
use crate::history::{Journal, Name, Operation};
use crate::proxy::Proxy;

/// Who came to a house, as the record has it.
#[derive(Debug, Default)]
pub(crate) struct People {
    here: BTreeMap<UserId, Name>,
    gone: BTreeMap<UserId, Name>,
}

/// What came of looking.
#[derive(Debug)]
pub(crate) struct Looked {
    /// Whether the node named exactly who is here, in time.
    pub(crate) right: bool,
    pub(crate) took: Duration,
    /// What was wrong just before that, for people.
    pub(crate) wrong: String,
}

/// A node as it is looked at.
struct Look<'a> {
    rooms: &'a [RoomId],
    people: &'a People,
    /// Whom it names, by room.
    seen: BTreeMap<RoomId, BTreeSet<UserId>>,
    me: Option<UserId>,
    wrong: String,
}

impl People {
    /// Who came, and of them who left.
    pub(crate) fn new<'a>(record: impl IntoIterator<Item = &'a Operation>) -> Self {
        let mut people = Self::default();
        for operation in record {
            match operation {
                Operation::Came { who, id } => drop(people.here.insert(*id, who.clone())),
                Operation::Left { reader } => {
                    people.gone.extend(people.here.extract_if(.., |_, who| who == reader));
                }
                _ => {}
            }
        }
        people
    }
}

/// Looks at every room of a node until exactly those who are here are there, for so long.
pub(crate) async fn look(
    (node, door): (&str, &Door),
    rooms: &[RoomId],
    people: &People,
    journal: &Journal,
    patience: Duration,
) -> anyhow::Result<Looked> {
    let began = Instant::now();
    let proxy = Proxy::open(node.into(), door.target.clone(), Rates::none(), Chance::new(0), journal.clone());
    let proxy = proxy.await?;
    let mut options = door.options(proxy.address())?;
    options.transport = Some(Transport::WebSocket);
    options.rooms = rooms.iter().map(|room| (room.clone(), From::Head)).collect();
    let (client, mut notices) = Client::connect(options);
    let mut look = Look { rooms, people, seen: BTreeMap::new(), me: None, wrong: String::new() };
    // Who is not seen in time is named by the check.
    let right = tokio::time::timeout(patience, look.until_right(&mut notices)).await.is_ok();
    let me = look.me.with_context(|| format!("{node} lets nobody in"))?;
    for (room, mut people) in look.seen {
        people.remove(&me);
        journal.note(Operation::Present { node: Name::from(node), room, people });
    }
    client.close().await;
    Ok(Looked { right, took: began.elapsed(), wrong: look.wrong })
}

impl Look<'_> {
    async fn until_right(&mut self, notices: &mut Notices) {
        while let Some(notice) = notices.next().await {
            match notice {
                Notice::Welcome(welcome) => self.me = Some(welcome.you.id),
                Notice::Subscribed(subscribed) => {
                    let people = subscribed.here.people.unwrap_or_default();
                    let people = people.into_iter().map(|it| it.id).collect();
                    self.seen.insert(subscribed.room.id.clone(), people);
                }
                Notice::Presence { room, presence } => {
                    change(self.seen.entry(room).or_default(), presence);
                }
                _ => {}
            }
            let wrong = self.wrong_now();
            if wrong.is_empty() {
                return;
            }
            self.wrong = wrong;
        }
    }

    /// Whom it names wrongly, and whom not; empty if it is right.
    fn wrong_now(&self) -> String {
        let mut wrong = String::new();
        for room in self.rooms {
            let Some(seen) = self.seen.get(room) else {
                wrong += &format!("{room} was not seen; ");
                continue;
            };
            let ghosts = seen.iter().filter(|id| !self.people.here.contains_key(id) && Some(**id) != self.me);
            let ghosts = ghosts.map(|id| self.people.gone.get(id).map_or("a stranger", |who| &**who));
            let ghosts: Vec<&str> = ghosts.collect();
            let unseen = self.people.here.iter().filter(|(id, _)| !seen.contains(id));
            let unseen: Vec<&str> = unseen.map(|(_, who)| &**who).collect();
            if !ghosts.is_empty() || !unseen.is_empty() {
                wrong += &format!("{room} had {ghosts:?} too many and missed {unseen:?}; ");
            }
        }
        wrong
    }
}

fn change(people: &mut BTreeSet<UserId>, presence: Presence) {
    if let Some(all) = presence.people {
        *people = all.into_iter().map(|it| it.id).collect();
    }
    people.extend(presence.came.into_iter().map(|it| it.id));
    people.retain(|id| !presence.left.contains(id));
}
