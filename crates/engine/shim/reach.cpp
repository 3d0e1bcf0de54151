// What acts before there is a plan. Arguments of table functions, options of COPY, limits and pragmas are evaluated
// while their statement is bound or even split, and ALTER TABLE binds its expressions while it runs: none of that
// stands in a bound plan. So every function that the server does not call harmless asks the connection's guard as
// soon as it is bound, with the same words as the walk over the plan uses. Deliberately absent: which are harmless.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/pragma_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/sequence_catalog_entry.hpp"
#include "duckdb/common/case_insensitive_map.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar/sequence_utils.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/parsed_data/copy_info.hpp"
#include "duckdb/parser/statement/copy_statement.hpp"
#include "duckdb/parser/statement/explain_statement.hpp"
#include "duckdb/parser/qualified_name.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

#include <algorithm>
#include <array>
#include <mutex>

using namespace duckdb;

namespace {

// What a function did before it was made to ask, by its name. The same in every instance of the process.
template <class CALLBACK>
class Originals {
public:
	void put(const string &name, CALLBACK callback) {
		std::lock_guard<std::mutex> guard(lock);
		auto &known = callbacks[name];
		if (known && known != callback) {
			throw InternalException("the overloads of %s bind differently: they cannot be made to ask", name);
		}
		known = callback;
	}
	CALLBACK get(const string &name) {
		std::lock_guard<std::mutex> guard(lock);
		auto entry = callbacks.find(name);
		return entry == callbacks.end() ? nullptr : entry->second;
	}

private:
	std::mutex lock;
	case_insensitive_map_t<CALLBACK> callbacks;
};

Originals<bind_scalar_function_t> scalar_binds;
Originals<bind_scalar_function_extended_t> scalar_binds_extended;
Originals<table_function_bind_operator_t> table_binds;
Originals<copy_from_bind_t> copy_binds;

void ask(ClientContext &context, shim::TouchKind kind, const string &name, std::vector<std::string> arguments) {
	shim::ask(context, shim::Touch {kind, name, std::move(arguments)});
}

// ---------------------------------------------------------------------------------------------- scalar functions

unique_ptr<FunctionData> ask_scalar(ClientContext &context, ScalarFunction &function,
                                    vector<unique_ptr<Expression>> &arguments) {
	ask(context, shim::TouchKind::SCALAR_FUNCTION, function.name, shim::call_arguments(arguments, nullptr));
	auto original = scalar_binds.get(function.name);
	return original ? original(context, function, arguments) : nullptr;
}

// Sequences are known only when they are bound.
unique_ptr<FunctionData> ask_scalar_extended(ScalarFunctionBindInput &input, ScalarFunction &function,
                                             vector<unique_ptr<Expression>> &arguments) {
	auto data = scalar_binds_extended.get(function.name)(input, function, arguments);
	ask(input.binder.context, shim::TouchKind::SCALAR_FUNCTION, function.name,
	    shim::call_arguments(arguments, data.get()));
	return data;
}

// In arguments that are evaluated while a statement is bound, DuckDB has not marked the transaction as one that writes:
// its commit would end the instance.
scalar_function_t expecting_transaction(scalar_function_t original) {
	return [original](DataChunk &arguments, ExpressionState &state, Vector &result) {
		auto &call = state.expr.Cast<BoundFunctionExpression>();
		if (auto sequence = dynamic_cast<NextvalBindData *>(call.bind_info.get())) {
			auto &database = sequence->sequence.ParentCatalog().GetAttached();
			auto modified = MetaTransaction::Get(state.GetContext()).ModifiedDatabase();
			if (!database.IsTemporary() && modified.get() != &database) {
				throw NotImplementedException("nextval cannot be used where a value is needed before the statement runs");
			}
		}
		original(arguments, state, result);
	};
}

void confine(ScalarFunctionCatalogEntry &entry) {
	for (auto &function : entry.functions.functions) {
		auto bind = function.GetBindCallback();
		auto extended = function.GetBindExtendedCallback();
		if (bind == ask_scalar || extended == ask_scalar_extended) {
			continue;
		}
		if (!bind && extended) {
			scalar_binds_extended.put(function.name, extended);
			function.SetBindExtendedCallback(ask_scalar_extended);
			if (function.name == "nextval") {
				function.SetFunctionCallback(expecting_transaction(function.GetFunctionCallback()));
			}
			continue;
		}
		scalar_binds.put(function.name, bind);
		function.SetBindCallback(ask_scalar);
	}
}

// ----------------------------------------------------------------------------------------------- table functions

// Functions that look into the table which their argument names.
constexpr const char *OF_A_TABLE[] = {"pragma_show", "pragma_storage_info", "pragma_table_info"};

void ask_for_table(ClientContext &context, const string &text) {
	auto table = QualifiedName::Parse(text);
	Binder::BindSchemaOrCatalog(context, table.catalog, table.schema);
	if (!table.catalog.empty()) {
		ask(context, shim::TouchKind::READS_DATABASE, table.catalog, {});
	}
}

// Comes before every other way of binding a table function.
unique_ptr<LogicalOperator> ask_table(ClientContext &context, TableFunctionBindInput &input, idx_t index,
                                      vector<string> &names) {
	auto &name = input.table_function.name;
	auto arguments = shim::call_arguments(input.inputs, input.named_parameters);
	if (arguments.empty()) { // what it is about then
		arguments.push_back(DatabaseManager::GetDefaultDatabase(context));
	}
	ask(context, shim::TouchKind::TABLE_FUNCTION, name, std::move(arguments));
	auto is_meant = [&](const char *function) { return name == function; };
	if (!input.inputs.empty() && std::any_of(std::begin(OF_A_TABLE), std::end(OF_A_TABLE), is_meant)) {
		ask_for_table(context, input.inputs[0].ToString());
	}
	auto original = table_binds.get(name);
	return original ? original(context, input, index, names) : nullptr;
}

void confine(TableFunctionCatalogEntry &entry) {
	for (auto &function : entry.functions.functions) {
		if (function.bind_operator == ask_table || (!function.bind && !function.bind_replace && !function.bind_operator)) {
			continue; // what has no bind cannot be called
		}
		if (function.bind_operator) {
			table_binds.put(function.name, function.bind_operator);
		}
		function.bind_operator = ask_table;
	}
}

unique_ptr<FunctionData> ask_copy(ClientContext &context, CopyFromFunctionBindInput &input, vector<string> &names,
                                  vector<LogicalType> &types) {
	ask(context, shim::TouchKind::TABLE_FUNCTION, input.tf.name, {input.info.file_path});
	return copy_binds.get(input.tf.name)(context, input, names, types);
}

void confine(CopyFunctionCatalogEntry &entry) {
	auto &function = entry.function;
	if (function.copy_from_bind && function.copy_from_bind != ask_copy) {
		copy_binds.put(function.copy_from_function.name, function.copy_from_bind);
		function.copy_from_bind = ask_copy;
	}
}

// ------------------------------------------------------------------------------------------------------- pragmas

// A pragma that becomes SQL while its string is split is not told its name: each has a place of its own.
struct PragmaPlace {
	string name;
	pragma_query_t original = nullptr;
};

constexpr size_t PRAGMA_PLACES = 48;
std::array<PragmaPlace, PRAGMA_PLACES> pragma_places;
std::mutex pragma_lock;

template <size_t INDEX>
string ask_pragma(ClientContext &context, const FunctionParameters &parameters) {
	PragmaPlace place;
	{
		std::lock_guard<std::mutex> guard(pragma_lock);
		place = pragma_places[INDEX];
	}
	std::vector<std::string> arguments;
	for (auto &value : parameters.values) {
		arguments.push_back(value.ToString());
	}
	ask(context, shim::TouchKind::PRAGMA, place.name, std::move(arguments));
	return place.original(context, parameters);
}

template <size_t... INDEX>
constexpr std::array<pragma_query_t, PRAGMA_PLACES> all_pragmas(std::index_sequence<INDEX...>) {
	return {ask_pragma<INDEX>...};
}

constexpr std::array<pragma_query_t, PRAGMA_PLACES> ASK_PRAGMA = all_pragmas(std::make_index_sequence<PRAGMA_PLACES>());

pragma_query_t place_for(const string &name, pragma_query_t original) {
	std::lock_guard<std::mutex> guard(pragma_lock);
	for (size_t index = 0; index < PRAGMA_PLACES; index++) {
		auto &place = pragma_places[index];
		if (ASK_PRAGMA[index] == original) {
			return original;
		}
		if (!place.original || (place.original == original && place.name == name)) {
			place.name = name;
			place.original = original;
			return ASK_PRAGMA[index];
		}
	}
	throw InternalException("there is no place for the pragma %s", name);
}

void confine(PragmaFunctionCatalogEntry &entry) {
	for (auto &function : entry.functions.functions) {
		if (function.query) {
			function.query = place_for(entry.name, function.query);
		}
	}
}

// ---------------------------------------------------------------------------------------------------- everything

template <class ENTRY>
void confine_all(ClientContext &context, SchemaCatalogEntry &schema, CatalogType type,
                 const case_insensitive_set_t &harmless) {
	vector<reference<CatalogEntry>> found; // changed only when the scan has let go of its lock
	schema.Scan(context, type, [&](CatalogEntry &entry) {
		if (entry.type == ENTRY::Type && harmless.find(entry.name) == harmless.end()) {
			found.push_back(entry);
		}
	});
	for (auto &entry : found) {
		confine(entry.get().Cast<ENTRY>());
	}
}

case_insensitive_set_t as_set(const ShimText *names, size_t count) {
	case_insensitive_set_t set;
	for (size_t i = 0; i < count; i++) {
		set.insert(as_string(names[i]));
	}
	return set;
}

} // namespace

bool shim_confine(ShimConnection *connection, const ShimHarmless *harmless, ShimError **error) {
	return guarded(error, false, [&] {
		auto scalars = as_set(harmless->scalar_functions, harmless->scalar_function_count);
		auto tables = as_set(harmless->table_functions, harmless->table_function_count);
		auto pragmas = as_set(harmless->pragmas, harmless->pragma_count);
		auto &context = connection->context();
		shim::mask_functions(context);
		context.RunFunctionInTransaction([&] {
			auto &catalog = Catalog::GetSystemCatalog(context);
			for (auto &schema : catalog.GetSchemas(context)) {
				confine_all<ScalarFunctionCatalogEntry>(context, schema, CatalogType::SCALAR_FUNCTION_ENTRY, scalars);
				confine_all<TableFunctionCatalogEntry>(context, schema, CatalogType::TABLE_FUNCTION_ENTRY, tables);
				confine_all<PragmaFunctionCatalogEntry>(context, schema, CatalogType::PRAGMA_FUNCTION_ENTRY, pragmas);
				confine_all<CopyFunctionCatalogEntry>(context, schema, CatalogType::COPY_FUNCTION_ENTRY, {});
			}
		});
		return true;
	});
}

bool shim_parsed_computes_target(const ShimParsed *parsed) {
	const SQLStatement *statement = parsed->statement.get();
	while (statement->type == StatementType::EXPLAIN_STATEMENT) {
		statement = statement->Cast<ExplainStatement>().stmt.get();
	}
	if (statement->type != StatementType::COPY_STATEMENT) {
		return false;
	}
	auto &path = statement->Cast<CopyStatement>().info->file_path_expression;
	return path && path->GetExpressionClass() != ExpressionClass::CONSTANT;
}
