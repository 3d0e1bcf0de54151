// Macros and views of the server's own in DuckDB's system catalog, where every connection finds them, whatever database is
// current. SQL cannot put them there: the binder refuses; the catalog itself does not.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_macro_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/create_statement.hpp"

using namespace duckdb;

namespace {

void define(ClientContext &context, CreateInfo &info) {
	info.internal = true;
	info.on_conflict = OnCreateConflict::REPLACE_ON_CONFLICT;
	info.catalog = SYSTEM_CATALOG;
	auto &catalog = Catalog::GetSystemCatalog(context);
	auto &schema = catalog.GetSchema(context, info.schema.empty() ? DEFAULT_SCHEMA : info.schema);
	auto transaction = CatalogTransaction::GetSystemTransaction(*context.db);
	switch (info.type) {
	case CatalogType::MACRO_ENTRY:
	case CatalogType::TABLE_MACRO_ENTRY:
		schema.CreateFunction(transaction, info.Cast<CreateMacroInfo>());
		return;
	case CatalogType::VIEW_ENTRY:
		// As DuckDB's own views in the system catalog.
		info.temporary = true;
		schema.CreateView(transaction, info.Cast<CreateViewInfo>());
		return;
	default:
		throw InvalidInputException("only macros and views can be defined in the system catalog");
	}
}

} // namespace

bool shim_define(ShimConnection *connection, ShimText sql, ShimError **error) {
	return guarded(error, false, [&] {
		auto &context = connection->context();
		Parser parser;
		parser.ParseQuery(as_string(sql));
		context.RunFunctionInTransaction([&] {
			for (auto &statement : parser.statements) {
				define(context, *statement->Cast<CreateStatement>().info);
			}
		});
		return true;
	});
}
