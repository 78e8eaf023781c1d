//! The people whom texts name, as they are called now: filled in when events are read or told, never stored.

use std::collections::HashMap;

use teahouse_protocol::{Event, Kind, Person, UserId, text};

use super::rooms::person_of;
use super::{Statement, Store, StoreError, Value};

/// How many people one statement asks for: the list is filled up to it, so that there is one statement.
const AT_ONCE: usize = 32;

/// Fills in whom these events name. Costs nothing where no text names anybody; an id that is nobody's is left out.
///
/// # Errors
/// The store's.
pub(crate) async fn name(store: &dyn Store, events: &mut [Event]) -> Result<(), StoreError> {
    let named: Vec<(usize, Vec<UserId>)> = events
        .iter()
        .enumerate()
        .filter(|(_, event)| matches!(event.kind, Kind::Message | Kind::Edit))
        .map(|(index, event)| (index, text::calls(&event.body.text).people))
        .filter(|(_, people)| !people.is_empty())
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<UserId> = named.iter().flat_map(|(_, people)| people).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let people = people(store, &ids).await?;
    for (index, ids) in named {
        events[index].body.mentions = ids.iter().filter_map(|id| people.get(id).cloned()).collect();
    }
    Ok(())
}

async fn people(store: &dyn Store, ids: &[UserId]) -> Result<HashMap<UserId, Person>, StoreError> {
    let places: Vec<String> = (1..=AT_ONCE).map(|number| format!("${number}")).collect();
    let sql = format!(
        "SELECT id, name, role, picture FROM person WHERE id IN ({}) AND erased IS NULL",
        places.join(", ")
    );
    let mut people = HashMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let rest = std::iter::repeat_n(Value::Null, AT_ONCE - ids.len());
        let ids = ids.iter().map(|id| Value::from(*id)).chain(rest);
        for row in store.query(ids.fold(Statement::new(sql.clone()), Statement::with)).await? {
            let person = person_of(&row, 0)?;
            people.insert(person.id, person);
        }
    }
    Ok(people)
}
