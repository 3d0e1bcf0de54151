// Table functions that list a directory row by row, from which the views of pg_catalog and information_schema are made
// (the server's catalog/*.sql). Only the columns that a statement wants are written.
#pragma once

#include "directory.hpp"
#include "types.hpp"

#include "duckdb/function/table_function.hpp"

namespace shim {
namespace catalog {

// Writes one row of a chunk; columns are named by their place in the listing.
class RowWriter {
public:
	RowWriter(duckdb::DataChunk &chunk, const duckdb::vector<duckdb::column_t> &columns, size_t column_count);

	duckdb::idx_t row = 0;

	bool wants(size_t column) const {
		return slots[column] >= 0;
	}
	template <class T>
	void put(size_t column, T value) {
		if (wants(column)) {
			duckdb::FlatVector::GetData<T>(chunk.data[slots[column]])[row] = value;
		}
	}
	void text(size_t column, const std::string &value);
	void value(size_t column, const duckdb::Value &value);
	void none(size_t column);
	void shorts(size_t column, const std::vector<int16_t> &values);

private:
	duckdb::DataChunk &chunk;
	std::vector<int> slots;
};

// Where a scan of one directory is: the next item, and the next part of it.
struct Place {
	size_t item = 0;
	size_t part = 0;
};

struct Listing {
	const char *name;
	std::vector<std::pair<const char *, const char *>> columns; // name and type (type_named)
	// Writes the row at the place and moves on; false when there is none left.
	bool (*next)(duckdb::ClientContext &context, const Directory &directory, Place &place, RowWriter &row);
};

extern const Listing ATTRIBUTES; // attributes.cpp
extern const Listing DEPENDENCIES; // dependencies.cpp
extern const Listing INDEXES;      // indexes.cpp

duckdb::Value as_shorts(const std::vector<int16_t> &values);

void add_listings(duckdb::ClientContext &context);

} // namespace catalog
} // namespace shim
