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
#include "duckdb/planner/operator/logical_dependent_join.hpp"

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

// Whether a reference of this type has lost the name of its column's.
bool has_lost(const LogicalType &reference, const LogicalType &own) {
	return is_collated(reference) && own != reference && own.id() == LogicalTypeId::VARCHAR;
}

void put_types(LogicalOperator &op, Types &types) {
	auto bindings = op.GetColumnBindings();
	for (idx_t i = 0; i < bindings.size() && i < op.types.size(); i++) {
		types[bindings[i]] = op.types[i];
	}
}

void mend(unique_ptr<Expression> &expression, const Types &types) {
	if (expression->GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) {
		ExpressionIterator::EnumerateChildren(*expression, [&](unique_ptr<Expression> &child) { mend(child, types); });
		return;
	}
	auto own = types.find(expression->Cast<BoundColumnRefExpression>().binding);
	if (own == types.end() || !has_lost(expression->return_type, own->second)) {
		return;
	}
	auto wanted = expression->return_type;
	expression->return_type = own->second;
	expression = make_uniq<BoundCastExpression>(std::move(expression), wanted, BoundCastInfo(DefaultCasts::ReinterpretCast));
}

// What a correlated subquery refers to comes from the other side of its join, and from further outside.
void mend(LogicalOperator &op, const Types &outside) {
	auto types = outside;
	auto is_dependent = op.type == LogicalOperatorType::LOGICAL_DEPENDENT_JOIN;
	for (auto &child : op.children) {
		mend(*child, is_dependent ? types : outside);
		put_types(*child, types);
	}
	if (is_dependent) {
		for (auto &column : op.Cast<LogicalDependentJoin>().correlated_columns) {
			auto own = types.find(column.binding);
			if (own != types.end() && has_lost(column.type, own->second)) {
				column.type = own->second;
			}
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
		mend(plan, {});
	}
}

} // namespace shim
