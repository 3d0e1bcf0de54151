// __pintail_own_table(database, schema, table, definition): makes a table its transaction's own, before it is copied, dropped
// and made anew. DuckDB's DROP goes together with rows that others commit before it does: here others' writes fail from
// now on, as if the table had been altered, and those that came since the transaction began, or are still open, make the
// call fail. The call takes place when the statement is bound. The definition is what the copy is made from: it has to be
// the table's still.

#include "internal.hpp"
#include "state.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/duck_schema_entry.hpp"
#include "duckdb/catalog/catalog_entry/duck_table_entry.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/storage/data_table.hpp"
#include "duckdb/storage/table/scan_state.hpp"
#include "duckdb/transaction/duck_transaction.hpp"
#include "duckdb/transaction/duck_transaction_manager.hpp"

using namespace duckdb;

namespace {

constexpr const char *OWN_TABLE = "__pintail_own_table";

// What a scan has come upon, in whatever order.
struct Rows {
	idx_t count = 0;
	hash_t hash = 0;

	bool operator!=(const Rows &other) const {
		return count != other.count || hash != other.hash;
	}
};

// The table's rows but for those of open transactions that are not in it yet, as a transaction of this start and number
// sees them.
Rows scan(ClientContext &context, DuckTableEntry &table, transaction_t start, transaction_t number) {
	DuckTransaction reader(DuckTransactionManager::Get(table.ParentCatalog().GetAttached()), context, start, number, 0);
	vector<StorageIndex> columns;
	vector<LogicalType> types;
	for (auto &column : table.GetColumns().Physical()) {
		columns.emplace_back(column.StorageOid());
		types.push_back(column.Type());
	}
	TableScanState state;
	table.GetStorage().InitializeScan(context, reader, state, columns);
	DataChunk chunk;
	chunk.Initialize(Allocator::Get(context), types);
	Rows rows;
	while (true) {
		if (context.interrupted) {
			throw InterruptException();
		}
		chunk.Reset();
		table.GetStorage().Scan(reader, chunk, state);
		if (chunk.size() == 0) {
			return rows;
		}
		Vector hashes(LogicalType::HASH, chunk.size());
		chunk.Hash(hashes);
		hashes.Flatten(chunk.size());
		for (idx_t row = 0; row < chunk.size(); row++) {
			rows.hash += FlatVector::GetData<hash_t>(hashes)[row];
		}
		rows.count += chunk.size();
	}
}

[[noreturn]] void throw_changed(const string &table) {
	throw TransactionException("could not alter table \"%s\": another transaction has changed it meanwhile", table);
}

void expect_alone(ClientContext &context, DuckTableEntry &table) {
	auto &own = DuckTransaction::Get(context, table.ParentCatalog());
	auto committed = scan(context, table, own.start_time, MAX_TRANSACTION_ID);
	auto seen = scan(context, table, own.start_time, own.transaction_id);
	if (committed != seen) {
		throw NotImplementedException(
		    "table \"%s\" cannot be altered like this after its rows were changed in the same transaction", table.name);
	}
	// One that sees whatever was written, by whom it may be. (A row that is not deleted says so by that number.)
	if (seen != scan(context, table, NOT_DELETED_ID, own.transaction_id)) {
		throw_changed(table.name);
	}
}

struct OwnData : public TableFunctionData {};

struct OwnState : public GlobalTableFunctionState {
	bool is_done = false;
};

unique_ptr<FunctionData> own_table(ClientContext &context, TableFunctionBindInput &input, vector<LogicalType> &types,
                                   vector<string> &names) {
	types.push_back(LogicalType::BOOLEAN);
	names.push_back(OWN_TABLE);
	for (auto &argument : input.inputs) {
		if (argument.IsNull()) {
			throw BinderException("%s takes no NULL", OWN_TABLE);
		}
	}
	auto text = [&](idx_t number) { return StringValue::Get(input.inputs[number]); };
	auto guard = shim::GuardState::find(context);
	auto &found = Catalog::GetEntry<TableCatalogEntry>(context, text(0), text(1), text(2));
	if (!guard || !found.IsDuckTable() || !shim::sees(context, text(0))) {
		throw BinderException("\"%s\" is no table of the account's", text(2));
	}
	auto &table = found.Cast<DuckTableEntry>();
	if (shim::whole_definition(context, table) != text(3)) {
		throw_changed(table.name);
	}
	auto is_uncommitted = table.timestamp >= TRANSACTION_ID_START; // nobody else sees it
	if (!is_uncommitted) {
		guard->own(table, [&] { expect_alone(context, table); });
	}
	return make_uniq<OwnData>();
}

unique_ptr<GlobalTableFunctionState> begin_own(ClientContext &, TableFunctionInitInput &) {
	return make_uniq<OwnState>();
}

// One row.
void next_own(ClientContext &, TableFunctionInput &input, DataChunk &output) {
	auto &state = input.global_state->Cast<OwnState>();
	if (!state.is_done) {
		state.is_done = true;
		output.SetValue(0, 0, Value::BOOLEAN(true));
		output.SetCardinality(1);
	}
}

} // namespace

namespace shim {

void Owned::release() {
	CatalogTransaction committed(database->GetDatabase(), MAX_TRANSACTION_ID, TRANSACTION_ID_START - 1);
	auto &catalog = database->GetCatalog();
	EntryLookupInfo schema_lookup(CatalogType::SCHEMA_ENTRY, schema);
	auto schema_entry = catalog.LookupSchema(committed, schema_lookup, OnEntryNotFound::RETURN_NULL);
	auto entry = schema_entry ? schema_entry->GetEntry(committed, CatalogType::TABLE_ENTRY, name) : nullptr;
	if (entry && entry->type == CatalogType::TABLE_ENTRY &&
	    RefersToSameObject(entry->Cast<TableCatalogEntry>().GetStorage(), *storage)) {
		storage->SetAsMainTable();
	}
}

void GuardState::own(DuckTableEntry &table, const std::function<void()> &expect_alone) {
	auto &storage = table.GetStorage();
	for (auto &owned : this->owned) {
		if (RefersToSameObject(*owned.storage, storage)) {
			return; // bound again
		}
	}
	if (!storage.IsMainTable()) {
		throw_changed(table.name);
	}
	auto &database = table.ParentCatalog().GetAttached();
	storage.SetAsDropped();
	Owned owned {database.shared_from_this(), table.ParentSchema().name, table.name, storage.shared_from_this()};
	try {
		expect_alone();
	} catch (...) {
		owned.release();
		throw;
	}
	this->owned.push_back(std::move(owned));
}

void GuardState::release() {
	for (auto &owned : this->owned) {
		owned.release();
	}
	owned.clear();
}

void add_own_table(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		auto &schema = Catalog::GetSystemCatalog(context).GetSchema(context, DEFAULT_SCHEMA);
		vector<LogicalType> arguments(4, LogicalType::VARCHAR);
		CreateTableFunctionInfo info(TableFunction(OWN_TABLE, std::move(arguments), next_own, own_table, begin_own));
		info.internal = true;
		schema.CreateFunction(CatalogTransaction::GetSystemTransaction(*context.db), info);
	});
}

} // namespace shim
