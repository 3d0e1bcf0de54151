// What DuckDB's own functions show of the host, of PIVOT's private types and of databases that are not the connection's
// is taken out of their rows. They stay DuckDB's own, with their columns, so that SHOW DATABASES, pg_settings and their
// kin go on working. Deliberately absent: which databases a connection sees.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/case_insensitive_map.hpp"
#include "duckdb/common/exception/transaction_exception.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

#include <algorithm>
#include <array>
#include <mutex>

using namespace duckdb;

namespace {

enum class Hidden { NOTHING, VALUE, ROW };

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
	const char *database = nullptr; // the column that names the row's database
	Hidden hidden = Hidden::NOTHING;
	const char *column = nullptr; // what `hidden` is about
	Hides hides = nullptr;
	// What DuckDB had, and where its columns are. The same in every instance of the process, so written only once.
	std::mutex lock {};
	table_function_bind_t bind = nullptr;
	table_function_init_global_t init = nullptr;
	table_function_t scan = nullptr;
	idx_t database_index = 0;
	idx_t column_index = 0;
	idx_t column_count = 0;
};

std::array<Mask, 14> masks {{
    {"duckdb_settings", nullptr, Hidden::VALUE, "value", is_of_the_host},
    {"duckdb_databases", "database_name", Hidden::VALUE, "path", always},
    {"duckdb_types", "database_name", Hidden::ROW, "type_name", is_of_pivot},
    {"duckdb_columns", "database_name", Hidden::ROW, "table_name", is_of_the_log},
    {"duckdb_schemas", "database_name"},
    {"duckdb_tables", "database_name"},
    {"duckdb_views", "database_name"},
    {"duckdb_constraints", "database_name"},
    {"duckdb_indexes", "database_name"},
    {"duckdb_sequences", "database_name"},
    {"duckdb_functions", "database_name"},
    {"duckdb_coordinate_systems", "database_name"},
    {"pragma_database_size", "database_name"},
    {"pragma_rtree_index_info", "catalog_name"}, // of the extension spatial
}};

idx_t index_of(const Mask &mask, const vector<string> &names, const char *column) {
	auto found = std::find(names.begin(), names.end(), column);
	if (found == names.end()) {
		throw InternalException("%s has other columns than those that are masked", mask.function);
	}
	return NumericCast<idx_t>(found - names.begin());
}

template <size_t MASK>
unique_ptr<FunctionData> masked_bind(ClientContext &context, TableFunctionBindInput &input, vector<LogicalType> &types,
                                     vector<string> &names) {
	auto &mask = masks[MASK];
	auto data = mask.bind(context, input, types, names);
	std::lock_guard<std::mutex> guard(mask.lock);
	if (mask.column_count == 0) {
		mask.database_index = mask.database ? index_of(mask, names, mask.database) : 0;
		mask.column_index = mask.column ? index_of(mask, names, mask.column) : 0;
		mask.column_count = names.size();
	}
	return data;
}

// One scan: DuckDB's own state of it, and the databases that the guard has been asked about.
struct MaskedScan : public GlobalTableFunctionState {
	unique_ptr<GlobalTableFunctionState> plain;
	case_insensitive_map_t<bool> seen;

	bool sees(ClientContext &context, const Mask &mask, const string &database) {
		auto known = seen.find(database);
		if (known != seen.end()) {
			return known->second;
		}
		auto is_everybodys = database == SYSTEM_CATALOG || database == TEMP_CATALOG;
		auto asks = !is_everybodys || string(mask.function) == "duckdb_databases";
		auto is_seen = !asks || shim::sees(context, database);
		seen[database] = is_seen;
		return is_seen;
	}
};

// DuckDB opens every database here.
unique_ptr<GlobalTableFunctionState> plain_init(ClientContext &context, const Mask &mask,
                                                TableFunctionInitInput &input) {
	if (!mask.init) {
		return nullptr;
	}
	shim::lists(context);
	shim::expect_one_of_each(context);
	try {
		return mask.init(context, input);
	} catch (const InternalException &) {
		shim::expect_one_of_each(context); // it may have come in between
		throw;
	}
}

// All columns, in their order: the function knows no projection here, and the columns that decide are always there.
template <size_t MASK>
unique_ptr<GlobalTableFunctionState> masked_init(ClientContext &context, TableFunctionInitInput &input) {
	auto &mask = masks[MASK];
	auto state = make_uniq<MaskedScan>();
	vector<column_t> all;
	for (column_t column = 0; column < mask.column_count; column++) {
		all.push_back(column);
	}
	TableFunctionInitInput whole(input.bind_data, std::move(all), {}, nullptr);
	state->plain = plain_init(context, mask, whole);
	return std::move(state);
}

bool is_shown(ClientContext &context, const Mask &mask, MaskedScan &scan, DataChunk &output, idx_t row) {
	if (mask.database) {
		auto &databases = output.data[mask.database_index];
		if (FlatVector::Validity(databases).RowIsValid(row) &&
		    !scan.sees(context, mask, FlatVector::GetData<string_t>(databases)[row].GetString())) {
			return false;
		}
	}
	if (mask.hidden == Hidden::NOTHING) {
		return true;
	}
	auto value = output.GetValue(mask.column_index, row);
	auto hides = !value.IsNull() && mask.hides(output.GetValue(0, row).ToString(), value.ToString());
	if (hides && mask.hidden == Hidden::VALUE) {
		FlatVector::SetNull(output.data[mask.column_index], row, true);
	}
	return !hides || mask.hidden == Hidden::VALUE;
}

template <size_t MASK>
void masked_scan(ClientContext &context, TableFunctionInput &input, DataChunk &output) {
	auto &mask = masks[MASK];
	auto &scan = input.global_state->Cast<MaskedScan>();
	TableFunctionInput plain(input.bind_data, input.local_state, scan.plain.get());
	while (true) {
		output.Reset();
		mask.scan(context, plain, output);
		auto found = output.size();
		output.Flatten();
		SelectionVector kept(STANDARD_VECTOR_SIZE);
		idx_t count = 0;
		for (idx_t row = 0; row < found; row++) {
			if (is_shown(context, mask, scan, output, row)) {
				kept.set_index(count++, row);
			}
		}
		if (count < found) {
			output.Slice(kept, count);
		}
		if (found == 0 || count > 0) {
			return; // an empty chunk would be the end
		}
	}
}

template <size_t MASK>
void put_on(ClientContext &context) {
	auto &mask = masks[MASK];
	auto &catalog = Catalog::GetSystemCatalog(context);
	auto entry = catalog.GetEntry<TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, mask.function,
	                                                         OnEntryNotFound::RETURN_NULL);
	if (!entry) {
		return; // an extension's that is not loaded
	}
	std::lock_guard<std::mutex> guard(mask.lock);
	for (auto &function : entry->functions.functions) {
		if (function.function == masked_scan<MASK>) {
			continue;
		}
		if (!mask.scan) {
			mask.bind = function.bind;
			mask.init = function.init_global;
			mask.scan = function.function;
		}
		if (function.bind != mask.bind || function.function != mask.scan || function.filter_pushdown) {
			throw InternalException("%s cannot be masked", mask.function);
		}
		function.bind = masked_bind<MASK>;
		function.init_global = masked_init<MASK>;
		function.function = masked_scan<MASK>;
		function.projection_pushdown = false;
	}
}

template <size_t... MASK>
void put_on_all(ClientContext &context, std::index_sequence<MASK...>) {
	(put_on<MASK>(context), ...);
}

} // namespace

namespace shim {

// What is refused here, the session's caller should have prevented.
void expect_one_of_each(ClientContext &context) {
	auto &transaction = MetaTransaction::Get(context);
	for (auto &database : DatabaseManager::Get(context).GetDatabases(context)) {
		auto used = transaction.GetReferencedDatabase(database->GetName());
		if (used && used.get() != database.get()) {
			throw TransactionException("database \"%s\" has been replaced since the transaction began",
			                           database->GetName());
		}
	}
}

void mask_functions(ClientContext &context) {
	context.RunFunctionInTransaction(
	    [&] { put_on_all(context, std::make_index_sequence<std::tuple_size<decltype(masks)>::value>()); });
}

} // namespace shim
