// PostgreSQL's forms of functions that DuckDB has under the same name with other arguments. They join DuckDB's own
// overloads, so that a column of theirs keeps the function's name and DuckDB's own forms stay what they are. Most of them are
// a macro of the server's, which is put into the plan when the call is bound; others are a function that DuckDB has under
// another name. Deliberately absent: what they compute (duckling's catalog/*.sql).

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression_binder.hpp"
#include "duckdb/planner/expression_iterator.hpp"

using namespace duckdb;

namespace {

constexpr const char *ARGUMENTS = "arguments";

struct Overload {
	const char *name;
	vector<LogicalType> arguments;
	LogicalType result; // what the listings of functions show; the macro decides
	const char *macro;
};

const vector<Overload> &overloads() {
	static const vector<Overload> all {
	    {"array_position",
	     {LogicalType::LIST(LogicalType::ANY), LogicalType::ANY, LogicalType::BIGINT},
	     LogicalType::INTEGER,
	     "__pintail_position_from"},
	    {"date_trunc",
	     {LogicalType::VARCHAR, LogicalType::TIMESTAMP_TZ, LogicalType::VARCHAR},
	     LogicalType::TIMESTAMP_TZ,
	     "__pintail_trunc_in"},
	    {"decode", {LogicalType::VARCHAR, LogicalType::VARCHAR}, LogicalType::BLOB, "__pintail_decode"},
	    {"encode", {LogicalType::BLOB, LogicalType::VARCHAR}, LogicalType::VARCHAR, "__pintail_encode"},
	    {"json_extract_path",
	     {LogicalType::JSON(), LogicalType::VARCHAR, LogicalType::VARCHAR},
	     LogicalType::JSON(),
	     "__pintail_json_path"},
	    {"json_extract_path_text",
	     {LogicalType::JSON(), LogicalType::VARCHAR, LogicalType::VARCHAR},
	     LogicalType::VARCHAR,
	     "__pintail_json_path_text"},
	    {"string_to_array",
	     {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR},
	     LogicalType::LIST(LogicalType::VARCHAR),
	     "__pintail_to_array"},
	    {"to_timestamp",
	     {LogicalType::VARCHAR, LogicalType::VARCHAR},
	     LogicalType::TIMESTAMP_TZ,
	     "__pintail_to_timestamp"},
	};
	return all;
}

// The new name, DuckDB's name, and whether the function of that name is there already and gets more overloads.
struct Alias {
	const char *name;
	const char *own;
};

constexpr Alias ALIASES[] = {
    {"cardinality", "len"},           {"octet_length", "strlen"},       {"json_build_object", "json_object"},
    {"jsonb_build_object", "json_object"}, {"json_build_array", "json_array"}, {"jsonb_build_array", "json_array"},
};

struct Expansion : public FunctionData {
	explicit Expansion(string macro) : macro(std::move(macro)) {
	}
	unique_ptr<FunctionData> Copy() const override {
		return make_uniq<Expansion>(macro);
	}
	bool Equals(const FunctionData &other) const override {
		return macro == other.Cast<Expansion>().macro;
	}
	string macro;
};

unique_ptr<FunctionData> bind(ClientContext &, ScalarFunction &function, vector<unique_ptr<Expression>> &) {
	for (auto &overload : overloads()) {
		if (function.name == overload.name) {
			return make_uniq<Expansion>(overload.macro);
		}
	}
	throw InternalException("no macro for %s", function.name);
}

// Puts the arguments in the places of the columns that stood for them.
void put_in(unique_ptr<Expression> &expr, idx_t table, const vector<unique_ptr<Expression>> &arguments) {
	if (expr->GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
		auto &column = expr->Cast<BoundColumnRefExpression>();
		if (column.binding.table_index == table) {
			expr = arguments[column.binding.column_index]->Copy();
			return;
		}
	}
	ExpressionIterator::EnumerateChildren(*expr,
	                                      [&](unique_ptr<Expression> &child) { put_in(child, table, arguments); });
}

unique_ptr<Expression> expand(FunctionBindExpressionInput &input) {
	auto binder = Binder::CreateBinder(input.context);
	auto table = binder->GenerateTableIndex();
	vector<string> names;
	vector<LogicalType> types;
	vector<unique_ptr<ParsedExpression>> arguments;
	for (auto &child : input.children) {
		names.push_back("argument" + to_string(names.size()));
		types.push_back(child->return_type);
		// Some functions want their options as constants.
		if (child->GetExpressionClass() == ExpressionClass::BOUND_CONSTANT) {
			arguments.push_back(make_uniq<ConstantExpression>(child->Cast<BoundConstantExpression>().value));
		} else {
			arguments.push_back(make_uniq<ColumnRefExpression>(names.back(), ARGUMENTS));
		}
	}
	binder->bind_context.AddGenericBinding(table, ARGUMENTS, names, types);
	auto &macro = input.bind_data->Cast<Expansion>().macro;
	unique_ptr<ParsedExpression> call =
	    make_uniq<FunctionExpression>(SYSTEM_CATALOG, DEFAULT_SCHEMA, macro, std::move(arguments));
	ExpressionBinder expression_binder(*binder, input.context);
	auto result = expression_binder.Bind(call);
	put_in(result, table, input.children);
	return result;
}

void not_called(DataChunk &, ExpressionState &, Vector &) {
	throw InternalException("a call that its macro takes the place of");
}

ScalarFunction function(const Overload &overload) {
	ScalarFunction result(overload.name, overload.arguments, overload.result, not_called, bind);
	result.SetBindExpressionCallback(expand);
	return result;
}

void add_alias(ClientContext &context, Catalog &catalog, SchemaCatalogEntry &schema, const Alias &alias) {
	auto functions = catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, alias.own).functions;
	functions.name = alias.name;
	for (auto &own : functions.functions) {
		own.name = alias.name;
	}
	auto there = catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, alias.name,
	                                                          OnEntryNotFound::RETURN_NULL);
	if (!there) {
		CreateScalarFunctionInfo info(std::move(functions));
		info.internal = true;
		schema.CreateFunction(CatalogTransaction::GetSystemTransaction(*context.db), info);
		return;
	}
	for (auto &own : functions.functions) {
		auto has = [&](const ScalarFunction &other) { return other.arguments == own.arguments; };
		auto &others = there->functions.functions;
		if (std::none_of(others.begin(), others.end(), has)) {
			there->functions.AddFunction(std::move(own));
		}
	}
}

} // namespace

namespace shim {

void add_overloads(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		auto &catalog = Catalog::GetSystemCatalog(context);
		auto &schema = catalog.GetSchema(context, DEFAULT_SCHEMA);
		for (auto &overload : overloads()) {
			auto &entry = catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, overload.name);
			entry.functions.AddFunction(function(overload));
		}
		for (auto &alias : ALIASES) {
			add_alias(context, catalog, schema, alias);
		}
	});
}

} // namespace shim
