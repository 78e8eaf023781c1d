//! The task that drives a connection: it waits, reads, writes and carries out what the rules want.

use std::collections::{HashMap, VecDeque};
use std::future::{pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use teahouse_protocol::{Body, Cid, From, Kind, Push, RoomId};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::client::Options;
use crate::connection::{Connection, Fault, Identity, Input, LinkId, Output, Question, Ways};
use crate::notice::{Ack, Notice, Refused};
use crate::transport::{Arrival, Dialer, Link};

/// Who waits for a message to be in the log.
type Done = oneshot::Sender<Result<Ack, Refused>>;
/// Who waits for an answer.
type Answered = oneshot::Sender<Result<Box<Push>, Refused>>;

/// What the handle wants done.
#[derive(Debug)]
pub(crate) enum Order {
    Send { room: RoomId, cid: Cid, kind: Kind, body: Body, done: Done },
    Ask { question: Question, done: Answered },
    Subscribe { room: RoomId, from: From },
    Unsubscribe { room: RoomId },
    Typing { room: RoomId, on: bool },
}

/// Everything that one client owns.
#[derive(Debug)]
pub(crate) struct Driver {
    connection: Connection,
    dialer: Dialer,
    outbox_max: usize,
    orders: mpsc::Receiver<Order>,
    closed: watch::Receiver<bool>,
    notices: mpsc::Sender<Notice>,
    /// Told to the program as it takes them. While any wait here, nothing is read, so that what one
    /// input brings about is all that can be here.
    waiting: VecDeque<Notice>,
    /// The transport in use and, while a better one is tried, that one too; the newest is last.
    links: Vec<(LinkId, Link)>,
    /// The program wants to leave, so that it need not listen any more.
    leaving: bool,
    receipts: HashMap<Cid, Done>,
    answers: HashMap<u64, Answered>,
    began: Instant,
    out: Vec<Output>,
}

/// What woke the driver.
enum Woken {
    Order(Order),
    /// Nobody holds the client any more.
    Abandoned,
    Close,
    Arrival(LinkId, Arrival),
    Taken,
    Tick,
}

impl Driver {
    /// Questions without an answer; no order is taken above it.
    const QUESTIONS_MAX: usize = 64;

    pub(crate) fn new(
        options: Options,
        orders: mpsc::Receiver<Order>,
        closed: watch::Receiver<bool>,
        notices: mpsc::Sender<Notice>,
    ) -> Self {
        let dialer = Dialer::new(&options.address, &options.roots_pem);
        let Options { name, token, session, rooms, client, outbox_max, backoff, .. } = options;
        let ways = Ways { transport: options.transport, poll_every: options.poll_every, cost: options.cost };
        let me = Identity { token, name, session, client };
        Self {
            connection: Connection::new(me, rooms, backoff, ways),
            dialer,
            outbox_max: outbox_max.max(1),
            orders,
            closed,
            notices,
            waiting: VecDeque::new(),
            links: Vec::new(),
            leaving: false,
            receipts: HashMap::new(),
            answers: HashMap::new(),
            began: Instant::now(),
            out: Vec::new(),
        }
    }

    /// Until the client ends.
    pub(crate) async fn run(mut self) {
        self.handle(Input::Tick);
        let mut abandoned = false;
        while !self.connection.is_ended() {
            let woken = self.wait(abandoned).await;
            match woken {
                Woken::Order(order) => self.obey(order),
                Woken::Abandoned => abandoned = true,
                Woken::Close => self.leave(),
                Woken::Arrival(link, arrival) => self.arrived(link, arrival),
                Woken::Taken => self.connection.listened_again(self.now()),
                Woken::Tick => self.handle(Input::Tick),
            }
            self.hand_out();
            if abandoned && self.notices.is_closed() && self.connection.outbox_len() == 0 {
                self.leave();
            }
        }
        // The handle learns of the end by this; the last words still go to whoever listens.
        drop(self.orders);
        for notice in self.waiting {
            if self.notices.send(notice).await.is_err() {
                break;
            }
        }
    }

    async fn wait(&mut self, abandoned: bool) -> Woken {
        let waits = !self.waiting.is_empty();
        let reads = !waits || self.leaving;
        let takes_orders = !abandoned
            && self.connection.outbox_len() < self.outbox_max
            && self.connection.questions_len() < Self::QUESTIONS_MAX;
        let deadline = self.connection.next_deadline().map(|at| self.began + at);
        let (links, notices, waiting) = (&mut self.links, &self.notices, &mut self.waiting);
        tokio::select! {
            biased;
            () = closing(&mut self.closed), if !abandoned && !self.leaving => Woken::Close,
            () = taken(notices, waiting), if waits => Woken::Taken,
            (link, arrival) = next(links), if reads => Woken::Arrival(link, arrival),
            // While the program does not listen, silence means nothing and nothing is given up.
            () = until(deadline), if reads => Woken::Tick,
            order = self.orders.recv(), if takes_orders => order.map_or(Woken::Abandoned, Woken::Order),
            () = notices.closed(), if abandoned && !notices.is_closed() => Woken::Abandoned,
        }
    }

    fn leave(&mut self) {
        if !std::mem::replace(&mut self.leaving, true) {
            self.handle(Input::Close);
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Send { room, cid, kind, body, done } => {
                self.receipts.insert(cid, done);
                self.handle(Input::Send { room, cid, kind, body });
            }
            Order::Ask { question, done } => {
                let r#ref = self.connection.next_ref();
                self.answers.insert(r#ref, done);
                self.handle(Input::Ask { r#ref, question });
            }
            Order::Subscribe { room, from } => self.handle(Input::Subscribe { room, from }),
            Order::Unsubscribe { room } => self.handle(Input::Unsubscribe { room }),
            Order::Typing { room, on } => self.handle(Input::Typing { room, on }),
        }
    }

    fn arrived(&mut self, link: LinkId, arrival: Arrival) {
        let input = match arrival {
            Arrival::Opened => Input::Opened { link },
            Arrival::Heard(heard) => Input::Heard { link, heard },
            Arrival::Refused(error) => Input::Refused { link, error },
            Arrival::Ended { code, fault, cause } => {
                self.drop_link(link);
                Input::Lost { link, code, fault, cause }
            }
        };
        self.handle(input);
    }

    fn handle(&mut self, input: Input) {
        let mut out = std::mem::take(&mut self.out);
        self.connection.handle(input, self.now(), rand::random(), &mut out);
        let mut stuck = None;
        for output in out.drain(..) {
            match output {
                Output::Open { link, transport } => {
                    self.links.push((link, Link::open(&self.dialer, transport)));
                }
                Output::Drop { link } => self.drop_link(link),
                Output::Frame { link, command } => {
                    let found = self.links.iter().find(|(id, _)| *id == link);
                    stuck = stuck.or(found.filter(|(_, it)| !it.send(command)).map(|(id, _)| *id));
                }
                Output::Notice(notice) => self.waiting.push_back(notice),
                Output::Sent { cid, result } => {
                    self.receipts.remove(&cid).map(|done| done.send(result));
                }
                Output::Answer { r#ref, result } => {
                    self.answers.remove(&r#ref).map(|done| done.send(result));
                }
            }
        }
        self.out = out;
        if let Some(link) = stuck {
            self.drop_link(link);
            let cause = "the connection takes nothing any more".into();
            self.handle(Input::Lost { link, code: None, fault: Fault::Cut, cause });
        }
    }

    fn drop_link(&mut self, link: LinkId) {
        self.links.retain(|(id, _)| *id != link);
    }

    /// Gives the program what its queue has room for.
    fn hand_out(&mut self) {
        while let Some(notice) = self.waiting.pop_front() {
            match self.notices.try_send(notice) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(notice)) => {
                    self.waiting.push_front(notice);
                    return;
                }
                // Nobody listens: the client only writes.
                Err(mpsc::error::TrySendError::Closed(_)) => self.waiting.clear(),
            }
        }
    }
}

/// Waits for the program to take one notice.
async fn taken(notices: &mpsc::Sender<Notice>, waiting: &mut VecDeque<Notice>) {
    if let Ok(permit) = notices.reserve().await
        && let Some(notice) = waiting.pop_front()
    {
        permit.send(notice);
    } else {
        waiting.clear();
    }
}

async fn closing(closed: &mut watch::Receiver<bool>) {
    if closed.wait_for(|closed| *closed).await.is_err() {
        pending().await
    }
}

/// Waits for what comes next. The newest goes first: it is the one that may replace the other.
async fn next(links: &mut [(LinkId, Link)]) -> (LinkId, Arrival) {
    poll_fn(|context| {
        for (id, link) in links.iter_mut().rev() {
            if let Poll::Ready(arrival) = link.poll_next(context) {
                return Poll::Ready((*id, arrival));
            }
        }
        Poll::Pending
    })
    .await
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
