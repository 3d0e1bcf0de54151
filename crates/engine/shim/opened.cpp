// read_text and read_blob open their files, whatever is asked of them. DuckDB 1.5.5 opens none when nothing but the
// names is wanted; it then asks whether a remote file exists, and takes every failure (a refusal, a missing host, a
// status of 500) for a file that does not: no row, and no error. Opening costs the same request.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/function/table/read_file.hpp"

using namespace duckdb;

namespace {

// What each did before. The same in every instance of the process.
struct Reader {
	const char *name;
	table_function_init_global_t begin = nullptr;
};

Reader readers[] = {{"read_text"}, {"read_blob"}};

template <size_t READER>
unique_ptr<GlobalTableFunctionState> begin_with_opening(ClientContext &context, TableFunctionInitInput &input) {
	unique_ptr<GlobalTableFunctionState> state = readers[READER].begin(context, input);
	if (state) { // null when there is no file
		state->Cast<MultiFileGlobalState>().global_state->Cast<ReadFileGlobalState>().requires_file_open = true;
	}
	return state;
}

template <size_t READER>
void change(ClientContext &context) {
	auto &reader = readers[READER];
	auto &catalog = Catalog::GetSystemCatalog(context);
	auto &entry = catalog.GetEntry<TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, reader.name);
	for (auto &function : entry.functions.functions) {
		if (function.init_global != begin_with_opening<READER>) {
			reader.begin = function.init_global;
			function.init_global = begin_with_opening<READER>;
		}
	}
}

} // namespace

void shim::open_read_files(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		change<0>(context);
		change<1>(context);
	});
}
