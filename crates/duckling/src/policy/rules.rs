//! The refusals, as one table: what is refused, with which SQLSTATE and words, why, and what to do instead.
//!
//! The page `docs/refusals.md` is made from it, and `tests/policy` has a file for each rule, in which its examples stand.

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
    /// Why it is refused, for the documentation.
    pub reason: &'static str,
    /// Statements that it refuses, for the documentation.
    pub examples: &'static [&'static str],
    /// Where it applies.
    pub profile: Profile,
}

/// How near to the reference the server's SQL is: `[sql] profile`. Of a rule: the profile that is needed for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// What the reference lacks and Pintail has is there.
    #[default]
    Pintail,
    /// It is refused, as the reference does.
    Reference,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $code:ident, $profile:ident, $message:literal, $hint:literal, $reason:literal, [$($example:literal),* $(,)?];)*) => {
        $(
            #[doc = concat!("The rule `", $id, "`.")]
            pub(crate) static $name: Rule = Rule {
                id: $id,
                code: SqlState::$code,
                message: $message,
                hint: $hint,
                reason: $reason,
                examples: &[$($example),*],
                profile: Profile::$profile,
            };
        )*
        /// All rules.
        pub(crate) static ALL: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    LOCAL_FILE = "local-file", INSUFFICIENT_PRIVILEGE, Pintail,
        "access to local files of the server is not allowed",
        "Send the data through the connection: use \\copy in psql, or COPY ... FROM STDIN and COPY ... TO STDOUT. The \
         address of a remote file begins with https://, s3:// or the like, in lower case.",
        "The server's disk holds the databases of all accounts and is nobody's to read or to write. Your own files lie \
         on your own machine: the connection carries them.",
        ["COPY t FROM '/tmp/file.csv'", "SELECT * FROM read_csv('/etc/passwd')", "FROM '/etc/hosts.csv'", "COPY (SELECT 1) TO '/tmp/file.csv'"];
    COPY_TARGET = "copy-target", INSUFFICIENT_PRIVILEGE, Pintail,
        "the target of COPY must be a literal",
        "Write the address into the statement: COPY ... TO 's3://bucket/file.parquet'.",
        "A target that an expression computes is known only when the statement has been bound, and could name anything.",
        ["COPY (SELECT 1) TO (getvariable('target'))"];
    REMOTE_FILE = "remote-file", FEATURE_NOT_SUPPORTED, Pintail,
        "access to remote files is switched off on this server",
        "Send the data through the connection: use \\copy in psql, or COPY ... FROM STDIN and COPY ... TO STDOUT.",
        "The operator has switched the way out off (`[egress] enabled = false`).",
        ["FROM read_parquet('https://example.org/file.parquet')", "COPY (SELECT 1) TO 's3://bucket/file.csv'"];
    REMOTE_WRITE = "remote-write", INSUFFICIENT_PRIVILEGE, Pintail,
        "writing remote files is not allowed",
        "The server's operator can allow it with [egress] write = true; COPY ... TO STDOUT and \\copy in psql always work.",
        "A server that may write anywhere can be made to carry data away, so that it is the operator's decision.",
        ["COPY (SELECT 1) TO 's3://bucket/file.parquet'", "COPY (SELECT 1) TO 'https://example.org/file.csv'"];
    OBJECT_ADDRESS = "object-address", INSUFFICIENT_PRIVILEGE, Pintail,
        "the address of an object must be a bucket and a key, without host or parameters",
        "Write 's3://bucket/key'. Endpoint, region, url_style, use_ssl and keys belong into the account's secret, which the \
         server's operator configures: [account.NAME.secret.SECRET]. A pattern for one character is [a-z] or *.",
        "With `?s3_endpoint=…` a statement would have requests signed with the account's secret, and its session token, \
         sent to a host of its own choice; `s3_region` and odd names of buckets become parts of a host's name too. So a \
         store without a login needs a secret as well, with an endpoint and no keys. It holds for `s3://`, `s3a://`, \
         `s3n://`, `gs://`, `gcs://`, `r2://`, and for Azure's containers, whether the address stands in the statement, is made by an option of COPY, \
         or was found in the data that it reads.",
        ["FROM 's3://bucket/file.csv?s3_endpoint=store.example.org'", "FROM read_parquet('gs://bucket/*.parquet?s3_region=eu-north-1')", "FROM read_csv(['s3://bucket/a.csv', 's3://example.org#/b.csv'])", "COPY (SELECT 1) TO 's3://bucket/file.csv?s3_use_ssl=false'"];
    ATTACH = "attach", INSUFFICIENT_PRIVILEGE, Pintail,
        "ATTACH of files, of memory and of other database systems is not allowed",
        "ATTACH 'md:NAME' attaches a database of your account, ATTACH 'md:_share/...' a share; CREATE DATABASE makes one. Where \
         the operator allows remote files, with [egress] attach = true, write ATTACH 'https://...' AS name (READ_ONLY).",
        "A path would lead to the server's disk, memory has no owner and no end, and clients of other database systems \
         would reach the server's network.",
        ["ATTACH '/tmp/file.duckdb' AS d", "ATTACH ':memory:' AS m", "ATTACH 'dbname=x' AS p (TYPE postgres)"];
    DETACH = "detach", INSUFFICIENT_PRIVILEGE, Pintail,
        "this database cannot be detached",
        "Name a database of your own, a share, or one that you have attached.",
        "DuckDB's own catalogs, `system` and `temp`, and what the server shows of itself are there for every session.",
        ["DETACH system", "DETACH DATABASE IF EXISTS temp", "DETACH md_information_schema"];
    NOT_ATTACHED = "not-attached", INVALID_CATALOG_NAME, Pintail,
        "the database is not attached",
        "SHOW ALL DATABASES lists your databases; ATTACH 'md:NAME' attaches one of them.",
        "A session sees the databases of its workspace, or with attach_mode=single the one that it was opened in and what \
         it attaches itself.",
        ["SELECT * FROM other.main.t"];
    EXPORT = "export-database", INSUFFICIENT_PRIVILEGE, Pintail,
        "EXPORT DATABASE is not allowed",
        "Use COPY ... TO STDOUT for each table, or \\copy in psql.",
        "It writes a folder of files where the server is.",
        ["EXPORT DATABASE '/tmp/folder'", "EXPORT DATABASE 's3://bucket/folder'"];
    IMPORT = "import-database", INSUFFICIENT_PRIVILEGE, Pintail,
        "IMPORT DATABASE is not allowed",
        "Run the schema's statements, then load each table with COPY ... FROM STDIN or \\copy in psql.",
        "It runs SQL from files, which DuckDB reads before anything can be judged.",
        ["IMPORT DATABASE '/tmp/folder'", "PRAGMA import_database('s3://bucket/folder')", "PRAGMA copy_database('a', 'b')"];
    CREATE_DATABASE_FROM_FILE = "create-database-from-file", INSUFFICIENT_PRIVILEGE, Pintail,
        "CREATE DATABASE from a file is not allowed",
        "Create the tables and load them with COPY ... FROM STDIN or \\copy in psql.",
        "The path would be one of the server's.",
        ["CREATE DATABASE d FROM '/tmp/file.duckdb'", "CREATE DATABASE d FROM 'https://example.org/file.duckdb'"];
    PLATFORM = "platform", FEATURE_NOT_SUPPORTED, Pintail,
        "this form of a statement about databases is not available",
        "docs/databases.md has the forms that are: CREATE DATABASE ... FROM, DROP, UNDROP, ALTER DATABASE ... RENAME TO, CREATE SNAPSHOT.",
        "The reference has options here (transient databases, DuckLake, retention) that this server has not.",
        ["CREATE DATABASE d (TYPE ducklake)", "ALTER DATABASE my_db SET SNAPSHOT_RETENTION_DAYS = 3"];
    EXTENSIONS = "extensions", FEATURE_NOT_SUPPORTED, Pintail,
        "INSTALL, LOAD and UPDATE EXTENSIONS are not available",
        "The server loads extensions before a session begins; its operator names them in the configuration.",
        "An extension is native code in the server's process. The operator chooses them, DuckDB's signed ones only, for \
         all accounts (`[duckling] extensions`) or for one (`[account.NAME] extensions`).",
        ["INSTALL spatial", "LOAD httpfs", "FORCE INSTALL spatial FROM community", "UPDATE EXTENSIONS"];
    SECRET = "secret", FEATURE_NOT_SUPPORTED, Pintail,
        "CREATE SECRET and the listing of secrets are not available",
        "Secrets are kept by the server: CREATE SECRET … IN MOTHERDUCK where its operator allows that (secrets = true), else `pintail \
         secret create`.",
        "DuckDB would use a secret for all sessions of the account, and a proxy or endpoint named in it would lead \
         around the server's way out.",
        ["CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')", "CREATE PERSISTENT SECRET s (TYPE http)", "FROM duckdb_secrets()", "DROP SECRET s"];
    SETTING = "setting", FEATURE_NOT_SUPPORTED, Pintail,
        "this setting of the engine cannot be read, changed or reset",
        "The server sets resources and paths for every account; SHOW ALL lists what a session can set.",
        "The engine's settings belong to all sessions of the account and to the machine. In start-up options they are \
         ignored with a notice.",
        ["SET threads = 4", "SET GLOBAL memory_limit = '100GB'", "RESET threads", "PRAGMA threads = 4", "SET enable_external_access = true", "SELECT current_setting('temp_directory')", "SELECT set_config('threads', '4', false)"];
    TEMPORARY = "temporary", FEATURE_NOT_SUPPORTED, Pintail,
        "temporary tables, views, macros, sequences and types are not available",
        "Use a common table expression, or a table in a schema of your own; an operator can allow them with temp_tables = true.",
        "The reference refuses them too: with a pooler in between, a session is not the client's alone.",
        ["CREATE TEMP TABLE t(a INT)", "CREATE TEMPORARY VIEW v AS SELECT 1", "CREATE TEMP MACRO m(a) AS a + 1"];
    RESULT = "create-result", FEATURE_NOT_SUPPORTED, Pintail,
        "CREATE RESULT is not available",
        "Use CREATE TABLE ... AS, or a cursor.",
        "It belongs to the reference's own client.",
        ["CREATE RESULT r AS SELECT 1"];
    MD_RUN_LOCAL = "md-run-local", FEATURE_NOT_SUPPORTED, Pintail,
        "MD_RUN = LOCAL is not available",
        "Every query runs on the server; leave MD_RUN out, or use MD_RUN = REMOTE.",
        "A PostgreSQL client has no engine of its own to run it.",
        ["SELECT * FROM read_csv('https://example.org/x.csv', MD_RUN=LOCAL)"];
    CHECKPOINT = "force-checkpoint", FEATURE_NOT_SUPPORTED, Pintail,
        "FORCE CHECKPOINT is not available",
        "Use CHECKPOINT when no other transaction writes; the server also checkpoints by itself.",
        "It aborts the transactions of the account's other sessions.",
        ["FORCE CHECKPOINT", "CALL force_checkpoint()"];
    SERVER_OBJECT = "server-object", FEATURE_NOT_SUPPORTED, Pintail,
        "extensions, roles, triggers, rules, procedures and server settings cannot be created or changed",
        "Pintail runs DuckDB SQL; use CREATE MACRO for functions. Accounts and tokens are managed with the pintail command.",
        "DuckDB has no such objects.",
        ["CREATE EXTENSION postgis", "CREATE ROLE r", "CREATE TRIGGER t BEFORE INSERT ON x EXECUTE FUNCTION f()", "ALTER SYSTEM SET work_mem = '1GB'", "GRANT SELECT ON t TO r"];
    LISTEN = "listen", FEATURE_NOT_SUPPORTED, Pintail,
        "LISTEN and NOTIFY are not available",
        "Poll a table instead.",
        "DuckDB has no channels. UNLISTEN *, which poolers send, is accepted.",
        ["LISTEN channel", "NOTIFY channel, 'payload'"];
    SAVEPOINT = "savepoint", FEATURE_NOT_SUPPORTED, Pintail,
        "cannot return to the savepoint, since the transaction has written after it or is lost",
        "DuckDB has no savepoints: roll the whole transaction back, and commit before statements that may fail.",
        "What was written cannot be undone in part. SAVEPOINT, RELEASE and a ROLLBACK TO that has nothing to undo work.",
        ["ROLLBACK TO SAVEPOINT s"];
    TWO_PHASE = "two-phase", FEATURE_NOT_SUPPORTED, Pintail,
        "two-phase commit is not available",
        "Use COMMIT.",
        "DuckDB cannot keep a transaction beyond its connection.",
        ["PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'", "ROLLBACK PREPARED 'x'"];
    PRAGMA = "pragma", FEATURE_NOT_SUPPORTED, Pintail,
        "this PRAGMA is not available",
        "SHOW ALL lists what a session can set; the duckdb_*() functions and information_schema describe its objects.",
        "It changes how the engine runs for everybody, or writes to the server's own output or files.",
        ["PRAGMA enable_profiling", "PRAGMA enable_verification", "PRAGMA disable_checkpoint_on_shutdown", "PRAGMA add_parquet_key('k', '0123456789112345')"];
    TABLE_FUNCTION = "table-function", FEATURE_NOT_SUPPORTED, Pintail,
        "this table function is not available",
        "The duckdb_*() functions and information_schema describe what there is; docs/refusals.md names what is refused.",
        "It changes the engine for everybody, shows other sessions' statements or paths of the server, or opens files \
         and connections of its own. Functions that are not known to be harmless are refused too.",
        ["CALL enable_logging()", "FROM duckdb_logs", "FROM duckdb_temporary_files()", "CALL enable_profiling()", "FROM sql_auto_complete('SEL')"];
    SCALAR_FUNCTION = "scalar-function", FEATURE_NOT_SUPPORTED, Pintail,
        "this function is not available",
        "The functions that are known to be harmless are available; ask the server's operator for another one.",
        "It shows or changes something of the server's process, such as its log.",
        ["SELECT write_log('x')", "FROM repeat(write_log('x'), 1)"];
    OPERATOR = "operator", FEATURE_NOT_SUPPORTED, Pintail,
        "this statement is not available",
        "The compatibility table in the README says what is available.",
        "What the server does not know to be harmless is refused.",
        ["EXPLAIN EXECUTE p"];
    READ_ONLY = "read-only", READ_ONLY_SQL_TRANSACTION, Pintail,
        "cannot write in a read-only transaction",
        "Begin a transaction with READ WRITE, or reset default_transaction_read_only.",
        "The transaction was begun so, or `default_transaction_read_only` is on.",
        ["INSERT INTO t VALUES (1)", "SELECT nextval('s')", "CREATE TABLE u(a INT)"];
    READ_ONLY_DATABASE = "read-only-database", READ_ONLY_SQL_TRANSACTION, Pintail,
        "cannot write to a shared database, which is read-only",
        "Copy what you need into a database of your own with CREATE TABLE ... AS.",
        "A share is one immutable file that several accounts read.",
        ["CREATE TABLE sample_data.nyc.t(a INT)", "DELETE FROM sample_data.nyc.taxi"];
    INTERNAL_DATABASE = "internal-database", INSUFFICIENT_PRIVILEGE, Pintail,
        "this database is not one of the account's",
        "Use a database of your own, such as my_db.",
        "DuckDB's own catalogs, `system` and `temp`, belong to the server.",
        ["CREATE SCHEMA system.s", "DROP TABLE IF EXISTS system.main.t", "CHECKPOINT system", "FROM pragma_metadata_info('system')"];
    INDEX = "index", FEATURE_NOT_SUPPORTED, Reference,
        "CREATE INDEX is not available in the reference profile",
        "DuckDB finds rows by the statistics of its blocks; the operator can choose [sql] profile = \"pintail\".",
        "The reference has no indexes. A primary key or a unique constraint is allowed.",
        ["CREATE INDEX i ON t(a)", "CREATE UNIQUE INDEX i ON t(a)"];
    SEQUENCE = "sequence", FEATURE_NOT_SUPPORTED, Reference,
        "sequences are not available in the reference profile",
        "Number rows with row_number(), or use uuid(); the operator can choose [sql] profile = \"pintail\".",
        "The reference has no sequences.",
        ["CREATE SEQUENCE s"];
    FUNCTION_LANGUAGE = "function-language", FEATURE_NOT_SUPPORTED, Pintail,
        "functions in SQL, PL/pgSQL and other languages, and DO blocks, are not available",
        "CREATE MACRO f(a, b) AS a + b makes a function of an expression, CREATE MACRO f(a) AS TABLE SELECT ... one of a query.",
        "DuckDB's functions are expressions; it has no procedures.",
        ["DO $$ BEGIN END $$", "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql", "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ $$"];
    MATERIALIZED_VIEW = "materialized-view", FEATURE_NOT_SUPPORTED, Pintail,
        "materialized views are not available",
        "CREATE TABLE ... AS keeps the rows of a query, CREATE OR REPLACE TABLE ... AS renews them.",
        "DuckDB has no views that keep rows.",
        ["CREATE MATERIALIZED VIEW v AS SELECT 1"];
    PARTITION = "partition", FEATURE_NOT_SUPPORTED, Pintail,
        "partitions and inheritance of tables are not available",
        "Make one table: DuckDB skips the blocks whose values cannot match.",
        "DuckDB's tables have no parts.",
        ["CREATE TABLE t(a INT) PARTITION BY RANGE (a)", "CREATE TABLE t(a INT) INHERITS (u)"];
    INDEX_FORM = "index-form", FEATURE_NOT_SUPPORTED, Pintail,
        "partial indexes, and unique keys that include columns or take two NULLs for the same, are not available",
        "Leave out WHERE, INCLUDE or NULLS NOT DISTINCT: an index of all rows finds the same rows.",
        "DuckDB's indexes hold all rows. A unique one would refuse rows that a partial one lets through.",
        ["CREATE INDEX i ON t(a) WHERE a > 1", "CREATE UNIQUE INDEX i ON t(a) NULLS NOT DISTINCT"];
    ADD_CONSTRAINT = "add-constraint", FEATURE_NOT_SUPPORTED, Pintail,
        "this constraint cannot be added to or dropped from a table",
        "Add it before other tables refer to this one, in a statement without other changes, or write it into CREATE TABLE.",
        "DuckDB adds no foreign keys and conditions to a table; Pintail makes the table anew with them, which needs one that \
         can be dropped. A constraint that is accepted and not checked would be worse than none.",
        ["ALTER TABLE add_constraint_u ADD CHECK (a > 0)", "ALTER TABLE add_constraint_t ADD CHECK (a < 9), ADD COLUMN d INT"];
    DROP_CONSTRAINT = "drop-constraint", UNDEFINED_OBJECT, Pintail,
        "the table has no constraint of this name",
        "Constraints have the names that PostgreSQL gives where none is said, as pg_constraint shows them: t_a_fkey, t_a_check, t_pkey.",
        "DuckDB keeps no names of constraints.",
        ["ALTER TABLE drop_constraint_t DROP CONSTRAINT no_such"];
    ALTER_OBJECT = "alter-object", FEATURE_NOT_SUPPORTED, Pintail,
        "this kind of object cannot be altered so",
        "Create it anew under the name, type or schema that it is to have.",
        "DuckDB cannot change the names of indexes, types, schemas and constraints, nor move objects between schemas.",
        ["ALTER TYPE mood ADD VALUE 'sad'", "ALTER INDEX i RENAME TO j", "ALTER TABLE t SET SCHEMA s"];
    ALTER_SEQUENCE = "alter-sequence", FEATURE_NOT_SUPPORTED, Pintail,
        "a sequence's step, limits and name cannot be changed",
        "ALTER SEQUENCE ... RESTART WITH n and setval() set its value; CREATE OR REPLACE SEQUENCE makes one anew.",
        "DuckDB has no statement for it.",
        ["ALTER SEQUENCE s INCREMENT BY 2", "ALTER SEQUENCE s RENAME TO t"];
    CREATE_PUBLIC = "create-public", DUPLICATE_SCHEMA, Pintail,
        "schema \"public\" already exists",
        "public is a name for main, which every database has. CREATE SCHEMA IF NOT EXISTS public does nothing.",
        "PostgreSQL's tools look for a schema public; DuckDB's is called main.",
        ["CREATE SCHEMA public"];
    DROP_PUBLIC = "drop-public", FEATURE_NOT_SUPPORTED, Pintail,
        "the schema public cannot be dropped: it is a name for main",
        "Drop what is in it, or make the database anew: CREATE OR REPLACE DATABASE name.",
        "DuckDB's database always has the schema main.",
        ["DROP SCHEMA public CASCADE", "DROP SCHEMA public"];
    TYPE_IN_NEW_SCHEMA = "type-in-new-schema", FEATURE_NOT_SUPPORTED, Pintail,
        "a type cannot be created in a schema that the database's file does not have yet",
        "Create the schema in a transaction of its own before. CREATE DATABASE b FROM a copies a database with its types.",
        "DuckDB 1.5 reads the types of a log before its schemas: after a crash the database could not be opened.",
        ["COPY FROM DATABASE typed TO untyped"];
    INTERNAL_FUNCTION = "internal-function", UNDEFINED_FUNCTION, Pintail,
        "this function is the server's own and cannot be called",
        "The catalogs of pg_catalog and information_schema, duckdb_tables() and the functions md_* tell what it does.",
        "What the server's own views and functions are made of may change with every release.",
        ["SELECT __pintail_tell('user')", "SELECT * FROM __pintail_relations(true)", "CREATE VIEW v AS FROM __pintail_static('pg_type')"];
    CITEXT = "citext", FEATURE_NOT_SUPPORTED, Pintail,
        "the type citext is not available",
        "Write text COLLATE NOCASE: it compares without regard to case.",
        "It is an extension of PostgreSQL's.",
        ["CREATE TABLE t(a citext)", "SELECT 'A'::citext"];
    SAVEPOINT_STATEMENT = "savepoint-statement", FEATURE_NOT_SUPPORTED, Reference,
        "SAVEPOINT is not available in the reference profile",
        "Commit before statements that may fail; the operator can choose [sql] profile = \"pintail\".",
        "The reference has no nested transactions. A second BEGIN is an error there too (25001).",
        ["SAVEPOINT s", "RELEASE SAVEPOINT s", "ROLLBACK TO SAVEPOINT s"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_says_what_to_do() {
        for (index, rule) in ALL.iter().enumerate() {
            assert!(ALL.iter().skip(index + 1).all(|other| other.id != rule.id), "{}", rule.id);
            assert!(rule.hint.ends_with('.') && !rule.message.ends_with('.'), "{}", rule.id);
            assert!(rule.reason.ends_with('.') && !rule.examples.is_empty(), "{}", rule.id);
        }
    }
}
