// The directory of the connected database, kept while a statement runs and nothing of it changes (directory.hpp).

#include "directory.hpp"
#include "../internal.hpp"

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

#include <atomic>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

struct Kept : public ClientContextState {
	std::mutex lock;
	std::shared_ptr<const Directory> directory;
	idx_t transaction = 0;
	string database;
	vector<optional_idx> versions;
	string path;

	// Whether the session's caller knows that this statement opens databases.
	std::atomic<bool> is_counted {false};

	void QueryEnd() override {
		is_counted = false;
		std::lock_guard<std::mutex> guard(lock);
		directory.reset(); // it points at entries that may be gone when the next statement begins
	}
};

constexpr const char *KEPT = "pintail_directory";

} // namespace

std::shared_ptr<const Directory> Directory::connected(ClientContext &context) {
	auto kept = context.registered_state->GetOrCreate<Kept>(KEPT);
	if (!kept->is_counted.exchange(true)) {
		shim::lists(context);
		shim::expect_one_of_each(context);
	}
	auto &name = DatabaseManager::GetDefaultDatabase(context);
	auto attached = DatabaseManager::Get(context).GetDatabase(context, name);
	if (!attached || !shim::sees(context, name)) {
		throw CatalogException("database \"%s\" does not exist", name);
	}
	auto &temporary = ClientData::Get(context).temporary_objects;
	auto &transaction = MetaTransaction::Get(context);
	vector<optional_idx> versions {attached->GetCatalog().GetCatalogVersion(context),
	                               temporary->GetCatalog().GetCatalogVersion(context)};
	string path;
	for (auto &entry : ClientData::Get(context).catalog_search_path->Get()) {
		path += entry.ToString() + ",";
	}
	std::lock_guard<std::mutex> guard(kept->lock);
	auto is_true = kept->directory && kept->transaction == transaction.global_transaction_id && kept->database == name &&
	               kept->versions == versions && kept->path == path;
	if (!is_true) {
		kept->directory = std::make_shared<const Directory>(context, *attached, true);
		kept->transaction = transaction.global_transaction_id;
		kept->database = name;
		kept->versions = versions;
		kept->path = path;
	}
	return kept->directory;
}

} // namespace catalog
} // namespace shim
