//! The services come when they are asked for, come back at their place, and leave nothing.

use std::net::TcpStream;

use teahouse_services::{Nats, Postgres, Stop};

#[test]
fn postgres_keeps_what_was_committed_over_a_crash_and_leaves_nothing() {
    let mut postgres = Postgres::start().unwrap();
    let (one, two) = (postgres.place().unwrap(), postgres.place().unwrap());
    assert_ne!(one, two);
    postgres.run("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)").unwrap();
    for how in [Stop::Fast, Stop::Immediate] {
        postgres.stop(how).unwrap();
        assert!(TcpStream::connect(postgres.address()).is_err(), "{how:?}");
        postgres.start_again().unwrap();
        assert_eq!(postgres.run("SELECT n FROM kept").unwrap(), "42\n", "{how:?}");
    }
    assert!(postgres.run("SELECT nothing").unwrap_err().to_string().contains("nothing"));
    let (folder, address) = (postgres.folder().to_owned(), postgres.address());
    drop(postgres);
    assert!(!folder.exists());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn nats_comes_back_at_its_place() {
    let mut nats = Nats::start().unwrap();
    TcpStream::connect(nats.address()).unwrap();
    nats.stop().unwrap();
    assert!(TcpStream::connect(nats.address()).is_err());
    nats.start_again().unwrap();
    TcpStream::connect(nats.address()).unwrap();
    let address = nats.address();
    drop(nats);
    assert!(TcpStream::connect(address).is_err());
}
