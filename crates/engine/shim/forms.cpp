// What a plan tells of its columns beyond their types: that DuckDB made INTEGER of an untyped NULL (its binder does,
// ExpressionBinder::Bind), and that lists of lists are rectangular, because the expression that makes them says so.
// Both are told as types: NULL, and ARRAY for each list whose length is fixed. The vectors stay what they are.
// Deliberately absent: what only the data would tell.
#include "guard.hpp"

#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_expression_get.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"

#include <unordered_map>

using namespace duckdb;

namespace shim {

bool is_implicit(const BoundCastExpression &cast) {
	auto mine = cast.GetQueryLocation();
	auto below = cast.child->GetQueryLocation();
	return mine.IsValid() == below.IsValid() && (!mine.IsValid() || mine.GetIndex() == below.GetIndex());
}

namespace {

constexpr size_t MAX_STEPS = 10000; // expressions and columns looked at for one statement
constexpr size_t MAX_DIMENSIONS = 6;

using Shape = std::vector<idx_t>; // empty: not known to be rectangular

bool is_nested(const LogicalType &type) {
	switch (type.id()) {
	case LogicalTypeId::LIST:
	case LogicalTypeId::ARRAY:
	case LogicalTypeId::STRUCT:
	case LogicalTypeId::MAP:
	case LogicalTypeId::UNION:
	case LogicalTypeId::VARIANT:
		return true;
	default:
		return false;
	}
}

// NULL, or lists of it.
bool is_untyped(const LogicalType &type) {
	return type.id() == LogicalTypeId::SQLNULL ||
	       (type.id() == LogicalTypeId::LIST && is_untyped(ListType::GetChildType(type)));
}

// `shape` as nested ARRAY types, where `type` is lists that nest as deep around something that does not.
LogicalType with_shape(const LogicalType &type, const Shape &shape, size_t depth = 0) {
	if (depth == shape.size()) {
		return is_nested(type) ? LogicalType(LogicalTypeId::INVALID) : type;
	}
	if (type.id() != LogicalTypeId::LIST) {
		return LogicalType(LogicalTypeId::INVALID);
	}
	auto child = with_shape(ListType::GetChildType(type), shape, depth + 1);
	return child.id() == LogicalTypeId::INVALID ? child : LogicalType::ARRAY(child, shape[depth]);
}

class Forms {
public:
	explicit Forms(LogicalOperator &plan) {
		collect(plan);
	}

	LogicalType refine(ColumnBinding binding, const LogicalType &type) {
		auto entry = by_table_index.find(binding.table_index);
		if (entry == by_table_index.end() || steps++ > MAX_STEPS) {
			return type;
		}
		auto &op = *entry->second;
		auto column = binding.column_index;
		switch (op.type) {
		case LogicalOperatorType::LOGICAL_PROJECTION:
			return column < op.expressions.size() ? refine(*op.expressions[column], type) : type;
		case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY: {
			auto &groups = op.Cast<LogicalAggregate>().groups;
			return column < groups.size() ? refine(*groups[column], type) : type;
		}
		case LogicalOperatorType::LOGICAL_EXPRESSION_GET: {
			Agreement agreement(type);
			for (auto &row : op.Cast<LogicalExpressionGet>().expressions) {
				if (column >= row.size() || !agreement.add(refine(*row[column], type))) {
					return type;
				}
			}
			return agreement.type;
		}
		default: {
			Agreement agreement(type);
			for (auto &child : op.children) {
				auto bindings = child->GetColumnBindings();
				if (column >= bindings.size() || !agreement.add(refine(bindings[column], type))) {
					return type;
				}
			}
			return agreement.type;
		}
		}
	}

private:
	std::unordered_map<idx_t, LogicalOperator *> by_table_index;
	size_t steps = 0;

	// Every branch or row has to say the same.
	struct Agreement {
		LogicalType type;
		bool any = false;
		explicit Agreement(const LogicalType &type) : type(type) {
		}
		bool add(LogicalType other) {
			if (any) {
				return other == type;
			}
			any = true;
			type = std::move(other);
			return true;
		}
	};

	void collect(LogicalOperator &op) {
		switch (op.type) {
		case LogicalOperatorType::LOGICAL_PROJECTION:
			by_table_index[op.Cast<LogicalProjection>().table_index] = &op;
			break;
		case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
			// a grouping set makes NULLs of its own
			if (op.Cast<LogicalAggregate>().grouping_sets.size() <= 1) {
				by_table_index[op.Cast<LogicalAggregate>().group_index] = &op;
			}
			break;
		case LogicalOperatorType::LOGICAL_EXPRESSION_GET:
			by_table_index[op.Cast<LogicalExpressionGet>().table_index] = &op;
			break;
		case LogicalOperatorType::LOGICAL_UNION:
		case LogicalOperatorType::LOGICAL_EXCEPT:
		case LogicalOperatorType::LOGICAL_INTERSECT:
			by_table_index[op.Cast<LogicalSetOperation>().table_index] = &op;
			break;
		default:
			break;
		}
		for (auto &child : op.children) {
			collect(*child);
		}
	}

	LogicalType refine(Expression &expr, const LogicalType &type) {
		if (steps++ > MAX_STEPS) {
			return type;
		}
		if (expr.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
			return refine(expr.Cast<BoundColumnRefExpression>().binding, type);
		}
		if (expr.GetExpressionClass() == ExpressionClass::BOUND_CAST) {
			auto &cast = expr.Cast<BoundCastExpression>();
			if (is_untyped(cast.child->return_type) && is_implicit(cast)) {
				return cast.child->return_type;
			}
		}
		auto dimensions = type.id() == LogicalTypeId::LIST ? shape(expr) : Shape();
		if (dimensions.size() < 2 || dimensions.size() > MAX_DIMENSIONS) {
			return type;
		}
		auto refined = with_shape(type, dimensions);
		return refined.id() == LogicalTypeId::INVALID ? type : refined;
	}

	Shape shape(const Expression &expr) {
		if (steps++ > MAX_STEPS) {
			return Shape();
		}
		if (expr.GetExpressionClass() == ExpressionClass::BOUND_CAST) {
			return shape(*expr.Cast<BoundCastExpression>().child);
		}
		if (expr.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION || expr.return_type.id() != LogicalTypeId::LIST) {
			return Shape();
		}
		auto &call = expr.Cast<BoundFunctionExpression>();
		if ((call.function.name != "list_value" && call.function.name != "list_pack") || call.children.empty()) {
			return Shape();
		}
		Shape whole {call.children.size()};
		if (!is_nested(ListType::GetChildType(expr.return_type))) {
			return whole;
		}
		auto first = shape(*call.children[0]);
		for (idx_t i = 1; i < call.children.size(); i++) {
			if (shape(*call.children[i]) != first) {
				return Shape();
			}
		}
		if (first.empty()) {
			return Shape();
		}
		whole.insert(whole.end(), first.begin(), first.end());
		return whole;
	}
};

} // namespace

vector<LogicalType> list_types(BoundStatement &statement) {
	auto types = statement.types;
	if (!statement.plan) {
		return types;
	}
	Forms forms(*statement.plan);
	auto bindings = statement.plan->GetColumnBindings();
	for (idx_t i = 0; i < bindings.size() && i < types.size(); i++) {
		types[i] = forms.refine(bindings[i], types[i]);
	}
	return types;
}

} // namespace shim
