// What the shim's files share: the error object, text, and the catching of exceptions.
#pragma once

#include "guard.hpp"
#include "shim.h"

#include "duckdb.hpp"

#include <string>
#include <utility>
#include <vector>

namespace duckdb {
class TableCatalogEntry;
}

struct ShimError {
	duckdb::ExceptionType type = duckdb::ExceptionType::INVALID;
	std::string message;
	std::vector<std::pair<std::string, std::string>> extra;
};

struct ShimConnection {
	duckdb::Connection connection;
	explicit ShimConnection(duckdb::DuckDB &database) : connection(database) {
	}
	duckdb::ClientContext &context() {
		return *connection.context;
	}
};

struct ShimParsed {
	duckdb::unique_ptr<duckdb::SQLStatement> statement;
};

struct ShimStatement {
	duckdb::unique_ptr<duckdb::PreparedStatement> prepared;
	std::vector<std::string> parameter_names;                     // by position
	std::vector<duckdb::unique_ptr<shim::Origin>> origins; // by column, or empty
	duckdb::vector<duckdb::LogicalType> types;             // by column, as the plan tells them, or empty
	duckdb::case_insensitive_map_t<duckdb::BoundParameterData> values;
};

ShimError *as_error(const duckdb::ErrorData &data);

inline ShimText as_view(const std::string &text) {
	return ShimText {text.data(), text.size()};
}

inline std::string as_string(ShimText text) {
	return std::string(text.data, text.length);
}

// Runs `function`; every exception becomes *error, and `failure` is the answer.
template <class T, class FUNCTION>
T guarded(ShimError **error, T failure, FUNCTION &&function) noexcept {
	try {
		try {
			return function();
		} catch (const std::exception &exception) {
			*error = as_error(duckdb::ErrorData(exception));
		} catch (...) {
			*error = as_error(duckdb::ErrorData(duckdb::ExceptionType::INTERNAL, "unknown C++ exception"));
		}
	} catch (...) { // no memory even for the error: null says so
		*error = nullptr;
	}
	return failure;
}

// The same for functions that have nothing to say when they fail.
template <class T, class FUNCTION>
T quietly(T failure, FUNCTION &&function) noexcept {
	try {
		return function();
	} catch (...) {
		return failure;
	}
}

namespace shim {

// shown.cpp: what is not for a connection is taken out of what DuckDB's own functions show. Again when extensions have
// brought more of them.
void mask_functions(duckdb::ClientContext &context);

// opened.cpp: read_text and read_blob fail where a file cannot be opened, also when only its name is wanted.
void open_read_files(duckdb::ClientContext &context);

// addresses.cpp: a file system that refuses addresses of buckets that name a host.
void refuse_addresses(duckdb::DatabaseInstance &database);

// names.cpp: tables and views are looked for in the other schemas of their database, too.
void look_elsewhere(duckdb::DatabaseInstance &instance);
// The same for names that are not scanned, in a parse tree. True when it changed one; throws when one is ambiguous.
bool complete_names(duckdb::ClientContext &context, duckdb::SQLStatement &statement);

// sequences.cpp: setval, lastval, and a currval that is the session's, as PostgreSQL has them.
void add_sequence_functions(duckdb::ClientContext &context);

// The comment of a sequence that belongs to a column begins so (duckling's dialect/columns.rs); what a user says of it stands behind
// the end.
constexpr const char *OWN_SEQUENCE = "pintail: ";
constexpr const char *OWN_SEQUENCE_END = "; ";

// What a table is to be without, when it is made anew.
struct Without {
	const std::string *constraint = nullptr;
	const std::string *column = nullptr;
};

// definition.cpp: a table's definition as SQL, whole or without a part.
void define_table(duckdb::ClientContext &context, duckdb::TableCatalogEntry &table, const Without &without,
                  std::vector<std::string> &found);
// What is different when the table or its indexes have been altered.
std::string whole_definition(duckdb::ClientContext &context, duckdb::TableCatalogEntry &table);

// own.cpp: the function that makes a table its transaction's own.
void add_own_table(duckdb::ClientContext &context);

// collations.cpp: COLLATE on columns of types that are VARCHAR under another name.
void keep_types(duckdb::LogicalOperator &plan);

// arrays.cpp: texts in PostgreSQL's form of arrays can be cast to lists.
void read_array_literals(duckdb::DatabaseInstance &database);

// overloads.cpp: PostgreSQL's forms of functions beside DuckDB's own.
void add_overloads(duckdb::ClientContext &context);

// tell.cpp: the functions through which statements ask their connection's guard.
void add_telling(duckdb::ClientContext &context);

// state.cpp: asks the connection's guard about something that happens outside a bound plan; throws its refusal.
// A connection without a guard is DuckDB's own; whatever it binds is refused by the hook.
void ask(duckdb::ClientContext &context, Touch touch);

// state.cpp: whether the connection sees a database. Any thread.
bool sees(duckdb::ClientContext &context, const std::string &database);
// The same file: tells the guard that every database is about to be opened. It may wait a little. Any thread.
void lists(duckdb::ClientContext &context);

// shown.cpp: a transaction that has used a database and finds another one of its name ends the instance: it is refused first.
void expect_one_of_each(duckdb::ClientContext &context);

} // namespace shim
