// What columns get by themselves (directory.hpp): defaults as PostgreSQL shows them, and the sequences behind those that number
// their rows. A sequence that belongs to a column says so in its comment.

#include "directory.hpp"
#include "types.hpp"
#include "../internal.hpp"

#include "duckdb/catalog/catalog_entry/sequence_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/keyword_helper.hpp"

using namespace duckdb;

namespace shim {
namespace catalog {

const Relation *Directory::sequence_of(const Relation &table, const ParsedExpression &expression) const {
	if (expression.GetExpressionClass() != ExpressionClass::FUNCTION) {
		return nullptr;
	}
	auto &function = expression.Cast<FunctionExpression>();
	if (function.function_name != "nextval" || function.children.size() != 1 ||
	    function.children[0]->GetExpressionClass() != ExpressionClass::CONSTANT) {
		return nullptr;
	}
	auto parts = parts_of(function.children[0]->Cast<ConstantExpression>().value.ToString());
	// Without a schema it is looked for beside the table first.
	std::vector<Oid> places {table.schema};
	if (parts.size() > 1) {
		auto &named = parts[parts.size() - 2];
		auto found = schema(named == DEFAULT_SCHEMA ? "public" : named);
		places = {found ? found->oid : 0};
	} else {
		places.insert(places.end(), path.begin(), path.end());
	}
	for (auto place : places) {
		auto sequence = relation(place, parts.back());
		if (sequence && sequence->kind == 'S') {
			return sequence;
		}
	}
	return nullptr;
}

string shown_default(const Directory &directory, const Relation &table, const ColumnDefinition &column) {
	if (column.Generated()) {
		return shown(column.GeneratedExpression());
	}
	auto sequence = directory.sequence_of(table, column.DefaultValue());
	if (!sequence) {
		return shown(column.DefaultValue());
	}
	auto place = directory.is_visible(*sequence) ? "" : quoted(directory.schema(sequence->schema)->name) + ".";
	return "nextval(" + KeywordHelper::WriteQuoted(place + quoted(sequence->name), '\'') + "::regclass)";
}

char ownership(const Relation &sequence) {
	auto &comment = sequence.entry->comment;
	if (comment.IsNull() || !StringUtil::StartsWith(comment.ToString(), OWN_SEQUENCE)) {
		return 0;
	}
	auto rest = comment.ToString().substr(string(OWN_SEQUENCE).size());
	if (!StringUtil::StartsWith(rest, "identity")) {
		return 's';
	}
	return StringUtil::StartsWith(rest, "identity always") ? 'a' : 'd';
}

Value comment_of(const Relation &relation) {
	if (!relation.entry || relation.entry->comment.IsNull()) {
		return Value();
	}
	auto text = relation.entry->comment.ToString();
	if (relation.kind != 'S' || ownership(relation) == 0) {
		return Value(text);
	}
	// Behind what belongs to the server stands what a user has said.
	auto own = text.find(OWN_SEQUENCE_END);
	return own == string::npos ? Value() : Value(text.substr(own + string(OWN_SEQUENCE_END).size()));
}

} // namespace catalog
} // namespace shim
