// What views read, by the names in their queries: __pintail_dependencies. A name in a query that a CTE of it has is no relation.

#include "listings.hpp"

#include "duckdb/parser/expression/list.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/list.hpp"

#include <set>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

class Reader {
public:
	explicit Reader(const Directory &directory, Oid schema) : directory(directory), schema(schema) {
	}

	void read(QueryNode &node) {
		auto outer = own;
		for (auto &cte : node.cte_map.map) {
			own.insert(StringUtil::Lower(cte.first));
			if (cte.second->query) {
				read(*cte.second->query->node);
			}
		}
		ParsedExpressionIterator::EnumerateQueryNodeChildren(
		    node, [&](unique_ptr<ParsedExpression> &child) { read(*child); }, [&](TableRef &table) { read(table); });
		own = std::move(outer);
	}

	std::set<Oid> found;

private:
	// Called for a table and for those in it.
	void read(TableRef &table) {
		if (table.type == TableReferenceType::BASE_TABLE) {
			name(table.Cast<BaseTableRef>());
		}
	}

	void read(ParsedExpression &expression) {
		if (expression.GetExpressionClass() == ExpressionClass::SUBQUERY) {
			read(*expression.Cast<SubqueryExpression>().subquery->node);
		}
		ParsedExpressionIterator::EnumerateChildren(expression, [&](unique_ptr<ParsedExpression> &child) { read(*child); });
	}

	void name(BaseTableRef &table) {
		if (table.schema_name.empty() && own.count(StringUtil::Lower(table.table_name))) {
			return;
		}
		if (!table.schema_name.empty()) {
			auto named = directory.schema(table.schema_name == DEFAULT_SCHEMA ? "public" : table.schema_name);
			// Before the schema's name may stand the database's, or nothing but that.
			auto place = named ? named->oid : StringUtil::CIEquals(table.schema_name, directory.database) ? PUBLIC : 0;
			add(directory.relation(place, table.table_name));
			return;
		}
		auto here = directory.relation(schema, table.table_name);
		for (auto place : directory.search_path()) {
			here = here ? here : directory.relation(place, table.table_name);
		}
		add(here);
	}

	void add(const Relation *relation) {
		if (relation) {
			found.insert(relation->oid);
		}
	}

	const Directory &directory;
	Oid schema;
	std::set<string> own; // names of CTEs
};

bool next_dependency(ClientContext &, const Directory &directory, Place &place, RowWriter &row) {
	for (; place.item < directory.relations.size(); place.item++, place.part = 0) {
		auto &view = directory.relations[place.item];
		if (view.kind != 'v') {
			continue;
		}
		Reader reader(directory, view.schema);
		auto query = view.entry->Cast<ViewCatalogEntry>().GetQuery().Copy();
		reader.read(*query->Cast<SelectStatement>().node);
		if (place.part == reader.found.size()) {
			continue;
		}
		auto relation = std::next(reader.found.begin(), NumericCast<int64_t>(place.part++));
		row.text(0, directory.database);
		row.put<Oid>(1, view.oid);
		row.put<Oid>(2, *relation);
		return true;
	}
	return false;
}

} // namespace

const Listing DEPENDENCIES {
    "__pintail_dependencies", {{"database_name", "text"}, {"view", "oid"}, {"relation", "oid"}}, next_dependency};

} // namespace catalog
} // namespace shim
