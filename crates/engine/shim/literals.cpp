// What PostgreSQL's clients write into a text for a column of another type, and DuckDB reads otherwise: bytes as `\\x00ff` (PHP's PDO,
// Rails and psycopg2 write so), and a moment with a blank before its zone (Sequelize). Only texts that stand in the statement
// itself are looked at, in its bound plan. Deliberately absent: casts that somebody wrote of bytes, which are DuckDB's.
#include "guard.hpp"

#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"

using namespace duckdb;

namespace shim {

namespace {

bool is_hexadecimal(const string &text) {
	if (text.size() < 6 || text.size() % 2 != 0 || text[0] != '\\' || text[1] != 'x') {
		return false; // a single byte is the same to both
	}
	for (idx_t i = 2; i < text.size(); i++) {
		if (!StringUtil::CharacterIsHex(text[i])) {
			return false;
		}
	}
	return true;
}

string in_bytes(const string &text) {
	string bytes;
	for (idx_t i = 2; i < text.size(); i += 2) {
		bytes += "\\x" + text.substr(i, 2);
	}
	return bytes;
}

// "2024-01-01 00:00:00.000 +00:00": where the blank before the sign is, or nothing.
idx_t blank_before_zone(const string &text) {
	auto sign = text.find_last_of("+-");
	if (sign == string::npos || sign < 12 || text[sign - 1] != ' ' || text.find(':') >= sign) {
		return 0;
	}
	for (idx_t i = sign + 1; i < text.size(); i++) {
		if (!StringUtil::CharacterIsDigit(text[i]) && text[i] != ':') {
			return 0;
		}
	}
	return sign + 1 < text.size() ? sign - 1 : 0;
}

void read_text(BoundCastExpression &cast) {
	auto &constant = cast.child->Cast<BoundConstantExpression>();
	if (constant.value.IsNull() || constant.value.type() != LogicalType::VARCHAR) {
		return;
	}
	auto text = StringValue::Get(constant.value);
	if (cast.return_type.id() == LogicalTypeId::BLOB && is_implicit(cast) && is_hexadecimal(text)) {
		constant.value = Value(in_bytes(text));
	} else if (cast.return_type.id() == LogicalTypeId::TIMESTAMP_TZ) {
		auto blank = blank_before_zone(text);
		if (blank > 0) {
			constant.value = Value(text.erase(blank, 1));
		}
	}
}

void read_texts(Expression &expression) {
	if (expression.GetExpressionClass() == ExpressionClass::BOUND_CAST) {
		auto &cast = expression.Cast<BoundCastExpression>();
		if (cast.child->GetExpressionClass() == ExpressionClass::BOUND_CONSTANT) {
			return read_text(cast);
		}
	}
	ExpressionIterator::EnumerateChildren(expression, [&](Expression &child) { read_texts(child); });
}

} // namespace

void read_literals(LogicalOperator &op) {
	LogicalOperatorVisitor::EnumerateExpressions(op, [](unique_ptr<Expression> *child) {
		if (*child) {
			read_texts(**child);
		}
	});
	if (op.type == LogicalOperatorType::LOGICAL_INSERT) {
		for (auto &row : op.Cast<LogicalInsert>().insert_values) {
			for (auto &value : row) {
				read_texts(*value);
			}
		}
	}
	for (auto &child : op.children) {
		read_literals(*child);
	}
}

} // namespace shim
