// COLLATE on a column whose type is VARCHAR under another name (name, "char", a user's own): DuckDB takes the name away from the
// bound reference, which then differs from the column that it refers to: that is an internal error, after which the instance
// cannot be used. Such a reference gets its column's type again, with a cast around it. Deliberately absent: what COLLATE means.

#include "internal.hpp"

#include "duckdb/common/extra_type_info.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/planner/column_binding_map.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"

using namespace duckdb;

namespace {

using Types = column_binding_map_t<LogicalType>;

bool is_collated(const LogicalType &type) {
	return type.id() == LogicalTypeId::VARCHAR && !type.HasAlias() && !StringType::GetCollation(type).empty();
}

bool has_collated(const Expression &expression) {
	if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
		return is_collated(expression.return_type);
	}
	auto found = false;
	ExpressionIterator::EnumerateChildren(expression,
	                                      [&](const Expression &child) { found = found || has_collated(child); });
	return found;
}

bool has_collated(LogicalOperator &op) {
	auto found = false;
	LogicalOperatorVisitor::EnumerateExpressions(op, [&](unique_ptr<Expression> *child) {
		found = found || (*child && has_collated(**child));
	});
	for (auto &child : op.children) {
		found = found || has_collated(*child);
	}
	return found;
}

void mend(unique_ptr<Expression> &expression, const Types &types) {
	if (expression->GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) {
		ExpressionIterator::EnumerateChildren(*expression, [&](unique_ptr<Expression> &child) { mend(child, types); });
		return;
	}
	auto own = types.find(expression->Cast<BoundColumnRefExpression>().binding);
	if (own == types.end() || !is_collated(expression->return_type) || own->second == expression->return_type ||
	    own->second.id() != LogicalTypeId::VARCHAR) {
		return;
	}
	auto wanted = expression->return_type;
	expression->return_type = own->second;
	expression = make_uniq<BoundCastExpression>(std::move(expression), wanted, BoundCastInfo(DefaultCasts::ReinterpretCast));
}

void mend(LogicalOperator &op) {
	Types types;
	for (auto &child : op.children) {
		mend(*child);
		auto bindings = child->GetColumnBindings();
		for (idx_t i = 0; i < bindings.size() && i < child->types.size(); i++) {
			types[bindings[i]] = child->types[i];
		}
	}
	LogicalOperatorVisitor::EnumerateExpressions(op, [&](unique_ptr<Expression> *child) {
		if (*child) {
			mend(*child, types);
		}
	});
}

} // namespace

namespace shim {

void keep_types(LogicalOperator &plan) {
	if (has_collated(plan)) {
		plan.ResolveOperatorTypes();
		mend(plan);
	}
}

} // namespace shim
