use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use teahouse_services::{Nats, Postgres, Stop};

use super::*;

/// Two hosts with a link, and somebody who answers on the second.
fn pair() -> (Host, Host, Link) {
    let (first, second) = (Host::new("first").unwrap(), Host::new("second").unwrap());
    let link = Link::new(&first, &second, 1).unwrap();
    (first, second, link)
}

/// Whether the first host reaches the second: it answers, if only that nobody listens.
async fn reaches(reach: &Reach, to: Ipv4Addr) -> bool {
    let connect = reach.connect(SocketAddr::from((to, 9)));
    match tokio::time::timeout(Duration::from_millis(500), connect).await {
        Ok(Err(error)) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        Ok(Ok(_)) => true,
        Err(_) => false,
    }
}

/// Waits until both do: a device that comes up needs a moment, and then asks for the other's address.
async fn both_reach(first: &Reach, second: &Reach, link: &Link) {
    let both = async {
        while !(reaches(first, link.second()).await && reaches(second, link.first()).await) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), both).await.expect("the link works");
}

#[tokio::test]
async fn a_link_is_cut_in_every_way_and_mended() {
    let (first, second, link) = pair();
    let there = first.reach().unwrap();
    let back = second.reach().unwrap();
    both_reach(&there, &back, &link).await;
    assert!(!Path::new("/sys/class/net/to-second").exists(), "this machine's own network is as it was");
    for how in Cut::ALL {
        link.cut(how).unwrap();
        assert!(!reaches(&there, link.second()).await, "{how:?}");
        assert!(!reaches(&back, link.first()).await, "{how:?}");
        link.mend().unwrap();
        both_reach(&there, &back, &link).await;
    }
}

#[tokio::test]
async fn services_run_on_a_host_and_on_a_disk_of_its_own() {
    let (first, second, link) = pair();
    let there = first.reach().unwrap();
    let seat = second.seat("postgres").unwrap();
    let data = seat.folder.join("data");
    second.mount(&data, 200, "postgres").unwrap();
    let mut postgres = Postgres::start_at(seat, &["fsync=on"]).unwrap();
    let address = SocketAddr::from((link.second(), 5432));
    there.connect(address).await.unwrap();
    assert!(second.inside(&data.join("PG_VERSION")).is_file(), "its files are on the host's disk");
    assert!(!data.join("PG_VERSION").exists(), "and nobody else sees them");

    postgres.freeze().unwrap();
    assert!(postgres.runs().unwrap());
    postgres.thaw().unwrap();
    postgres.run("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").unwrap();
    postgres.stop(Stop::Immediate).unwrap();
    assert!(there.connect(address).await.is_err());
    postgres.start_again().unwrap();
    assert_eq!(postgres.run("SELECT n FROM kept").unwrap(), "7\n");

    let nats = Nats::start_at(second.seat("nats").unwrap()).unwrap();
    there.connect(SocketAddr::from((link.second(), 4222))).await.unwrap();
    drop(nats);
    assert!(there.connect(SocketAddr::from((link.second(), 4222))).await.is_err());
}

#[test]
fn a_host_goes_with_its_owner() {
    let host = Host::new("gone").unwrap();
    let (folder, held) = (host.folder().to_owned(), host.inside(Path::new("/")));
    assert!(held.exists());
    drop(host);
    assert!(!held.exists() && !folder.exists());
}
