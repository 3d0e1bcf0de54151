//! The refusals, as one table: what is refused, with which SQLSTATE and words, and what to do instead.
//!
//! The user's documentation and the list of tests are made from it.

use wire::SqlState;

/// One refusal.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which is also the name of its test file and its anchor in the documentation.
    pub id: &'static str,
    /// The SQLSTATE.
    pub code: SqlState,
    /// The primary message.
    pub message: &'static str,
    /// What to do instead.
    pub hint: &'static str,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $code:ident, $message:literal, $hint:literal;)*) => {
        $(
            #[doc = concat!("The rule `", $id, "`.")]
            pub(crate) static $name: Rule = Rule { id: $id, code: SqlState::$code, message: $message, hint: $hint };
        )*
        /// All rules.
        #[cfg(test)]
        pub(crate) static ALL: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    LOCAL_FILE = "local-file", INSUFFICIENT_PRIVILEGE,
        "access to local files of the server is not allowed",
        "Send the data through the connection: use \\copy in psql, or COPY ... FROM STDIN and COPY ... TO STDOUT.";
    REMOTE_FILE = "remote-file", FEATURE_NOT_SUPPORTED,
        "access to remote files is switched off on this server",
        "Send the data through the connection: use \\copy in psql, or COPY ... FROM STDIN and COPY ... TO STDOUT.";
    REMOTE_WRITE = "remote-write", INSUFFICIENT_PRIVILEGE,
        "writing remote files is not allowed",
        "The server's operator can allow it with [egress] write = true; COPY ... TO STDOUT and \\copy in psql always work.";
    ATTACH = "attach", INSUFFICIENT_PRIVILEGE,
        "ATTACH of files, of memory and of other database systems is not allowed",
        "The databases of your account are attached already; SHOW DATABASES lists them.";
    DETACH = "detach", INSUFFICIENT_PRIVILEGE,
        "DETACH is not allowed",
        "Use attach_mode=single to see one database only.";
    EXPORT = "export-database", INSUFFICIENT_PRIVILEGE,
        "EXPORT DATABASE is not allowed",
        "Use COPY ... TO STDOUT for each table, or \\copy in psql.";
    IMPORT = "import-database", INSUFFICIENT_PRIVILEGE,
        "IMPORT DATABASE is not allowed",
        "Run the schema's statements, then load each table with COPY ... FROM STDIN or \\copy in psql.";
    CREATE_DATABASE_FROM_FILE = "create-database-from-file", INSUFFICIENT_PRIVILEGE,
        "CREATE DATABASE from a file is not allowed",
        "Create the tables and load them with COPY ... FROM STDIN or \\copy in psql.";
    PLATFORM = "platform", FEATURE_NOT_SUPPORTED,
        "this statement about databases, shares or tokens is not available yet",
        "The compatibility table in the README says what is available; pintail --help has commands for the operator.";
    EXTENSIONS = "extensions", FEATURE_NOT_SUPPORTED,
        "INSTALL, LOAD and UPDATE EXTENSIONS are not available",
        "The extensions core_functions, icu, json, parquet and httpfs are loaded already.";
    SECRET = "secret", FEATURE_NOT_SUPPORTED,
        "CREATE SECRET and the listing of secrets are not available",
        "Secrets are kept by the server; ask its operator.";
    SETTING = "setting", FEATURE_NOT_SUPPORTED,
        "this setting of the engine cannot be changed or reset",
        "The server sets resources and paths for every account; SHOW ALL lists what a session can set.";
    TEMPORARY = "temporary", FEATURE_NOT_SUPPORTED,
        "temporary tables, views, macros, sequences and types are not available",
        "Use a common table expression, or a table in a schema of your own; an operator can allow them with temp_tables = true.";
    RESULT = "create-result", FEATURE_NOT_SUPPORTED,
        "CREATE RESULT is not available",
        "Use CREATE TABLE ... AS, or a cursor.";
    MD_RUN_LOCAL = "md-run-local", FEATURE_NOT_SUPPORTED,
        "MD_RUN = LOCAL is not available",
        "Every query runs on the server; leave MD_RUN out, or use MD_RUN = REMOTE.";
    CHECKPOINT = "force-checkpoint", FEATURE_NOT_SUPPORTED,
        "FORCE CHECKPOINT is not available",
        "Use CHECKPOINT, which waits for other transactions; the server also checkpoints by itself.";
    SERVER_OBJECT = "server-object", FEATURE_NOT_SUPPORTED,
        "extensions, roles, triggers, rules, procedures and server settings cannot be created or changed",
        "Pintail runs DuckDB SQL; use CREATE MACRO for functions. Accounts and tokens are managed with the pintail command.";
    LISTEN = "listen", FEATURE_NOT_SUPPORTED,
        "LISTEN and NOTIFY are not available",
        "Poll a table instead.";
    SAVEPOINT = "savepoint", FEATURE_NOT_SUPPORTED,
        "cannot return to the savepoint, since the transaction has written after it or is lost",
        "DuckDB has no savepoints: roll the whole transaction back, and commit before statements that may fail.";
    TWO_PHASE = "two-phase", FEATURE_NOT_SUPPORTED,
        "two-phase commit is not available",
        "Use COMMIT.";
    PRAGMA = "pragma", FEATURE_NOT_SUPPORTED,
        "this PRAGMA is not available",
        "SHOW ALL lists what a session can set; the duckdb_*() functions and information_schema describe its objects.";
    TABLE_FUNCTION = "table-function", FEATURE_NOT_SUPPORTED,
        "this table function is not available",
        "The documentation lists the table functions that are.";
    SCALAR_FUNCTION = "scalar-function", FEATURE_NOT_SUPPORTED,
        "this function is not available",
        "It reaches the server's process; use SHOW for the session's settings.";
    OPERATOR = "operator", FEATURE_NOT_SUPPORTED,
        "this statement is not available",
        "The compatibility table in the README says what is available.";
    READ_ONLY = "read-only", READ_ONLY_SQL_TRANSACTION,
        "cannot write in a read-only transaction",
        "Begin a transaction with READ WRITE, or reset default_transaction_read_only.";
    READ_ONLY_DATABASE = "read-only-database", READ_ONLY_SQL_TRANSACTION,
        "cannot write to a shared database, which is read-only",
        "Copy what you need into a database of your own with CREATE TABLE ... AS.";
    INTERNAL_DATABASE = "internal-database", INSUFFICIENT_PRIVILEGE,
        "objects cannot be created outside the account's databases",
        "Use a database of your own, such as my_db.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_says_what_to_do() {
        for (index, rule) in ALL.iter().enumerate() {
            assert!(ALL.iter().skip(index + 1).all(|other| other.id != rule.id), "{}", rule.id);
            assert!(rule.hint.ends_with('.') && !rule.message.ends_with('.'), "{}", rule.id);
        }
    }
}
