// The names of relations, types, schemas, functions and roles as SQL writes them, and their numbers (types.hpp).

#include "types.hpp"
#include "statics.hpp"
#include "../internal.hpp"
#include "../state.hpp"

#include "duckdb/parser/keyword_helper.hpp"

#include <algorithm>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

constexpr Oid OWNER = 10;

// What SQL calls the types whose names in pg_type are others.
const std::vector<std::pair<const char *, const char *>> SPELLINGS {
    {"bool", "boolean"},
    {"int2", "smallint"},
    {"int4", "integer"},
    {"int8", "bigint"},
    {"float4", "real"},
    {"float8", "double precision"},
    {"varchar", "character varying"},
    {"bpchar", "character"},
    {"timestamp", "timestamp without time zone"},
    {"timestamptz", "timestamp with time zone"},
    {"time", "time without time zone"},
    {"timetz", "time with time zone"},
    {"varbit", "bit varying"},
};

// Further names that stand for them.
const std::vector<std::pair<const char *, const char *>> SYNONYMS {
    {"int", "int4"},     {"decimal", "numeric"}, {"char", "bpchar"},         {"float", "float8"},
    {"string", "text"},  {"double", "float8"},   {"nchar", "bpchar"},        {"character varying", "varchar"},
    {"hugeint", "numeric"}, {"blob", "bytea"},
};

} // namespace

void throw_missing(const string &kind, const string &name) {
	throw Exception({{"error_subtype", "MISSING_ENTRY"}, {"type", kind}, {"name", name}}, ExceptionType::CATALOG,
	                kind + " \"" + name + "\" does not exist");
}

std::vector<string> parts_of(const string &name) {
	std::vector<string> parts(1);
	bool in_quotes = false;
	for (size_t i = 0; i < name.size(); i++) {
		auto letter = name[i];
		if (letter == '"') {
			if (in_quotes && i + 1 < name.size() && name[i + 1] == '"') {
				parts.back() += letter;
				i++;
			} else {
				in_quotes = !in_quotes;
			}
		} else if (letter == '.' && !in_quotes) {
			parts.emplace_back();
		} else if (in_quotes || letter != ' ' || parts.back().find('[') == string::npos) {
			parts.back() += in_quotes ? letter : StringUtil::CharacterToLower(letter);
		}
	}
	for (auto &part : parts) {
		if (!in_quotes) {
			StringUtil::Trim(part);
		}
	}
	return parts;
}

namespace {

bool is_number(const string &text) {
	return !text.empty() && std::all_of(text.begin(), text.end(), StringUtil::CharacterIsDigit);
}

// Where a name with or without a schema is looked for; true with the schemas, in their order.
bool places(const Directory &directory, const std::vector<string> &parts, std::vector<Oid> &schemas) {
	if (parts.size() == 1) {
		schemas = directory.search_path();
		return true;
	}
	auto place = parts.size() - 2;
	if (parts.size() == 3 && !StringUtil::CIEquals(parts[0], directory.database)) {
		return false;
	}
	if (parts.size() > 3) {
		return false;
	}
	auto name = StringUtil::CIEquals(parts[place], DEFAULT_SCHEMA) ? string("public") : parts[place];
	auto schema = directory.schema(name);
	if (schema) {
		schemas.push_back(schema->oid);
	}
	return schema != nullptr;
}

Oid find_relation(const Directory &directory, const std::vector<string> &parts) {
	std::vector<Oid> schemas;
	if (places(directory, parts, schemas)) {
		for (auto schema : schemas) {
			if (auto relation = directory.relation(schema, parts.back())) {
				return relation->oid;
			}
		}
	}
	if (parts.size() == 1 || parts[parts.size() - 2] == "pg_catalog") {
		return builtin_relation(parts.back());
	}
	return builtin_relation(parts[parts.size() - 2] + "." + parts.back());
}

string internal_name(const string &name) {
	for (auto &spelling : SPELLINGS) {
		if (name == spelling.second) {
			return spelling.first;
		}
	}
	for (auto &synonym : SYNONYMS) {
		if (name == synonym.first) {
			return synonym.second;
		}
	}
	return name;
}

Oid find_type(const Directory &directory, const string &name) {
	auto parts = parts_of(name);
	auto &last = parts.back();
	auto open = last.find('(');
	if (open != string::npos) { // a modifier
		auto close = last.find(')', open);
		last = last.substr(0, open) + (close == string::npos ? "" : last.substr(close + 1));
		StringUtil::RTrim(last);
	}
	auto is_array = StringUtil::EndsWith(last, "[]");
	while (StringUtil::EndsWith(last, "[]")) { // arrays of any number of dimensions are of one type
		last = last.substr(0, last.size() - 2);
		StringUtil::RTrim(last);
	}
	std::vector<Oid> schemas;
	if (places(directory, parts, schemas)) {
		for (auto schema : schemas) {
			if (auto type = directory.type(schema, last)) {
				return is_array ? type->array : type->oid;
			}
		}
	}
	if (parts.size() > 1 && parts[parts.size() - 2] != "pg_catalog") {
		return 0;
	}
	auto is_quoted = name.find('"') != string::npos;
	auto type = builtin_type(is_quoted ? last : internal_name(last));
	if (!type) {
		return 0;
	}
	return is_array ? type->array : type->oid;
}

Oid find_schema(const Directory &directory, const string &name) {
	auto part = parts_of(name).back();
	if (part == "pg_catalog") {
		return PG_CATALOG;
	}
	if (part == "information_schema") {
		return INFORMATION_SCHEMA;
	}
	auto schema = directory.schema(part == DEFAULT_SCHEMA ? "public" : part);
	return schema ? schema->oid : 0;
}

// The one of PostgreSQL's own functions that has these arguments, as "text, integer".
Oid find_overload(const Directory &directory, const string &name, const string &arguments) {
	vector<string> wanted;
	for (auto &argument : StringUtil::Split(arguments, ',')) {
		wanted.push_back(std::to_string(find_type(directory, argument)));
	}
	auto &table = static_table("pg_proc");
	auto oid = table.column("oid"), called = table.column("proname"), types = table.column("proargtypes");
	auto list = "[" + StringUtil::Join(wanted, ", ") + "]";
	for (auto &line : table.lines) {
		if (line[called] == name && line[types] == list) {
			return static_cast<Oid>(std::stoul(line[oid]));
		}
	}
	return 0;
}

Oid find_function(const Directory &directory, const string &name) {
	auto open = name.find('(');
	auto parts = parts_of(name.substr(0, open));
	for (auto &function : directory.functions) {
		if (StringUtil::CIEquals(function.name, parts.back())) {
			return function.oid;
		}
	}
	if (open == string::npos) {
		return builtin_function(parts.back());
	}
	auto close = name.rfind(')');
	auto arguments = close == string::npos ? "" : name.substr(open + 1, close - open - 1);
	return find_overload(directory, parts.back(), arguments);
}

// ------------------------------------------------------------------------------------------- operators and collations

// The operator of this name; with "(left,right)" behind it, the one of these arguments.
Oid find_operator(const Directory &directory, const string &name) {
	auto open = name.find('(');
	auto symbol = name.substr(0, open);
	if (StringUtil::StartsWith(symbol, "pg_catalog.")) {
		symbol = symbol.substr(sizeof("pg_catalog.") - 1);
	}
	vector<string> wanted;
	if (open != string::npos) {
		auto close = name.rfind(')');
		for (auto &argument : StringUtil::Split(name.substr(open + 1, close - open - 1), ',')) {
			auto is_none = StringUtil::CIEquals(argument, "none");
			wanted.push_back(std::to_string(is_none ? 0 : find_type(directory, argument)));
		}
	}
	auto &table = static_table("pg_operator");
	auto oid = table.column("oid"), called = table.column("oprname"), left = table.column("oprleft"),
	     right = table.column("oprright");
	Oid found = 0;
	for (auto &line : table.lines) {
		if (line[called] != symbol) {
			continue;
		}
		if (wanted.size() == 2 ? line[left] == wanted[0] && line[right] == wanted[1] : wanted.empty()) {
			if (found != 0) {
				return 0; // more than one
			}
			found = static_cast<Oid>(std::stoul(line[oid]));
		}
	}
	return found;
}

string name_of_operator(const Directory &directory, Oid number, bool with_arguments) {
	auto &table = static_table("pg_operator");
	auto oid = table.column("oid"), called = table.column("oprname"), left = table.column("oprleft"),
	     right = table.column("oprright");
	auto wanted = std::to_string(number);
	for (auto &line : table.lines) {
		if (line[oid] != wanted) {
			continue;
		}
		if (!with_arguments) {
			return find_operator(directory, line[called]) == number ? line[called] : "pg_catalog." + line[called];
		}
		auto argument = [&](const string &type) {
			return type == "0" ? string("NONE") : formatted_type(directory, static_cast<Oid>(std::stoul(type)), nullptr);
		};
		return line[called] + "(" + argument(line[left]) + "," + argument(line[right]) + ")";
	}
	return wanted;
}

const std::vector<std::pair<Oid, const char *>> COLLATIONS {{100, "default"}, {950, "C"}, {951, "POSIX"}};

Oid find_collation(const string &name) {
	auto part = parts_of(name).back();
	for (auto &collation : COLLATIONS) {
		if (part == collation.second) {
			return collation.first;
		}
	}
	return 0;
}

string user_of(ClientContext &context) {
	auto guard = GuardState::find(context);
	return guard ? guard->tell("user") : "postgres";
}

} // namespace

Oid find_named(ClientContext &context, const Directory &directory, const string &type, const string &name) {
	if (is_number(name)) {
		auto number = name.size() > 10 ? UINT64_MAX : std::stoull(name);
		if (number > UINT32_MAX) {
			throw OutOfRangeException("value \"%s\" is out of range for type oid", name);
		}
		return static_cast<Oid>(number);
	}
	if (name == "-") {
		return 0;
	}
	if (type == "regclass") {
		return find_relation(directory, parts_of(name));
	}
	if (type == "regtype") {
		return find_type(directory, name);
	}
	if (type == "regnamespace") {
		return find_schema(directory, name);
	}
	if (type == "regrole") {
		return parts_of(name).back() == user_of(context) ? OWNER : 0;
	}
	if (type == "regoper" || type == "regoperator") {
		return find_operator(directory, name);
	}
	if (type == "regcollation") {
		return find_collation(name);
	}
	if (type == "regconfig" || type == "regdictionary") {
		return 0;
	}
	return find_function(directory, name);
}

string name_of(ClientContext &context, const Directory &directory, const string &type, Oid oid) {
	if (oid == 0) {
		return "-";
	}
	auto number = std::to_string(oid);
	if (type == "regclass") {
		if (auto relation = directory.relation(oid)) {
			auto schema = directory.schema(relation->schema);
			auto place = directory.is_visible(*relation) || !schema ? "" : quoted(schema->name) + ".";
			return place + quoted(relation->name);
		}
		auto builtin = builtin_relation(oid);
		return builtin ? *builtin : number;
	}
	if (type == "regtype") {
		return builtin_type(oid) || directory.type(oid) ? formatted_type(directory, oid, nullptr) : number;
	}
	if (type == "regnamespace") {
		if (oid == PG_CATALOG || oid == INFORMATION_SCHEMA) {
			return oid == PG_CATALOG ? "pg_catalog" : "information_schema";
		}
		auto schema = directory.schema(oid);
		return schema ? quoted(schema->name) : number;
	}
	if (type == "regrole") {
		return oid == OWNER ? quoted(user_of(context)) : number;
	}
	if (type == "regoper" || type == "regoperator") {
		return name_of_operator(directory, oid, type == "regoperator");
	}
	if (type == "regcollation") {
		for (auto &collation : COLLATIONS) {
			if (oid == collation.first) {
				return KeywordHelper::WriteQuoted(collation.second, '"');
			}
		}
		return number;
	}
	if (type == "regconfig" || type == "regdictionary") {
		return number;
	}
	if (auto function = directory.function(oid)) {
		return quoted(function->name);
	}
	auto builtin = builtin_function(oid);
	if (!builtin) {
		return number;
	}
	return is_overloaded(*builtin) ? "pg_catalog." + *builtin : *builtin;
}

string formatted_type(const Directory &directory, Oid oid, const int32_t *modifier) {
	if (auto type = directory.type(oid)) {
		auto schema = directory.schema(type->schema);
		auto place = directory.is_visible(*type) || !schema ? "" : quoted(schema->name) + ".";
		return place + quoted(type->name) + (type->array == oid ? "[]" : "");
	}
	auto type = builtin_type(oid);
	if (!type) {
		return oid == 0 ? "-" : "???";
	}
	auto is_array = type->element != 0 && type->length == -1 && type->name[0] == '_';
	if (is_array) {
		return formatted_type(directory, type->element, modifier) + "[]";
	}
	if (type->name == "bpchar" && modifier && *modifier < 0) {
		return "bpchar";
	}
	if (type->name == "char") {
		return "\"char\"";
	}
	auto name = type->name;
	for (auto &spelling : SPELLINGS) {
		if (name == spelling.first) {
			name = spelling.second;
		}
	}
	if (!modifier || *modifier < 0) {
		return name;
	}
	if (type->name == "numeric") {
		auto packed = *modifier - 4;
		return name + "(" + std::to_string((packed >> 16) & 0xffff) + "," + std::to_string(packed & 0x7ff) + ")";
	}
	if (type->name == "varchar" || type->name == "bpchar") {
		if (*modifier < 4) {
			return name;
		}
		return name + "(" + std::to_string(*modifier - 4) + ")";
	}
	if (type->name == "bit" || type->name == "varbit") {
		return name + "(" + std::to_string(*modifier) + ")";
	}
	if (type->name == "time" || type->name == "timetz" || type->name == "timestamp" || type->name == "timestamptz") {
		auto space = name.find(' ');
		return name.substr(0, space) + "(" + std::to_string(*modifier) + ")" + name.substr(space);
	}
	return name;
}

} // namespace catalog
} // namespace shim
