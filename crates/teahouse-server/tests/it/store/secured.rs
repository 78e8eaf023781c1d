//! The way to the database is secured as the URL asks, and passwords are asked for and kept to ourselves.

use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use teahouse_protocol::Seq;
use teahouse_server::store::postgres::OpenError;
use teahouse_server::store::{EventLog, PostgresStore, Store};
use teahouse_services::{Postgres, Stop};
use tempfile::TempDir;

use super::{drafts, main_room};
use crate::kit::server;

/// An authority, whose certificate is in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(folder: &TempDir, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// Gives the server a certificate for `db.test`, and a file that says who comes in how.
    fn secure(&self, postgres: &mut Postgres, access: &str) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["db.test".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let folder = postgres.folder().to_owned();
        let write = |name: &str, text: &str| {
            let file = folder.join(name);
            std::fs::write(&file, text).unwrap();
            owned_by_postgres(&file);
            let sql = format!("ALTER SYSTEM SET {name} = '{}'", file.display());
            sql
        };
        let settings = [
            write("ssl_cert_file", &certificate.pem()),
            write("ssl_key_file", &key.serialize_pem()),
            write("hba_file", &format!("local all all trust\n{access}\n")),
            "ALTER SYSTEM SET ssl = on".to_owned(),
        ];
        for setting in settings {
            postgres.run(&setting).unwrap();
        }
        postgres.stop(Stop::Fast).unwrap();
        postgres.start_again().unwrap();
    }
}

/// As the server wants it for its key.
fn owned_by_postgres(file: &Path) {
    let done =
        |program: &str, how: &str| Command::new(program).arg(how).arg(file).status().unwrap().success();
    assert!(done("chmod", "600") && done("chown", "postgres"), "this test needs root");
}

async fn open(url: &str) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(&url.parse().unwrap()).await
}

/// How many of our connections are encrypted, and how many there are.
fn encrypted(postgres: &Postgres) -> String {
    let sql =
        "SELECT count(*) FILTER (WHERE ssl), count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'teahouse'";
    postgres.run(sql).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trusts_the_server_as_far_as_the_url_says() {
    let folder = TempDir::new().unwrap();
    let (ours, other) = (Authority::new(&folder, "ours.pem"), Authority::new(&folder, "other.pem"));
    let mut postgres = Postgres::start().unwrap();
    ours.secure(&mut postgres, "hostssl all all all trust");
    let place = postgres.place().unwrap();
    let schema =
        place.split(['?', '&']).find(|pair| pair.starts_with("options=")).expect("it names a schema");
    let url = |host: &str, query: &str| {
        let address = postgres.address().ip();
        format!("postgres://postgres@{host}/postgres?hostaddr={address}&{schema}&{query}")
    };
    let (ours, other) = (ours.file.display(), other.file.display());
    for (host, query) in [
        ("db.test", format!("sslmode=verify-full&sslrootcert={ours}")),
        // A host that is not this machine is not believed without asking.
        ("db.test", format!("sslrootcert={ours}")),
        ("other.test", format!("sslmode=verify-ca&sslrootcert={ours}")),
        ("other.test", format!("sslmode=require&sslrootcert={ours}")),
        ("other.test", "sslmode=require".into()),
        ("other.test", "sslmode=prefer".into()),
    ] {
        let store = open(&url(host, &query)).await.unwrap_or_else(|error| panic!("{host} {query}: {error}"));
        assert_eq!(encrypted(&postgres), "1|1\n", "{host} {query}");
        store.close().await;
        drop(store);
        gone(&postgres);
    }
    for (host, query) in [
        ("other.test", format!("sslmode=verify-full&sslrootcert={ours}")),
        ("db.test", format!("sslmode=verify-full&sslrootcert={other}")),
        ("db.test", format!("sslmode=verify-ca&sslrootcert={other}")),
        ("db.test", format!("sslmode=require&sslrootcert={other}")),
        // The system's authorities do not know ours.
        ("db.test", "sslmode=verify-full".into()),
        ("db.test", String::new()),
    ] {
        let error =
            open(&url(host, &query)).await.err().unwrap_or_else(|| panic!("{host} {query} was believed"));
        let said = error.to_string();
        assert!(matches!(error, OpenError::Insecure { .. }), "{host} {query}: {said}");
        assert!(said.contains("sslrootcert=FILE") && said.contains("certificate"), "{said}");
    }
    let error = open(&url("db.test", "sslmode=disable")).await.err().expect("only encrypted ones come in");
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    let error = open(&url("db.test", "sslrootcert=/no/such/file.pem")).await.err().expect("there is none");
    assert!(error.to_string().contains("/no/such/file.pem"), "{error}");
}

/// Waits until the server has noticed that our connections are over.
fn gone(postgres: &Postgres) {
    while encrypted(postgres) != "0|0\n" {}
}

#[tokio::test]
async fn a_server_without_a_certificate_is_named() {
    let address = server().address();
    let url = format!("postgres://postgres@{address}/postgres?sslmode=require");
    let error = open(&url).await.err().expect("it has none");
    let said = error.to_string();
    assert!(matches!(error, OpenError::Insecure { .. }) && said.contains("sslmode="), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_asked_for_and_told_to_nobody() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new(&folder, "ours.pem");
    let mut postgres = Postgres::start().unwrap();
    postgres.run("CREATE ROLE ann LOGIN PASSWORD 'p@ss/word'; CREATE SCHEMA ann AUTHORIZATION ann").unwrap();
    authority.secure(&mut postgres, "host all all all scram-sha-256");
    let address = postgres.address();
    for sslmode in ["disable", "require"] {
        let url = |password: &str| format!("postgres://ann{password}@{address}/postgres?sslmode={sslmode}");
        let store = open(&url(":p%40ss%2Fword")).await.unwrap();
        store.append(&main_room(), drafts(1, 3)).await.unwrap();
        assert_eq!(store.after(&main_room(), Seq::ZERO, 9).await.unwrap().len(), 3);
        store.close().await;
        for password in [":hunter2", ""] {
            let error = open(&url(password)).await.err().expect("it is wrong");
            let said = format!("{error} {error:?}");
            assert!(matches!(error, OpenError::Refused { .. }) && said.contains("ann"), "{said}");
            assert!(!said.contains("hunter2") && said.contains("pg_hba.conf"), "{said}");
        }
    }
}
