// How names and expressions are written for PostgreSQL's tools (directory.hpp).

#include "directory.hpp"

#include "duckdb/parser/expression/list.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/statement/select_statement.hpp"

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

constexpr size_t NAME_BYTES = 63; // NAMEDATALEN - 1

// FNV-1a: the same in every build and on every machine, which std::hash does not promise.
uint64_t hashed(uint64_t hash, const string &text) {
	for (auto letter : text) {
		hash = (hash ^ static_cast<unsigned char>(StringUtil::CharacterToLower(letter))) * 1099511628211ULL;
	}
	return (hash ^ 0xff) * 1099511628211ULL; // the end of a part
}

void cut(string &text, size_t bytes) {
	while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) {
		bytes--; // not inside a letter
	}
	text.resize(bytes);
}

bool is_constant_text(const ParsedExpression &expression, const char *text) {
	if (expression.GetExpressionClass() != ExpressionClass::CONSTANT) {
		return false;
	}
	auto &value = expression.Cast<ConstantExpression>().value;
	return value.type().id() == LogicalTypeId::VARCHAR && !value.IsNull() && value.ToString() == text;
}

// What DuckDB makes of a boolean, of the present time and of the next number of a sequence, back in PostgreSQL's words.
unique_ptr<ParsedExpression> in_its_words(unique_ptr<ParsedExpression> expression) {
	ParsedExpressionIterator::EnumerateChildren(
	    *expression, [](unique_ptr<ParsedExpression> &child) { child = in_its_words(std::move(child)); });
	if (expression->GetExpressionClass() == ExpressionClass::CAST) {
		auto &cast = expression->Cast<CastExpression>();
		auto is_true = is_constant_text(*cast.child, "t");
		auto is_boolean = StringUtil::CIEquals(cast.cast_type.ToString(), "boolean"); // its type may not be bound
		if (is_boolean && (is_true || is_constant_text(*cast.child, "f"))) {
			return make_uniq<ConstantExpression>(Value::BOOLEAN(is_true));
		}
	}
	if (expression->GetExpressionClass() == ExpressionClass::FUNCTION) {
		auto &function = expression->Cast<FunctionExpression>();
		if (function.function_name == "get_current_timestamp" && function.children.empty()) {
			return make_uniq<ColumnRefExpression>("CURRENT_TIMESTAMP");
		}
	}
	return expression;
}

string with_regclass(const ParsedExpression &expression) {
	auto &function = expression.Cast<FunctionExpression>();
	return "nextval(" + function.children[0]->ToString() + "::regclass)";
}

} // namespace

Oid number(const char *kind, const string &schema, const string &name) {
	auto hash = hashed(hashed(hashed(14695981039346656037ULL, kind), schema), name);
	hash ^= hash >> 32;
	return FIRST_OWN + static_cast<Oid>(hash % (0x7fffffffULL - FIRST_OWN));
}

string made_name(const string &table, const string &columns, const string &label) {
	auto first = table, second = columns;
	auto extra = label.size() + 1 + (second.empty() ? 0 : 1);
	while (first.size() + second.size() + extra > NAME_BYTES) {
		auto &longer = first.size() > second.size() ? first : second;
		cut(longer, longer.size() - 1);
	}
	return first + (second.empty() ? "" : "_" + second) + "_" + label;
}

string quoted(const string &name) {
	bool is_plain = !name.empty() && !StringUtil::CharacterIsDigit(name[0]);
	for (auto letter : name) {
		is_plain = is_plain && (StringUtil::CharacterIsDigit(letter) || letter == '_' || (letter >= 'a' && letter <= 'z'));
	}
	if (is_plain && KeywordHelper::KeywordCategoryType(name) != KeywordCategory::KEYWORD_RESERVED) {
		return name;
	}
	return KeywordHelper::WriteQuoted(name, '"');
}

string shown(const ParsedExpression &expression) {
	auto words = in_its_words(expression.Copy());
	if (words->GetExpressionClass() == ExpressionClass::FUNCTION) {
		auto &function = words->Cast<FunctionExpression>();
		if (function.function_name == "nextval" && function.children.size() == 1 &&
		    function.children[0]->GetExpressionClass() == ExpressionClass::CONSTANT) {
			return with_regclass(*words);
		}
	}
	auto text = words->ToString();
	if (words->GetExpressionClass() == ExpressionClass::CONSTANT &&
	    words->Cast<ConstantExpression>().value.type().id() == LogicalTypeId::VARCHAR) {
		return text + "::text";
	}
	if (words->GetExpressionClass() == ExpressionClass::COLUMN_REF) {
		auto name = StringUtil::Lower(words->Cast<ColumnRefExpression>().GetColumnName());
		for (auto word : {"current_timestamp", "current_date", "current_time", "localtimestamp", "localtime", "current_user"}) {
			if (name == word) {
				return StringUtil::Upper(name);
			}
		}
	}
	return text;
}

string without_parentheses(const string &expression) {
	if (expression.size() < 2 || expression.front() != '(') {
		return expression;
	}
	int depth = 0;
	char quote = 0;
	for (size_t i = 0; i < expression.size(); i++) {
		auto letter = expression[i];
		if (quote) {
			quote = letter == quote ? 0 : quote; // a doubled one opens the next
		} else if (letter == '\'' || letter == '"') {
			quote = letter;
		} else {
			depth += letter == '(' ? 1 : letter == ')' ? -1 : 0;
		}
		if (depth == 0 && i + 1 < expression.size()) {
			return expression;
		}
	}
	return expression.substr(1, expression.size() - 2);
}

string view_query(ViewCatalogEntry &view) {
	return view.GetQuery().ToString() + ";";
}

} // namespace catalog
} // namespace shim
