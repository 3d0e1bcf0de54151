// The catalogs that never change: PostgreSQL's types, functions, operators and so on, as tables of text that the server gives
// (tab-separated; the first line has names and types of the columns). Deliberately absent: what they hold.
#pragma once

#include "directory.hpp"

#include "duckdb/common/types/column/column_data_collection.hpp"

namespace shim {
namespace catalog {

class StaticTable {
public:
	explicit StaticTable(const std::string &text);

	duckdb::vector<std::string> names;
	duckdb::vector<duckdb::LogicalType> types;
	// By line; a missing value is \N.
	std::vector<std::vector<std::string>> lines;

	size_t column(const char *name) const;
	// The same as rows, made when they are first asked for.
	duckdb::ColumnDataCollection &rows();

private:
	std::mutex lock;
	duckdb::unique_ptr<duckdb::ColumnDataCollection> kept;
};

// Text that lives as long as the process. The first one of a name stays.
void put_static(const std::string &name, const std::string &text);
// Throws when there is none.
StaticTable &static_table(const std::string &name);

// What is looked up in them by number or name.
struct BuiltinType {
	Oid oid;
	Oid schema;
	std::string name;
	int16_t length;
	bool by_value;
	char kind;
	char alignment;
	char storage;
	Oid element;
	Oid array;
	Oid collation;
};
const BuiltinType *builtin_type(Oid oid);
const BuiltinType *builtin_type(const std::string &name);

// The names of PostgreSQL's own relations and functions, and their numbers; 0 and nothing where there is none. A function's name
// may be overloaded: the number is then the first one's.
Oid builtin_relation(const std::string &name);
const std::string *builtin_relation(Oid oid);
Oid builtin_function(const std::string &name);
const std::string *builtin_function(Oid oid);
bool is_overloaded(const std::string &function);

// The type that a column's values are sent as, with its modifier: the server says.
std::pair<Oid, int32_t> sent_as(const duckdb::LogicalType &type);
typedef void (*SentAs)(const void *type, uint32_t *oid, int32_t *modifier);
void ask_for_types(SentAs sent_as);

} // namespace catalog
} // namespace shim
