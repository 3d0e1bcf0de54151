// Indexes, those of constraints too: __pintail_indexes.

#include "listings.hpp"
#include "statics.hpp"

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

// The default class of a type for btree, and its collation.
std::pair<Oid, Oid> class_and_collation(Oid type) {
	auto &table = static_table("pg_opclass");
	auto oid = table.column("oid"), method = table.column("opcmethod"), input = table.column("opcintype");
	auto is_default = table.column("opcdefault");
	auto builtin = builtin_type(type);
	auto wanted = std::to_string(type);
	for (auto &line : table.lines) {
		if (line[method] == "403" && line[input] == wanted && line[is_default] == "t") {
			return {static_cast<Oid>(std::stoul(line[oid])), builtin ? builtin->collation : 0};
		}
	}
	return {0, 0};
}

void put_classes(const Directory &directory, const Index &index, RowWriter &row) {
	auto &columns = directory.relation(index.relation)->entry->Cast<TableCatalogEntry>().GetColumns();
	vector<string> classes, collations;
	for (auto key : index.keys) {
		auto is_column = key > 0;
		auto type = is_column ? columns.GetColumn(LogicalIndex(NumericCast<idx_t>(key - 1))).Type() : LogicalType::VARCHAR;
		auto found = class_and_collation(directory.type_of(type).first);
		classes.push_back(std::to_string(found.first));
		collations.push_back(std::to_string(found.second));
	}
	row.text(9, StringUtil::Join(classes, " "));
	row.text(10, StringUtil::Join(collations, " "));
}

bool next_index(ClientContext &, const Directory &directory, Place &place, RowWriter &row) {
	if (place.item == directory.indexes.size()) {
		return false;
	}
	auto &index = directory.indexes[place.item++];
	row.text(0, directory.database);
	row.put<Oid>(1, index.oid);
	row.put<Oid>(2, index.relation);
	row.put<int16_t>(3, NumericCast<int16_t>(index.keys.size()));
	row.put<bool>(4, index.is_unique);
	row.put<bool>(5, index.is_primary);
	row.shorts(6, index.keys);
	row.none(7);
	vector<string> expressions;
	for (size_t i = 0; i < index.keys.size(); i++) {
		if (index.keys[i] == 0) {
			expressions.push_back(index.columns[i]);
		}
	}
	if (!expressions.empty()) {
		row.text(7, StringUtil::Join(expressions, ", "));
	}
	row.text(8, index.definition);
	if (row.wants(9) || row.wants(10)) {
		put_classes(directory, index, row);
	}
	return true;
}

} // namespace

const Listing INDEXES {"__pintail_indexes",
                       {{"database_name", "text"},
                        {"indexrelid", "oid"},
                        {"indrelid", "oid"},
                        {"indnatts", "int2"},
                        {"indisunique", "bool"},
                        {"indisprimary", "bool"},
                        {"indkey", "int2vector"},
                        {"indexprs", "pg_node_tree"},
                        {"definition", "text"},
                        {"indclass", "text"},
                        {"indcollation", "text"}},
                       next_index};

} // namespace catalog
} // namespace shim
