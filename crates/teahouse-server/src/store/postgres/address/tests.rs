use super::*;

fn read(url: &str) -> Database {
    url.parse().unwrap_or_else(|error| panic!("{url}: {error}"))
}

#[test]
fn takes_what_libpq_takes() {
    let it =
        read("postgresql://ann:p%40ss?w@db.example:6543/tea?options=-csearch_path%3Dhouse&sslmode=disable");
    assert_eq!(it.config.get_password(), Some(&b"p@ss?w"[..]));
    assert_eq!(it.config.get_options(), Some("-csearch_path=house"));
    assert_eq!((it.place(), it.user()), ("db.example:6543/tea".into(), "ann"));
    let socket = read("postgres://ann@%2Frun%2Fpostgresql/tea");
    assert_eq!(
        (socket.place(), socket.config.get_ssl_mode()),
        ("/run/postgresql/tea".into(), SslMode::Prefer)
    );
    let two = read("postgres://one,two:5433/tea");
    assert_eq!(two.place(), "one:5432,two:5433/tea");
    assert_eq!(two.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
}

#[test]
fn a_mode_says_whom_it_trusts() {
    for (query, ssl, trust) in [
        ("", SslMode::Require, Trust::Name),
        ("?sslmode=disable", SslMode::Disable, Trust::Anybody),
        ("?sslmode=prefer", SslMode::Prefer, Trust::Anybody),
        ("?sslmode=require", SslMode::Require, Trust::Anybody),
        ("?sslmode=require&sslrootcert=a.pem", SslMode::Require, Trust::Authority),
        ("?sslrootcert=a.pem&sslmode=verify-ca", SslMode::Require, Trust::Authority),
        ("?sslmode=verify-full&sslrootcert=system", SslMode::Require, Trust::Name),
    ] {
        let it = read(&format!("postgres://db.example/tea{query}"));
        assert_eq!((it.config.get_ssl_mode(), it.trust), (ssl, trust), "{query}");
        assert_eq!(it.roots.is_some(), query.contains("a.pem"), "{query}");
    }
    for local in ["localhost", "127.9.9.9", "[::1]"] {
        let it = read(&format!("postgres://{local}/tea"));
        assert_eq!((it.config.get_ssl_mode(), it.trust), (SslMode::Prefer, Trust::Anybody), "{local}");
    }
}

#[test]
fn the_file_of_roots_may_have_any_name() {
    let it = read("postgres://db/tea?sslrootcert=%2Fetc%2Fa+b%20%C3%A4.pem");
    assert_eq!(it.roots, Some("/etc/a+b ä.pem".into()));
}

#[test]
fn says_what_is_wrong_and_never_the_password() {
    for (url, expected) in [
        ("mysql://u:hunter2@db/tea", "expected a URL such as postgres://"),
        ("host=db password=hunter2", "expected a URL such as postgres://"),
        ("postgres://u:hunter2@db/tea?sslmode=maybe", "sslmode is one of"),
        ("postgres://u:hunter2@db/tea?colour=red", "colour"),
        ("postgres://u:hunter2@db:hunter/tea", "port"),
        ("postgres://u:hunter2@/tea", "no host"),
        ("postgres://u:x@hunter2@db/tea", "%40"),
    ] {
        let error = url.parse::<Database>().unwrap_err().to_string();
        assert!(error.contains(expected), "{url}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let it = read("postgres://u:hunter2@db/tea");
    assert_eq!(format!("{it:?}"), "postgres://u@db:5432/tea");
}

#[test]
fn is_shown_without_its_password() {
    for (url, expected) in [
        ("postgres://u:secret@h/d", "postgres://u@h:5432/d"),
        ("postgres://h:1,g:2/d?password=secret", "postgres://h:1,g:2/d"),
        (
            "postgres://u:s%40%3F@h/d?options=-csearch_path%3Da",
            "postgres://u@h:5432/d?options=-csearch_path%3Da",
        ),
    ] {
        let database: Database = url.parse().unwrap();
        assert_eq!(database.shown(), expected);
        // What is shown leads to the same place.
        assert_eq!(expected.parse::<Database>().unwrap().shown(), expected);
    }
}
