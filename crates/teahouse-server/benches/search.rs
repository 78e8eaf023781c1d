//! How fast search answers, and how fast messages come into its index: `bin/bench search`. The messages are made from
//! a seed: Chinese, English, Japanese and code, in many rooms, one of which has half of them.
//!
//! Without `--database` it starts a PostgreSQL of its own, and keeps SQLite's folder on the same disk. It says how far
//! it is, and ends by itself: a million messages take some minutes for each store.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails has no number")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use teahouse_core::rights::Who;
use teahouse_core::room::Draft;
use teahouse_protocol::{Body, Cid, Kind, Range, Role, RoomId, Seq, UserId};
use teahouse_server::follower::Followers;
use teahouse_server::search::{Asked, Has, Index, Question, Seeker, search};
use teahouse_server::store::{NewRoom, PostgresStore, SqliteStore, Statement, Store};
use teahouse_services::Postgres;

/// Measures how fast search answers.
#[derive(Parser)]
#[command(name = "bin/bench search")]
struct Options {
    /// An empty database that may be filled, without TLS; otherwise one is started
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// How many messages there are
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// In how many rooms; with 1 all are in one
    #[arg(long, default_value_t = 200)]
    rooms: u64,
    /// How often each question is asked
    #[arg(long, default_value_t = 100)]
    times: u32,
    /// Only this store: sqlite or postgres
    #[arg(long)]
    only: Option<String>,
    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

const CHINESE: &str = "我们 你们 大家 今天 明天 昨天 晚上 早上 茶馆 见面 喝茶 聊天 消息 房间 网络 连接 断开 重连 服务器 浏览器 \
    手机 电脑 代码 测试 问题 修复 发布 版本 更新 文件 图片 视频 音乐 电影 天气 很好 不错 可以 没有 什么 怎么 为什么 因为 所以 \
    但是 如果 已经 正在 马上 一起 吃饭 公司 学校 老师 同学 朋友 家里 路上 火车 地铁 机场 上海 北京 广州 深圳 杭州 普洱 龙井 乌龙 \
    的 了 是 在 有 和 就 不 都 也 很 到 说 要 去 会 着 看 好 这";
const ENGLISH: &str = "the a to of and in is it that for on with as this be are not have you we they from at by or an \
    but what when where how why who message room server client network online offline reconnect resume cursor log event \
    teahouse tea coffee train station meeting tomorrow today yesterday release version fixed broken test passed failed \
    deploy database search index file picture video music great thanks please maybe later now soon never always";
const JAPANESE: &str = "今日 は 明日 お茶 を 飲む 会議 です ます ました ありがとう ございます サーバー クライアント メッセージ \
    テスト 修正 確認 お願いします 東京 大阪 電車 駅 写真 音楽 ネットワーク 接続";
const CODE: &str =
    "`cargo test` `npm ci` fn_main let_x SELECT_1 https://a.example/issues/42 `git push` v1.2.3";

struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// The first words of a list come far more often than the last.
    fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let most = self.next(words.len() as u64) + 1;
        words[self.next(most) as usize]
    }
}

/// What the message of this number says, in which room, and by whom.
fn made(number: u64, rooms: u64) -> (u64, u64, String) {
    let mut chance = Chance(number);
    let lists: Vec<Vec<&str>> =
        [CHINESE, ENGLISH, JAPANESE, CODE].iter().map(|list| list.split_whitespace().collect()).collect();
    let kind = match chance.next(100) {
        0..50 => 0,
        50..82 => 1,
        _ => 2,
    };
    let space = if kind == 1 { " " } else { "" };
    let count = 3 + chance.next(14);
    let mut text: Vec<&str> = (0..count).map(|_| chance.word(&lists[kind])).collect();
    if kind == 0 {
        text.insert(text.len() / 2, "，");
    }
    let mut text = text.join(space);
    if chance.next(10) == 0 {
        text = format!("{text} {}", chance.word(&lists[3]));
    }
    match number % 10_000 {
        77 => text.push_str(" zebrafinch"),
        78 => text.push_str("，鸳鸯锅"),
        _ => {}
    }
    let room = if rooms > 1 && chance.next(2) == 0 { 1 + chance.next(rooms - 1) } else { 0 };
    (room, chance.next(1_000), text)
}

fn room_id(room: u64) -> RoomId {
    format!("bench-{room}").parse().unwrap()
}

fn person(number: u64) -> UserId {
    UserId::from_random(u128::from(number).to_be_bytes())
}

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(options));
}

async fn measure(options: Options) {
    let is_wanted = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    if is_wanted("sqlite") {
        let folder = tempfile::tempdir().unwrap();
        one("SQLite", Arc::new(SqliteStore::open(folder.path()).unwrap()), &options).await;
    }
    if is_wanted("postgres") {
        let own = options.database.is_none().then(|| Postgres::start_with(&[]).unwrap());
        let url = options.database.clone().unwrap_or_else(|| own.as_ref().unwrap().place().unwrap());
        let store = Arc::new(PostgresStore::open(&url.parse().unwrap()).await.unwrap());
        one("PostgreSQL", store, &options).await;
    }
}

async fn one(name: &str, store: Arc<dyn Store>, options: &Options) {
    fill(name, &store, options).await;
    index(name, &store, options).await;
    let mut all = Vec::new();
    println!("\n{name:<12}{:<34}{:>8}{:>9}{:>9}{:>9}", "question", "hits", "p50 ms", "p95 ms", "p99 ms");
    for (kind, questions) in kinds(options) {
        let (mut times, mut hits) = (Vec::new(), 0);
        for asked in questions.iter().cycle().take(options.times.max(questions.len() as u32) as usize) {
            let begin = Instant::now();
            let seeker = Seeker { person: person(0), who: Who::of(Some(Role::Member)) };
            hits = search(&*store, seeker, asked).await.unwrap().messages.len();
            times.push(begin.elapsed());
        }
        println!("{name:<12}{kind:<34}{hits:>8}{}", shares(&mut times));
        all.extend(times);
    }
    println!("{name:<12}{:<34}{:>8}{}", "all together", "", shares(&mut all));
    open(name, &store, options).await;
    store.close().await;
}

/// The middle, and what one in twenty and one in a hundred exceed.
fn shares(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    format!("{:>9.2}{:>9.2}{:>9.2}", at(0.5), at(0.95), at(0.99))
}

async fn fill(name: &str, store: &Arc<dyn Store>, options: &Options) {
    for room in (0..options.rooms).map(room_id).chain(["bench-small".parse().unwrap()]) {
        store.add_room(NewRoom::open(room, "Bench".into(), "".into())).await.unwrap();
    }
    let draft = |number: u64, by: u64, text: String| {
        let cid = Cid::from_bytes(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes());
        let at = 1_700_000_000_000 + number * 1_000;
        Draft { cid, kind: Kind::Message, by: person(by), at, body: Body::of(text) }
    };
    let small = (1..=100).map(|number| draft(u64::MAX / 2 + number, 1, "small".into())).collect();
    store.append(&"bench-small".parse().unwrap(), small).await.unwrap();
    let begin = Instant::now();
    for first in (0..options.messages).step_by(20_000) {
        let mut drafts: Vec<Vec<Draft>> = vec![Vec::new(); options.rooms as usize];
        for number in first..options.messages.min(first + 20_000) {
            let (room, by, text) = made(number, options.rooms);
            drafts[room as usize].push(draft(number, by, text));
        }
        for (room, drafts) in drafts.into_iter().enumerate() {
            for some in drafts.chunks(1_000) {
                store.append(&room_id(room as u64), some.to_vec()).await.unwrap();
            }
        }
        if first % 100_000 == 0 {
            println!("{name}: {first} messages written after {:.0} s", begin.elapsed().as_secs_f64());
        }
    }
}

async fn index(name: &str, store: &Arc<dyn Store>, options: &Options) {
    let begin = Instant::now();
    let follower = Followers::default().add(store.clone(), Arc::new(Index::new(store.clone())));
    let mut work = Box::pin(follower.catch_up());
    let mut told = tokio::time::interval(Duration::from_secs(15));
    loop {
        tokio::select! {
            done = &mut work => break done.unwrap(),
            _ = told.tick() => {
                let done = Statement::new("SELECT CAST(coalesce(sum(seq), 0) AS bigint) FROM follower");
                let done = store.query(done).await.unwrap()[0].int(0).unwrap();
                println!("{name}: {done} indexed after {:.0} s", begin.elapsed().as_secs_f64());
            }
        }
    }
    let rate = options.messages as f64 / begin.elapsed().as_secs_f64();
    println!("{name}: {rate:.0} messages indexed a second");
}

fn kinds(options: &Options) -> Vec<(&'static str, Vec<Asked>)> {
    let asked = |words: &[&str]| -> Vec<Asked> {
        words.iter().map(|q| Asked { question: Question::of(q), limit: 20, ..Asked::default() }).collect()
    };
    let narrowed = |change: &dyn Fn(&mut Asked)| {
        let mut all = asked(&["茶馆", "server", "的", "the"]);
        all.iter_mut().for_each(change);
        all
    };
    let room = room_id(options.rooms.min(7) - 1);
    vec![
        ("one character, common", asked(&["的", "我", "天", "不"])),
        ("one character, rare", asked(&["鸳", "鸯", "锅"])),
        ("two characters, common", asked(&["茶馆", "我们", "今天", "お茶"])),
        ("two characters, rare", asked(&["鸳鸯", "鸯锅"])),
        ("longer, characters", asked(&["鸳鸯锅", "服务器", "ありがとう"])),
        ("a word, common", asked(&["the", "server", "of"])),
        ("a word, rare", asked(&["zebrafinch"])),
        ("the beginning of a word", asked(&["zebraf", "teahou", "yesterd"])),
        ("two words, common", asked(&["server message", "我们 今天", "the cursor"])),
        ("mixed scripts", asked(&["手机 v1.2.3", "茶馆 test", "cargo 我们"])),
        ("a phrase", asked(&["\"cargo test\"", "\"server room\"", "\"of the\""])),
        ("in one room", narrowed(&|asked| asked.room = Some(room.clone()))),
        ("of one person", narrowed(&|asked| asked.by = Some(person(5)))),
        ("with code", narrowed(&|asked| asked.has = vec![Has::Code])),
        ("before a date", narrowed(&|asked| asked.before_ms = Some(1_700_100_000_000))),
        ("no hits", asked(&["鸳我", "nobodysaysthis", "zebrafinch 鸳鸯"])),
        ("no hits of common words", asked(&["the 的", "server お茶"])),
    ]
}

/// Opening the largest room costs what opening one of a hundred messages does.
async fn open(name: &str, store: &Arc<dyn Store>, options: &Options) {
    let mut middles = Vec::new();
    for id in ["bench-small".parse().unwrap(), room_id(0)] {
        let mut times = Vec::new();
        let mut head = Seq::ZERO;
        for _ in 0..options.times.max(20) {
            let begin = Instant::now();
            head = store.room(&id).await.unwrap().unwrap().head;
            store.read_mark(person(1), &id).await.unwrap();
            store.after(&id, Seq(head.0.saturating_sub(50)), 50).await.unwrap();
            store.page(&id, Range::Before(Seq(head.0 - 49)), 50).await.unwrap();
            times.push(begin.elapsed());
        }
        println!("{name}: opening a room of {} messages, ms:{}", head.0, shares(&mut times));
        middles.push(times[times.len() / 2].as_secs_f64());
    }
    println!("{name}: the larger one takes {:.2} times as long", middles[1] / middles[0]);
}
