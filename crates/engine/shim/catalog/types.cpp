// See types.hpp.

#include "types.hpp"
#include "statics.hpp"
#include "../internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/common/operator/cast_operators.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/function/cast/cast_function_set.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"

#include <algorithm>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

struct NamedType {
	const char *name;  // PostgreSQL's
	const char *alias; // DuckDB's, which it must read as this type again: oid would be BIGINT
	LogicalType base;
};

LogicalType with_alias(LogicalType type, const string &alias) {
	type.SetAlias(alias);
	return type;
}

LogicalType number_type(const char *alias) {
	return with_alias(LogicalType::UINTEGER, alias);
}

LogicalType text_type(const char *alias) {
	return with_alias(LogicalType::VARCHAR, alias);
}

const std::vector<NamedType> &named_types() {
	static const std::vector<NamedType> all {
	    {"oid", "pg_oid", LogicalType::UINTEGER},
	    {"char", "pg_char", LogicalType::VARCHAR},
	    {"varchar", "pg_varchar", LogicalType::VARCHAR},
	    {"schema_name", "schema_name", LogicalType::VARCHAR},
	    {"name", "name", LogicalType::VARCHAR},
	    {"regproc", "regproc", LogicalType::UINTEGER},
	    {"regprocedure", "regprocedure", LogicalType::UINTEGER},
	    {"regclass", "regclass", LogicalType::UINTEGER},
	    {"regtype", "regtype", LogicalType::UINTEGER},
	    {"regrole", "regrole", LogicalType::UINTEGER},
	    {"regnamespace", "regnamespace", LogicalType::UINTEGER},
	    {"regoper", "regoper", LogicalType::UINTEGER},
	    {"regoperator", "regoperator", LogicalType::UINTEGER},
	    {"regcollation", "regcollation", LogicalType::UINTEGER},
	    {"regconfig", "regconfig", LogicalType::UINTEGER},
	    {"regdictionary", "regdictionary", LogicalType::UINTEGER},
	    {"xid", "xid", LogicalType::UINTEGER},
	    {"cid", "cid", LogicalType::UINTEGER},
	    {"pg_node_tree", "pg_node_tree", LogicalType::VARCHAR},
	    {"aclitem", "aclitem", LogicalType::VARCHAR},
	    {"pg_lsn", "pg_lsn", LogicalType::VARCHAR},
	    {"int2vector", "int2vector", LogicalType::LIST(LogicalType::SMALLINT)},
	    {"oidvector", "oidvector", LogicalType::LIST(number_type("pg_oid"))},
	};
	return all;
}

const char *const REGISTERED[] = {"regproc", "regprocedure", "regclass", "regtype", "regrole", "regnamespace",
                                   "regoper", "regoperator", "regcollation", "regconfig", "regdictionary"};

} // namespace

LogicalType type_named(const string &name) {
	if (StringUtil::EndsWith(name, "[]")) {
		return LogicalType::LIST(type_named(name.substr(0, name.size() - 2)));
	}
	if (name == "int2") {
		return LogicalType::SMALLINT;
	}
	if (name == "int4") {
		return LogicalType::INTEGER;
	}
	if (name == "int8") {
		return LogicalType::BIGINT;
	}
	if (name == "float4") {
		return LogicalType::FLOAT;
	}
	if (name == "bool") {
		return LogicalType::BOOLEAN;
	}
	if (name == "text") {
		return LogicalType::VARCHAR;
	}
	if (StringUtil::StartsWith(name, "sent_")) {
		return text_type(name.c_str());
	}
	for (auto &type : named_types()) {
		if (name == type.name) {
			return with_alias(type.base, type.alias);
		}
	}
	throw InternalException("no type %s", name);
}

LogicalType plain_type(const LogicalType &type) {
	if (type.id() == LogicalTypeId::LIST) {
		return LogicalType::LIST(plain_type(ListType::GetChildType(type)));
	}
	return LogicalType(type.id());
}

// ------------------------------------------------------------------------------------------------------------- casts

namespace {

struct Names : public BoundCastData {
	explicit Names(string type) : type(std::move(type)) {
	}
	string type;
	unique_ptr<BoundCastData> Copy() const override {
		return make_uniq<Names>(type);
	}
};

struct Looking : public FunctionLocalState {
	explicit Looking(ClientContext &context) : context(context) {
	}
	ClientContext &context;
	std::shared_ptr<const Directory> kept;

	const Directory &directory() {
		if (!kept) {
			kept = Directory::connected(context);
		}
		return *kept;
	}
};

unique_ptr<FunctionLocalState> begin_looking(CastLocalStateParameters &parameters) {
	return parameters.context ? make_uniq<Looking>(*parameters.context) : nullptr;
}

Looking &looking(CastParameters &parameters) {
	if (!parameters.local_state) {
		throw InvalidInputException("names of the catalog are not known here");
	}
	return parameters.local_state->Cast<Looking>();
}

const char *kind_of(const string &type) {
	if (type == "regclass") {
		return "relation";
	}
	if (type == "regtype" || type == "regrole") {
		return type == "regtype" ? "type" : "role";
	}
	if (type == "regnamespace") {
		return "schema";
	}
	if (type == "regcollation") {
		return "collation";
	}
	if (type == "regconfig" || type == "regdictionary") {
		return type == "regconfig" ? "text search configuration" : "text search dictionary";
	}
	return type == "regoper" || type == "regoperator" ? "operator" : "function";
}

bool to_number(Vector &source, Vector &result, idx_t count, CastParameters &parameters) {
	auto &type = parameters.cast_data->Cast<Names>().type;
	auto &state = looking(parameters);
	bool all_found = true;
	UnaryExecutor::ExecuteWithNulls<string_t, uint32_t>(
	    source, result, count, [&](string_t text, ValidityMask &mask, idx_t row) -> uint32_t {
		    auto name = text.GetString();
		    auto oid = find_named(state.context, state.directory(), type, name);
		    if (oid == 0 && name != "-" && name != "0") {
			    if (!parameters.error_message) {
				    throw_missing(kind_of(type), name);
			    }
			    *parameters.error_message = "\"" + name + "\" does not exist";
			    all_found = false;
			    mask.SetInvalid(row);
		    }
		    return oid;
	    });
	return all_found;
}

bool to_name(Vector &source, Vector &result, idx_t count, CastParameters &parameters) {
	auto &type = parameters.cast_data->Cast<Names>().type;
	auto &state = looking(parameters);
	UnaryExecutor::Execute<uint32_t, string_t>(source, result, count, [&](uint32_t oid) {
		return StringVector::AddString(result, name_of(state.context, state.directory(), type, oid));
	});
	return true;
}

BoundCastInfo bind_to_number(BindCastInput &, const LogicalType &, const LogicalType &target) {
	return BoundCastInfo(to_number, make_uniq<Names>(target.GetAlias()), begin_looking);
}

BoundCastInfo bind_to_name(BindCastInput &, const LogicalType &source, const LogicalType &) {
	return BoundCastInfo(to_name, make_uniq<Names>(source.GetAlias()), begin_looking);
}

// "1 2 3"
bool vector_to_text(Vector &source, Vector &result, idx_t count, CastParameters &) {
	for (idx_t row = 0; row < count; row++) {
		auto list = source.GetValue(row);
		if (list.IsNull()) {
			result.SetValue(row, Value(LogicalType::VARCHAR));
			continue;
		}
		vector<string> parts;
		for (auto &element : ListValue::GetChildren(list)) {
			parts.push_back(std::to_string(element.GetValue<int64_t>()));
		}
		result.SetValue(row, Value(StringUtil::Join(parts, " ")));
	}
	return true;
}

bool text_to_vector(Vector &source, Vector &result, idx_t count, CastParameters &) {
	auto &child = ListType::GetChildType(result.GetType());
	for (idx_t row = 0; row < count; row++) {
		auto text = source.GetValue(row);
		if (text.IsNull()) {
			result.SetValue(row, Value(result.GetType()));
			continue;
		}
		vector<Value> elements;
		for (auto &part : StringUtil::Split(text.ToString(), ' ')) {
			if (!part.empty()) {
				elements.push_back(Value(part).DefaultCastAs(plain_type(child)));
				elements.back().Reinterpret(child);
			}
		}
		auto list = Value::LIST(child, std::move(elements));
		list.Reinterpret(result.GetType());
		result.SetValue(row, list);
	}
	return true;
}

// DuckDB's name for the schema that PostgreSQL calls public, so that both find it.
bool to_schema_name(Vector &source, Vector &result, idx_t count, CastParameters &) {
	UnaryExecutor::Execute<string_t, string_t>(source, result, count, [&](string_t name) {
		auto is_main = name == string_t(DEFAULT_SCHEMA);
		return StringVector::AddString(result, is_main ? string_t("public") : name);
	});
	return true;
}

// As between the types beneath.
BoundCastInfo bind_plain(BindCastInput &input, const LogicalType &source, const LogicalType &target) {
	if (plain_type(source) == plain_type(target)) {
		return BoundCastInfo(DefaultCasts::ReinterpretCast);
	}
	return input.GetCastFunction(plain_type(source), plain_type(target));
}

// A type with an alias is cast to none without being told so, not even to the type beneath. The lower its cost, the more
// a cast is preferred.
void add_casts(CastFunctionSet &casts) {
	auto is_list = [](const NamedType &type) { return type.base.id() == LogicalTypeId::LIST; };
	auto oid = number_type("pg_oid");
	for (auto &type : named_types()) {
		auto named = type_named(type.name);
		if (is_list(type)) {
			casts.RegisterCastFunction(named, named, BoundCastInfo(DefaultCasts::ReinterpretCast), 0); // not by the next
			casts.RegisterCastFunction(named, LogicalType::LIST(LogicalType::ANY), bind_plain, 2);
			casts.RegisterCastFunction(named, LogicalType::VARCHAR, BoundCastInfo(vector_to_text));
			casts.RegisterCastFunction(LogicalType::VARCHAR, named, BoundCastInfo(text_to_vector));
		} else if (type.base == LogicalType::VARCHAR) {
			auto to_named = type.alias == string("schema_name") ? to_schema_name : DefaultCasts::ReinterpretCast;
			casts.RegisterCastFunction(named, LogicalType::VARCHAR, BoundCastInfo(DefaultCasts::ReinterpretCast), 1);
			casts.RegisterCastFunction(LogicalType::VARCHAR, named, BoundCastInfo(to_named), 20);
		} else {
			if (named != oid) {
				casts.RegisterCastFunction(named, oid, bind_plain, 1);
			}
			casts.RegisterCastFunction(named, LogicalType::UINTEGER, bind_plain, 2);
			for (auto &number : {LogicalType::BIGINT, LogicalType::UBIGINT, LogicalType::HUGEINT, LogicalType::DOUBLE}) {
				auto cost = casts.ImplicitCastCost(nullptr, LogicalType::UINTEGER, number);
				casts.RegisterCastFunction(named, number, bind_plain, cost + 1);
			}
		}
	}
	for (auto &number : {LogicalType::SMALLINT, LogicalType::INTEGER, LogicalType::BIGINT, LogicalType::UINTEGER}) {
		casts.RegisterCastFunction(number, oid, bind_plain, 50);
	}
	for (auto name : REGISTERED) {
		casts.RegisterCastFunction(LogicalType::VARCHAR, number_type(name), bind_to_number);
		casts.RegisterCastFunction(number_type(name), LogicalType::VARCHAR, bind_to_name);
	}
}

} // namespace

void add_types(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		auto &schema = Catalog::GetSystemCatalog(context).GetSchema(context, "pg_catalog");
		auto transaction = CatalogTransaction::GetSystemTransaction(*context.db);
		for (auto &type : named_types()) {
			CreateTypeInfo info(type.alias, with_alias(type.base, type.alias));
			info.internal = true;
			info.on_conflict = OnCreateConflict::REPLACE_ON_CONFLICT;
			schema.CreateType(transaction, info);
		}
	});
	add_casts(CastFunctionSet::Get(*context.db));
}

} // namespace catalog
} // namespace shim
