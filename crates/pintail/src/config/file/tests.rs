//! The file, the environment over it, and the example that documents both.

use super::*;

fn read(text: &str, environment: &[(&str, &str)]) -> anyhow::Result<Reading> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pintail.toml");
    fs::write(&path, text).unwrap();
    Config::read(Some(&path), &Environment::of(environment))
}

fn complaint(text: &str, environment: &[(&str, &str)]) -> String {
    format!("{:#}", read(text, environment).unwrap_err())
}

#[test]
fn the_example_file_has_every_key_with_its_default_and_nothing_else() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pintail.example.toml");
    let text = fs::read_to_string(path).unwrap();
    let is_key = |line: &str| {
        let name: String = line.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
        !name.is_empty() && line[name.len()..].starts_with(" = ")
    };
    let uncommented: Vec<&str> = text
        .lines()
        .map(|line| match line.strip_prefix("# ").or(line.strip_prefix('#')) {
            Some(rest) if is_key(rest) => rest,
            _ => line,
        })
        .collect();
    let example: Table = uncommented.join("\n").parse().unwrap();
    assert_eq!(example, Config::known().unwrap());
    let untouched: Table = text.parse().unwrap();
    let set: Vec<_> = untouched.values().filter(|value| !value.is_table()).collect();
    assert!(set.is_empty(), "the example sets nothing by itself: {set:?}");
}

#[test]
fn an_empty_file_is_the_default() {
    let reading = read("", &[]).unwrap();
    assert_eq!(reading.config, Config::default());
    assert_eq!(reading.port_origin, PortOrigin::Default);
}

#[test]
fn file_and_environment_set_keys_and_the_environment_wins() {
    let text = "port = 6000\n[limits]\nconnections = 7\n[tls]\nnames = ['a']";
    let environment = [
        ("PINTAIL_PORT", "0"),
        ("PINTAIL_TLS_NAMES", "db.example.com, 10.0.0.1"),
        ("PINTAIL_DUCKLING_MEMORY_LIMIT", "1GiB"),
        ("PINTAIL_SQL_TEMP_TABLES", "true"),
        ("PINTAIL_DATA_DIR", "/data"),
        ("PINTAIL_LOG", "debug"),
        ("PINTAIL_TOKEN", "pt_x"),
        ("PINTAIL_PROT", "1"),
        ("HOME", "/root"),
    ];
    let reading = read(text, &environment).unwrap();
    assert_eq!(reading.meaningless_variables, ["PINTAIL_PROT"]);
    let config = reading.config;
    assert_eq!((config.port, reading.port_origin), (0, PortOrigin::Configured));
    assert_eq!(config.limits.connections, 7);
    assert_eq!(config.tls.names, ["db.example.com", "10.0.0.1"]);
    assert_eq!(config.duckling.memory_limit, Size::Bytes(1 << 30));
    assert!(config.sql.temp_tables);
    assert_eq!((config.data_dir.as_str(), config.log.as_str()), ("/data", "debug"));
}

#[test]
fn unknown_keys_name_the_nearest_known_one() {
    for (text, expected) in [
        ("prot = 1", "unknown key \"prot\"; did you mean port?"),
        ("conections = 1", "did you mean connections in [limits]?"),
        ("[limit]\nconnections = 1", "unknown key \"limit\"; did you mean [limits]?"),
        (
            "[duckling]\nmemory_limits = 1",
            "unknown key \"memory_limits\" in [duckling]; did you mean memory_limit in [duckling]?",
        ),
        ("[tls]\nzzz = 1", "unknown key \"zzz\" in [tls]"),
        ("limits = 3", "\"limits\" is a section"),
    ] {
        let found = complaint(text, &[]);
        assert!(found.contains(expected), "{found}");
        assert!(found.contains("pintail.toml"), "{found}");
    }
}

#[test]
fn values_of_the_wrong_kind_are_named() {
    assert!(complaint("port = 'x'", &[]).contains("port"));
    assert!(complaint("[duckling]\nmemory_limit = 'much'", &[]).contains("is no size"));
    let found = complaint("", &[("PINTAIL_PORT", "many")]);
    assert!(found.contains("PINTAIL_PORT: \"many\" is no whole number"), "{found}");
    assert!(complaint("", &[("PINTAIL_PORT", "70000")]).contains("port"));
}
