// The functions of pg_catalog that tell how large something is (functions.hpp).

#include "functions.hpp"
#include "statics.hpp"
#include "types.hpp"
#include "../internal.hpp"

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/storage/database_size.hpp"
#include "duckdb/storage/storage_info.hpp"
#include "duckdb/storage/table_storage_info.hpp"

#include <set>

using namespace duckdb;

namespace shim {
namespace catalog {

// The blocks of its file that hold the table's columns; what is not checkpointed yet has none.
Value relation_size(const Call &call) {
	auto by_name = call.arguments[0].type().id() == LogicalTypeId::VARCHAR;
	auto oid = by_name ? find_named(call.context, call.directory(), "regclass", call.text(0)) : call.oid(0);
	if (by_name && oid == 0) {
		throw_missing("relation", call.text(0));
	}
	auto relation = call.directory().relation(oid);
	if (!relation) {
		return builtin_relation(oid) ? Value::BIGINT(0) : NONE;
	}
	if (relation->kind != 'r') {
		return Value::BIGINT(0);
	}
	auto &table = relation->entry->Cast<TableCatalogEntry>();
	std::set<block_id_t> blocks;
	for (auto &segment : table.GetColumnSegmentInfo(QueryContext(call.context))) {
		if (segment.persistent && segment.block_id != INVALID_BLOCK) {
			blocks.insert(segment.block_id);
			blocks.insert(segment.additional_blocks.begin(), segment.additional_blocks.end());
		}
	}
	auto size = table.catalog.GetDatabaseSize(call.context);
	return Value::BIGINT(NumericCast<int64_t>(blocks.size() * size.block_size));
}

Value database_size(const Call &call) {
	auto by_name = call.arguments[0].type().id() == LogicalTypeId::VARCHAR;
	auto name = by_name ? call.text(0) : string();
	for (auto &database : DatabaseManager::Get(call.context).GetDatabases(call.context)) {
		if (database->IsSystem() || database->IsTemporary() || !shim::sees(call.context, database->GetName())) {
			continue;
		}
		auto is_it = by_name ? StringUtil::CIEquals(database->GetName(), name)
		                     : number("database", "", database->GetName()) == call.oid(0);
		if (is_it) {
			auto size = database->GetCatalog().GetDatabaseSize(call.context);
			return Value::BIGINT(NumericCast<int64_t>(size.bytes + size.wal_size));
		}
	}
	if (by_name) {
		throw_missing("database", name);
	}
	return NONE;
}

Value database_oid(const Call &call) {
	return Value::UINTEGER(number("database", "", call.text(0)));
}

} // namespace catalog
} // namespace shim
