//! What only SQLite can be asked: the folder, the version, the transactions.

use teahouse_server::store::sqlite::OpenError;
use teahouse_server::store::{EventLog, SqliteStore, Store};
use tempfile::TempDir;

use super::{drafts, main_room};

#[tokio::test]
async fn refuses_a_folder_that_another_server_has() {
    let folder = TempDir::new().unwrap();
    let first = SqliteStore::open(folder.path()).unwrap();
    let second = SqliteStore::open(folder.path()).err().expect("the folder is taken");
    assert!(matches!(second, OpenError::InUse(_)), "{second}");
    let said = second.to_string();
    assert!(said.contains(folder.path().to_str().unwrap()) && said.contains("another Teahouse"), "{said}");
    first.append(&main_room(), drafts(1, 1)).await.unwrap();
    first.close().await;
    SqliteStore::open(folder.path()).expect("the folder is free again");
}
