//! SQLSTATE codes, as PostgreSQL's appendix "PostgreSQL Error Codes" lists them.
//!
//! Only the codes that Pintail sends stand here, under the names of that list.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A five-character SQLSTATE code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// The code from its five characters, or nothing when they are not five of `[0-9A-Z]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 5] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()).then_some(Self(bytes))
    }

    /// The five characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XX000")
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for SqlState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SqlState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a SQLSTATE"))
    }
}

macro_rules! sqlstates {
    ($($name:ident = $code:literal),* $(,)?) => {
        impl SqlState {
            $(
                #[doc = concat!("`", stringify!($name), "` of PostgreSQL's list of error codes.")]
                pub const $name: Self = Self(*$code);
            )*
        }
    };
}

sqlstates! {
    SUCCESSFUL_COMPLETION = b"00000",
    WARNING = b"01000",
    CONNECTION_EXCEPTION = b"08000",
    CONNECTION_FAILURE = b"08006",
    PROTOCOL_VIOLATION = b"08P01",
    FEATURE_NOT_SUPPORTED = b"0A000",
    STRING_DATA_RIGHT_TRUNCATION = b"22001",
    NUMERIC_VALUE_OUT_OF_RANGE = b"22003",
    DATETIME_FIELD_OVERFLOW = b"22008",
    INVALID_DATETIME_FORMAT = b"22007",
    DIVISION_BY_ZERO = b"22012",
    INVALID_PARAMETER_VALUE = b"22023",
    CHARACTER_NOT_IN_REPERTOIRE = b"22021",
    INVALID_REGULAR_EXPRESSION = b"2201B",
    DATA_EXCEPTION = b"22000",
    ARRAY_SUBSCRIPT_ERROR = b"2202E",
    INVALID_TEXT_REPRESENTATION = b"22P02",
    INVALID_BINARY_REPRESENTATION = b"22P03",
    BAD_COPY_FILE_FORMAT = b"22P04",
    UNTRANSLATABLE_CHARACTER = b"22P05",
    INTEGRITY_CONSTRAINT_VIOLATION = b"23000",
    NOT_NULL_VIOLATION = b"23502",
    FOREIGN_KEY_VIOLATION = b"23503",
    UNIQUE_VIOLATION = b"23505",
    CHECK_VIOLATION = b"23514",
    INVALID_CURSOR_STATE = b"24000",
    INVALID_TRANSACTION_STATE = b"25000",
    ACTIVE_SQL_TRANSACTION = b"25001",
    READ_ONLY_SQL_TRANSACTION = b"25006",
    NO_ACTIVE_SQL_TRANSACTION = b"25P01",
    IN_FAILED_SQL_TRANSACTION = b"25P02",
    IDLE_IN_TRANSACTION_SESSION_TIMEOUT = b"25P03",
    INVALID_SQL_STATEMENT_NAME = b"26000",
    INVALID_AUTHORIZATION_SPECIFICATION = b"28000",
    INVALID_PASSWORD = b"28P01",
    DEPENDENT_OBJECTS_STILL_EXIST = b"2BP01",
    INVALID_SAVEPOINT_SPECIFICATION = b"3B001",
    INVALID_CATALOG_NAME = b"3D000",
    INVALID_SCHEMA_NAME = b"3F000",
    INVALID_CURSOR_NAME = b"34000",
    T_R_SERIALIZATION_FAILURE = b"40001",
    SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION = b"42000",
    SYNTAX_ERROR = b"42601",
    INSUFFICIENT_PRIVILEGE = b"42501",
    CANNOT_COERCE = b"42846",
    GROUPING_ERROR = b"42803",
    WRONG_OBJECT_TYPE = b"42809",
    DATATYPE_MISMATCH = b"42804",
    INDETERMINATE_DATATYPE = b"42P18",
    UNDEFINED_COLUMN = b"42703",
    UNDEFINED_FUNCTION = b"42883",
    UNDEFINED_TABLE = b"42P01",
    UNDEFINED_PARAMETER = b"42P02",
    UNDEFINED_OBJECT = b"42704",
    DUPLICATE_COLUMN = b"42701",
    DUPLICATE_CURSOR = b"42P03",
    DUPLICATE_DATABASE = b"42P04",
    DUPLICATE_FUNCTION = b"42723",
    DUPLICATE_PREPARED_STATEMENT = b"42P05",
    DUPLICATE_SCHEMA = b"42P06",
    DUPLICATE_TABLE = b"42P07",
    DUPLICATE_OBJECT = b"42710",
    AMBIGUOUS_COLUMN = b"42702",
    AMBIGUOUS_FUNCTION = b"42725",
    INVALID_COLUMN_REFERENCE = b"42P10",
    INVALID_TABLE_DEFINITION = b"42P16",
    DISK_FULL = b"53100",
    OUT_OF_MEMORY = b"53200",
    TOO_MANY_CONNECTIONS = b"53300",
    CONFIGURATION_LIMIT_EXCEEDED = b"53400",
    INSUFFICIENT_RESOURCES = b"53000",
    PROGRAM_LIMIT_EXCEEDED = b"54000",
    STATEMENT_TOO_COMPLEX = b"54001",
    TOO_MANY_ARGUMENTS = b"54023",
    OBJECT_NOT_IN_PREREQUISITE_STATE = b"55000",
    OBJECT_IN_USE = b"55006",
    CANT_CHANGE_RUNTIME_PARAM = b"55P02",
    LOCK_NOT_AVAILABLE = b"55P03",
    QUERY_CANCELED = b"57014",
    ADMIN_SHUTDOWN = b"57P01",
    CRASH_SHUTDOWN = b"57P02",
    CANNOT_CONNECT_NOW = b"57P03",
    IDLE_SESSION_TIMEOUT = b"57P05",
    SYSTEM_ERROR = b"58000",
    IO_ERROR = b"58030",
    UNDEFINED_FILE = b"58P01",
    CONFIG_FILE_ERROR = b"F0000",
    FDW_UNABLE_TO_ESTABLISH_CONNECTION = b"HV00N",
    INTERNAL_ERROR = b"XX000",
}
