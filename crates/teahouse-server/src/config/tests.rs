use super::*;

fn wrong(toml: &str) -> Vec<String> {
    let given = toml::from_str(toml).unwrap();
    Config::check(given, Vec::new()).map(|_| Vec::new()).unwrap_or_else(|BadConfig(wrong)| wrong)
}

#[test]
fn runs_with_nothing_given() {
    let config = Config::check(Given::default(), Vec::new()).unwrap();
    assert_eq!(config.listen, ["0.0.0.0:8888".parse().unwrap()]);
    assert_eq!(config.terms.limits.frame_bytes_max, 65_536);
}

#[test]
fn tells_everything_that_is_wrong_at_once() {
    let wrong =
        wrong("listen = [\"somewhere\", \"8888\"]\nsends_burst = 0\norigins = [\"*\"]\nlog = \"=\"\n");
    let keys: Vec<_> = wrong.iter().map(|one| one.split(' ').next().unwrap()).collect();
    assert_eq!(keys, ["listen", "origins", "sends_burst", "guest_sends_burst", "log"], "{wrong:?}");
}

#[test]
fn a_later_source_wins() {
    let file: Given = toml::from_str("sends_burst = 1\nsends_per_second = 2").unwrap();
    let mut wrong = Vec::new();
    let read = |name: &str| (name == "TEAHOUSE_SENDS_BURST").then(|| "7".to_owned());
    let given = file.or(Given::environment(read, &mut wrong));
    assert_eq!((given.sends_burst, given.sends_per_second, wrong), (Some(7), Some(2), vec![]));
    let mut wrong = Vec::new();
    Given::environment(|name| (name == "TEAHOUSE_PONG_S").then(|| "soon".into()), &mut wrong);
    assert_eq!(wrong, ["TEAHOUSE_PONG_S is \"soon\"; expected a whole number"]);
}

#[test]
fn a_database_is_a_url_or_a_file_with_one() {
    let config = Config::check(toml::from_str("database = \"postgres://u:pw@db/tea\"").unwrap(), Vec::new());
    let config = config.unwrap();
    assert_eq!(config.database.as_ref().unwrap().place(), "db:5432/tea");
    assert!(!format!("{config:?}").contains("pw"), "{config:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("url");
    std::fs::write(&path, "postgres://db/tea\n").unwrap();
    let file = Given { database_file: Some(path.clone()), ..Given::default() };
    assert!(Config::check(file.clone(), Vec::new()).unwrap().database.is_some());
    let both = Given { database: Some(Secret("postgres://u:pw@db/tea".into())), ..file };
    let said = format!("{both:?} {:?}", Config::check(both.clone(), Vec::new()).unwrap_err());
    assert!(said.contains("give one of them") && !said.contains("pw"), "{said}");
    assert_eq!(
        wrong("database = \"tea.db\""),
        ["database cannot be used: expected a URL such as postgres://USER:PASSWORD@HOST/DATABASE"]
    );
    std::fs::write(&path, "database = postgres://u:pw@db/tea\n").unwrap();
    let said = Config::load(Some(&path), Given::default()).unwrap_err().to_string();
    assert!(said.contains("line 1") && !said.contains("pw"), "{said}");
}

#[test]
fn the_example_parses_and_has_every_key() {
    let example = include_str!("../../../../teahouse.example.toml");
    let all: String = example
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    let given: Given = toml::from_str(&all).unwrap();
    // One of two that say the same.
    let once = Given {
        database_file: None,
        oidc_client_secret_file: None,
        files: None,
        files_s3_secret_file: None,
        ..given
    };
    Config::check(once, Vec::new()).unwrap();
    for key in Given::KEYS {
        assert!(
            all.lines().any(|line| line.starts_with(&format!("{key} = "))),
            "teahouse.example.toml lacks {key}"
        );
    }
}

#[test]
fn a_provider_is_told_whole() {
    let good = "oidc_issuer = \"https://id.example.org\"\noidc_client_id = \"teahouse\"\n";
    let config = Config::check(toml::from_str(good).unwrap(), Vec::new()).unwrap();
    assert_eq!(config.oidc.unwrap().name, "OpenID Connect");
    for (given, said) in [
        ("oidc_client_id = \"teahouse\"", "oidc_issuer is not"),
        ("oidc_issuer = \"https://id.example.org\"", "oidc_client_id is not"),
        ("oidc_issuer = \"http://id.example.org\"\noidc_client_id = \"t\"", "expected a URL"),
        ("oidc_issuer = \"id.example.org\"\noidc_client_id = \"t\"", "expected a URL"),
    ] {
        let wrong = wrong(given);
        assert!(wrong.len() == 1 && wrong[0].contains(said), "{given}: {wrong:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "hush\n").unwrap();
    let file = Given { oidc_client_secret_file: Some(path), ..toml::from_str(good).unwrap() };
    let config = Config::check(file.clone(), Vec::new()).unwrap();
    assert!(!format!("{config:?}").contains("hush"), "{config:?}");
    assert_eq!(config.oidc.unwrap().client_secret, Some(Secret("hush".into())));
    let both = Given { oidc_client_secret: Some(Secret("hush".into())), ..file };
    assert!(Config::check(both, Vec::new()).unwrap_err().to_string().contains("give one"));
}

#[test]
fn guests_write_as_often_as_whoever_changed_only_the_one_rate() {
    let config = |toml: &str| Config::check(toml::from_str(toml).unwrap(), Vec::new()).unwrap();
    let burst = |config: Config| (config.sends.burst, config.guest_sends.burst);
    assert_eq!(burst(config("")), (30, 15));
    assert_eq!(burst(config("sends_burst = 100")), (100, 100));
    assert_eq!(burst(config("sends_burst = 100\nguest_sends_burst = 7")), (100, 7));
}

#[test]
fn files_have_one_place() {
    let given = |with: fn(&mut Given)| {
        let mut given = Given { data: Some("house".into()), ..Given::default() };
        with(&mut given);
        Config::check(given, Vec::new())
    };
    let alone = given(|_| ()).unwrap();
    assert_eq!(alone.files, FilesIn::Folder("house/files".into()));
    assert_eq!(alone.file_limits.file, 50 << 20);
    let several = |given: &mut Given| {
        given.nats = Some(Secret("nats://localhost".into()));
        given.database = Some(Secret("postgres://localhost/teahouse".into()));
    };
    // A folder of each node's own would have half of the files.
    assert_eq!(given(several).unwrap().files, FilesIn::Nowhere);
    let bucket = given(|given| {
        given.files_s3_bucket = Some("tea".into());
        given.files_s3_key_id = Some("key".into());
        given.files_s3_secret = Some(Secret("secret".into()));
    });
    assert!(matches!(bucket.unwrap().files, FilesIn::Bucket(Bucket { name, .. }) if name == "tea"));
    type With = fn(&mut Given);
    let wrong: [(With, &str); 4] = [
        (|given| given.files_s3_key_id = Some("key".into()), "files_s3_bucket is not"),
        (|given| given.files_s3_bucket = Some("tea".into()), "needs files_s3_key_id"),
        (|given| given.file_bytes_max = Some(1), "file_bytes_max is 1"),
        (
            |given| {
                given.files = Some("here".into());
                given.files_s3_bucket = Some("tea".into());
                given.files_s3_endpoint = Some("there".into());
            },
            "files_s3_endpoint is \"there\"",
        ),
    ];
    for (with, said) in wrong {
        let error = given(with).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
