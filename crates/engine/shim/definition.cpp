// A table's definition as SQL, whole or without one of its constraints, for those who make the table anew: DuckDB adds no
// foreign keys and conditions to a table that is there, and takes none away. Names of constraints are those that PostgreSQL
// would have given, since DuckDB keeps none. Deliberately absent: how its indexes are made (look.cpp), and its rows.

#include "internal.hpp"

#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/constraints/check_constraint.hpp"
#include "duckdb/parser/constraints/foreign_key_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"

#include <set>

using namespace duckdb;

namespace {

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

// Nothing for what is no constraint of the table's own.
string label(const TableCatalogEntry &table, const Constraint &constraint, std::set<string> &taken) {
	string columns, suffix;
	switch (constraint.type) {
	case ConstraintType::UNIQUE: {
		auto &unique = constraint.Cast<UniqueConstraint>();
		suffix = unique.IsPrimaryKey() ? "pkey" : "key";
		if (!unique.IsPrimaryKey()) {
			vector<string> names;
			for (auto &index : unique.GetLogicalIndexes(table.GetColumns())) {
				names.push_back(table.GetColumn(index).Name());
			}
			columns = StringUtil::Join(names, "_");
		}
		break;
	}
	case ConstraintType::FOREIGN_KEY: {
		auto &foreign = constraint.Cast<ForeignKeyConstraint>();
		if (foreign.info.type == ForeignKeyType::FK_TYPE_PRIMARY_KEY_TABLE) {
			return "";
		}
		columns = StringUtil::Join(foreign.fk_columns, "_");
		suffix = "fkey";
		break;
	}
	case ConstraintType::CHECK: {
		vector<string> names;
		collect_columns(*constraint.Cast<CheckConstraint>().expression, names);
		columns = names.size() == 1 ? names[0] : "";
		suffix = "check";
		break;
	}
	default:
		return "";
	}
	auto base = table.name + "_" + (columns.empty() ? "" : columns + "_") + suffix;
	auto name = base;
	for (idx_t number = 1; !taken.insert(StringUtil::Lower(name)).second; number++) {
		name = base + to_string(number);
	}
	return name;
}

bool is_referred_to(const TableCatalogEntry &table) {
	for (auto &constraint : table.GetConstraints()) {
		if (constraint->type == ConstraintType::FOREIGN_KEY &&
		    constraint->Cast<ForeignKeyConstraint>().info.type == ForeignKeyType::FK_TYPE_PRIMARY_KEY_TABLE) {
			return true;
		}
	}
	return false;
}

} // namespace

namespace shim {

std::string whole_definition(ClientContext &context, TableCatalogEntry &table) {
	std::set<string> indexes;
	table.ParentSchema().Scan(context, CatalogType::INDEX_ENTRY, [&](CatalogEntry &entry) {
		if (entry.Cast<IndexCatalogEntry>().GetTableName() == table.name) {
			indexes.insert(entry.ToSQL());
		}
	});
	auto text = TableCatalogEntry::ColumnsToSQL(table.GetColumns(), table.GetConstraints());
	for (auto &index : indexes) {
		text += "; " + index;
	}
	return text;
}

// Where it is (three parts); what it is now, to tell whether it is the same later; whether others refer to it; the
// definition; the columns that can be written; the table's comment or nothing; and columns with comments, each before its
// comment. Nothing when it has no constraint of that name.
void define_table(ClientContext &context, TableCatalogEntry &table, const string *without,
                  std::vector<std::string> &found) {
	std::set<string> taken;
	vector<unique_ptr<Constraint>> kept;
	auto is_found = !without;
	for (auto &constraint : table.GetConstraints()) {
		auto name = label(table, *constraint, taken);
		if (without && !name.empty() && StringUtil::CIEquals(name, *without)) {
			is_found = true;
		} else {
			kept.push_back(constraint->Copy());
		}
	}
	if (!is_found) {
		return;
	}
	std::vector<std::string> comments;
	vector<string> written;
	for (auto &column : table.GetColumns().Logical()) {
		auto quoted = KeywordHelper::WriteQuoted(column.Name(), '"');
		if (!column.Generated()) {
			written.push_back(quoted);
		}
		if (!column.Comment().IsNull()) {
			comments.push_back(quoted);
			comments.push_back(column.Comment().ToString());
		}
	}
	found.push_back(table.ParentCatalog().GetName());
	found.push_back(table.ParentSchema().name);
	found.push_back(table.name);
	found.push_back(whole_definition(context, table));
	found.push_back(is_referred_to(table) ? "t" : "f");
	found.push_back(TableCatalogEntry::ColumnsToSQL(table.GetColumns(), kept));
	found.push_back(StringUtil::Join(written, ", "));
	found.push_back(table.comment.IsNull() ? "" : table.comment.ToString());
	found.insert(found.end(), comments.begin(), comments.end());
}

} // namespace shim
