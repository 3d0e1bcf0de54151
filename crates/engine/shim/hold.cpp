// Keeps a database's main file as it is while somebody copies it: the checkpoint lock is taken shared, as a transaction
// that writes takes it, so that nothing can take it alone. What is committed meanwhile goes to the log, and what is
// written into the file early (large inserts) goes to blocks that the last checkpoint calls free.

#include "internal.hpp"

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/database_file_path_manager.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/storage/storage_manager.hpp"
#include "duckdb/transaction/duck_transaction_manager.hpp"

using namespace duckdb;

namespace {

shared_ptr<AttachedDatabase> find_database(ShimConnection &connection, ShimText name) {
	auto attached = DatabaseManager::Get(connection.context()).GetDatabase(as_string(name));
	if (!attached || !attached->HasStorageManager()) {
		throw CatalogException("database \"%s\" does not exist", as_string(name));
	}
	return attached;
}

} // namespace

struct ShimHold {
	shared_ptr<DatabaseInstance> instance; // closing it would write into the file
	shared_ptr<AttachedDatabase> database; // as would closing this one after DETACH
	unique_ptr<StorageLockKey> key;

	~ShimHold() {
		key.reset();
		AttachedDatabase::InvokeCloseIfLastReference(database);
	}
};

ShimHold *shim_hold(ShimConnection *connection, ShimText database, ShimError **error) {
	return guarded<ShimHold *>(error, nullptr, [&] {
		auto attached = find_database(*connection, database);
		auto key = DuckTransactionManager::Get(*attached).SharedCheckpointLock();
		auto &instance = connection->context().db;
		return new ShimHold {instance, std::move(attached), std::move(key)};
	});
}
void shim_hold_free(ShimHold *hold) {
	quietly(false, [&] {
		delete hold;
		return true;
	});
}

// DuckDB keeps the paths of its files until each is closed, which is after the last reference to a detached database.
bool shim_has_open(ShimConnection *connection, ShimText path) {
	return quietly(true, [&] {
		auto &manager = DatabaseManager::Get(connection->context());
		AttachOptions options(DBConfig::GetConfig(connection->context()).options);
		options.access_mode = AccessMode::READ_WRITE; // shares its file with nobody
		AttachInfo info;
		info.path = as_string(path);
		info.on_conflict = OnCreateConflict::ERROR_ON_CONFLICT;
		return manager.InsertDatabasePath(info, options) != InsertDatabasePathResult::SUCCESS;
	}); // the entry goes with the options
}

bool shim_wal_bytes(ShimConnection *connection, ShimText database, uint64_t *bytes, ShimError **error) {
	return guarded(error, false, [&] {
		*bytes = find_database(*connection, database)->GetStorageManager().GetWALSize();
		return true;
	});
}
