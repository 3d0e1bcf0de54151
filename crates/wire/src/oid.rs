//! The OIDs of PostgreSQL's built-in types (`pg_type.dat`), as far as they go over the wire.

macro_rules! oids {
    ($($name:ident = $oid:literal),* $(,)?) => {
        $(
            #[doc = concat!("OID of the type `", stringify!($name), "`.")]
            pub const $name: u32 = $oid;
        )*
    };
}

oids! {
    BOOL = 16, BYTEA = 17, CHAR = 18, NAME = 19, INT8 = 20, INT2 = 21, INT2VECTOR = 22, INT4 = 23,
    REGPROC = 24, TEXT = 25, OID = 26, OIDVECTOR = 30, JSON = 114, JSON_ARRAY = 199,
    FLOAT4 = 700, FLOAT8 = 701, UNKNOWN = 705,
    BOOL_ARRAY = 1000, BYTEA_ARRAY = 1001, CHAR_ARRAY = 1002, NAME_ARRAY = 1003, INT2_ARRAY = 1005,
    INT4_ARRAY = 1007, TEXT_ARRAY = 1009, BPCHAR_ARRAY = 1014, VARCHAR_ARRAY = 1015, INT8_ARRAY = 1016,
    FLOAT4_ARRAY = 1021, FLOAT8_ARRAY = 1022, OID_ARRAY = 1028,
    BPCHAR = 1042, VARCHAR = 1043, DATE = 1082, TIME = 1083, TIMESTAMP = 1114, TIMESTAMP_ARRAY = 1115,
    DATE_ARRAY = 1182, TIME_ARRAY = 1183, TIMESTAMPTZ = 1184, TIMESTAMPTZ_ARRAY = 1185,
    INTERVAL = 1186, INTERVAL_ARRAY = 1187, NUMERIC_ARRAY = 1231, TIMETZ = 1266, TIMETZ_ARRAY = 1270,
    BIT = 1560, VARBIT = 1562, VARBIT_ARRAY = 1563, NUMERIC = 1700, RECORD = 2249, UUID = 2950,
    UUID_ARRAY = 2951, JSONB = 3802, JSONB_ARRAY = 3807,
    REGCLASS = 2205, REGTYPE = 2206, REGNAMESPACE = 4089,
}
