// What the catalog has under a name, for those who write a statement anew before it is bound: whether it is there, a table's
// columns, a key's columns, the sequences that belong to a table's columns. Read as the connection's transaction sees it.
// Deliberately absent: a judgement. What is answered only shapes a statement, whose plan is judged as ever.

#include "internal.hpp"
#include "catalog/directory.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/sequence_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/qualified_name.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/planner/binder.hpp"

#include <functional>
#include <set>

using namespace duckdb;

namespace {

using Found = std::vector<std::string>;

struct Path {
	string catalog;
	string schema;
	string name;
};

Path as_path(ClientContext &context, const std::vector<std::string> &parts) {
	Path path;
	path.name = parts.empty() ? "" : parts.back();
	if (parts.size() > 1) {
		path.schema = parts[parts.size() - 2];
	}
	if (parts.size() > 2) {
		path.catalog = parts[parts.size() - 3];
	}
	Binder::BindSchemaOrCatalog(context, path.catalog, path.schema);
	return path;
}

// What is in a database that the connection does not see is not there.
optional_ptr<CatalogEntry> find(ClientContext &context, CatalogType type, const Path &path) {
	EntryLookupInfo lookup(type, path.name);
	auto entry = Catalog::GetEntry(context, path.catalog, path.schema, lookup, OnEntryNotFound::RETURN_NULL);
	if (!entry) {
		return nullptr;
	}
	auto &database = entry->ParentCatalog().GetAttached();
	auto is_seen = database.IsSystem() || database.IsTemporary() || shim::sees(context, database.GetName());
	return is_seen ? entry : nullptr;
}

optional_ptr<TableCatalogEntry> find_table(ClientContext &context, const std::vector<std::string> &parts) {
	auto entry = find(context, CatalogType::TABLE_ENTRY, as_path(context, parts));
	return entry && entry->type == CatalogType::TABLE_ENTRY ? &entry->Cast<TableCatalogEntry>() : nullptr;
}

void columns(ClientContext &context, const std::vector<std::string> &parts, bool with_defaults, Found &found) {
	auto table = find_table(context, parts);
	if (!table) {
		return;
	}
	std::set<idx_t> not_null;
	for (auto &constraint : table->GetConstraints()) {
		if (constraint->type == ConstraintType::NOT_NULL) {
			not_null.insert(constraint->Cast<NotNullConstraint>().index.index);
		}
	}
	for (auto &column : table->GetColumns().Logical()) {
		auto text = KeywordHelper::WriteQuoted(column.Name(), '"') + " " + column.Type().ToString();
		if (with_defaults && !column.Generated() && column.HasDefaultValue()) {
			text += " DEFAULT (" + column.DefaultValue().ToString() + ")";
		}
		if (not_null.count(column.Logical().index) > 0) {
			text += " NOT NULL";
		}
		found.push_back(text);
	}
}

// nextval('s'), anywhere in a default.
void sequences_in(const ParsedExpression &expression, std::vector<std::string> &names) {
	if (expression.GetExpressionClass() == ExpressionClass::FUNCTION) {
		auto &call = expression.Cast<FunctionExpression>();
		if (call.function_name == "nextval" && !call.children.empty() &&
		    call.children[0]->GetExpressionClass() == ExpressionClass::CONSTANT) {
			names.push_back(call.children[0]->Cast<ConstantExpression>().value.ToString());
		}
	}
	ParsedExpressionIterator::EnumerateChildren(expression,
	                                            [&](const ParsedExpression &child) { sequences_in(child, names); });
}

// What a sequence's comment says of the column that it belongs to.
std::string marker_of(const CatalogEntry &sequence) {
	auto text = sequence.comment.IsNull() ? string() : sequence.comment.ToString();
	return StringUtil::StartsWith(text, shim::OWN_SEQUENCE) ? text.substr(0, text.find(shim::OWN_SEQUENCE_END)) : "";
}

// Each after the column that it belongs to.
void owned_sequences(ClientContext &context, const std::vector<std::string> &parts, Found &found) {
	auto table = find_table(context, parts);
	if (!table) {
		return;
	}
	for (auto &column : table->GetColumns().Logical()) {
		if (column.Generated() || !column.HasDefaultValue()) {
			continue;
		}
		std::vector<std::string> names;
		sequences_in(column.DefaultValue(), names);
		for (auto &name : names) {
			auto qualified = QualifiedName::Parse(name);
			// It stands where its table does.
			Path path {table->ParentCatalog().GetName(), table->ParentSchema().name, qualified.name};
			auto sequence = find(context, CatalogType::SEQUENCE_ENTRY, path);
			if (sequence && !marker_of(*sequence).empty()) {
				found.push_back(column.Name());
				found.push_back(KeywordHelper::WriteQuoted(path.catalog, '"') + "." +
				                KeywordHelper::WriteQuoted(path.schema, '"') + "." +
				                KeywordHelper::WriteQuoted(path.name, '"'));
			}
		}
	}
}

// As they were written: those that the entry keeps have been emptied when they were bound.
vector<unique_ptr<ParsedExpression>> expressions_of(const IndexCatalogEntry &index) {
	Parser parser;
	parser.ParseQuery(index.ToSQL());
	auto &info = parser.statements.at(0)->Cast<CreateStatement>().info->Cast<CreateIndexInfo>();
	return std::move(info.parsed_expressions.empty() ? info.expressions : info.parsed_expressions);
}

// An index's expression as SQL that holds whatever its table is called.
std::string as_element(ParsedExpression &expression) {
	std::function<void(ParsedExpression &)> shorten = [&](ParsedExpression &part) {
		if (part.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
			auto &names = part.Cast<ColumnRefExpression>().column_names;
			names.erase(names.begin(), names.end() - 1);
		}
		ParsedExpressionIterator::EnumerateChildren(
		    part, [&](unique_ptr<ParsedExpression> &child) { shorten(*child); });
	};
	shorten(expression);
	if (expression.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
		return KeywordHelper::WriteQuoted(expression.Cast<ColumnRefExpression>().GetColumnName(), '"');
	}
	return "(" + expression.ToString() + ")";
}

// The columns of an index, if it is of columns alone.
Found index_columns(IndexCatalogEntry &index) {
	Found found;
	for (auto &expression : expressions_of(index)) {
		if (expression->GetExpressionClass() != ExpressionClass::COLUMN_REF) {
			return {};
		}
		found.push_back(expression->Cast<ColumnRefExpression>().GetColumnName());
	}
	return found;
}

// By the names that PostgreSQL gives to keys; DuckDB keeps none. The last part is the constraint's.
void key_columns(ClientContext &context, std::vector<std::string> parts, Found &found) {
	auto constraint_name = parts.back();
	parts.pop_back();
	auto table = find_table(context, parts);
	if (!table) {
		return;
	}
	std::vector<Found> keys;
	auto labels = shim::catalog::constraint_names(*table);
	for (size_t i = 0; i < labels.size(); i++) {
		auto &constraint = *table->GetConstraints()[i];
		if (constraint.type != ConstraintType::UNIQUE) {
			continue;
		}
		Found names;
		for (auto &index : constraint.Cast<UniqueConstraint>().GetLogicalIndexes(table->GetColumns())) {
			names.push_back(table->GetColumn(index).Name());
		}
		if (StringUtil::CIEquals(labels[i], constraint_name)) {
			found = std::move(names);
			return;
		}
		keys.push_back(std::move(names));
	}
	Path path {table->ParentCatalog().GetName(), table->ParentSchema().name, constraint_name};
	auto index = find(context, CatalogType::INDEX_ENTRY, path);
	if (index && index->Cast<IndexCatalogEntry>().GetTableName() == table->name) {
		found = index_columns(index->Cast<IndexCatalogEntry>());
	} else if (keys.size() == 1) {
		found = keys[0]; // whatever it was called
	}
}

void indexes(ClientContext &context, const std::vector<std::string> &parts, Found &found) {
	auto table = find_table(context, parts);
	if (!table) {
		return;
	}
	table->ParentSchema().Scan(context, CatalogType::INDEX_ENTRY, [&](CatalogEntry &entry) {
		auto &index = entry.Cast<IndexCatalogEntry>();
		if (index.GetTableName() != table->name) {
			return;
		}
		auto expressions = expressions_of(index);
		found.push_back(index.name);
		found.push_back(index.IsUnique() ? "t" : "f");
		found.push_back(to_string(expressions.size()));
		for (auto &expression : expressions) {
			found.push_back(as_element(*expression));
		}
	});
}

void look(ClientContext &context, ShimLook what, const std::vector<std::string> &parts, Found &found) {
	auto if_there = [&](CatalogType type) {
		auto entry = find(context, type, as_path(context, parts));
		if (entry) {
			found.push_back(entry->name);
		}
	};
	switch (what) {
	case SHIM_RELATION:
		return if_there(CatalogType::TABLE_ENTRY);
	case SHIM_VIEW: {
		// Views are among the tables.
		auto entry = find(context, CatalogType::TABLE_ENTRY, as_path(context, parts));
		if (entry && entry->type == CatalogType::VIEW_ENTRY) {
			found.push_back(entry->name);
		}
		return;
	}
	case SHIM_SEQUENCE:
		if (auto entry = find(context, CatalogType::SEQUENCE_ENTRY, as_path(context, parts))) {
			found.push_back(entry->name);
			found.push_back(marker_of(*entry));
		}
		return;
	case SHIM_INDEX:
		return if_there(CatalogType::INDEX_ENTRY);
	case SHIM_SCHEMA: {
		auto catalog = parts.size() > 1 ? parts[0] : DatabaseManager::GetDefaultDatabase(context);
		if (shim::sees(context, catalog) &&
		    Catalog::GetSchema(context, catalog, parts.back(), OnEntryNotFound::RETURN_NULL)) {
			found.push_back(parts.back());
		}
		return;
	}
	case SHIM_PG_CATALOG_FUNCTION:
		for (auto type : {CatalogType::SCALAR_FUNCTION_ENTRY, CatalogType::TABLE_FUNCTION_ENTRY}) {
			if (find(context, type, Path {SYSTEM_CATALOG, "pg_catalog", parts.back()})) {
				found.push_back(parts.back());
			}
		}
		return;
	case SHIM_COLUMNS:
		return columns(context, parts, false, found);
	case SHIM_COLUMNS_WITH_DEFAULTS:
		return columns(context, parts, true, found);
	case SHIM_OWNED_SEQUENCES:
		return owned_sequences(context, parts, found);
	case SHIM_KEY_COLUMNS:
		return key_columns(context, parts, found);
	case SHIM_INDEXES:
		return indexes(context, parts, found);
	case SHIM_DEFINITION:
		if (auto table = find_table(context, parts)) {
			shim::define_table(context, *table, {}, found);
		}
		return;
	case SHIM_DEFINITION_WITHOUT:
	case SHIM_DEFINITION_WITHOUT_COLUMN:
		if (auto table = find_table(context, {parts.begin(), parts.end() - 1})) {
			auto is_column = what == SHIM_DEFINITION_WITHOUT_COLUMN;
			shim::Without without {is_column ? nullptr : &parts.back(), is_column ? &parts.back() : nullptr};
			shim::define_table(context, *table, without, found);
		}
		return;
	case SHIM_ENUM: {
		auto numbers = shim::catalog::enum_numbers(context, parts);
		if (numbers.first != 0) {
			found = {to_string(numbers.first), to_string(numbers.second)};
		}
		return;
	}
	}
}

} // namespace

bool shim_look(ShimConnection *connection, ShimLook what, const ShimText *parts, size_t count, ShimEach each,
               void *state) {
	return quietly(false, [&] {
		auto &context = connection->context();
		std::vector<std::string> names;
		for (size_t i = 0; i < count; i++) {
			names.push_back(as_string(parts[i]));
		}
		Found found;
		std::exception_ptr failure; // kept out of DuckDB's hands, which would abort the transaction
		auto ask = [&] {
			try {
				look(context, what, names, found);
			} catch (...) {
				failure = std::current_exception();
			}
		};
		context.RunFunctionInTransaction(ask, false);
		if (failure || names.empty()) {
			return false;
		}
		for (auto &name : found) {
			each(state, as_view(name));
		}
		return true;
	});
}
