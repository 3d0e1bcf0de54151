// The names of a table's constraints (directory.hpp): DuckDB keeps none, so that they are those that PostgreSQL would have given.
// For whoever shows them, finds one by its name, or makes the table anew without it.

#include "directory.hpp"

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"

#include <algorithm>
#include <set>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

string name_of_unique(const TableCatalogEntry &table, const UniqueConstraint &unique) {
	if (unique.IsPrimaryKey()) {
		return made_name(table.name, "", "pkey");
	}
	vector<string> names;
	for (auto &index : unique.GetLogicalIndexes(table.GetColumns())) {
		names.push_back(table.GetColumn(index).Name());
	}
	return made_name(table.name, StringUtil::Join(names, "_"), "key");
}

string name_of_check(const TableCatalogEntry &table, const CheckConstraint &check) {
	vector<string> names;
	collect_columns(*check.expression, names);
	return made_name(table.name, names.size() == 1 ? names[0] : "", "check");
}

string base_name(const TableCatalogEntry &table, const duckdb::Constraint &constraint) {
	switch (constraint.type) {
	case ConstraintType::UNIQUE:
		return name_of_unique(table, constraint.Cast<UniqueConstraint>());
	case ConstraintType::CHECK:
		return name_of_check(table, constraint.Cast<CheckConstraint>());
	case ConstraintType::FOREIGN_KEY: {
		auto &foreign = constraint.Cast<ForeignKeyConstraint>();
		auto is_other_end = foreign.info.type == ForeignKeyType::FK_TYPE_PRIMARY_KEY_TABLE;
		return is_other_end ? "" : made_name(table.name, StringUtil::Join(foreign.fk_columns, "_"), "fkey");
	}
	default:
		return ""; // NOT NULL belongs to its column
	}
}

} // namespace

std::vector<std::string> constraint_names(const TableCatalogEntry &table) {
	std::set<string> taken;
	std::vector<std::string> names;
	for (auto &constraint : table.GetConstraints()) {
		auto base = base_name(table, *constraint);
		auto name = base;
		for (idx_t number = 1; !base.empty() && !taken.insert(StringUtil::Lower(name)).second; number++) {
			name = base + std::to_string(number);
		}
		names.push_back(name);
	}
	return names;
}

void collect_columns(const ParsedExpression &expression, vector<string> &names) {
	if (expression.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
		auto &name = expression.Cast<ColumnRefExpression>().GetColumnName();
		if (std::find(names.begin(), names.end(), name) == names.end()) {
			names.push_back(name);
		}
	}
	ParsedExpressionIterator::EnumerateChildren(
	    expression, [&](const ParsedExpression &child) { collect_columns(child, names); });
}

} // namespace catalog
} // namespace shim
