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
#include "duckdb/parser/expression/list.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/storage/database_size.hpp"
#include "duckdb/storage/storage_info.hpp"
#include "duckdb/storage/table_storage_info.hpp"

#include <set>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

struct Call {
	ClientContext &context;
	const Directory &directory;
	const std::vector<Value> &arguments;

	Oid oid(size_t index) const {
		return arguments[index].GetValue<uint32_t>();
	}
	string text(size_t index) const {
		return arguments[index].ToString();
	}
};

const Value NONE;

// ---------------------------------------------------------------------------------------------------------- visibility

Value table_is_visible(const Call &call) {
	if (auto relation = call.directory.relation(call.oid(0))) {
		return Value::BOOLEAN(call.directory.is_visible(*relation));
	}
	auto builtin = builtin_relation(call.oid(0));
	return builtin ? Value::BOOLEAN(builtin->find('.') == string::npos) : NONE;
}

Value type_is_visible(const Call &call) {
	if (auto type = call.directory.type(call.oid(0))) {
		return Value::BOOLEAN(call.directory.is_visible(*type));
	}
	auto builtin = builtin_type(call.oid(0));
	return builtin ? Value::BOOLEAN(builtin->schema == PG_CATALOG) : NONE;
}

Value function_is_visible(const Call &call) {
	if (auto function = call.directory.function(call.oid(0))) {
		auto &path = call.directory.search_path();
		return Value::BOOLEAN(std::find(path.begin(), path.end(), function->schema) != path.end());
	}
	return builtin_function(call.oid(0)) ? Value::BOOLEAN(true) : NONE;
}

Value current_schema(const Call &call) {
	auto &path = call.directory.search_path();
	for (auto oid : path) {
		auto schema = call.directory.schema(oid);
		if (schema && !schema->is_temporary) {
			return Value(schema->name);
		}
	}
	return NONE;
}

Value current_schemas(const Call &call) {
	vector<Value> names;
	auto add = [&](const string &name) {
		Value value(name);
		value.Reinterpret(type_named("name"));
		names.push_back(value);
	};
	if (call.arguments[0].GetValue<bool>()) {
		add("pg_catalog");
	}
	for (auto oid : call.directory.search_path()) {
		auto schema = call.directory.schema(oid);
		if (schema && !schema->is_temporary) {
			add(schema->name);
		}
	}
	return Value::LIST(type_named("name"), std::move(names));
}

// --------------------------------------------------------------------------------------------------------- definitions

Value get_constraintdef(const Call &call) {
	auto constraint = call.directory.constraint(call.oid(0));
	if (!constraint) {
		return NONE;
	}
	auto is_pretty = call.arguments.size() > 1 && call.arguments[1].GetValue<bool>();
	if (is_pretty && constraint->kind == 'c') {
		return Value("CHECK (" + without_parentheses(constraint->expression) + ")");
	}
	return Value(constraint->definition);
}

Value get_indexdef(const Call &call) {
	auto index = call.directory.index(call.oid(0));
	if (!index) {
		return NONE;
	}
	auto column = call.arguments.size() > 1 ? call.arguments[1].GetValue<int32_t>() : 0;
	if (column == 0) {
		auto is_pretty = call.arguments.size() > 2 && call.arguments[2].GetValue<bool>();
		auto table = call.directory.relation(index->relation);
		if (!is_pretty || !table || !call.directory.is_visible(*table)) {
			return Value(index->definition);
		}
		auto with_schema = " ON " + quoted(call.directory.schema(table->schema)->name) + ".";
		auto place = index->definition.find(with_schema);
		auto definition = index->definition;
		return Value(place == string::npos ? definition : definition.replace(place, with_schema.size(), " ON "));
	}
	auto is_there = column > 0 && static_cast<size_t>(column) <= index->columns.size();
	return Value(is_there ? index->columns[static_cast<size_t>(column) - 1] : "");
}

Value get_viewdef(const Call &call) {
	auto by_name = call.arguments[0].type().id() == LogicalTypeId::VARCHAR;
	auto oid = by_name ? find_named(call.context, call.directory, "regclass", call.text(0)) : call.oid(0);
	auto relation = call.directory.relation(oid);
	if (!relation || relation->kind != 'v') {
		return NONE;
	}
	return Value(view_query(relation->entry->Cast<ViewCatalogEntry>()));
}

Value get_functiondef(const Call &call) {
	auto function = call.directory.function(call.oid(0));
	return function ? Value(function->entry->ToSQL()) : NONE;
}

Value get_function_arguments(const Call &call) {
	if (auto function = call.directory.function(call.oid(0))) {
		vector<string> names;
		for (auto &parameter : function->entry->macros[0]->parameters) {
			names.push_back(quoted(parameter->GetName()));
		}
		return Value(StringUtil::Join(names, ", "));
	}
	auto &table = static_table("pg_proc");
	auto oid = table.column("oid"), types = table.column("proargtypes");
	auto number = std::to_string(call.oid(0));
	for (auto &line : table.lines) {
		if (line[oid] == number) {
			vector<string> names;
			for (auto &part : StringUtil::Split(line[types].substr(1, line[types].size() - 2), ',')) {
				names.push_back(formatted_type(call.directory, static_cast<Oid>(std::stoul(part)), nullptr));
			}
			return Value(StringUtil::Join(names, ", "));
		}
	}
	return NONE;
}

Value get_function_result(const Call &call) {
	if (auto function = call.directory.function(call.oid(0))) {
		auto is_table = function->entry->macros[0]->type == MacroType::TABLE_MACRO;
		return Value(is_table ? "SETOF record" : "any");
	}
	auto &table = static_table("pg_proc");
	auto oid = table.column("oid"), type = table.column("prorettype"), is_set = table.column("proretset");
	auto number = std::to_string(call.oid(0));
	for (auto &line : table.lines) {
		if (line[oid] == number) {
			auto name = formatted_type(call.directory, static_cast<Oid>(std::stoul(line[type])), nullptr);
			return Value((line[is_set] == "t" ? "SETOF " : "") + name);
		}
	}
	return NONE;
}

Value format_type(const Call &call) {
	auto modifier = call.arguments[1].IsNull() ? 0 : call.arguments[1].GetValue<int32_t>();
	return Value(formatted_type(call.directory, call.oid(0), call.arguments[1].IsNull() ? nullptr : &modifier));
}

// The sequence of a column's default: nextval('name').
Value get_serial_sequence(const Call &call) {
	auto oid = find_named(call.context, call.directory, "regclass", call.text(0));
	if (oid == 0) {
		throw_missing("relation", call.text(0));
	}
	auto relation = call.directory.relation(oid);
	if (!relation || relation->kind != 'r') {
		return NONE;
	}
	auto &columns = relation->entry->Cast<TableCatalogEntry>().GetColumns();
	if (!columns.ColumnExists(call.text(1))) {
		throw_missing("column", call.text(1));
	}
	auto &column = columns.GetColumn(call.text(1));
	if (column.Generated() || !column.HasDefaultValue() ||
	    column.DefaultValue().GetExpressionClass() != ExpressionClass::FUNCTION) {
		return NONE;
	}
	auto &function = column.DefaultValue().Cast<FunctionExpression>();
	if (function.function_name != "nextval" || function.children.size() != 1 ||
	    function.children[0]->GetExpressionClass() != ExpressionClass::CONSTANT) {
		return NONE;
	}
	auto parts = parts_of(function.children[0]->Cast<ConstantExpression>().value.ToString());
	auto schema = call.directory.schema(relation->schema)->name;
	if (parts.size() > 1) {
		auto &named = parts[parts.size() - 2];
		schema = named == DEFAULT_SCHEMA ? "public" : named;
	}
	return Value(quoted(schema) + "." + quoted(parts.back()));
}

// -------------------------------------------------------------------------------------------------------- descriptions

Value as_description(const Value &comment) {
	return comment.IsNull() ? NONE : Value(comment.ToString());
}

Value obj_description(const Call &call) {
	auto oid = call.oid(0);
	auto of = call.arguments.size() > 1 ? call.text(1) : string();
	auto relation = of.empty() || of == "pg_class" ? call.directory.relation(oid) : nullptr;
	if (relation) {
		return relation->entry ? as_description(relation->entry->comment) : NONE;
	}
	auto schema = of.empty() || of == "pg_namespace" ? call.directory.schema(oid) : nullptr;
	if (schema) {
		return as_description(schema->entry->comment);
	}
	auto function = of.empty() || of == "pg_proc" ? call.directory.function(oid) : nullptr;
	if (function) {
		return as_description(function->entry->comment);
	}
	auto type = of.empty() || of == "pg_type" ? call.directory.type(oid) : nullptr;
	return type ? as_description(type->entry->comment) : NONE;
}

Value col_description(const Call &call) {
	auto relation = call.directory.relation(call.oid(0));
	auto number = call.arguments[1].GetValue<int32_t>();
	if (!relation || number < 1) {
		return NONE;
	}
	auto index = static_cast<idx_t>(number) - 1;
	if (relation->kind == 'r') {
		auto &columns = relation->entry->Cast<TableCatalogEntry>().GetColumns();
		auto is_there = index < columns.LogicalColumnCount();
		return is_there ? as_description(columns.GetColumn(LogicalIndex(index)).Comment()) : NONE;
	}
	if (relation->kind != 'v') {
		return NONE;
	}
	auto &view = relation->entry->Cast<ViewCatalogEntry>();
	auto info = view.GetColumnInfo();
	return info && index < info->names.size() ? as_description(view.GetColumnComment(index)) : NONE;
}

// --------------------------------------------------------------------------------------------------------------- sizes

// The blocks of its file that hold the table's columns; what is not checkpointed yet has none.
Value relation_size(const Call &call) {
	auto by_name = call.arguments[0].type().id() == LogicalTypeId::VARCHAR;
	auto oid = by_name ? find_named(call.context, call.directory, "regclass", call.text(0)) : call.oid(0);
	if (by_name && oid == 0) {
		throw_missing("relation", call.text(0));
	}
	auto relation = call.directory.relation(oid);
	if (!relation) {
		return builtin_relation(oid) ? Value::BIGINT(0) : NONE;
	}
	if (relation->kind != 'r') {
		return Value::BIGINT(0);
	}
	auto &table = relation->entry->Cast<TableCatalogEntry>();
	std::set<block_id_t> blocks;
	for (auto &segment : table.GetColumnSegmentInfo(QueryContext(call.context))) {
		if (segment.persistent && segment.block_id != INVALID_BLOCK) {
			blocks.insert(segment.block_id);
			blocks.insert(segment.additional_blocks.begin(), segment.additional_blocks.end());
		}
	}
	auto size = table.catalog.GetDatabaseSize(call.context);
	return Value::BIGINT(NumericCast<int64_t>(blocks.size() * size.block_size));
}

Value database_size(const Call &call) {
	auto by_name = call.arguments[0].type().id() == LogicalTypeId::VARCHAR;
	auto name = by_name ? call.text(0) : string();
	for (auto &database : DatabaseManager::Get(call.context).GetDatabases(call.context)) {
		if (database->IsSystem() || database->IsTemporary() || !shim::sees(call.context, database->GetName())) {
			continue;
		}
		auto is_it = by_name ? StringUtil::CIEquals(database->GetName(), name)
		                     : number("database", "", database->GetName()) == call.oid(0);
		if (is_it) {
			auto size = database->GetCatalog().GetDatabaseSize(call.context);
			return Value::BIGINT(NumericCast<int64_t>(size.bytes + size.wal_size));
		}
	}
	if (by_name) {
		throw_missing("database", name);
	}
	return NONE;
}

Value database_oid(const Call &call) {
	return Value::UINTEGER(number("database", "", call.text(0)));
}

// --------------------------------------------------------------------------------------------------------------- names

template <const char *TYPE>
Value to_registered(const Call &call) {
	auto oid = find_named(call.context, call.directory, TYPE, call.text(0));
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
	return Value(std::to_string(call.oid(0)) + " " + name_of(call.context, call.directory, TYPE, call.oid(0)));
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
	auto directory = Directory::connected(context);
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
			answer = function.call(Call {context, *directory, arguments});
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
