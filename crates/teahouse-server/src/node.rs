//! One process: builds the parts, owns them, and takes them down again without losing anything.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use futures_util::FutureExt;
use teahouse_core::limits::Bucket;
use teahouse_core::rights::{self, Action, Concern, Subject, Who};
use teahouse_core::room::ConnectionId;
use teahouse_protocol::frame::Error;
use teahouse_protocol::{ErrorCode, Person, Push, RoomId, Seq};
use tokio::net::TcpListener;

use crate::accept::accept;
use crate::access::{self, Access};
use crate::bans::Bans;
use crate::bus::Bus;
use crate::calls::following::Caller;
use crate::clock::{Clock, unix_ms};
use crate::config::Config;
use crate::cost::Costs;
use crate::error::sentence;
use crate::files::Files;
use crate::follower::Followers;
use crate::house::{COMPARE, House, Order};
use crate::lock;
use crate::people::{self, Addresses, NAME_KEPT_MS, People, SIGN_IN_MS};
use crate::push::Pushes;
use crate::room::{Parts, Room, Rooms};
use crate::search::Index;
use crate::session::Connection;
use crate::settings::{Current, Settings};
use crate::store::{Commit, NewRoom, Store, StoreError, accounts, calls, expire};
use crate::tls::Tls;

/// The setting that keeps the house's secret.
pub(crate) const SECRET_KEY: &str = "secret";
/// How often names that nobody used for long are freed, and messages removed that were kept long enough.
const SWEEP: Duration = Duration::from_secs(3_600);
/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The parts that every request and connection shares.
pub struct Node {
    /// What the server was told at its start.
    pub config: Config,
    /// What time it is, and who wants to be woken when.
    pub clock: Arc<Clock>,
    /// What survives a restart.
    pub store: Arc<dyn Store>,
    /// The rooms that somebody asked for.
    pub rooms: Arc<Rooms>,
    /// Who is who.
    pub people: Arc<People>,
    /// What somebody may do in a room.
    pub access: Arc<Access>,
    /// Files that messages carry.
    pub files: Arc<Files>,
    /// How often each address connected lately.
    pub addresses: Addresses,
    /// The number of the next connection.
    pub(crate) next_connection: AtomicU64,
    /// What sessions cost that asked for it.
    pub costs: Costs,
    /// How many connections there are.
    pub(crate) connections: AtomicUsize,
    /// Requests that were not answered to the end.
    requests: AtomicUsize,
    hellos: Mutex<Bucket>,
    /// What only this house knows.
    secret: Arc<str>,
    settings: Arc<Current>,
    /// Who has to stay out.
    pub(crate) bans: Arc<Bans>,
    draining: tokio::sync::watch::Sender<bool>,
    /// Until there is one, whoever has the set-up link becomes it.
    has_owner: AtomicBool,
    /// What concerns every node.
    house: Arc<House>,
    /// Who makes something of the logs.
    pub followers: Arc<Followers>,
    /// The way to browsers without a page.
    pub pushes: Pushes,
    /// When it started, in milliseconds since 1970-01-01 UTC.
    pub(crate) started: u64,
}

impl Node {
    /// Builds the parts around a store and a bus.
    ///
    /// # Errors
    /// The store's, if it cannot be read.
    pub async fn new(
        config: Config,
        store: Arc<dyn Store>,
        bus: Arc<dyn Bus>,
    ) -> Result<Arc<Self>, StoreError> {
        let clock = Arc::new(Clock::start());
        store.add_room(NewRoom::lab()).await?;
        // Before the settings: what is changed after they were read is ordered.
        let house = Arc::new(House::open(store.clone(), bus.clone()).await?);
        let (settings, bans) = (Arc::new(Current::default()), Arc::new(Bans::default()));
        let secret: Arc<str> = secret(&*store).await?.into();
        let access = Arc::new(Access::new(store.clone(), settings.clone()));
        let people = Arc::new(People::new(people::Parts {
            store: store.clone(),
            clock: clock.clone(),
            house: house.clone(),
            settings: settings.clone(),
            bans: bans.clone(),
            secret: secret.clone(),
            rates: config.rates(),
            oidc: config.oidc.clone(),
        }));
        let files = Files::new(&config, store.clone(), settings.clone());
        let files = Arc::new(files.map_err(|error| StoreError::Down(format!("files: {error}").into()))?);
        let followers = Arc::new(Followers::default());
        let pushes = Pushes::open(&*store).await?;
        let sends_unacked_max = config.terms.limits.sends_unacked_max;
        let by_ring = config.io_uring && teahouse_ring::is_offered();
        if config.io_uring && !by_ring {
            tracing::warn!(
                "io_uring is asked for, and the kernel refuses it: rooms write to one socket after the other"
            );
        }
        let node = Arc::new(Self {
            rooms: Arc::new(Rooms::new(Parts {
                access: access.clone(),
                people: people.clone(),
                followers: followers.clone(),
                store: store.clone(),
                bus,
                clock: clock.clone(),
                sends_unacked_max,
                by_ring,
            })),
            people,
            access,
            files,
            addresses: Addresses::default(),
            next_connection: AtomicU64::new(1),
            costs: Costs::default(),
            connections: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            secret,
            hellos: Mutex::default(),
            settings,
            bans,
            draining: tokio::sync::watch::Sender::new(false),
            has_owner: AtomicBool::new(true),
            house,
            followers,
            pushes,
            started: unix_ms(),
            config,
            clock,
            store,
        });
        node.read_settings().await?;
        Ok(node)
    }

    async fn read_settings(&self) -> Result<(), StoreError> {
        let before = self.settings.now().admission;
        self.settings.become_like(Settings::read(&*self.store).await?);
        if self.settings.now().admission != before {
            // Who looks on without a name may not be welcome any more.
            self.rooms.concern(Concern::Everybody);
        }
        self.read_bans().await?;
        self.has_owner.store(self.store.has_owner().await?, Ordering::Release);
        Ok(())
    }

    /// Whoever has to stay out by them is out at once.
    async fn read_bans(&self) -> Result<(), StoreError> {
        self.bans.read_again(&*self.store).await?;
        let all = self.clock.connections();
        all.iter().filter(|one| self.may_stay(one).is_err()).for_each(|one| one.send_out());
        Ok(())
    }

    /// Whether whoever has this connection may be in the house.
    ///
    /// # Errors
    /// `banned`, as they are told it.
    pub(crate) fn may_stay(&self, connection: &Connection) -> Result<(), Error> {
        let person = connection.someone.get().map(|someone| someone.id);
        self.bans.check(person, Some(connection.address))
    }

    async fn obey(&self, order: Order) -> Result<(), StoreError> {
        match order {
            Order::Settings => self.read_settings().await,
            Order::Bans => self.read_bans().await,
            Order::Person { person } => {
                if let Some(person) = self.people.read_again(person).await? {
                    self.rooms.tell_person(&person);
                }
                Ok(())
            }
            Order::SignOut { person, sign_ins } => {
                self.people.close_sign_ins(person, &sign_ins);
                Ok(())
            }
            Order::Rights { person } => {
                self.rooms.concern(Concern::One(person));
                Ok(())
            }
            Order::Rooms { people } => {
                let said = Push::Changed { you: None, rooms: true, calls: false };
                for connection in people.into_iter().flat_map(|person| self.people.connections(person)) {
                    connection.tell(&said, self.clock.now());
                }
                Ok(())
            }
        }
    }

    /// Has every node do something.
    ///
    /// # Errors
    /// The store's.
    pub async fn order(&self, order: &Order) -> Result<(), StoreError> {
        self.house.order(order).await
    }

    /// An order was stored with this number.
    pub(crate) async fn given(&self, seq: Seq) {
        self.house.given(seq).await;
    }

    /// The way to the other nodes.
    pub(crate) fn bus(&self) -> &dyn Bus {
        self.house.bus()
    }

    /// How many nodes of the house are there, as far as this one knows; itself is one of them.
    pub(crate) fn nodes(&self) -> usize {
        self.house.nodes()
    }

    /// The house's name.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        self.settings.now().name.clone()
    }

    /// What the owner decided.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.now()
    }

    /// What somebody is to the house.
    #[must_use]
    pub fn who(&self, person: Option<&Person>) -> Who {
        self.access.who(person)
    }

    /// The room of that id, for somebody who may do this there, and what is known of them.
    ///
    /// # Errors
    /// Why they may not, or the store's code.
    pub async fn subject_in(
        &self,
        id: &RoomId,
        person: Option<&Person>,
        action: Action,
        r#ref: Option<u64>,
    ) -> Result<(Arc<Room>, Subject), Error> {
        let refusal = |error: StoreError| error.refusal(r#ref);
        let none = || Error::new(r#ref, ErrorCode::NoSuchRoom, sentence(ErrorCode::NoSuchRoom));
        let room = self.rooms.find(id).await.map_err(refusal)?.ok_or_else(none)?;
        let standing = self.access.standing(person, id).await.map_err(refusal)?;
        let subject = standing.subject(self.who(person), unix_ms());
        access::check(&subject, id, &room.now(), action, r#ref)?;
        Ok((room, subject))
    }

    /// The numbers of that room's log that somebody may read, who may read the room.
    ///
    /// The store may have more than this node knows of, and other rights with it: nobody reads beyond the head that
    /// the node had before it was asked what they may.
    ///
    /// # Errors
    /// `no_such_room`, or the store's code.
    pub async fn readable(
        &self,
        id: &RoomId,
        reader: Option<&Person>,
        r#ref: Option<u64>,
    ) -> Result<RangeInclusive<Seq>, Error> {
        let found = self.rooms.find(id).await.map_err(|error| error.refusal(r#ref))?;
        let head = found.map_or(Seq::ZERO, |room| room.head());
        let (room, subject) = self.subject_in(id, reader, Action::Read, r#ref).await?;
        Ok(rights::readable_from(&subject, &room.now())..=head)
    }

    /// Whether the node is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Done when the node is about to stop.
    pub fn until_drained(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut draining = self.draining.subscribe();
        async move {
            // An error means that the node is gone, which is as final.
            let _ = draining.wait_for(|draining| *draining).await;
        }
    }

    /// The path of the set-up link, until there is an owner. It is the same on every node.
    #[must_use]
    pub fn setup_path(&self) -> Option<String> {
        self.setup_secret().map(|secret| format!("/setup#{secret}"))
    }

    /// Whether this is the secret of the set-up link.
    #[must_use]
    pub fn is_setup(&self, secret: &str) -> bool {
        // Hashes are compared, so that the time says nothing of the secret.
        self.setup_secret().is_some_and(|ours| people::hash(&ours) == people::hash(secret))
    }

    /// There is an owner now, who may have decided something; every node is told so.
    ///
    /// # Errors
    /// The store's.
    pub async fn end_setup(&self, decided: Vec<(&'static str, String)>) -> Result<(), StoreError> {
        self.has_owner.store(true, Ordering::Release);
        for (key, value) in decided {
            self.store.keep_setting(key, Some(value)).await?;
        }
        self.house.order(&Order::Settings).await
    }

    /// Whether the house has no owner yet.
    #[must_use]
    pub fn awaits_owner(&self) -> bool {
        !self.has_owner.load(Ordering::Acquire)
    }

    fn setup_secret(&self) -> Option<String> {
        (!self.has_owner.load(Ordering::Acquire))
            // A backup that is restored brings no used link back: its epochs are new.
            .then(|| self.secret_of(&format!("setup {}", self.house.epoch())))
    }

    /// The number of the next connection.
    pub(crate) fn connection_id(&self) -> ConnectionId {
        ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed))
    }

    /// What nobody else can compute of a text.
    #[must_use]
    pub fn secret_of(&self, text: &str) -> String {
        people::secret_of(&self.secret, text)
    }

    /// What the terminal shows that is somebody in this house: whoever may read the store may everything.
    #[must_use]
    pub fn terminal_token(&self) -> String {
        terminal_token(&self.secret)
    }

    /// Takes one of the house's `hello`s, or says how long to wait.
    ///
    /// # Errors
    /// The waiting time in milliseconds.
    pub fn admit_hello(&self) -> Result<(), u64> {
        lock(&self.hellos).take(self.config.hellos, self.clock.now())
    }

    /// A request came: the node does not stop before it is answered, unless that takes too long.
    #[must_use]
    pub fn request(self: &Arc<Self>) -> Underway {
        self.requests.fetch_add(1, Ordering::AcqRel);
        Underway(self.clone())
    }

    /// Serves on these listeners, secured by `tls` if there is one, until `stop` is done or the store is damaged, then lets everybody go.
    ///
    /// # Errors
    /// The store's damage, which no restart can mend by itself.
    pub async fn run(
        self: Arc<Self>,
        listeners: Vec<TcpListener>,
        tls: Option<Tls>,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let failed = self.store.failed();
        let accepting = listeners.into_iter().map(|listener| accept(self.clone(), listener, tls.clone()));
        let mut tasks: Vec<_> = accepting.map(tokio::spawn).collect();
        tasks.extend(tls.map(|tls| tokio::spawn(tls.watch())));
        let clock = self.clock.clone();
        let wheel = tokio::spawn(async move { clock.turn().await });
        let sweep = tokio::spawn(sweep(self.clone()));
        let others = tokio::spawn(self.clone().follow_others());
        let index = self.followers.add(self.store.clone(), Arc::new(Index::new(self.store.clone())));
        let index = tokio::spawn(index.run());
        let files = self.files.clone();
        let clean = tokio::spawn(async move { files.keep_clean().await });
        let caller = Arc::new(Caller::new(self.clone()));
        let calling = tokio::spawn(self.followers.add(self.store.clone(), caller).run());
        let pushing = tokio::spawn(self.clone().push());
        let damage = tokio::select! {
            () = stop => None,
            error = failed => Some(error),
        };
        self.drain().await;
        let ours = [wheel, sweep, others, clean, index, calling, pushing];
        tasks.into_iter().chain(ours).for_each(|task| task.abort());
        self.store.close().await;
        match damage {
            Some(error) => Err(error).context("the server stopped because what it stored cannot be trusted"),
            None => Ok(()),
        }
    }

    /// Does what concerns every node, and finds what other nodes stored without a word.
    async fn follow_others(self: Arc<Self>) {
        let obey = |order| {
            let node = self.clone();
            async move { node.obey(order).await }.boxed()
        };
        let heard = |word| self.hear(word);
        tokio::join!(self.compare(), self.house.follow(&obey, &heard));
    }

    async fn compare(&self) {
        if !self.house.is_shared() {
            return;
        }
        let mut was_there = true;
        loop {
            tokio::time::sleep(COMPARE).await;
            let compared = self.rooms.compare().await;
            let is_there = compared.is_ok();
            match compared {
                Err(error) if was_there => {
                    tracing::warn!(
                        "the store is away: nobody can write, and nothing of other nodes is seen: {error}"
                    );
                }
                Ok(()) if !was_there => tracing::info!("the store is back"),
                _ => {}
            }
            was_there = is_there;
        }
    }

    /// Takes away what rooms have kept for as long as they keep it, at this time in milliseconds since 1970-01-01
    /// UTC.
    ///
    /// # Errors
    /// The store's.
    pub async fn expire(&self, now: u64) -> Result<(), StoreError> {
        for (room, days) in expire::rooms(&*self.store).await? {
            let before = now.saturating_sub(days.saturating_mul(DAY_MS));
            // One piece after another, so that whoever writes there waits for one only.
            while let Some(oldest) = expire::expire(&*self.store, &room, before).await? {
                self.rooms.begins_at(&room, oldest);
            }
        }
        Ok(())
    }

    /// Refuses what is new, and sends everybody away, each in their own time.
    async fn drain(&self) {
        self.draining.send_replace(true);
        let connections = self.clock.connections();
        tracing::info!(connections = connections.len(), "the server is about to stop");
        connections.iter().for_each(|connection| connection.drain());
        drop(connections);
        // Their farewell takes a little longer than the window.
        let until = self.clock.now() + self.config.drain_ms + 6_000;
        let left = || self.connections.load(Ordering::Acquire) + self.requests.load(Ordering::Acquire);
        while left() > 0 && self.clock.now() < until {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A request, until its answer has ended.
pub struct Underway(Arc<Node>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

impl std::fmt::Debug for Underway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Underway")
    }
}

/// What tells this house from others where they share something: 16 hex digits, the same on every node.
///
/// # Errors
/// The store's.
pub async fn house_key(store: &dyn Store) -> Result<String, StoreError> {
    let hash = people::hash(&format!("{}\0house", secret(store).await?));
    Ok(hash[..8].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What the terminal shows to a server that runs.
pub(crate) fn terminal_token(secret: &str) -> String {
    // No key of a request, whose secret somebody is told, can be called so.
    people::secret_of(secret, "\0terminal")
}

/// A secret of this house, made at its first start.
async fn secret(store: &dyn Store) -> Result<String, StoreError> {
    match store.setting(SECRET_KEY).await? {
        Some(secret) => Ok(secret),
        // Another node may do the same at this moment: one secret wins.
        None => store.first_setting(SECRET_KEY, people::new_token()).await,
    }
}

async fn sweep(node: Arc<Node>) {
    loop {
        let before = unix_ms().saturating_sub(NAME_KEPT_MS);
        match node.store.free_names(before).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(count, "names of guests who were not here for 30 days are free again")
            }
            Err(error) => tracing::warn!("names could not be freed: {error}"),
        }
        let now = unix_ms();
        if let Err(error) = accounts::sweep(&*node.store, now, now.saturating_sub(SIGN_IN_MS)).await {
            tracing::warn!("what is not good any more could not be forgotten: {error}");
        }
        let calls = calls::sweep(now).into_iter().fold(Commit::new(), Commit::then);
        if let Err(error) = node.store.commit(calls).await {
            tracing::warn!("what called people long ago could not be forgotten: {error}");
        }
        if let Err(error) = node.expire(unix_ms()).await {
            tracing::warn!("old messages could not be removed: {error}");
        }
        tokio::time::sleep(SWEEP).await;
    }
}
