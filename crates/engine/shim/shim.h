// The C interface between DuckDB's C++ side and the crate `engine` (its Rust half is src/sys.rs).
//
// What the C API of DuckDB cannot do goes through here: errors with their type, position and candidates, the
// plan guard, streaming task by task, options of one connection. Everything else (types, values, chunks,
// vectors) uses the C API; its handles duckdb_logical_type, duckdb_value and duckdb_data_chunk are pointers to
// the C++ objects LogicalType, Value and DataChunk (duckdb/main/capi/capi_internal.hpp).
//
// Rules: no exception leaves a function of this file. A function that can fail takes `ShimError **error` last
// and sets it (to be freed with shim_error_free) when it answers null or false. ShimText is borrowed from the
// object asked and lives until that object changes or is freed.
#pragma once

#include "duckdb.h"

#include <cstddef>
#include <cstdint>

extern "C" {

struct ShimText {
	const char *data;
	size_t length;
};

struct ShimError;
struct ShimInstance;
struct ShimConnection;
struct ShimInterrupter;
struct ShimParsed;
struct ShimStatement;
struct ShimExecution;
struct ShimAppender;
struct ShimCollection;
struct ShimWords;
struct ShimHold;

// ---- errors
uint8_t shim_error_type(const ShimError *error); // duckdb::ExceptionType
ShimText shim_error_message(const ShimError *error);
size_t shim_error_extra_count(const ShimError *error);
ShimText shim_error_extra_key(const ShimError *error, size_t index);
ShimText shim_error_extra_value(const ShimError *error, size_t index);
void shim_error_free(ShimError *error);

// ---- the plan guard
// `kind` is an index into the list in guard.hpp, which guard.rs repeats.
struct ShimTouch {
	uint8_t kind;
	ShimText name;
	const ShimText *arguments;
	size_t argument_count;
};

// Called inside every bind of the connection; false refuses, with what was said to shim_say as the reason.
typedef bool (*ShimJudge)(void *state, const ShimTouch *touches, size_t count, ShimWords *reason);
// Whether the connection sees a database. Called on any thread.
typedef bool (*ShimSees)(void *state, ShimText database);
// The connection is about to open every database, to list what is in them. Called on any thread.
typedef void (*ShimLists)(void *state);
// What the connection's statements are told about a topic, or, when false, why not: said to shim_say. Called on any
// thread.
typedef bool (*ShimTell)(void *state, ShimText topic, ShimWords *words);
typedef void (*ShimDrop)(void *state);

struct ShimGuard {
	void *state; // owned by the connection's context from shim_connect on, also when it fails
	ShimJudge judge;
	ShimSees sees;
	ShimLists lists;
	ShimTell tell;
	ShimDrop drop;
};

void shim_say(ShimWords *words, ShimText text);

// ---- instance
struct ShimOption {
	ShimText name;
	ShimText value;
};

// The functions that need not ask when they are bound.
struct ShimHarmless {
	const ShimText *scalar_functions;
	size_t scalar_function_count;
	const ShimText *table_functions;
	size_t table_function_count;
	const ShimText *pragmas;
	size_t pragma_count;
};

ShimText shim_library_version(void);
ShimText shim_library_source_id(void);
ShimText shim_header_version(void);
ShimText shim_header_source_id(void);
ShimInstance *shim_open(const ShimOption *options, size_t count, ShimError **error);
void shim_seal(ShimInstance *instance);
void shim_close(ShimInstance *instance);

// ---- connection
ShimConnection *shim_connect(ShimInstance *instance, ShimGuard guard, ShimError **error);
void shim_disconnect(ShimConnection *connection);
bool shim_execute(ShimConnection *connection, ShimText sql, ShimError **error);
bool shim_define(ShimConnection *connection, ShimText sql, ShimError **error);
// What pg_catalog is made of (catalog/). Facts are texts of PostgreSQL's own catalogs, given before; `sent_as` says of a
// duckdb_logical_type which type its values go over the wire as, with its modifier. It is called on any thread.
typedef void (*ShimSentAs)(const void *type, uint32_t *oid, int32_t *modifier);
void shim_put_facts(ShimText name, ShimText rows);
bool shim_add_catalog(ShimConnection *connection, ShimSentAs sent_as, ShimError **error);
bool shim_confine(ShimConnection *connection, const ShimHarmless *harmless, ShimError **error);
bool shim_set_option(ShimConnection *connection, ShimText name, ShimText value, ShimError **error);
// From here on CHECKPOINT does its work with an empty log too (every connection's): it then cuts the free end off the file.
void shim_checkpoint_always(ShimConnection *connection, bool always);
// Whether the connection's variables take no more than `limit` bytes; else this one has lost its value.
bool shim_keep_variable(ShimConnection *connection, ShimText name, size_t limit);
bool shim_in_transaction(ShimConnection *connection);
bool shim_transaction_invalidated(ShimConnection *connection);
ShimInterrupter *shim_interrupter(ShimConnection *connection);
void shim_interrupt(const ShimInterrupter *interrupter);
/* In percent; negative when nothing runs that tells. */
double shim_progress(const ShimInterrupter *interrupter);
void shim_interrupter_free(ShimInterrupter *interrupter);

// ---- what the catalog has under a name (look.rs says what is answered)
enum ShimLook : uint8_t {
	SHIM_RELATION = 0,
	SHIM_SEQUENCE = 1,
	SHIM_SCHEMA = 2,
	SHIM_INDEX = 3,
	SHIM_COLUMNS = 4,
	SHIM_COLUMNS_WITH_DEFAULTS = 5,
	SHIM_OWNED_SEQUENCES = 6,
	SHIM_KEY_COLUMNS = 7,
	SHIM_INDEXES = 8,
	SHIM_PG_CATALOG_FUNCTION = 9,
	SHIM_DEFINITION = 10,
	SHIM_DEFINITION_WITHOUT = 11,
	SHIM_VIEW = 12,
	SHIM_DEFINITION_WITHOUT_COLUMN = 13,
	SHIM_ENUM = 14
};
typedef void (*ShimEach)(void *state, ShimText name);
bool shim_look(ShimConnection *connection, ShimLook what, const ShimText *parts, size_t count, ShimEach each,
               void *state);

// ---- files
// No checkpoint changes the database's main file until it is freed, by whatever thread.
ShimHold *shim_hold(ShimConnection *connection, ShimText database, ShimError **error);
void shim_hold_free(ShimHold *hold);
// Whether a database file is open in the instance, attached or not.
bool shim_has_open(ShimConnection *connection, ShimText path);
bool shim_wal_bytes(ShimConnection *connection, ShimText database, uint64_t *bytes, ShimError **error);

// ---- statements
// Parses without binding. `statements` gets *count owned pointers in an array for shim_parsed_array_free.
bool shim_extract(ShimConnection *connection, ShimText sql, ShimParsed ***statements, size_t *count,
                  ShimError **error);
void shim_parsed_array_free(ShimParsed **statements);
void shim_parsed_free(ShimParsed *parsed);
uint8_t shim_parsed_kind(const ShimParsed *parsed); // duckdb::StatementType
bool shim_parsed_computes_target(const ShimParsed *parsed); // COPY TO an expression, also under EXPLAIN
size_t shim_parsed_location(const ShimParsed *parsed);
size_t shim_parsed_length(const ShimParsed *parsed);

// The table's column that a result column is.
struct ShimOrigin {
	ShimText catalog;
	ShimText schema;
	ShimText table;
	uint64_t table_oid;
	uint64_t column_index; // from 0
};

ShimStatement *shim_prepare(ShimConnection *connection, const ShimParsed *parsed, ShimError **error);
void shim_statement_free(ShimStatement *statement);
uint8_t shim_statement_kind(const ShimStatement *statement);        // duckdb::StatementType
uint8_t shim_statement_return_type(const ShimStatement *statement); // duckdb::StatementReturnType
bool shim_statement_is_read_only(const ShimStatement *statement);
bool shim_statement_is_resolved(const ShimStatement *statement); // every parameter has a type
size_t shim_statement_column_count(const ShimStatement *statement);
ShimText shim_statement_column_name(const ShimStatement *statement, size_t index);
// NULL where DuckDB makes INTEGER of an untyped NULL, ARRAYs for lists of lists that the plan shows to be
// rectangular (forms.cpp).
duckdb_logical_type shim_statement_column_type(const ShimStatement *statement, size_t index); // owned or null
bool shim_statement_column_origin(const ShimStatement *statement, size_t index, ShimOrigin *origin); // false: none
size_t shim_statement_parameter_count(const ShimStatement *statement);
ShimText shim_statement_parameter_name(const ShimStatement *statement, size_t index);
duckdb_logical_type shim_statement_parameter_type(const ShimStatement *statement, size_t index); // owned or null
bool shim_statement_bind(ShimStatement *statement, size_t index, duckdb_value value, ShimError **error);
// Binds the first row of a chunk's column.
bool shim_statement_bind_cell(ShimStatement *statement, size_t index, duckdb_data_chunk chunk, size_t column,
                              ShimError **error);
void shim_statement_clear(ShimStatement *statement);

// ---- execution
enum ShimStep : uint8_t {
	SHIM_NOT_READY = 0,
	SHIM_BLOCKED = 1,
	SHIM_CHUNK = 2,
	SHIM_FINISHED = 3,
	SHIM_FAILED = 4
};

ShimExecution *shim_start(ShimStatement *statement, ShimError **error);
void shim_execution_free(ShimExecution *execution);
ShimStep shim_step(ShimExecution *execution, duckdb_data_chunk *chunk, ShimError **error);
uint64_t shim_execution_rows_changed(const ShimExecution *execution);
uint8_t shim_execution_return_type(const ShimExecution *execution);
size_t shim_execution_column_count(const ShimExecution *execution);
ShimText shim_execution_column_name(const ShimExecution *execution, size_t index);
duckdb_logical_type shim_execution_column_type(const ShimExecution *execution, size_t index); // owned or null

// ---- rows kept aside
ShimCollection *shim_collection_create(ShimError **error);
bool shim_collection_append(ShimCollection *collection, ShimConnection *connection, duckdb_data_chunk chunk,
                            ShimError **error);
size_t shim_collection_bytes(const ShimCollection *collection);
bool shim_collection_fetch(const ShimCollection *collection, size_t index, duckdb_data_chunk *chunk,
                           ShimError **error); // *chunk: owned, or null behind the last
void shim_collection_free(ShimCollection *collection);

// ---- bulk load
ShimAppender *shim_appender_create(ShimConnection *connection, ShimText query, const duckdb_logical_type *types,
                                   const ShimText *names, size_t count, size_t full_bytes, ShimError **error);
bool shim_appender_append(ShimAppender *appender, duckdb_data_chunk chunk, ShimError **error);
size_t shim_appender_gathered(const ShimAppender *appender); // rows
bool shim_appender_flush(ShimAppender *appender, ShimError **error);
void shim_appender_free(ShimAppender *appender); // drops what was not flushed

// ---- chunks
// Writes any value, nested ones too, into a vector of a chunk.
bool shim_vector_set_value(duckdb_vector vector, size_t row, duckdb_value value, ShimError **error);

} // extern "C"
