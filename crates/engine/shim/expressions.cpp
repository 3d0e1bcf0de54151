// The plan guard's walk: expressions, bound ones with what hides in their bind data, and the parsed ones of
// definitions.
#include "guard.hpp"

#include "duckdb/catalog/catalog_entry/scalar_macro_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/sequence_catalog_entry.hpp"
#include "duckdb/function/lambda_functions.hpp"
#include "duckdb/function/scalar/sequence_utils.hpp"
#include "duckdb/function/scalar_macro_function.hpp"
#include "duckdb/parser/constraints/check_constraint.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/subquery_expression.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/planner/constraints/bound_check_constraint.hpp"
#include "duckdb/planner/expression/bound_expanded_expression.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"

using namespace duckdb;

namespace shim {

std::vector<std::string> call_arguments(const vector<unique_ptr<Expression>> &arguments, optional_ptr<FunctionData> data) {
	if (auto sequence = dynamic_cast<NextvalBindData *>(data.get())) {
		auto &entry = sequence->sequence;
		return {entry.ParentCatalog().GetName(), entry.ParentSchema().name, entry.name};
	}
	std::vector<std::string> constants; // `list_aggregate(l, 'sum')` names a function that way
	for (auto &argument : arguments) {
		if (argument->GetExpressionClass() == ExpressionClass::BOUND_CONSTANT &&
		    argument->return_type.id() == LogicalTypeId::VARCHAR) {
			constants.push_back(argument->Cast<BoundConstantExpression>().value.ToString());
		}
	}
	return constants;
}

void Walk::constraints(vector<unique_ptr<BoundConstraint>> &list) {
	for (auto &constraint : list) {
		if (constraint->type == ConstraintType::CHECK) {
			expression(*constraint->Cast<BoundCheckConstraint>().expression);
		}
	}
}

void Walk::expression(Expression &expr) {
	switch (expr.GetExpressionClass()) {
	case ExpressionClass::BOUND_FUNCTION:
		function(expr.Cast<BoundFunctionExpression>());
		break;
	case ExpressionClass::BOUND_AGGREGATE:
		add(TouchKind::AGGREGATE_FUNCTION, expr.Cast<BoundAggregateExpression>().function.name);
		break;
	case ExpressionClass::BOUND_WINDOW: {
		auto &window = expr.Cast<BoundWindowExpression>();
		auto name = window.aggregate ? window.aggregate->name : StringUtil::Lower(ExpressionTypeToString(window.type));
		add(TouchKind::AGGREGATE_FUNCTION, name);
		break;
	}
	case ExpressionClass::BOUND_SUBQUERY: {
		auto &subquery = expr.Cast<BoundSubqueryExpression>();
		if (subquery.subquery.plan) {
			plan(*subquery.subquery.plan);
		}
		break;
	}
	case ExpressionClass::BOUND_LAMBDA: {
		auto &lambda = expr.Cast<BoundLambdaExpression>();
		expression(*lambda.lambda_expr);
		expressions(lambda.captures);
		return; // the iterator below does not know this class
	}
	case ExpressionClass::BOUND_EXPANDED:
		expressions(expr.Cast<BoundExpandedExpression>().expanded_expressions);
		return;
	default:
		break;
	}
	ExpressionIterator::EnumerateChildren(expr, [&](unique_ptr<Expression> &child) {
		if (child) {
			expression(*child);
		}
	});
}

void Walk::function(BoundFunctionExpression &call) {
	add(TouchKind::SCALAR_FUNCTION, call.function.name, call_arguments(call.children, call.bind_info.get()));
	if (auto lambda = dynamic_cast<ListLambdaBindData *>(call.bind_info.get())) {
		if (lambda->lambda_expr) {
			expression(*lambda->lambda_expr);
		}
	}
}

void Walk::table_definition(CreateTableInfo &base, vector<unique_ptr<Constraint>> &bound) {
	for (auto &column : base.columns.Logical()) {
		column_definition(column);
	}
	for (auto list : {&base.constraints, &bound}) {
		for (auto &constraint : *list) {
			if (constraint && constraint->type == ConstraintType::CHECK) {
				parsed(*constraint->Cast<CheckConstraint>().expression);
			}
		}
	}
}

void Walk::column_definition(const ColumnDefinition &column) {
	if (column.Generated()) {
		parsed(column.GeneratedExpression());
	} else if (column.HasDefaultValue()) {
		parsed(column.DefaultValue());
	}
}

void Walk::alteration(AlterInfo &info) {
	if (info.type != AlterType::ALTER_TABLE) {
		return;
	}
	auto &table = info.Cast<AlterTableInfo>();
	switch (table.alter_table_type) {
	case AlterTableType::ADD_COLUMN:
		return column_definition(table.Cast<AddColumnInfo>().new_column);
	case AlterTableType::ADD_FIELD:
		return column_definition(table.Cast<AddFieldInfo>().new_field);
	case AlterTableType::ALTER_COLUMN_TYPE:
		if (auto &expression = table.Cast<ChangeColumnTypeInfo>().expression) {
			parsed(*expression);
		}
		return;
	case AlterTableType::SET_DEFAULT:
		if (auto &expression = table.Cast<SetDefaultInfo>().expression) {
			parsed(*expression);
		}
		return;
	case AlterTableType::ADD_CONSTRAINT: {
		auto &constraint = table.Cast<AddConstraintInfo>().constraint;
		if (constraint && constraint->type == ConstraintType::CHECK) {
			parsed(*constraint->Cast<CheckConstraint>().expression);
		}
		return;
	}
	default:
		return;
	}
}

// Expressions that the binder checks but does not keep bound.
void Walk::parsed(const ParsedExpression &expr) {
	if (expr.GetExpressionClass() == ExpressionClass::FUNCTION) {
		parsed_function(expr.Cast<FunctionExpression>());
	} else if (expr.GetExpressionClass() == ExpressionClass::SUBQUERY) {
		add(TouchKind::OTHER, "SUBQUERY_IN_DEFINITION");
	}
	ParsedExpressionIterator::EnumerateChildren(expr, [&](const ParsedExpression &child) { parsed(child); });
}

// A function by the name written; of a macro what it is made of.
void Walk::parsed_function(const FunctionExpression &call) {
	EntryLookupInfo lookup(CatalogType::SCALAR_FUNCTION_ENTRY, call.function_name);
	auto entry = Catalog::GetEntry(context, call.catalog, call.schema, lookup, OnEntryNotFound::RETURN_NULL);
	if (!entry || entry->type != CatalogType::MACRO_ENTRY) {
		return add(TouchKind::SCALAR_FUNCTION, call.function_name);
	}
	if (!macros.insert(entry.get()).second) {
		return;
	}
	for (auto &macro : entry->Cast<ScalarMacroCatalogEntry>().macros) {
		parsed(*macro->Cast<ScalarMacroFunction>().expression);
		for (auto &parameter : macro->default_parameters) {
			parsed(*parameter.second);
		}
	}
}

} // namespace shim
