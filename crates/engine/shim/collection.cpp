// Rows kept aside, as values: DuckDB's own column data collection, in the buffer manager's memory, which goes to the
// account's spill directory when memory is short.
#include "internal.hpp"

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/storage/buffer_manager.hpp"

using namespace duckdb;

struct ShimCollection {
	unique_ptr<ColumnDataCollection> rows; // from the first chunk on, which says the types
};

extern "C" {

ShimCollection *shim_collection_create(ShimError **error) {
	return guarded<ShimCollection *>(error, nullptr, [] { return make_uniq<ShimCollection>().release(); });
}
bool shim_collection_append(ShimCollection *collection, ShimConnection *connection, duckdb_data_chunk chunk,
                            ShimError **error) {
	return guarded(error, false, [&] {
		auto &added = *reinterpret_cast<DataChunk *>(chunk);
		if (!collection->rows) {
			auto &buffers = BufferManager::GetBufferManager(connection->context());
			collection->rows = make_uniq<ColumnDataCollection>(buffers, added.GetTypes());
		}
		collection->rows->Append(added);
		return true;
	});
}
size_t shim_collection_bytes(const ShimCollection *collection) {
	return quietly<size_t>(0, [&] { return collection->rows ? collection->rows->SizeInBytes() : 0; });
}
bool shim_collection_fetch(const ShimCollection *collection, size_t index, duckdb_data_chunk *chunk,
                           ShimError **error) {
	return guarded(error, false, [&] {
		*chunk = nullptr;
		if (collection->rows && index < collection->rows->ChunkCount()) {
			auto fetched = make_uniq<DataChunk>();
			fetched->Initialize(Allocator::DefaultAllocator(), collection->rows->Types());
			collection->rows->FetchChunk(index, *fetched);
			*chunk = reinterpret_cast<duckdb_data_chunk>(fetched.release());
		}
		return true;
	});
}
void shim_collection_free(ShimCollection *collection) {
	quietly(false, [&] {
		delete collection;
		return true;
	});
}

} // extern "C"
