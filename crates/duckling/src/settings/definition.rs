//! The settings there are, as one table.

/// What values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Any text.
    Text,
    /// A boolean in PostgreSQL's spellings, shown as `on` or `off`.
    Boolean,
    /// One of some words.
    Word(&'static [&'static str]),
    /// An integer within bounds.
    Integer(i64, i64),
    /// A time, in milliseconds when it has no unit.
    Milliseconds,
    /// A time zone.
    TimeZone,
    /// A date style: output form and field order.
    DateStyle,
    /// A client encoding: UTF8 alone, with `SQL_ASCII` taken for it.
    Encoding,
    /// A list of schemas.
    Names,
    /// Cannot be changed in a session.
    Fixed,
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// Its name as PostgreSQL or DuckDB spells it; looked up in any case.
    pub name: &'static str,
    /// The value that it has unless somebody sets it.
    pub default: &'static str,
    /// What it takes.
    pub form: Form,
    /// Whether the client hears of it by ParameterStatus.
    pub reported: bool,
    /// DuckDB's own setting that follows it.
    pub engine: Option<&'static str>,
    /// What SHOW ALL says of it.
    pub description: &'static str,
}

const fn plain(
    name: &'static str,
    default: &'static str,
    form: Form,
    description: &'static str,
) -> Definition {
    Definition { name, default, form, reported: false, engine: None, description }
}

const fn reported(
    name: &'static str,
    default: &'static str,
    form: Form,
    description: &'static str,
) -> Definition {
    Definition { name, default, form, reported: true, engine: None, description }
}

const fn engine(
    name: &'static str,
    default: &'static str,
    form: Form,
    description: &'static str,
) -> Definition {
    Definition { name, default, form, reported: false, engine: Some(name), description }
}

/// The server version that clients are told: the PostgreSQL release whose protocol and catalogs are followed.
pub(super) const SERVER_VERSION: &str = "15.0";

const ISOLATION: Form =
    Form::Word(&["serializable", "repeatable read", "read committed", "read uncommitted"]);
const MESSAGES: Form =
    Form::Word(&["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"]);
const ORDERS: Form = Form::Word(&["asc", "desc"]);
const NULL_ORDERS: Form = Form::Word(&[
    "nulls_first",
    "nulls_last",
    "nulls_first_on_asc_last_on_desc",
    "nulls_last_on_asc_first_on_desc",
    "sqlite",
    "mysql",
    "postgres",
]);

/// All settings.
pub(crate) static DEFINITIONS: &[Definition] = &[
    reported("application_name", "", Form::Text, "The application name, shown in statistics and history."),
    plain("attach_mode", "workspace", Form::Fixed, "Which databases the session sees: workspace or single."),
    plain("bytea_output", "hex", Form::Word(&["hex", "escape"]), "The output form of bytea."),
    plain("check_function_bodies", "on", Form::Boolean, "Accepted; functions are always checked."),
    reported("client_encoding", "UTF8", Form::Encoding, "The client's character set."),
    plain("client_min_messages", "notice", MESSAGES, "The notices that are sent."),
    reported("DateStyle", "ISO, MDY", Form::DateStyle, "The display form of dates and times."),
    plain("default_table_access_method", "heap", Form::Fixed, "The one access method of tables."),
    plain("default_transaction_deferrable", "off", Form::Boolean, "Accepted; transactions never wait."),
    plain(
        "default_transaction_isolation",
        "repeatable read",
        ISOLATION,
        "Accepted; every transaction sees one snapshot.",
    ),
    reported(
        "default_transaction_read_only",
        "off",
        Form::Boolean,
        "Whether new transactions are read-only.",
    ),
    plain("escape_string_warning", "on", Form::Boolean, "Accepted."),
    plain("extra_float_digits", "1", Form::Integer(-15, 3), "Digits of floating-point numbers."),
    plain(
        "idle_in_transaction_session_timeout",
        "0",
        Form::Milliseconds,
        "Ends a session idle in a transaction.",
    ),
    plain("idle_session_timeout", "0", Form::Milliseconds, "Ends a session idle outside a transaction."),
    reported("in_hot_standby", "off", Form::Fixed, "Whether the server is a standby."),
    reported("integer_datetimes", "on", Form::Fixed, "Whether times are integers."),
    reported(
        "IntervalStyle",
        "postgres",
        Form::Word(&["postgres", "postgres_verbose", "sql_standard", "iso_8601"]),
        "The display form of intervals.",
    ),
    reported("is_superuser", "off", Form::Fixed, "Whether the user is a superuser."),
    plain("jit", "off", Form::Boolean, "Accepted; DuckDB compiles nothing."),
    plain("lc_collate", "C", Form::Fixed, "The collation order."),
    plain("lc_ctype", "C", Form::Fixed, "The character classes."),
    plain("lc_messages", "C", Form::Text, "The language of messages."),
    plain("lc_monetary", "C", Form::Text, "The form of money."),
    plain("lc_numeric", "C", Form::Text, "The form of numbers."),
    plain("lc_time", "C", Form::Text, "The form of dates."),
    plain("lock_timeout", "0", Form::Milliseconds, "Accepted; DuckDB does not wait for locks."),
    plain("max_identifier_length", "63", Form::Fixed, "The length of names."),
    plain("max_index_keys", "32", Form::Fixed, "The columns of an index."),
    plain("row_security", "on", Form::Boolean, "Accepted; there are no row policies."),
    Definition {
        name: "search_path",
        default: "main",
        form: Form::Names,
        reported: true,
        engine: Some("search_path"),
        description: "Schemas in which names without one are looked for.",
    },
    reported("server_encoding", "UTF8", Form::Fixed, "The server's character set."),
    reported(
        "server_version",
        SERVER_VERSION,
        Form::Fixed,
        "The PostgreSQL version whose protocol is followed.",
    ),
    plain("server_version_num", "150000", Form::Fixed, "The same as a number."),
    reported("session_authorization", "postgres", Form::Fixed, "The user name."),
    plain("session_name", "", Form::Text, "The session's name, shown in statistics and history."),
    reported(
        "standard_conforming_strings",
        "on",
        Form::Word(&["on"]),
        "Backslashes in strings stand for themselves.",
    ),
    plain("statement_timeout", "0", Form::Milliseconds, "The longest time of a statement."),
    plain("synchronize_seqscans", "on", Form::Boolean, "Accepted."),
    plain("synchronous_commit", "on", Form::Boolean, "Accepted; commits are always durable."),
    Definition {
        name: "TimeZone",
        default: "UTC",
        form: Form::TimeZone,
        reported: true,
        engine: Some("TimeZone"),
        description: "The time zone in which times are read and shown.",
    },
    plain("transaction_deferrable", "off", Form::Boolean, "Accepted; transactions never wait."),
    plain("transaction_isolation", "repeatable read", ISOLATION, "The isolation of the current transaction."),
    plain("transaction_read_only", "off", Form::Boolean, "Whether the current transaction is read-only."),
    plain("transaction_timeout", "0", Form::Milliseconds, "The longest time of a transaction."),
    plain("xmloption", "content", Form::Word(&["content", "document"]), "Accepted; there is no XML."),
    // DuckDB's own settings that change nothing but how this session's SQL is read or ordered.
    engine("default_null_order", "nulls_last", NULL_ORDERS, "Where NULLs are ordered."),
    engine("default_order", "asc", ORDERS, "The order of ORDER BY without one."),
    engine("ieee_floating_point_ops", "on", Form::Boolean, "Whether division by zero of floats is infinity."),
    engine("integer_division", "off", Form::Boolean, "Whether / of integers is an integer."),
    engine("order_by_non_integer_literal", "off", Form::Boolean, "Whether ORDER BY takes any literal."),
    engine(
        "scalar_subquery_error_on_multiple_rows",
        "on",
        Form::Boolean,
        "Whether a scalar subquery of several rows fails.",
    ),
];

/// The setting of this name, in any case.
pub(super) fn find(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.name.eq_ignore_ascii_case(name))
}
