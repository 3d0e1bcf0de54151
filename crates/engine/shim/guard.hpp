// The plan guard: walks a bound plan and lists what it touches (SECURITY §2). guard.cpp is the walk; shim.cpp
// registers the hook and asks the connection's guard for its verdict.
#pragma once

#include "shim.h"

#include "duckdb.hpp"
#include "duckdb/planner/bound_statement.hpp"

#include <set>
#include <string>
#include <vector>

namespace shim {

// The order is the interface: src/guard.rs has the same list.
enum class TouchKind : uint8_t {
	TABLE_SCAN,
	TABLE_FUNCTION,
	SCALAR_FUNCTION,
	AGGREGATE_FUNCTION,
	COPY_TO,
	INSERT,
	UPDATE,
	DELETE_ROWS,
	MERGE,
	CREATE_TABLE,
	CREATE_VIEW,
	CREATE_MACRO,
	CREATE_TYPE,
	CREATE_SEQUENCE,
	CREATE_SCHEMA,
	CREATE_INDEX,
	CREATE_SECRET,
	DROP,
	ALTER,
	ATTACH,
	DETACH,
	LOAD,
	EXPORT,
	COPY_DATABASE,
	PRAGMA,
	SET,
	RESET,
	SET_VARIABLE,
	TRANSACTION,
	EXPLAIN,
	PREPARE,
	EXECUTE,
	VACUUM,
	READS_DATABASE,
	WRITES_DATABASE,
	OTHER
};

struct Touch {
	TouchKind kind;
	std::string name;
	std::vector<std::string> arguments;

	bool operator<(const Touch &other) const {
		if (kind != other.kind) {
			return kind < other.kind;
		}
		return name != other.name ? name < other.name : arguments < other.arguments;
	}
};

// Everything the statement touches, each thing once, in the order of the walk.
std::vector<Touch> list_touches(duckdb::Binder &binder, duckdb::BoundStatement &statement);

} // namespace shim
