// Macros of the server's own in DuckDB's system catalog, where every connection finds them, whatever database is
// current. SQL cannot put them there: the binder refuses; the catalog itself does not.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_macro_info.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/create_statement.hpp"

using namespace duckdb;

namespace {

void define(ClientContext &context, CreateInfo &info) {
	if (info.type != CatalogType::MACRO_ENTRY && info.type != CatalogType::TABLE_MACRO_ENTRY) {
		throw InvalidInputException("only macros can be defined in the system catalog");
	}
	info.internal = true;
	info.on_conflict = OnCreateConflict::REPLACE_ON_CONFLICT;
	info.catalog = SYSTEM_CATALOG;
	auto &catalog = Catalog::GetSystemCatalog(context);
	auto &schema = catalog.GetSchema(context, info.schema.empty() ? DEFAULT_SCHEMA : info.schema);
	schema.CreateFunction(CatalogTransaction::GetSystemTransaction(*context.db), info.Cast<CreateMacroInfo>());
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
