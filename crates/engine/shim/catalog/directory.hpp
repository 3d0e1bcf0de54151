// What a database holds, numbered and named as PostgreSQL would: the ground of pg_catalog. One is made for a statement that
// asks, and kept until the catalog changes. Deliberately absent: which rows tools see of it (listings.cpp) and the catalogs
// that never change (statics.hpp).
#pragma once

#include "duckdb.hpp"
#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/list.hpp"
#include "duckdb/main/attached_database.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace shim {
namespace catalog {

using Oid = uint32_t;

constexpr Oid PG_CATALOG = 11;
constexpr Oid PUBLIC = 2200;
constexpr Oid INFORMATION_SCHEMA = 13207;
// As initdb does, PostgreSQL numbers what users make from here on.
constexpr Oid FIRST_OWN = 16384;

struct Schema {
	Oid oid;
	std::string name; // PostgreSQL's: DuckDB's main is public
	duckdb::SchemaCatalogEntry *entry;
	bool is_temporary;
};

struct Relation {
	Oid oid;
	Oid schema;
	std::string name;
	char kind; // as pg_class.relkind
	bool is_temporary;
	duckdb::CatalogEntry *entry; // none for the index of a constraint
	size_t number;               // of an index: where it is in `indexes`
	int16_t checks = 0;
	bool has_indexes = false;
	bool has_foreign_keys = false;
};

struct Constraint {
	Oid oid;
	std::string name;
	char kind; // as pg_constraint.contype
	Oid schema;
	Oid relation;
	Oid index = 0;
	Oid foreign_relation = 0;
	std::vector<int16_t> keys;
	std::vector<int16_t> foreign_keys;
	std::string expression; // of a check
	std::string definition;
};

struct Index {
	Oid oid;
	Oid relation;
	bool is_unique;
	bool is_primary;
	std::vector<int16_t> keys; // 0: an expression
	std::vector<std::string> columns;
	std::string definition;
};

struct Type {
	Oid oid;
	Oid array; // the type of its arrays
	Oid schema;
	std::string name;
	duckdb::TypeCatalogEntry *entry;
};

struct Function {
	Oid oid;
	Oid schema;
	std::string name;
	duckdb::MacroCatalogEntry *entry;
};

class Directory {
public:
	// Temporary objects belong to the connection, and are shown with one database.
	Directory(duckdb::ClientContext &context, duckdb::AttachedDatabase &database, bool with_temporary);

	// Of the connected database with the temporary objects, kept as long as it is true.
	static std::shared_ptr<const Directory> connected(duckdb::ClientContext &context);

	std::string database;
	std::vector<Schema> schemas;
	std::vector<Relation> relations;
	std::vector<Constraint> constraints;
	std::vector<Index> indexes;
	std::vector<Type> types;
	std::vector<Function> functions;

	const Relation *relation(Oid oid) const;
	const Constraint *constraint(Oid oid) const;
	const Index *index(Oid oid) const;
	const Type *type(Oid oid) const; // or of its array
	const Function *function(Oid oid) const;
	const Schema *schema(Oid oid) const;
	// Nothing when there is none. Names are compared as DuckDB does, without regard to capitals.
	const Schema *schema(const std::string &name) const;
	const Relation *relation(Oid schema, const std::string &name) const;
	const Type *type(Oid schema, const std::string &name) const;

	// The schemas that unqualified names are looked for in, in their order.
	const std::vector<Oid> &search_path() const {
		return path;
	}
	bool is_visible(const Relation &relation) const;
	bool is_visible(const Type &type) const;

	// The sequence whose next number a default of this table is; none for any other default. defaults.cpp has this one.
	const Relation *sequence_of(const Relation &table, const duckdb::ParsedExpression &expression) const;

	// The type of a column, with its modifier.
	std::pair<Oid, int32_t> type_of(const duckdb::LogicalType &type) const;

private:
	struct Key {
		Oid schema;
		std::string name;
		bool operator==(const Key &other) const {
			return schema == other.schema && name == other.name;
		}
	};
	struct KeyHash {
		size_t operator()(const Key &key) const {
			return std::hash<std::string>()(key.name) ^ key.schema;
		}
	};
	using ByName = std::unordered_map<Key, size_t, KeyHash>;

	void add_schemas(duckdb::ClientContext &context, duckdb::AttachedDatabase &database);
	void add_tables(duckdb::ClientContext &context, const Schema &schema);
	void add_others(duckdb::ClientContext &context, const Schema &schema);
	void add_relation(Relation relation);
	void add_constraints(size_t table);
	void add_index(Index index, const std::string &name, size_t table, duckdb::CatalogEntry *entry);
	void add_real_index(duckdb::IndexCatalogEntry &entry, const Schema &schema);
	void add_unique(const duckdb::UniqueConstraint &unique, size_t table, const std::string &label);
	void add_foreign_key(const duckdb::ForeignKeyConstraint &foreign, size_t table, const std::string &label);
	void add_check(const duckdb::CheckConstraint &check, size_t table, const std::string &label);
	Constraint begin_constraint(char kind, size_t table, const std::string &name);
	void name_foreign_indexes();
	void read_path(duckdb::ClientContext &context);

	std::unordered_map<Oid, size_t> schemas_by_oid, relations_by_oid, constraints_by_oid, indexes_by_oid, types_by_oid,
	    functions_by_oid;
	ByName relations_by_name, types_by_name;
	std::unordered_map<std::string, Oid> enums; // by their labels: columns know no more of their types
	std::vector<Oid> path;
};

// A number for a name, the same in every session and after every restart: 31 bits of a hash, above what is PostgreSQL's own.
Oid number(const char *kind, const std::string &schema, const std::string &name);

// The number of a table, without a look at what else there is.
Oid table_number(duckdb::TableCatalogEntry &table);

// A name that PostgreSQL makes: parts joined by _, cut to 63 bytes.
std::string made_name(const std::string &table, const std::string &columns, const std::string &label);

// constraints.cpp: the names that PostgreSQL would have given to a table's constraints, in their order; DuckDB keeps none.
// Empty for what is no constraint of the table's own.
std::vector<std::string> constraint_names(const duckdb::TableCatalogEntry &table);

// The same file: the columns that an expression names, each once.
void collect_columns(const duckdb::ParsedExpression &expression, duckdb::vector<std::string> &names);

// An identifier as SQL has it: quoted where it must be.
std::string quoted(const std::string &name);

// defaults.cpp: a column's default, or what it is computed of, as PostgreSQL's tools expect it.
std::string shown_default(const Directory &directory, const Relation &table, const duckdb::ColumnDefinition &column);
// Whether a sequence belongs to a column (`duckling`'s dialect/columns.rs), and as what: s, a, d, or nothing.
char ownership(const Relation &sequence);
// What a user has said of a relation.
duckdb::Value comment_of(const Relation &relation);

// An own enum with these labels: its number and that of its arrays; none when there is no such type.
std::pair<Oid, Oid> enum_numbers(duckdb::ClientContext &context, const std::vector<std::string> &labels);

// The query of a view.
std::string view_query(duckdb::ViewCatalogEntry &view);

// The same text without the parentheses around all of it.
std::string without_parentheses(const std::string &expression);

// An expression as PostgreSQL's tools expect it.
std::string shown(const duckdb::ParsedExpression &expression);

} // namespace catalog
} // namespace shim
