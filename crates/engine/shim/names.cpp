// Names without a schema: a table or view that is not where DuckDB looks is looked for in the other schemas of its
// database, and has to be in one alone (PRODUCT §3). What a query reads comes here as a replacement scan, when DuckDB has
// found nothing. What a statement changes is not scanned, and what a view reads is looked for from elsewhere later: these
// names are completed in the parse tree, before it is bound. Deliberately absent: names of functions, types, sequences;
// DROP … IF EXISTS, which asks for nothing but what is there.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/common/case_insensitive_map.hpp"
#include "duckdb/function/replacement_scan.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/expression/subquery_expression.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_data/alter_info.hpp"
#include "duckdb/parser/parsed_data/copy_info.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/parser/parsed_data/vacuum_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/statement/list.hpp"
#include "duckdb/parser/tableref/list.hpp"
#include "duckdb/planner/binder.hpp"

#include <algorithm>

using namespace duckdb;

namespace {

constexpr const char *AMBIGUOUS_SUBTYPE = "AMBIGUOUS_TABLE";
constexpr const char *FOREIGN_SCHEMAS[] = {"information_schema", "pg_catalog"}; // DuckDB has them in every database

// ------------------------------------------------------------------------------------------------------ looking

// Where DuckDB looks.
optional_ptr<CatalogEntry> find_table(ClientContext &context, const string &catalog, const string &schema,
                                      const string &table) {
	EntryLookupInfo lookup(CatalogType::TABLE_ENTRY, table); // or a view: they share their names
	return Catalog::GetEntry(context, catalog, schema, lookup, OnEntryNotFound::RETURN_NULL);
}

[[noreturn]] void throw_ambiguous(const string &database, const string &table, const vector<string> &schemas) {
	vector<string> quoted, full;
	for (auto &schema : schemas) {
		quoted.push_back(KeywordHelper::WriteQuoted(schema, '"'));
		full.push_back(KeywordHelper::WriteOptionallyQuoted(database) + "." +
		               KeywordHelper::WriteOptionallyQuoted(schema) + "." +
		               KeywordHelper::WriteOptionallyQuoted(table));
	}
	throw Exception({{"error_subtype", AMBIGUOUS_SUBTYPE}, {"name", table}, {"candidates", StringUtil::Join(full, ",")}},
	                ExceptionType::BINDER,
	                StringUtil::Format("table \"%s\" is ambiguous: it exists in schemas %s", table,
	                                   StringUtil::Join(quoted, ", ")));
}

// The one schema of the database that has the table. Nothing when none has, or when there is no such database to see.
bool find_schema(ClientContext &context, string &database, const string &table, string &schema) {
	auto attached = DatabaseManager::Get(context).GetDatabase(context, database);
	if (!attached || attached->IsSystem() || attached->IsTemporary() || !shim::sees(context, attached->GetName())) {
		return false;
	}
	vector<string> found;
	for (auto &candidate : attached->GetCatalog().GetSchemas(context)) {
		auto &entry = candidate.get();
		auto is_foreign = std::find(std::begin(FOREIGN_SCHEMAS), std::end(FOREIGN_SCHEMAS), entry.name);
		if (is_foreign == std::end(FOREIGN_SCHEMAS) &&
		    entry.GetEntry(entry.GetCatalogTransaction(context), CatalogType::TABLE_ENTRY, table)) {
			found.push_back(entry.name);
		}
	}
	if (found.size() > 1) {
		std::sort(found.begin(), found.end());
		throw_ambiguous(attached->GetName(), table, found);
	}
	if (found.empty()) {
		return false;
	}
	database = attached->GetName();
	schema = found[0];
	return true;
}

unique_ptr<TableRef> scan_elsewhere(ClientContext &context, ReplacementScanInput &input,
                                    optional_ptr<ReplacementScanData>) {
	string schema;
	auto database = input.catalog_name.empty() ? DatabaseManager::GetDefaultDatabase(context) : input.catalog_name;
	if (!input.schema_name.empty() || !find_schema(context, database, input.table_name, schema)) {
		return nullptr;
	}
	auto table = make_uniq<BaseTableRef>();
	table->catalog_name = database;
	table->schema_name = schema;
	table->table_name = input.table_name;
	return std::move(table);
}

// ---------------------------------------------------------------------------------------------- names in a parse tree

// A table's name, where it stands in the tree.
struct Place {
	string &catalog;
	string &schema;
	const string &table;
};

class Names {
public:
	std::vector<Place> places;
	std::vector<Place> qualified; // which are not completed, or only in part
	optional_ptr<CreateViewInfo> view; // that reads them

	void collect(SQLStatement &statement);

private:
	case_insensitive_set_t expressions_of_with;

	void add(string &catalog, string &schema, const string &table) {
		if (!catalog.empty() || !schema.empty()) {
			qualified.push_back(Place {catalog, schema, table});
		}
		if (!table.empty() && (catalog.empty() || schema.empty())) {
			places.push_back(Place {catalog, schema, table});
		}
	}
	void add(optional_ptr<TableRef> ref) {
		if (ref && ref->type == TableReferenceType::BASE_TABLE) {
			auto &table = ref->Cast<BaseTableRef>();
			add(table.catalog_name, table.schema_name, table.table_name);
		}
	}
	void utility(SQLStatement &statement);
	void created(CreateInfo &info);
	void described(QueryNode &node);
	void query(QueryNode &node);
	void with(QueryNode &node);
	void expression(ParsedExpression &expr);
};

void Names::collect(SQLStatement &statement) {
	switch (statement.type) {
	case StatementType::SELECT_STATEMENT:
		return described(*statement.Cast<SelectStatement>().node);
	case StatementType::INSERT_STATEMENT: {
		auto &insert = statement.Cast<InsertStatement>();
		return add(insert.catalog, insert.schema, insert.table);
	}
	case StatementType::UPDATE_STATEMENT:
		return add(statement.Cast<UpdateStatement>().table.get());
	case StatementType::DELETE_STATEMENT:
		return add(statement.Cast<DeleteStatement>().table.get());
	case StatementType::MERGE_INTO_STATEMENT:
		return add(statement.Cast<MergeIntoStatement>().target.get());
	case StatementType::COPY_STATEMENT: {
		auto &info = *statement.Cast<CopyStatement>().info;
		return add(info.catalog, info.schema, info.table);
	}
	case StatementType::EXPLAIN_STATEMENT:
		return collect(*statement.Cast<ExplainStatement>().stmt);
	case StatementType::PREPARE_STATEMENT:
		return collect(*statement.Cast<PrepareStatement>().statement);
	case StatementType::CREATE_STATEMENT:
		return created(*statement.Cast<CreateStatement>().info);
	default:
		return utility(statement);
	}
}

void Names::utility(SQLStatement &statement) {
	switch (statement.type) {
	case StatementType::ALTER_STATEMENT: {
		auto &info = *statement.Cast<AlterStatement>().info;
		auto is_column = info.type == AlterType::SET_COLUMN_COMMENT; // knows its table's kind later
		auto type = is_column ? CatalogType::TABLE_ENTRY : info.GetCatalogType();
		if (type == CatalogType::TABLE_ENTRY || type == CatalogType::VIEW_ENTRY) {
			add(info.catalog, info.schema, info.name);
		}
		return;
	}
	case StatementType::DROP_STATEMENT: {
		auto &info = *statement.Cast<DropStatement>().info;
		if ((info.type == CatalogType::TABLE_ENTRY || info.type == CatalogType::VIEW_ENTRY) &&
		    info.if_not_found == OnEntryNotFound::THROW_EXCEPTION) {
			add(info.catalog, info.schema, info.name);
		}
		return;
	}
	case StatementType::VACUUM_STATEMENT:
		return add(statement.Cast<VacuumStatement>().info->ref.get());
	default:
		return;
	}
}

void Names::created(CreateInfo &info) {
	if (info.type == CatalogType::INDEX_ENTRY) {
		return add(info.catalog, info.schema, info.Cast<CreateIndexInfo>().table);
	}
	if (info.type == CatalogType::VIEW_ENTRY) {
		view = info.Cast<CreateViewInfo>();
		try {
			query(*view->query->node);
		} catch (const NotImplementedException &) { // a kind of query that cannot be walked: as it is written
			places.clear();
			qualified.clear();
		}
		std::vector<Place> tables;
		for (auto &place : places) {
			auto is_qualified = !place.catalog.empty() || !place.schema.empty();
			if (is_qualified || expressions_of_with.count(place.table) == 0) {
				tables.push_back(place);
			}
		}
		places.swap(tables);
	}
}

// DESCRIBE shows a table's keys when it finds the table itself.
void Names::described(QueryNode &node) {
	if (node.type != QueryNodeType::SELECT_NODE || !node.cte_map.map.empty()) {
		return;
	}
	auto &from = node.Cast<SelectNode>().from_table;
	if (!from || from->type != TableReferenceType::SHOW_REF) {
		return;
	}
	auto &shown = from->Cast<ShowRef>().query;
	if (shown && shown->type == QueryNodeType::SELECT_NODE && shown->cte_map.map.empty()) {
		add(shown->Cast<SelectNode>().from_table.get());
	}
}

void Names::with(QueryNode &node) {
	for (auto &entry : node.cte_map.map) {
		expressions_of_with.insert(entry.first);
		with(*entry.second->query->node);
	}
	if (node.type == QueryNodeType::SET_OPERATION_NODE) {
		for (auto &child : node.Cast<SetOperationNode>().children) {
			with(*child);
		}
	}
	if (node.type == QueryNodeType::RECURSIVE_CTE_NODE) {
		with(*node.Cast<RecursiveCTENode>().left);
		with(*node.Cast<RecursiveCTENode>().right);
	}
}

void Names::query(QueryNode &node) {
	with(node);
	ParsedExpressionIterator::EnumerateQueryNodeChildren(
	    node, [&](unique_ptr<ParsedExpression> &child) { expression(*child); },
	    [&](TableRef &ref) {
		    add(&ref);
		    if (ref.type == TableReferenceType::SUBQUERY) {
			    with(*ref.Cast<SubqueryRef>().subquery->node);
		    }
	    });
}

void Names::expression(ParsedExpression &expr) {
	if (expr.GetExpressionClass() == ExpressionClass::SUBQUERY) {
		query(*expr.Cast<SubqueryExpression>().subquery->node);
	}
	ParsedExpressionIterator::EnumerateChildren(
	    expr, [&](unique_ptr<ParsedExpression> &child) { expression(*child); });
}

// ------------------------------------------------------------------------------------------------------ completing

// Each tells whether it found the name elsewhere.
bool complete(ClientContext &context, Place place) {
	auto database = place.catalog, schema = place.schema;
	Binder::BindSchemaOrCatalog(context, database, schema);
	if (!schema.empty() || find_table(context, database, schema, place.table)) {
		return false;
	}
	if (database.empty()) {
		database = DatabaseManager::GetDefaultDatabase(context);
	}
	if (!find_schema(context, database, place.table, schema)) {
		return false;
	}
	place.catalog = database;
	place.schema = schema;
	return true;
}

// A view finds names from where it stands, whatever is current. Its own database is not named in it, so that it goes on
// working under another name.
bool complete_in_view(ClientContext &context, const CreateViewInfo &view, Place place) {
	auto home = view.catalog, home_schema = view.schema;
	Binder::BindSchemaOrCatalog(context, home, home_schema);
	if (view.temporary || !place.catalog.empty() || !place.schema.empty()) {
		return complete(context, place);
	}
	if (home.empty()) {
		home = DatabaseManager::GetDefaultDatabase(context);
	}
	if (find_table(context, home, home_schema, place.table)) {
		return false;
	}
	auto database = DatabaseManager::GetDefaultDatabase(context);
	if (auto entry = find_table(context, INVALID_CATALOG, INVALID_SCHEMA, place.table)) { // by the session's path
		auto &attached = entry->ParentCatalog().GetAttached();
		if (attached.IsSystem() || attached.IsTemporary()) {
			return false;
		}
		database = attached.GetName();
		place.schema = entry->ParentSchema().name;
	} else if (find_schema(context, home, place.table, place.schema)) {
		return true;
	} else if (!find_schema(context, database, place.table, place.schema)) {
		return false;
	}
	if (!StringUtil::CIEquals(database, home)) {
		place.catalog = database;
	}
	return true;
}

// DuckDB does not tell which databases a view reads before it is read.
void ask_for_view(ClientContext &context, const Place &place) {
	auto catalog = place.catalog, schema = place.schema;
	Binder::BindSchemaOrCatalog(context, catalog, schema);
	if (!catalog.empty()) {
		shim::ask(context, shim::Touch {shim::TouchKind::READS_DATABASE, catalog, {}});
	}
}

} // namespace

namespace shim {

void look_elsewhere(DatabaseInstance &instance) {
	auto &scans = DBConfig::GetConfig(instance).replacement_scans;
	scans.insert(scans.begin(), ReplacementScan(scan_elsewhere));
}

bool complete_names(ClientContext &context, SQLStatement &statement) {
	Names names;
	names.collect(statement);
	if (names.places.empty() && (!names.view || names.qualified.empty())) {
		return false;
	}
	auto is_changed = false;
	auto complete_all = [&] {
		if (names.view) {
			for (auto &place : names.qualified) {
				ask_for_view(context, place);
			}
		}
		for (auto &place : names.places) {
			if (names.view) {
				is_changed |= complete_in_view(context, *names.view, place);
			} else {
				is_changed |= complete(context, place);
			}
		}
	};
	context.RunFunctionInTransaction(complete_all, false);
	return is_changed;
}

} // namespace shim
