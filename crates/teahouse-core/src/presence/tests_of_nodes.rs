use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

const OTHER: NodeId = NodeId(2);

fn person(n: u8) -> Person {
    Person::new(UserId::from_bytes([n; 16]), Arc::from(format!("P{n}")), None)
}

fn people(numbers: &[u8]) -> Here {
    let people: Vec<_> = numbers.iter().map(|n| person(*n)).collect();
    Here { count: people.len() as u64, people: Some(people), partial: false }
}

fn crowd(count: u64) -> Here {
    Here { count, people: None, partial: false }
}

fn numbers(here: &Here) -> BTreeSet<u8> {
    here.people.iter().flatten().map(|person| person.id.as_bytes()[0]).collect()
}

fn told(presence: &mut Presence, now: u64) -> (Vec<u8>, Vec<u8>) {
    let changes = presence.tick(Moment(now)).presence.unwrap_or_default();
    let came = changes.came.iter().map(|person| person.id.as_bytes()[0]).collect();
    (came, changes.left.iter().map(|id| id.as_bytes()[0]).collect())
}

#[test]
fn people_at_other_nodes_are_here_too() {
    let mut presence = Presence::shared();
    presence.enter(&person(1), Moment(0));
    presence.elsewhere(OTHER, people(&[1, 2]), Moment(0));
    assert_eq!(told(&mut presence, 1_500), (vec![1, 2], vec![]));
    presence.leave(person(1).id, 0, Moment(2_000));
    assert_eq!(told(&mut presence, 4_000), (vec![], vec![]), "still at the other node");
    presence.elsewhere(OTHER, people(&[2]), Moment(5_000));
    assert_eq!(told(&mut presence, 6_500), (vec![], vec![1]));
    assert_eq!(numbers(&presence.here()), BTreeSet::from([2]));
    presence.elsewhere(OTHER, people(&[]), Moment(7_000));
    assert_eq!(told(&mut presence, 8_500), (vec![], vec![2]));
    assert_eq!((presence.here().count, presence.next_deadline()), (0, None));
}

#[test]
fn a_node_says_who_is_there_when_it_changes_and_again_while_somebody_is() {
    let mut presence = Presence::shared();
    assert_eq!(presence.next_deadline(), None, "nobody, nothing");
    presence.elsewhere(OTHER, people(&[7]), Moment(0));
    told(&mut presence, 1_500);
    presence.enter(&person(1), Moment(2_000));
    presence.enter(&person(1), Moment(2_100));
    assert_eq!(presence.tick(Moment(2_299)).at_this_node, None);
    let at = presence.tick(Moment(2_300)).at_this_node;
    assert_eq!(at, Some(people(&[1])), "of this node alone");
    presence.elsewhere(OTHER, people(&[7]), Moment(9_000));
    assert_eq!(presence.tick(Moment(12_299)).at_this_node, None);
    assert_eq!(presence.tick(Moment(12_300)).at_this_node, Some(people(&[1])), "again");
    presence.leave(person(1).id, LEASE_MS, Moment(14_000));
    presence.leave(person(1).id, LEASE_MS, Moment(14_000));
    assert_eq!(presence.tick(Moment(22_300)).at_this_node, Some(people(&[1])), "it may come back");
    assert_eq!(presence.tick(Moment(42_300)).at_this_node, Some(people(&[1])));
    assert_eq!(presence.tick(Moment(44_000)).at_this_node, None, "changes are gathered");
    assert_eq!(presence.tick(Moment(44_300)).at_this_node, Some(people(&[])), "the last word");
    presence.tick(Moment(60_000));
    assert_eq!(presence.next_deadline(), None);
    presence.asked(Moment(61_000));
    assert_eq!(presence.next_deadline(), None, "nobody has nothing to say");
}

#[test]
fn who_asks_is_answered_soon() {
    let mut presence = Presence::shared();
    presence.enter(&person(1), Moment(0));
    presence.tick(Moment(2_000));
    presence.asked(Moment(3_000));
    presence.asked(Moment(3_020));
    assert_eq!(presence.tick(Moment(3_050)).at_this_node, Some(people(&[1])));
    assert_eq!(presence.tick(Moment(6_000)).at_this_node, None, "two asked, one answer");
}

#[test]
fn the_silence_of_a_node_ends_its_leases() {
    let mut presence = Presence::shared();
    presence.elsewhere(OTHER, people(&[1, 2]), Moment(0));
    presence.enter(&person(2), Moment(0));
    told(&mut presence, 1_500);
    presence.elsewhere(OTHER, people(&[1, 2]), Moment(10_000));
    assert_eq!(told(&mut presence, 34_999), (vec![], vec![]));
    assert_eq!(told(&mut presence, 35_000), (vec![], vec![]));
    assert_eq!(told(&mut presence, 36_500), (vec![], vec![1]));
}

#[test]
fn crowds_add_up_and_a_count_is_told_when_it_changes() {
    let mut presence = Presence::shared();
    presence.enter(&person(1), Moment(0));
    presence.elsewhere(OTHER, crowd(300), Moment(0));
    let changes = presence.tick(Moment(1_500)).presence.unwrap();
    assert_eq!((changes.count, changes.people, changes.came), (301, None, vec![]));
    presence.elsewhere(OTHER, crowd(300), Moment(5_000));
    assert_eq!(presence.tick(Moment(8_000)).presence, None);
    presence.elsewhere(OTHER, crowd(310), Moment(10_000));
    assert_eq!(presence.tick(Moment(11_500)).presence.unwrap().count, 311);
    presence.elsewhere(OTHER, people(&[2]), Moment(15_000));
    let changes = presence.tick(Moment(16_500)).presence.unwrap();
    assert_eq!((changes.count, changes.people.map(|people| people.len())), (2, Some(2)));
    for n in 1..=250 {
        let id = UserId::from_bytes([n; 16]);
        presence.enter(&Person { id, ..person(n) }, Moment(20_000));
    }
    let signals = presence.tick(Moment(21_500));
    assert_eq!(signals.at_this_node, Some(crowd(250)));
}

#[test]
fn a_node_that_hears_nothing_says_so_and_says_when_it_hears_again() {
    let mut presence = Presence::shared();
    presence.enter(&person(1), Moment(0));
    told(&mut presence, 1_500);
    presence.hears_others(false, Moment(2_000));
    presence.hears_others(false, Moment(2_100));
    let changes = presence.tick(Moment(3_500)).presence.unwrap();
    assert_eq!((changes.partial, changes.count, presence.here().partial), (true, 1, true));
    assert_eq!(changes.people.map(|people| people.len()), Some(1), "neither came nor left: the list");
    presence.hears_others(true, Moment(4_000));
    let signals = presence.tick(Moment(5_500));
    assert!(!signals.presence.unwrap().partial);
    assert_eq!(signals.at_this_node, Some(people(&[1])), "others may have missed it");
}

#[test]
fn one_node_alone_says_nothing_to_others() {
    let mut presence = Presence::default();
    presence.enter(&person(1), Moment(0));
    presence.elsewhere(OTHER, people(&[2]), Moment(0));
    presence.hears_others(false, Moment(0));
    let signals = presence.tick(Moment(1_500));
    assert_eq!((signals.at_this_node, presence.here()), (None, people(&[1])));
}

#[derive(Debug, Clone)]
enum Step {
    Enter {
        node: usize,
        who: u8,
    },
    Leave {
        node: usize,
        who: u8,
        cleanly: bool,
    },
    Bye {
        node: usize,
        who: u8,
    },
    /// A node dies and starts again as another one.
    Die {
        node: usize,
    },
    /// Time goes on; of a hundred words so many are lost.
    Wait {
        ms: u64,
        lost: u32,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (node, who) = (0usize..3, 1u8..5);
    let step = prop_oneof![
        4 => (node.clone(), who.clone()).prop_map(|(node, who)| Step::Enter { node, who }),
        3 => (node.clone(), who.clone(), any::<bool>())
            .prop_map(|(node, who, cleanly)| Step::Leave { node, who, cleanly }),
        1 => (node.clone(), who).prop_map(|(node, who)| Step::Bye { node, who }),
        1 => node.prop_map(|node| Step::Die { node }),
        5 => (1u64..12_000, 0u32..100).prop_map(|(ms, lost)| Step::Wait { ms, lost }),
    ];
    prop::collection::vec(step, 0..60)
}

/// Three nodes, and who is really connected to each.
struct World {
    nodes: Vec<(NodeId, Presence, Vec<u8>)>,
    /// What somebody live at each node believes from signals alone.
    believed: Vec<BTreeSet<u8>>,
    now: u64,
    chance: u32,
}

impl World {
    fn wait(&mut self, ms: u64, lost: u32) {
        let until = self.now + ms;
        while let Some(at) = self.nodes.iter().filter_map(|(_, one, _)| one.next_deadline()).min() {
            if at.0 > until {
                break;
            }
            self.now = self.now.max(at.0);
            (0..3).for_each(|node| self.tick(node, lost));
        }
        self.now = until;
    }

    fn tick(&mut self, node: usize, lost: u32) {
        let now = Moment(self.now);
        let (id, presence, _) = &mut self.nodes[node];
        let (id, signals) = (*id, presence.tick(now));
        if let Some(changes) = signals.presence {
            let believed = &mut self.believed[node];
            believed.extend(changes.came.iter().map(|person| person.id.as_bytes()[0]));
            believed.retain(|who| !changes.left.contains(&person(*who).id));
            assert_eq!(believed.len() as u64, changes.count);
        }
        let Some(here) = signals.at_this_node else { return };
        for other in (0..3).filter(|other| *other != node) {
            self.chance = self.chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if self.chance >> 16 & 0xffff >= lost * 655 {
                self.nodes[other].1.elsewhere(id, here.clone(), now);
            }
        }
    }

    fn step(&mut self, step: &Step) {
        let now = Moment(self.now);
        match *step {
            Step::Enter { node, who } => {
                self.nodes[node].2.push(who);
                self.nodes[node].1.enter(&person(who), now);
            }
            Step::Leave { node, who, cleanly } => {
                let (_, presence, connected) = &mut self.nodes[node];
                if let Some(at) = connected.iter().position(|one| *one == who) {
                    connected.remove(at);
                    presence.leave(person(who).id, if cleanly { 0 } else { LEASE_MS }, now);
                }
            }
            Step::Bye { node, who } => self.nodes[node].1.bye(person(who).id, now),
            Step::Die { node } => {
                self.chance = self.chance.wrapping_add(1);
                self.nodes[node] = (NodeId(u64::from(self.chance)), Presence::shared(), Vec::new());
                self.believed[node].clear();
            }
            Step::Wait { ms, lost } => self.wait(ms, lost),
        }
    }
}

proptest! {
    #[test]
    fn all_nodes_agree_in_the_end(steps in steps(), chance in any::<u32>()) {
        let nodes = (0..3).map(|node| (NodeId(node), Presence::shared(), Vec::new())).collect();
        let believed = vec![BTreeSet::new(); 3];
        let mut world = World { nodes, believed, now: 0, chance };
        steps.iter().for_each(|step| world.step(step));
        world.wait(LEASE_MS + ELSEWHERE_MS + HERE_MS, 0);
        let here: BTreeSet<u8> = world.nodes.iter().flat_map(|(_, _, connected)| connected.clone()).collect();
        for (node, believed) in world.believed.iter().enumerate() {
            prop_assert_eq!(&numbers(&world.nodes[node].1.here()), &here, "node {}", node);
            prop_assert_eq!(believed, &here, "whoever is live at node {}", node);
        }
    }
}

#[test]
fn the_other_nodes_are_told_of_typing_what_is_news_and_no_more() {
    let mut presence = Presence::shared();
    presence.enter(&person(1), Moment(0));
    let (me, mut told) = (person(1).id, Vec::new());
    // Ten thousand words in ten seconds, and the last one says that it is over.
    for now in 0..10_000 {
        presence.typing_here(me, true, Moment(now));
        told.extend(presence.tick(Moment(now)).types_at_this_node.into_iter().map(|(_, on)| (now, on)));
    }
    presence.typing_here(me, false, Moment(10_000));
    told.extend(presence.tick(Moment(10_300)).types_at_this_node.into_iter().map(|(_, on)| (10_300, on)));
    assert_eq!(told, [(300, true), (3_600, true), (6_900, true), (10_300, false)]);
}

#[test]
fn who_types_and_stops_again_and_again_costs_the_other_nodes_little() {
    let mut presence = Presence::shared();
    presence.enter(&person(1), Moment(0));
    let (mut words, mut last) = (0, false);
    for now in 0..10_000 {
        presence.typing_here(person(1).id, now % 2 == 0, Moment(now));
        for (_, on) in presence.tick(Moment(now)).types_at_this_node {
            (words, last) = (words + 1, on);
        }
    }
    for (_, on) in presence.tick(Moment(11_000)).types_at_this_node {
        last = on;
    }
    assert!(words <= 10_000 / 300, "{words}");
    assert!(!last, "they stopped");
    // What another node says is not told back, and a lone node tells nobody.
    presence.typing(person(1).id, true, Moment(20_000));
    assert_eq!(presence.tick(Moment(25_000)).types_at_this_node, []);
    let mut alone = Presence::default();
    alone.enter(&person(1), Moment(0));
    alone.typing_here(person(1).id, true, Moment(0));
    assert_eq!(alone.tick(Moment(1_000)).types_at_this_node, []);
}
