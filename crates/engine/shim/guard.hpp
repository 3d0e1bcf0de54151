// The plan guard: walks a bound plan and lists what it touches (SECURITY §2). guard.cpp is the walk; shim.cpp
// registers the hook and asks the connection's guard for its verdict.
#pragma once

#include "shim.h"

#include "duckdb.hpp"
#include "duckdb/common/enums/logical_operator_type.hpp"
#include "duckdb/main/prepared_statement_data.hpp"
#include "duckdb/parser/parsed_data/alter_info.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/planner/bound_constraint.hpp"
#include "duckdb/planner/bound_statement.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

#include <set>
#include <string>
#include <vector>

namespace shim {

using namespace duckdb;

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

// Where a result column comes from, when it is a table's column untouched.
struct Origin {
	std::string catalog;
	std::string schema;
	std::string table;
	uint64_t table_oid = 0;
	uint64_t column_index = 0; // from 0, in the table
};

// One for each column of the statement; null where it has none.
std::vector<unique_ptr<Origin>> list_origins(BoundStatement &statement);

// Whether nobody wrote a cast: it has the place of what it casts then.
bool is_implicit(const BoundCastExpression &cast);

// literals.cpp: texts in the plan that PostgreSQL's clients write otherwise than DuckDB reads them, as DuckDB reads them.
void read_literals(LogicalOperator &op);

// forms.cpp: the types of the statement's columns, with what the plan tells beyond them.
vector<LogicalType> list_types(BoundStatement &statement);

// A bound statement's columns.
struct Described {
	vector<string> names;
	vector<LogicalType> bound_types;
	vector<LogicalType> types;
	std::vector<unique_ptr<Origin>> origins;

	bool is_of(const PreparedStatementData &data) const {
		return names == data.names && bound_types == data.types;
	}
};

// The arguments of a Touch: of a scalar function the constant texts, or the sequence it is about; of a table function
// its parameters.
std::vector<std::string> call_arguments(const vector<unique_ptr<Expression>> &arguments, optional_ptr<FunctionData> data);
std::vector<std::string> call_arguments(const vector<Value> &parameters, const named_parameter_map_t &named);

// One walk over a plan. guard.cpp has the operators, expressions.cpp what hangs on them.
class Walk {
public:
	std::vector<Touch> touches;

	explicit Walk(ClientContext &context) : context(context) {
	}

	void plan(LogicalOperator &op);
	void properties(const StatementProperties &properties);

private:
	using Arguments = std::vector<std::string>;

	ClientContext &context;
	std::set<Touch> seen;
	std::set<const CatalogEntry *> macros; // those looked into

	void add(TouchKind kind, std::string name, Arguments arguments = {});
	void add_table(TouchKind kind, const TableCatalogEntry &table);

	void operator_itself(LogicalOperator &op);
	void get(LogicalGet &get);
	void modification(LogicalOperator &op);
	void creation(LogicalOperator &op);
	void simple_creation(LogicalOperatorType type, CreateInfo &info, optional_ptr<SchemaCatalogEntry> schema);
	void add_created(TouchKind kind, const std::string &name, const CreateInfo &info, optional_ptr<SchemaCatalogEntry> schema);
	void utility(LogicalOperator &op);
	void simple(LogicalOperator &op);

	template <class LIST>
	void expressions(LIST &list);
	void constraints(vector<unique_ptr<BoundConstraint>> &list);
	void expression(Expression &expr);
	void function(BoundFunctionExpression &call);
	void table_definition(CreateTableInfo &base, vector<unique_ptr<Constraint>> &bound);
	void column_definition(const ColumnDefinition &column);
	void alteration(AlterInfo &info);
	void parsed(const ParsedExpression &expr);
	void parsed_function(const FunctionExpression &call);
};

template <class LIST>
void Walk::expressions(LIST &list) {
	for (auto &child : list) {
		if (child) {
			expression(*child);
		}
	}
}

} // namespace shim
