use proptest::prelude::*;

use super::*;

/// What may happen around one subscription.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The room has so many more events, and the socket takes all, a part (the rest follows) or nothing.
    Append(u64, Taken),
    /// The log went on by itself.
    Jump(u64),
    /// The socket takes bytes.
    Writable,
    /// What is under way ends; a read may find at most so many events, or fail.
    Ends(u64, Taken),
    /// The subscription is told of a hole.
    Skip(u64),
    /// Its person's rights may have changed.
    Hold,
    /// They may read on.
    LetGo,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Taken {
    All,
    Part,
    Nothing,
}

/// A room, a socket and a feed between them.
#[derive(Debug)]
struct Model {
    feed: Feed,
    head: u64,
    /// Up to where the client has everything, or was told of the hole.
    given: u64,
    under_way: Next,
}

impl Model {
    fn step(&mut self, step: Step) {
        match step {
            Step::Append(count, taken) => self.append(count, taken),
            Step::Jump(count) => {
                if self.feed.is_live() && count > 0 {
                    self.feed.fell_behind(Seq(self.head));
                }
                self.head += count;
            }
            Step::Writable => self.writable(),
            Step::Ends(count, taken) => self.ends(count, taken),
            Step::Skip(count) if self.feed.is_behind() || self.feed.is_reading() => {
                self.given = (self.given + count).min(self.head);
                self.feed.skipped(Seq(self.given));
                self.under_way = Next::Rest;
            }
            Step::Skip(_) => {}
            Step::Hold => {
                self.feed.hold(Seq(self.head));
                // What was under way is not given any more.
                self.under_way = Next::Rest;
            }
            Step::LetGo if self.feed.is_held() => self.feed.let_go(),
            Step::LetGo => {}
        }
    }

    fn append(&mut self, count: u64, taken: Taken) {
        let (before, held_at) = (self.head, self.feed.is_held().then_some(self.feed.seq()));
        self.head += count;
        assert!(held_at.is_none_or(|at| at == Seq(self.given)), "who is held gets nothing");
        if !self.feed.is_live() || count == 0 {
            return;
        }
        assert_eq!(self.given, before, "a live subscription is at the head");
        if taken != Taken::Nothing {
            self.given = self.head;
        }
        if taken != Taken::All {
            self.feed.fell_behind(Seq(self.given));
        }
    }

    fn writable(&mut self) {
        let next = self.feed.next(Seq(self.head));
        match next {
            Next::Read(after) | Next::Ask(after) => {
                assert_eq!(self.under_way, Next::Rest, "one thing at a time");
                assert_eq!(after, Seq(self.given), "it goes on where the client is");
                self.under_way = next;
            }
            Next::Rest => {
                let is_due = self.under_way != Next::Rest || self.feed.is_live() || self.feed.is_held();
                assert!(is_due, "it sleeps for ever");
            }
        }
    }

    fn ends(&mut self, count: u64, taken: Taken) {
        match std::mem::replace(&mut self.under_way, Next::Rest) {
            Next::Read(_) if taken == Taken::Nothing => self.feed.gave_nothing(),
            Next::Read(_) => {
                self.given = (self.given + count).min(self.head);
                self.feed.gave(Seq(self.given));
            }
            Next::Ask(at) if at == Seq(self.head) => self.feed.made_live(),
            Next::Ask(_) => self.feed.kept_behind(),
            Next::Rest => {}
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let taken = || prop_oneof![Just(Taken::All), Just(Taken::Part), Just(Taken::Nothing)];
    prop_oneof![
        (0u64..4, taken()).prop_map(|(count, taken)| Step::Append(count, taken)),
        (0u64..3).prop_map(Step::Jump),
        Just(Step::Writable),
        (1u64..4, taken()).prop_map(|(count, taken)| Step::Ends(count, taken)),
        (0u64..3).prop_map(Step::Skip),
        Just(Step::Hold),
        Just(Step::LetGo),
    ]
}

proptest! {
    #[test]
    fn a_feed_gives_everything_once_and_comes_to_rest_live(steps in prop::collection::vec(step(), 0..80)) {
        let mut model = Model { feed: Feed::new(Seq(0)), head: 3, given: 0, under_way: Next::Rest };
        for step in steps {
            model.step(step);
            prop_assert!(model.given <= model.head);
            prop_assert!(!model.feed.is_live() || model.given == model.head);
        }
        model.step(Step::LetGo);
        // Quiet: a socket that takes bytes and a store that answers.
        for _ in 0..2 * model.head + 4 {
            model.step(Step::Writable);
            model.step(Step::Ends(1, Taken::All));
        }
        prop_assert!(model.feed.is_live() && model.given == model.head, "{model:?}");
    }
}

#[test]
#[should_panic(expected = "a subscription at 5 was given 4")]
fn a_feed_never_goes_back() {
    let mut feed = Feed::new(Seq(5));
    assert_eq!(feed.next(Seq(9)), Next::Read(Seq(5)));
    feed.gave(Seq(4));
}
