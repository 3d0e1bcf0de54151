//! The functions a tenant may call, where DuckDB 1.5.5 has any that reach beyond the tenant's data.
//!
//! Table functions are an allowlist. Scalar functions of DuckDB are pure but for those listed here.
//! Checked against `duckdb_functions()` of the pinned version by a test.

/// Table functions that see nothing but their arguments and the account's own catalog.
pub(super) static TABLE_FUNCTIONS: &[&str] = &[
    "duckdb_approx_database_count",
    "duckdb_columns",
    "duckdb_connection_count",
    "duckdb_constraints",
    "duckdb_coordinate_systems",
    "duckdb_databases",
    "duckdb_dependencies",
    "duckdb_functions",
    "duckdb_indexes",
    "duckdb_keywords",
    "duckdb_memory",
    "duckdb_optimizers",
    "duckdb_prepared_statements",
    "duckdb_schemas",
    "duckdb_secret_types",
    "duckdb_sequences",
    "duckdb_table_sample",
    "duckdb_tables",
    "duckdb_types",
    "duckdb_variables",
    "duckdb_views",
    "generate_series",
    "histogram",
    "histogram_values",
    "icu_calendar_names",
    "json_each",
    "json_tree",
    "pg_timezone_names",
    "pragma_collations",
    "pragma_database_size",
    "pragma_metadata_info",
    "pragma_platform",
    "pragma_show",
    "pragma_storage_info",
    "pragma_table_info",
    "pragma_user_agent",
    "pragma_version",
    "query",
    "query_table",
    "range",
    "repeat",
    "repeat_row",
    "seq_scan",
    "summary",
    "test_all_types",
    "test_vector_types",
    "unnest",
];

/// Table functions that read files: their paths decide.
pub(super) static READERS: &[&str] = &[
    "glob",
    "parquet_bloom_probe",
    "parquet_file_metadata",
    "parquet_full_metadata",
    "parquet_kv_metadata",
    "parquet_metadata",
    "parquet_scan",
    "parquet_schema",
    "read_blob",
    "read_csv",
    "read_csv_auto",
    "read_duckdb",
    "read_json",
    "read_json_auto",
    "read_json_objects",
    "read_json_objects_auto",
    "read_ndjson",
    "read_ndjson_auto",
    "read_ndjson_objects",
    "read_parquet",
    "read_text",
    "sniff_csv",
];

/// Table functions about secrets.
pub(super) static SECRETS: &[&str] = &["duckdb_secrets", "which_secret"];

/// Pragmas that only describe.
pub(super) static PRAGMAS: &[&str] = &[
    "collations",
    "database_size",
    "functions",
    "metadata_info",
    "platform",
    "show",
    "show_databases",
    "show_tables",
    "show_tables_expanded",
    "storage_info",
    "table_info",
    "user_agent",
    "version",
];

/// Scalar functions that reach the process: its environment, its settings, its log, other statements.
pub(super) static SCALAR_FUNCTIONS_REFUSED: &[&str] = &["getenv", "current_setting", "write_log"];
