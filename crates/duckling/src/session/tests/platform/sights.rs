//! What a session is not shown: databases that one in single mode does not see, and what is not for tokens that only read.

use super::{Account, Client};

fn hidden(account: &Account) -> Client {
    let mut all = account.client("my_db");
    all.run("CREATE DATABASE hidden; CREATE SCHEMA hidden.s; CREATE TABLE hidden.t AS SELECT 'secret' AS i");
    all.run("CREATE TABLE hidden.s.u AS SELECT 1 AS i");
    all
}

#[test]
fn functions_that_take_a_tables_name_do_not_look_into_hidden_databases() {
    let account = Account::new();
    let mut all = hidden(&account);
    let mut one = account.client_with("my_db", true, false);
    one.run("CREATE TABLE mine AS SELECT 1 AS i");
    for function in ["pragma_storage_info", "pragma_table_info", "pragma_show"] {
        for table in ["hidden.t", "hidden.main.t", "HIDDEN.s.u", "\"hidden\".s.u"] {
            let refused = one.query(&format!("SELECT count(*) FROM {function}('{table}')"));
            assert!(refused[0].starts_with("E(3D000 database "), "{function} {table}: {refused:?}");
        }
        one.run(&format!("FROM {function}('mine')"));
        one.run(&format!("FROM {function}('my_db.main.mine')"));
        all.run(&format!("FROM {function}('hidden.s.u')"));
    }
    for pragma in ["PRAGMA table_info('hidden.t')", "PRAGMA storage_info('hidden.t')"] {
        assert_eq!(one.code(pragma), "3D000", "{pragma}");
    }
    one.run("PRAGMA table_info('mine'); DESCRIBE mine");
}

#[test]
fn a_view_over_a_hidden_database_is_not_made() {
    let account = Account::new();
    let mut all = hidden(&account);
    let mut one = account.client_with("my_db", true, false);
    for query in [
        "SELECT * FROM hidden.main.t",
        "SELECT * FROM hidden.t",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM hidden.s.u)",
        "WITH x AS (SELECT * FROM hidden.s.u) SELECT * FROM x",
    ] {
        let refused = one.query(&format!("CREATE VIEW v AS {query}"));
        assert_eq!(refused[0], "E(3D000 database \"hidden\" is not attached)", "{query}");
    }
    one.run("CREATE TABLE hidden (t INTEGER)");
    one.run("CREATE VIEW v AS SELECT hidden.t FROM hidden");
    all.run("CREATE VIEW w AS SELECT * FROM hidden.s.u");
    assert_eq!(all.value("SELECT * FROM w"), "D(1)");
}

#[test]
fn a_search_path_leads_to_a_hidden_database_as_to_none() {
    let account = Account::new();
    let _all = hidden(&account);
    let mut one = account.client_with("my_db", true, false);
    for template in [
        "SET search_path = 'NAME.main'",
        "SET search_path = 'NAME.s'",
        "SET search_path = 'NAME'",
        "SET search_path TO NAME",
        "SET schema = 'NAME.main'",
        "SET search_path = 'main,NAME.main'",
        "SELECT set_config('search_path', 'NAME.main', false)",
        "BEGIN; SET LOCAL search_path = 'NAME.main'",
    ] {
        let mut answer = |name: &str| {
            let texts = one.query(&template.replace("NAME", name));
            one.query("ROLLBACK");
            let path = one.value("SHOW search_path");
            (texts, path)
        };
        let (hidden, absent) = (answer("hidden"), answer("absent"));
        let renamed: Vec<String> = absent.0.iter().map(|text| text.replace("absent", "hidden")).collect();
        assert!(renamed.iter().any(|text| text.starts_with("E(3F000")), "{template}: {renamed:?}");
        assert_eq!(hidden, (renamed, absent.1), "{template}");
    }
    one.run("CREATE SCHEMA hidden; CREATE TABLE my_db.hidden.x AS SELECT 7 AS i; SET search_path = hidden");
    assert_eq!(one.value("SELECT i FROM x"), "D(7)");
}

#[test]
fn a_reader_neither_lists_tokens_nor_works_on_files_nor_stops_writers() {
    let account = Account::new();
    let mut writer = account.client("my_db");
    writer.run("CREATE TABLE t AS SELECT 1 AS i");
    let mut reader = account.client_with("my_db", false, true);
    let mut other = account.client_with("my_db", false, true);
    for sql in [
        "SHOW TOKENS",
        "SELECT * FROM md_tokens()",
        "CHECKPOINT",
        "CHECKPOINT my_db",
        "CALL checkpoint('my_db')",
        "VACUUM",
        "VACUUM t",
        "ANALYZE",
        "ANALYZE t",
    ] {
        assert_eq!(reader.code(sql), "25006", "{sql}");
    }
    writer.run("CHECKPOINT; VACUUM; ANALYZE t");
    let stop = |of: &mut Client, by: &mut Client| {
        let connection = of.value("SELECT md_current_client_connection_id()");
        let connection = connection.trim_start_matches("D(").trim_end_matches(')').to_owned();
        by.value(&format!("SELECT md_interrupt_server_connection('{connection}')"))
    };
    assert!(stop(&mut writer, &mut reader).starts_with("E(25006"));
    assert_eq!(stop(&mut other, &mut reader), "D(t)");
    assert_eq!(stop(&mut reader, &mut writer), "D(t)");
    assert_eq!(reader.value("SELECT md_interrupt_server_connection(uuid())"), "D(f)");
}

#[test]
fn connections_and_their_statements_have_numbers() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    let own = one.value("SELECT md_current_client_connection_id()");
    assert_eq!(own, one.value("SELECT md_current_client_connection_id()"), "it stays");
    assert_ne!(own, two.value("SELECT md_current_client_connection_id()"));
    assert_eq!(
        one.value("SELECT count(*) FROM md_active_server_connections() WHERE client_connection_id = md_current_client_connection_id()"),
        "D(1)"
    );
    assert_eq!(one.value("SELECT count(*) FROM md_active_server_connections()"), "D(2)");
    two.run("SET application_name = 'loader'; BEGIN");
    assert_eq!(
        one.value(
            "SELECT client_user_agent || ' ' || server_transaction_stage FROM md_active_server_connections() \
             WHERE client_connection_id <> md_current_client_connection_id()"
        ),
        "D(loader IDLE IN TRANSACTION)"
    );
    let first = one.value("SELECT md_last_query_id()");
    let second = one.value("SELECT md_last_query_id()");
    assert_ne!(first, second, "that of the statement before");
    assert_eq!(first.get(..18), second.get(..18), "one session");
}

#[test]
fn what_a_view_hides_changes_no_settings() {
    let account = Account::new();
    let mut client = account.client("my_db");
    client.run("CREATE VIEW v AS SELECT set_config('session_name', 'trojan', false) AS x");
    client.run("CREATE VIEW set_config AS FROM v; CREATE VIEW my_set_config_log AS FROM v");
    for sql in [
        "FROM set_config",
        "SELECT 'set_config(', x FROM my_set_config_log",
        "SELECT x /* set_config( */ FROM my_set_config_log",
        "SELECT x AS set_config FROM my_set_config_log",
    ] {
        assert_eq!(client.code(sql), "42501", "{sql}");
    }
    client.run("DROP VIEW set_config; SELECT Set_Config ('session_name', 'etl', false)");
    assert_eq!(client.code("SELECT * FROM v"), "42501");
    assert_eq!(client.value("SELECT set_config('session_name', 'own', false)"), "D(own)");
    assert_eq!(client.value("SHOW session_name"), "D(own)");
    assert_eq!(client.value("SELECT current_setting('session_name')"), "D(own)");
    assert_eq!(client.code("SELECT current_setting('no_such')"), "42704");
    client.run("SELECT set_config('application_name', repeat('x', 100), false)");
    assert_eq!(client.value("SELECT length(current_setting('application_name'))"), "D(63)");
    assert_eq!(client.code("SELECT set_config('search_path', repeat('x', 20000), false)"), "22023");
    client.run("BEGIN; SELECT set_config('session_name', 'undone', false); ROLLBACK");
    assert_eq!(client.value("SHOW session_name"), "D(own)");
}
