// Functions of DuckDB's that would show the host, or what PIVOT keeps for itself: that is taken out of their rows. They
// stay DuckDB's own, with their columns, so that SHOW DATABASES, pg_settings and their kin go on working.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"

#include <algorithm>
#include <array>

using namespace duckdb;

namespace {

enum class Hidden { VALUE, ROW };

// Whether a row's value, or the row, is taken out. `name` is the row's first column.
using Hides = bool (*)(const string &name, const string &value);

bool always(const string &, const string &) {
	return true;
}

// Paths, and what opens doors. A time zone has a slash of its own.
bool is_of_the_host(const string &name, const string &value) {
	if (name == "TimeZone") {
		return false;
	}
	for (auto part : {"password", "username", "secret", "token", "key", "proxy", "credential", "directory", "path", "file"}) {
		if (StringUtil::Contains(name, part)) {
			return true;
		}
	}
	return StringUtil::Contains(value, "/");
}

bool is_of_pivot(const string &, const string &value) {
	return StringUtil::StartsWith(value, "__pivot_enum_");
}

// DuckDB's view on its log cannot be bound by a tenant, and would be shown with one column that has no name and no type,
// which drivers that read every column trip over. The first column is the database.
bool is_of_the_log(const string &name, const string &value) {
	return name == SYSTEM_CATALOG && value == "duckdb_logs";
}

struct Mask {
	const char *function;
	const char *column;
	Hidden hidden;
	Hides hides;
	// What DuckDB had. The same in every instance of the process.
	table_function_bind_t bind = nullptr;
	table_function_t scan = nullptr;
	idx_t index = 0;
};

std::array<Mask, 4> masks {{
    {"duckdb_databases", "path", Hidden::VALUE, always},
    {"duckdb_settings", "value", Hidden::VALUE, is_of_the_host},
    {"duckdb_types", "type_name", Hidden::ROW, is_of_pivot},
    {"duckdb_columns", "table_name", Hidden::ROW, is_of_the_log},
}};

// The function knows no projection, so that its columns are where its bind said.
template <size_t MASK>
unique_ptr<FunctionData> masked_bind(ClientContext &context, TableFunctionBindInput &input, vector<LogicalType> &types,
                                     vector<string> &names) {
	auto &mask = masks[MASK];
	auto data = mask.bind(context, input, types, names);
	auto found = std::find(names.begin(), names.end(), mask.column);
	if (found == names.end()) {
		throw InternalException("%s has other columns than those that are masked", mask.function);
	}
	mask.index = NumericCast<idx_t>(found - names.begin());
	return data;
}

void hide(const Mask &mask, DataChunk &output) {
	output.Flatten();
	SelectionVector kept(STANDARD_VECTOR_SIZE);
	idx_t count = 0;
	for (idx_t row = 0; row < output.size(); row++) {
		auto value = output.GetValue(mask.index, row);
		auto hides = !value.IsNull() && mask.hides(output.GetValue(0, row).ToString(), value.ToString());
		if (hides && mask.hidden == Hidden::VALUE) {
			FlatVector::SetNull(output.data[mask.index], row, true);
		}
		if (!hides || mask.hidden == Hidden::VALUE) {
			kept.set_index(count++, row);
		}
	}
	if (count < output.size()) {
		output.Slice(kept, count);
	}
}

template <size_t MASK>
void masked_scan(ClientContext &context, TableFunctionInput &input, DataChunk &output) {
	auto &mask = masks[MASK];
	while (true) {
		output.Reset();
		mask.scan(context, input, output);
		auto found = output.size();
		hide(mask, output);
		if (found == 0 || output.size() > 0) {
			return; // an empty chunk would be the end
		}
	}
}

template <size_t MASK>
void put_on(ClientContext &context) {
	auto &mask = masks[MASK];
	auto &catalog = Catalog::GetSystemCatalog(context);
	auto &entry = catalog.GetEntry<TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, mask.function);
	for (auto &function : entry.functions.functions) {
		if (function.projection_pushdown) {
			throw InternalException("%s projects: it cannot be masked", mask.function);
		}
		if (function.function != masked_scan<MASK>) {
			mask.bind = function.bind;
			mask.scan = function.function;
			function.bind = masked_bind<MASK>;
			function.function = masked_scan<MASK>;
		}
	}
}

} // namespace

namespace shim {

void mask_paths(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		put_on<0>(context);
		put_on<1>(context);
		put_on<2>(context);
		put_on<3>(context);
	});
}

} // namespace shim
