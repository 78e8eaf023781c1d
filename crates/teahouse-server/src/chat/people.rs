//! Who is in the room, as far as this chat was told: makes names of ids, and changes of lists.

use std::collections::BTreeMap;

use teahouse_client::protocol::UserId;
use teahouse_client::protocol::event::Person;
use teahouse_client::protocol::frame::Presence;

/// Who is here.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) me: Option<Person>,
    here: BTreeMap<UserId, Person>,
}

/// Who came and who left since, oneself left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) came: Vec<Person>,
    pub(super) left: Vec<Person>,
}

impl People {
    /// The others, by name.
    pub(super) fn others(&self) -> Vec<&str> {
        let me = self.me.as_ref().map(|me| me.id);
        let mut names: Vec<&str> =
            self.here.values().filter(|it| Some(it.id) != me).map(|it| &*it.name).collect();
        names.sort_unstable();
        names
    }

    /// Who is here.
    pub(super) fn everybody(&self) -> impl Iterator<Item = &Person> {
        self.here.values()
    }

    /// The whole list; none where there are too many for one.
    pub(super) fn replace(&mut self, list: Option<&[Person]>) -> Changes {
        let Some(list) = list else { return Changes::default() };
        let now: BTreeMap<UserId, Person> = list.iter().map(|it| (it.id, it.clone())).collect();
        let before = std::mem::replace(&mut self.here, now);
        let missing = |from: &BTreeMap<UserId, Person>, to: &BTreeMap<UserId, Person>| {
            from.values().filter(|it| !to.contains_key(&it.id)).cloned().collect()
        };
        let changes = Changes { came: missing(&self.here, &before), left: missing(&before, &self.here) };
        self.without_me(changes)
    }

    /// What a signal says.
    pub(super) fn change(&mut self, presence: &Presence) -> Changes {
        if presence.people.is_some() {
            return self.replace(presence.people.as_deref());
        }
        let left = presence.left.iter().filter_map(|id| self.here.remove(id)).collect();
        let came = presence.came.iter().filter(|it| self.here.insert(it.id, (*it).clone()).is_none());
        let came = came.cloned().collect();
        self.without_me(Changes { came, left })
    }

    fn without_me(&self, mut changes: Changes) -> Changes {
        let me = self.me.as_ref().map(|me| me.id);
        changes.came.retain(|it| Some(it.id) != me);
        changes.left.retain(|it| Some(it.id) != me);
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u8) -> Person {
        Person::new(UserId::from_bytes([number; 16]), format!("p{number}").into(), None)
    }

    fn names(people: &[Person]) -> Vec<&str> {
        people.iter().map(|it| &*it.name).collect()
    }

    #[test]
    fn tells_who_came_and_who_left() {
        let mut people = People { me: Some(person(1)), ..People::default() };
        let changes = people.replace(Some(&[person(1), person(2)]));
        assert_eq!((names(&changes.came), names(&changes.left)), (vec!["p2"], vec![]));
        let changes = people.change(&Presence {
            count: 3,
            came: vec![person(2), person(3), person(1)],
            left: vec![person(9).id],
            ..Presence::default()
        });
        assert_eq!((names(&changes.came), names(&changes.left)), (vec!["p3"], vec![]));
        let changes = people.change(&Presence { left: vec![person(2).id], ..Presence::default() });
        assert_eq!((names(&changes.came), names(&changes.left)), (vec![], vec!["p2"]));
        let changes =
            people.change(&Presence { people: Some(vec![person(4), person(1)]), ..Presence::default() });
        assert_eq!((names(&changes.came), names(&changes.left)), (vec!["p4"], vec!["p3"]));
        assert_eq!(people.others(), ["p4"]);
        assert_eq!(people.replace(None), Changes::default());
        assert_eq!(people.others(), ["p4"]);
    }
}
