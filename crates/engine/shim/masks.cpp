// Functions of DuckDB's that would show the host: what they show is taken out of their rows. They stay DuckDB's
// own, with their columns, so that SHOW DATABASES and its kin go on working.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"

using namespace duckdb;

namespace {

constexpr const char *DATABASES = "duckdb_databases";
constexpr const char *PATH = "path";

table_function_bind_t original_bind;
table_function_t original_function;
idx_t path_column = 0;

unique_ptr<FunctionData> bind_databases(ClientContext &context, TableFunctionBindInput &input,
                                        vector<LogicalType> &types, vector<string> &names) {
	auto data = original_bind(context, input, types, names);
	for (idx_t column = 0; column < names.size(); column++) {
		if (names[column] == PATH) {
			path_column = column;
		}
	}
	return data;
}

// The function knows no projection, so that its columns are where its bind said.
void databases(ClientContext &context, TableFunctionInput &input, DataChunk &output) {
	original_function(context, input, output);
	auto &path = output.data[path_column];
	path.SetVectorType(VectorType::CONSTANT_VECTOR);
	ConstantVector::SetNull(path, true);
}

} // namespace

namespace shim {

void mask_paths(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		auto &catalog = Catalog::GetSystemCatalog(context);
		auto &entry = catalog.GetEntry<TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, DATABASES);
		for (auto &function : entry.functions.functions) {
			if (function.projection_pushdown) {
				throw InternalException("duckdb_databases projects: its path cannot be masked");
			}
			if (function.function != databases) {
				original_bind = function.bind;
				original_function = function.function;
				function.bind = bind_databases;
				function.function = databases;
			}
		}
	});
}

} // namespace shim
