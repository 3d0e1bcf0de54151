// See functions.hpp. One table of them; each is called row by row with its arguments as values, none of which is NULL, and
// answers NULL for what is not there, as PostgreSQL does.

#include "functions.hpp"
#include "listings.hpp"
#include "statics.hpp"
#include "../internal.hpp"
#include "../state.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"

#include <map>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

// ---------------------------------------------------------------------------------------------------------- visibility

Value table_is_visible(const Call &call) {
	if (auto relation = call.directory().relation(call.oid(0))) {
		return Value::BOOLEAN(call.directory().is_visible(*relation));
	}
	auto builtin = builtin_relation(call.oid(0));
	return builtin ? Value::BOOLEAN(builtin->find('.') == string::npos) : NONE;
}

Value type_is_visible(const Call &call) {
	if (auto type = call.directory().type(call.oid(0))) {
		return Value::BOOLEAN(call.directory().is_visible(*type));
	}
	auto builtin = builtin_type(call.oid(0));
	return builtin ? Value::BOOLEAN(builtin->schema == PG_CATALOG) : NONE;
}

Value function_is_visible(const Call &call) {
	if (auto function = call.directory().function(call.oid(0))) {
		auto &path = call.directory().search_path();
		return Value::BOOLEAN(std::find(path.begin(), path.end(), function->schema) != path.end());
	}
	return builtin_function(call.oid(0)) ? Value::BOOLEAN(true) : NONE;
}

// The schemas of the connected database that names are looked for in. No directory is made for so little.
std::vector<string> schemas_of_path(ClientContext &context) {
	std::vector<string> names;
	auto &database = DatabaseManager::GetDefaultDatabase(context);
	if (!shim::sees(context, database)) {
		return names;
	}
	for (auto &entry : ClientData::Get(context).catalog_search_path->Get()) {
		if (StringUtil::CIEquals(entry.catalog, database) && entry.schema != "pg_catalog" &&
		    entry.schema != "information_schema") {
			auto schema = Catalog::GetSchema(context, entry.catalog, entry.schema, OnEntryNotFound::RETURN_NULL);
			if (schema) {
				names.push_back(schema->name == DEFAULT_SCHEMA ? "public" : schema->name);
			}
		}
	}
	return names;
}

Value current_schema(const Call &call) {
	auto names = schemas_of_path(call.context);
	return names.empty() ? NONE : Value(names[0]);
}

Value current_schemas(const Call &call) {
	auto path = schemas_of_path(call.context);
	if (call.arguments[0].GetValue<bool>()) {
		path.insert(path.begin(), "pg_catalog");
	}
	vector<Value> names;
	for (auto &name : path) {
		names.emplace_back(name);
		names.back().Reinterpret(type_named("name"));
	}
	return Value::LIST(type_named("name"), std::move(names));
}

// --------------------------------------------------------------------------------------------------------------- names

template <const char *TYPE>
Value to_registered(const Call &call) {
	auto oid = find_named(call.context, call.directory(), TYPE, call.text(0));
	return oid == 0 ? NONE : Value::UINTEGER(oid);
}

constexpr char REGCLASS[] = "regclass";
constexpr char REGTYPE[] = "regtype";
constexpr char REGPROC[] = "regproc";
constexpr char REGPROCEDURE[] = "regprocedure";
constexpr char REGNAMESPACE[] = "regnamespace";
constexpr char REGROLE[] = "regrole";
constexpr char REGOPER[] = "regoper";
constexpr char REGOPERATOR[] = "regoperator";
constexpr char REGCOLLATION[] = "regcollation";
constexpr char REGCONFIG[] = "regconfig";
constexpr char REGDICTIONARY[] = "regdictionary";

// Number and name, for the wire: text shows the one, binary the other.
template <const char *TYPE>
Value sent(const Call &call) {
	return Value(std::to_string(call.oid(0)) + " " + name_of(call.context, call.directory(), TYPE, call.oid(0)));
}

// PostgreSQL counts the elements of these two from 0.
Value vector_element(const Call &call) {
	auto &elements = ListValue::GetChildren(call.arguments[0]);
	auto index = call.arguments[1].GetValue<int64_t>();
	return index >= 0 && static_cast<size_t>(index) < elements.size() ? elements[static_cast<size_t>(index)] : NONE;
}

// A name is an array of letters, too: pg_dump looks for `typname[0] = '_'`.
Value name_letter(const Call &call) {
	auto text = call.text(0);
	auto index = call.arguments[1].GetValue<int64_t>();
	return Value(index >= 0 && static_cast<size_t>(index) < text.size() ? text.substr(static_cast<size_t>(index), 1) : "");
}

// --------------------------------------------------------------------------------------------------------- registration

struct Function {
	const char *name;
	const char *arguments; // names of types (type_named), separated by blanks
	const char *result;
	Value (*call)(const Call &call);
	bool takes_null = false;
};

const std::vector<Function> FUNCTIONS {
    {"pg_table_is_visible", "oid", "bool", table_is_visible},
    {"pg_type_is_visible", "oid", "bool", type_is_visible},
    {"pg_function_is_visible", "oid", "bool", function_is_visible},
    {"current_schema", "", "schema_name", current_schema},
    {"current_schemas", "bool", "name[]", current_schemas},
    {"pg_get_constraintdef", "oid", "text", get_constraintdef},
    {"pg_get_constraintdef", "oid bool", "text", get_constraintdef},
    {"pg_get_indexdef", "oid", "text", get_indexdef},
    {"pg_get_indexdef", "oid int4 bool", "text", get_indexdef},
    {"pg_get_indexdef", "oid int8 bool", "text", get_indexdef},
    {"pg_get_viewdef", "oid", "text", get_viewdef},
    {"pg_get_viewdef", "oid bool", "text", get_viewdef},
    {"pg_get_viewdef", "oid int4", "text", get_viewdef},
    {"pg_get_viewdef", "text", "text", get_viewdef},
    {"pg_get_viewdef", "text bool", "text", get_viewdef},
    {"pg_get_functiondef", "oid", "text", get_functiondef},
    {"pg_get_function_arguments", "oid", "text", get_function_arguments},
    {"pg_get_function_identity_arguments", "oid", "text", get_function_arguments},
    {"pg_get_function_result", "oid", "text", get_function_result},
    {"format_type", "oid int4", "text", format_type, true},
    {"pg_get_serial_sequence", "text text", "text", get_serial_sequence},
    {"obj_description", "oid", "text", obj_description},
    {"obj_description", "oid name", "text", obj_description},
    {"col_description", "oid int4", "text", col_description},
    {"pg_relation_size", "oid", "int8", relation_size},
    {"pg_relation_size", "text", "int8", relation_size},
    {"pg_relation_size", "oid text", "int8", relation_size},
    {"pg_table_size", "oid", "int8", relation_size},
    {"pg_table_size", "text", "int8", relation_size},
    {"pg_total_relation_size", "oid", "int8", relation_size},
    {"pg_total_relation_size", "text", "int8", relation_size},
    {"pg_database_size", "oid", "int8", database_size},
    {"pg_database_size", "text", "int8", database_size},
    {"__pintail_database_oid", "text", "oid", database_oid},
    {"to_regclass", "text", "regclass", to_registered<REGCLASS>},
    {"to_regtype", "text", "regtype", to_registered<REGTYPE>},
    {"to_regproc", "text", "regproc", to_registered<REGPROC>},
    {"to_regprocedure", "text", "regprocedure", to_registered<REGPROCEDURE>},
    {"to_regnamespace", "text", "regnamespace", to_registered<REGNAMESPACE>},
    {"to_regrole", "text", "regrole", to_registered<REGROLE>},
    {"__pintail_sent", "regclass", "sent_regclass", sent<REGCLASS>},
    {"__pintail_sent", "regtype", "sent_regtype", sent<REGTYPE>},
    {"__pintail_sent", "regproc", "sent_regproc", sent<REGPROC>},
    {"__pintail_sent", "regprocedure", "sent_regprocedure", sent<REGPROCEDURE>},
    {"__pintail_sent", "regnamespace", "sent_regnamespace", sent<REGNAMESPACE>},
    {"__pintail_sent", "regrole", "sent_regrole", sent<REGROLE>},
    {"to_regoper", "text", "regoper", to_registered<REGOPER>},
    {"to_regoperator", "text", "regoperator", to_registered<REGOPERATOR>},
    {"to_regcollation", "text", "regcollation", to_registered<REGCOLLATION>},
    {"__pintail_sent", "regoper", "sent_regoper", sent<REGOPER>},
    {"__pintail_sent", "regoperator", "sent_regoperator", sent<REGOPERATOR>},
    {"__pintail_sent", "regcollation", "sent_regcollation", sent<REGCOLLATION>},
    {"__pintail_sent", "regconfig", "sent_regconfig", sent<REGCONFIG>},
    {"__pintail_sent", "regdictionary", "sent_regdictionary", sent<REGDICTIONARY>},
};

// Beside those that DuckDB has of the name.
const std::vector<Function> FURTHER {
    {"array_extract", "int2vector int2", "int2", vector_element},
    {"array_extract", "int2vector int4", "int2", vector_element},
    {"array_extract", "int2vector int8", "int2", vector_element},
    {"array_extract", "oidvector int2", "oid", vector_element},
    {"array_extract", "oidvector int4", "oid", vector_element},
    {"array_extract", "oidvector int8", "oid", vector_element},
    {"array_extract", "name int4", "char", name_letter},
    {"array_extract", "name int8", "char", name_letter},
};

struct FunctionData : public duckdb::FunctionData {
	explicit FunctionData(const Function &function) : function(function) {
	}
	const Function &function;
	unique_ptr<duckdb::FunctionData> Copy() const override {
		return make_uniq<FunctionData>(function);
	}
	bool Equals(const duckdb::FunctionData &other) const override {
		return &other.Cast<FunctionData>().function == &function;
	}
};

struct FunctionInfo : public ScalarFunctionInfo {
	explicit FunctionInfo(const Function &function) : function(function) {
	}
	const Function &function;
};

unique_ptr<duckdb::FunctionData> bind(ClientContext &, ScalarFunction &bound, vector<unique_ptr<Expression>> &) {
	return make_uniq<FunctionData>(bound.function_info->Cast<FunctionInfo>().function);
}

// NULL is the same as NULL here.
bool are_same(const std::vector<Value> &left, const std::vector<Value> &right) {
	if (left.size() != right.size()) {
		return false;
	}
	for (size_t i = 0; i < left.size(); i++) {
		if (!Value::NotDistinctFrom(left[i], right[i])) {
			return false;
		}
	}
	return true;
}

// The same arguments come again and again (types, mostly), so the last answers are kept.
void run(DataChunk &chunk, ExpressionState &state, Vector &result) {
	auto &function = state.expr.Cast<BoundFunctionExpression>().bind_info->Cast<FunctionData>().function;
	if (!state.HasContext()) {
		throw InvalidInputException("%s looks into the catalog, which is not known here", function.name);
	}
	auto &context = state.GetContext();
	std::shared_ptr<const Directory> directory;
	std::vector<Value> arguments, former(chunk.ColumnCount() + 1);
	Value answer;
	auto &type = result.GetType();
	for (idx_t row = 0; row < chunk.size(); row++) {
		arguments.clear();
		bool has_null = false;
		for (idx_t column = 0; column < chunk.ColumnCount(); column++) {
			arguments.push_back(chunk.GetValue(column, row));
			has_null = has_null || (arguments.back().IsNull() && (column == 0 || !function.takes_null));
		}
		if (has_null) {
			answer = Value(type);
			former.assign(chunk.ColumnCount() + 1, Value());
		} else if (!are_same(arguments, former)) {
			answer = function.call(Call {context, arguments, directory});
			if (answer.IsNull()) {
				answer = Value(type);
			} else {
				answer.Reinterpret(type);
			}
			former = arguments;
		}
		result.SetValue(row, answer);
	}
	if (chunk.AllConstant()) {
		result.SetVectorType(VectorType::CONSTANT_VECTOR);
	}
}

ScalarFunction made_of(const Function &function) {
	vector<LogicalType> arguments;
	for (auto &name : StringUtil::Split(function.arguments, ' ')) {
		if (!name.empty()) {
			arguments.push_back(type_named(name));
		}
	}
	ScalarFunction made(function.name, std::move(arguments), type_named(function.result), run, bind);
	made.function_info = make_shared_ptr<FunctionInfo>(function);
	made.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
	made.SetVolatile(); // a prepared statement looks again
	made.SetFallible();
	return made;
}

} // namespace

void add_functions(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		auto &schema = Catalog::GetSystemCatalog(context).GetSchema(context, DEFAULT_SCHEMA);
		auto transaction = schema.GetCatalogTransaction(context);
		for (auto &function : FURTHER) {
			auto &own = schema.catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, function.name);
			own.functions.AddFunction(made_of(function));
		}
		std::map<string, ScalarFunctionSet> sets;
		for (auto &function : FUNCTIONS) {
			auto &set = sets[function.name];
			set.name = function.name;
			set.AddFunction(made_of(function));
		}
		auto &place = schema.catalog.GetSchema(context, "pg_catalog");
		for (auto &set : sets) {
			// DuckDB has macros for some of them, which a function cannot replace.
			EntryLookupInfo lookup(CatalogType::SCALAR_FUNCTION_ENTRY, set.first);
			auto former = place.LookupEntry(transaction, lookup);
			if (former && former->type != CatalogType::SCALAR_FUNCTION_ENTRY) {
				DropInfo drop;
				drop.type = former->type;
				drop.catalog = SYSTEM_CATALOG;
				drop.schema = place.name;
				drop.name = set.first;
				drop.allow_drop_internal = true;
				place.DropEntry(context, drop);
			}
			// The names that DuckDB has functions for are found in its schema first.
			auto own = schema.catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, set.first,
			                                                               OnEntryNotFound::RETURN_NULL);
			if (own) {
				own->functions.functions = set.second.functions;
			}
			CreateScalarFunctionInfo info(set.second);
			info.internal = true;
			info.on_conflict = OnCreateConflict::REPLACE_ON_CONFLICT;
			info.schema = "pg_catalog";
			place.CreateFunction(transaction, info);
		}
	});
}

} // namespace catalog
} // namespace shim
