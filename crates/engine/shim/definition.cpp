// A table's definition as SQL, whole or without one of its constraints or columns, for those who make the table anew: DuckDB
// adds no foreign keys and conditions to a table that is there, takes none away, and drops no column that an index stands
// behind. With a column go the constraints that are about it. Deliberately absent: how its indexes are made (look.cpp), and its rows.

#include "internal.hpp"
#include "catalog/directory.hpp"

#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/constraints/check_constraint.hpp"
#include "duckdb/parser/constraints/foreign_key_constraint.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/keyword_helper.hpp"

#include <algorithm>
#include <set>

using namespace duckdb;

namespace {

bool names_it(const std::vector<string> &names, const string &column) {
	return std::any_of(names.begin(), names.end(), [&](const string &name) { return StringUtil::CIEquals(name, column); });
}

// Whether a constraint is about a column: then it goes with it.
bool is_about(const TableCatalogEntry &table, const Constraint &constraint, const string &column) {
	switch (constraint.type) {
	case ConstraintType::UNIQUE:
		for (auto &index : constraint.Cast<UniqueConstraint>().GetLogicalIndexes(table.GetColumns())) {
			if (StringUtil::CIEquals(table.GetColumn(index).Name(), column)) {
				return true;
			}
		}
		return false;
	case ConstraintType::NOT_NULL:
		return StringUtil::CIEquals(table.GetColumn(constraint.Cast<NotNullConstraint>().index).Name(), column);
	case ConstraintType::FOREIGN_KEY:
		return names_it(constraint.Cast<ForeignKeyConstraint>().fk_columns, column);
	default: {
		vector<string> names;
		shim::catalog::collect_columns(*constraint.Cast<CheckConstraint>().expression, names);
		return names_it(names, column);
	}
	}
}

// A constraint that refers to columns by their places, for columns that have others.
unique_ptr<Constraint> moved(const TableCatalogEntry &table, const Constraint &constraint, const ColumnList &columns) {
	if (constraint.type == ConstraintType::NOT_NULL) {
		auto &name = table.GetColumn(constraint.Cast<NotNullConstraint>().index).Name();
		return make_uniq<NotNullConstraint>(columns.GetColumn(name).Logical());
	}
	if (constraint.type == ConstraintType::UNIQUE) {
		auto &unique = constraint.Cast<UniqueConstraint>();
		if (unique.HasIndex()) {
			auto &name = table.GetColumn(unique.GetIndex()).Name();
			return make_uniq<UniqueConstraint>(columns.GetColumn(name).Logical(), name, unique.IsPrimaryKey());
		}
	}
	return constraint.Copy();
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
// comment. Nothing when it has nothing of the name that it is to be without.
void define_table(ClientContext &context, TableCatalogEntry &table, const Without &without, std::vector<std::string> &found) {
	ColumnList columns;
	std::vector<std::string> comments;
	vector<string> written;
	for (auto &column : table.GetColumns().Logical()) {
		if (without.column && StringUtil::CIEquals(column.Name(), *without.column)) {
			continue;
		}
		columns.AddColumn(column.Copy());
		auto quoted = KeywordHelper::WriteQuoted(column.Name(), '"');
		if (!column.Generated()) {
			written.push_back(quoted);
		}
		if (!column.Comment().IsNull()) {
			comments.push_back(quoted);
			comments.push_back(column.Comment().ToString());
		}
	}
	vector<unique_ptr<Constraint>> kept;
	auto names = catalog::constraint_names(table);
	for (size_t i = 0; i < names.size(); i++) {
		auto &constraint = *table.GetConstraints()[i];
		auto is_it = without.constraint && !names[i].empty() && StringUtil::CIEquals(names[i], *without.constraint);
		if (!is_it && !(without.column && is_about(table, constraint, *without.column))) {
			kept.push_back(moved(table, constraint, columns));
		}
	}
	auto is_whole = kept.size() == names.size() && columns.LogicalColumnCount() == table.GetColumns().LogicalColumnCount();
	if (is_whole && (without.constraint || without.column)) {
		return;
	}
	found.push_back(table.ParentCatalog().GetName());
	found.push_back(table.ParentSchema().name);
	found.push_back(table.name);
	found.push_back(whole_definition(context, table));
	found.push_back(is_referred_to(table) ? "t" : "f");
	found.push_back(TableCatalogEntry::ColumnsToSQL(columns, kept));
	found.push_back(StringUtil::Join(written, ", "));
	found.push_back(table.comment.IsNull() ? "" : table.comment.ToString());
	found.insert(found.end(), comments.begin(), comments.end());
}

} // namespace shim
