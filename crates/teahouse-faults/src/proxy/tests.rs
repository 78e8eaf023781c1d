//! What arrives through a proxy: everything where nothing is cut, nothing made up anywhere.

use super::*;

/// Long enough for any machine: beyond it something hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// Returns every byte, to everybody, until they end.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                drop(tokio::io::copy(&mut from, &mut to).await);
            });
        }
    });
    address
}

async fn proxy(rates: Rates, seed: u64) -> (Proxy, Journal) {
    let journal = Journal::default();
    let proxy = Proxy::open("p".into(), echo().await, rates, Chance::new(seed), journal.clone()).await;
    (proxy.unwrap(), journal)
}

fn bytes(len: usize) -> Vec<u8> {
    let mut chance = Chance::new(1);
    (0..len).map(|_| chance.draw().to_le_bytes()[0]).collect()
}

/// Sends everything, ends, and reads until the end or a reset.
async fn there_and_back(proxy: &Proxy, sent: &[u8]) -> (Vec<u8>, io::Result<()>) {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut from, mut to) = stream.split();
    let mut got = Vec::new();
    let send = async {
        // It fails when the proxy cuts; what came back tells.
        drop(to.write_all(sent).await);
        drop(to.shutdown().await);
    };
    let read = async { from.read_to_end(&mut got).await.map(|_| ()) };
    let both = async { tokio::join!(send, read).1 };
    let ended = tokio::time::timeout(HANGS_AFTER, both).await.expect("it comes to an end");
    (got, ended)
}

fn only(weights: &'static [(Kind, u64)]) -> Rates {
    let stall = Duration::from_millis(50);
    Rates { opening_percent: 0, up_bytes: 5_000, down_bytes: 5_000, stall, weights }
}

fn kinds(journal: &Journal) -> BTreeMap<Kind, usize> {
    let mut kinds = BTreeMap::new();
    for operation in journal.take() {
        if let Operation::Fault { kind, .. } = operation {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    kinds
}

#[tokio::test]
async fn without_faults_everything_passes() {
    let (proxy, journal) = proxy(Rates::none(), 1).await;
    let (got, ended) = there_and_back(&proxy, &bytes(300_000)).await;
    ended.unwrap();
    assert!(got == bytes(300_000));
    assert_eq!(kinds(&journal), BTreeMap::new());
}

#[tokio::test]
async fn what_is_only_late_arrives_whole() {
    const LATE: &[(Kind, u64)] = &[
        (Kind::Stall, 1),
        (Kind::Freeze, 1),
        (Kind::HalveThenLate, 1),
        (Kind::Delay, 1),
        (Kind::Split, 1),
        (Kind::Buffer, 1),
    ];
    let (proxy, journal) = proxy(only(LATE), 2).await;
    for _ in 0..4 {
        let (got, ended) = there_and_back(&proxy, &bytes(60_000)).await;
        ended.unwrap();
        assert!(got == bytes(60_000), "{} bytes of 60000", got.len());
    }
    let kinds = kinds(&journal);
    assert_eq!(kinds.len(), LATE.len(), "{kinds:?}");
}

#[tokio::test]
async fn what_is_cut_is_a_beginning_of_it() {
    const CUTS: &[(Kind, u64)] = &[
        (Kind::Reset, 1),
        (Kind::End, 1),
        (Kind::StallThenCut, 1),
        (Kind::HalveThenCut, 1),
        (Kind::LoseAnswer, 1),
    ];
    let (proxy, journal) = proxy(only(CUTS), 3).await;
    let (mut resets, mut ends) = (0, 0);
    for _ in 0..40 {
        let (got, ended) = there_and_back(&proxy, &bytes(60_000)).await;
        assert!(got.len() < 60_000 && bytes(60_000).starts_with(&got), "{} bytes", got.len());
        *(if ended.is_err() { &mut resets } else { &mut ends }) += 1;
    }
    let kinds = kinds(&journal);
    assert_eq!(kinds.len(), CUTS.len(), "{kinds:?}");
    assert!(resets > 0 && ends > 0, "{resets} resets, {ends} ends");
}

#[tokio::test]
async fn an_answer_is_lost_after_the_house_has_the_request() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let rates = Rates { up_bytes: 1, ..only(&[(Kind::LoseAnswer, 1)]) };
    let house = listener.local_addr().unwrap();
    // A seed whose first fault upwards comes at once: inside the request.
    let proxy = Proxy::open("p".into(), house, rates, Chance::new(8), Journal::default()).await.unwrap();
    let house = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 500];
        stream.read_exact(&mut request).await.unwrap();
        stream.write_all(b"answer").await.unwrap();
        request
    });
    let (got, _) = there_and_back(&proxy, &bytes(500)).await;
    assert_eq!(got, b"");
    assert!(house.await.unwrap() == bytes(500));
}

#[tokio::test]
async fn openings_are_refused_and_ignored() {
    let rates = Rates { opening_percent: 100, stall: Duration::from_millis(60), ..Rates::none() };
    let (proxy, journal) = proxy(rates, 4).await;
    for _ in 0..20 {
        assert_eq!(there_and_back(&proxy, b"hello").await.0, b"");
    }
    let kinds = kinds(&journal);
    assert_eq!(kinds.keys().collect::<Vec<_>>(), [&Kind::Refuse, &Kind::Ignore]);
    proxy.heal();
    assert_eq!(there_and_back(&proxy, b"hello").await.0, b"hello");
}

#[tokio::test]
async fn everything_is_cut_from_outside() {
    let (proxy, journal) = proxy(Rates::none(), 5).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    stream.read_u8().await.unwrap();
    proxy.cut_all();
    assert!(stream.read_u8().await.is_err());
    assert_eq!(kinds(&journal), [(Kind::CutAll, 1)].into());
    assert_eq!(there_and_back(&proxy, b"again").await.0, b"again");
}

#[tokio::test]
async fn the_same_seed_does_the_same_harm() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (proxy, journal) = proxy(only(&[(Kind::Reset, 1), (Kind::End, 1), (Kind::Delay, 2)]), 6).await;
        for _ in 0..10 {
            drop(there_and_back(&proxy, &bytes(20_000)).await);
        }
        let up = |it: &Operation| matches!(it, Operation::Fault { way: Way::Up, connection: 0, .. });
        runs.push(journal.take().into_iter().find(up));
    }
    assert!(runs[0].is_some());
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn kinds_of_requests_are_blocked() {
    let (proxy, journal) = proxy(Rates::none(), 7).await;
    let upgrade = b"GET /v1/ws HTTP/1.1\r\n\r\n";
    proxy.block(Asked::Upgrade, Some(Barrier::Refuse(403)));
    let (got, _) = there_and_back(&proxy, upgrade).await;
    assert!(got.starts_with(b"HTTP/1.1 403 "), "{}", String::from_utf8_lossy(&got));
    proxy.block(Asked::Upgrade, None);
    assert_eq!(there_and_back(&proxy, upgrade).await.0, upgrade);

    proxy.block(Asked::Stream, Some(Barrier::Hold));
    let stream_request = b"POST /v1/stream HTTP/1.1\r\n\r\n";
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(stream_request).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut got = Vec::new();
    stream.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, stream_request, "what is held back comes at the end");

    proxy.block(Asked::LongPoll, Some(Barrier::Swallow));
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(b"POST /v1/poll HTTP/1.1\r\n\r\n").await.unwrap();
    journal.counted().wait_for(|it| it.faults == 3).await.unwrap();
    proxy.heal();
    assert!(matches!(stream.read(&mut [0; 8]).await, Ok(0) | Err(_)));
    assert_eq!(kinds(&journal), [(Kind::Block, 3)].into());
}
