//! What is known of a statement before it runs: its kind, what it returns, its columns. Deliberately absent:
//! command tags, which are the caller's.

use crate::types::LogicalType;

macro_rules! statement_kinds {
    ($($(#[$doc:meta])* $kind:ident = $number:literal,)*) => {
        /// DuckDB's kinds of statement (`duckdb/common/enums/statement_type.hpp`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum StatementKind {
            $($(#[$doc])* $kind,)*
            /// A kind this list does not know.
            Other,
        }

        impl StatementKind {
            pub(crate) fn from_duckdb(number: u8) -> Self {
                match number {
                    $($number => Self::$kind,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

statement_kinds! {
    /// SELECT, VALUES, FROM, and what DuckDB turns into one: SHOW, DESCRIBE, SUMMARIZE, table pragmas.
    Select = 1,
    /// INSERT.
    Insert = 2,
    /// UPDATE.
    Update = 3,
    /// CREATE of anything.
    Create = 4,
    /// DELETE and TRUNCATE.
    Delete = 5,
    /// SQL-level PREPARE.
    Prepare = 6,
    /// SQL-level EXECUTE.
    Execute = 7,
    /// ALTER, COMMENT ON.
    Alter = 8,
    /// BEGIN, COMMIT, ROLLBACK.
    Transaction = 9,
    /// COPY.
    Copy = 10,
    /// ANALYZE.
    Analyze = 11,
    /// SET VARIABLE.
    VariableSet = 12,
    /// CREATE FUNCTION.
    CreateFunction = 13,
    /// EXPLAIN.
    Explain = 14,
    /// DROP.
    Drop = 15,
    /// EXPORT DATABASE.
    Export = 16,
    /// PRAGMA.
    Pragma = 17,
    /// VACUUM.
    Vacuum = 18,
    /// CALL.
    Call = 19,
    /// SET and RESET.
    Set = 20,
    /// LOAD and INSTALL.
    Load = 21,
    /// A relation of the C++ API.
    Relation = 22,
    /// A statement of an extension.
    Extension = 23,
    /// A logical plan.
    LogicalPlan = 24,
    /// ATTACH.
    Attach = 25,
    /// DETACH.
    Detach = 26,
    /// Several statements that DuckDB made of one.
    Multi = 27,
    /// COPY FROM DATABASE.
    CopyDatabase = 28,
    /// UPDATE EXTENSIONS.
    UpdateExtensions = 29,
    /// MERGE INTO.
    MergeInto = 30,
}

/// What a statement returns (DuckDB's `StatementReturnType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnKind {
    /// Rows for the client.
    Rows,
    /// The number of rows it changed, as [`crate::Execution::rows_changed`].
    ChangedRows,
    /// Nothing.
    Nothing,
}

impl ReturnKind {
    pub(crate) fn from_duckdb(number: u8) -> Self {
        match number {
            0 => Self::Rows,
            1 => Self::ChangedRows,
            _ => Self::Nothing,
        }
    }
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; names may repeat.
    pub name: String,
    /// Its type; [`LogicalType::Unknown`] while a parameter that decides it has none.
    pub logical_type: LogicalType,
}

/// The table's column that a result column is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The database.
    pub catalog: String,
    /// The schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// DuckDB's number for the table (`duckdb_tables().table_oid`).
    pub table_oid: u64,
    /// The column's place in the table, from 0.
    pub column_index: u64,
}
