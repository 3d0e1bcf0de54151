// See listings.hpp. Every listing has the argument `everything`: false lists the connected database with the temporary
// objects, true all databases that the connection sees.

#include "listings.hpp"
#include "statics.hpp"
#include "../internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/storage/table_storage_info.hpp"

using namespace duckdb;

namespace shim {
namespace catalog {

RowWriter::RowWriter(DataChunk &chunk, const vector<column_t> &columns, size_t column_count)
    : chunk(chunk), slots(column_count, -1) {
	for (size_t slot = 0; slot < columns.size(); slot++) {
		if (columns[slot] < column_count) {
			slots[columns[slot]] = NumericCast<int>(slot);
		}
	}
}

void RowWriter::text(size_t column, const string &value) {
	if (wants(column)) {
		auto &vector = chunk.data[slots[column]];
		FlatVector::GetData<string_t>(vector)[row] = StringVector::AddString(vector, value);
		FlatVector::SetNull(vector, row, false);
	}
}

void RowWriter::value(size_t column, const Value &value) {
	if (wants(column)) {
		chunk.data[slots[column]].SetValue(row, value);
	}
}

void RowWriter::none(size_t column) {
	if (wants(column)) {
		FlatVector::SetNull(chunk.data[slots[column]], row, true);
	}
}

Value as_shorts(const std::vector<int16_t> &values) {
	vector<Value> all;
	for (auto value : values) {
		all.push_back(Value::SMALLINT(value));
	}
	return Value::LIST(LogicalType::SMALLINT, std::move(all));
}

void RowWriter::shorts(size_t column, const std::vector<int16_t> &values) {
	if (wants(column)) {
		auto list = as_shorts(values);
		list.Reinterpret(chunk.data[slots[column]].GetType());
		chunk.data[slots[column]].SetValue(row, list);
	}
}

namespace {

// ---------------------------------------------------------------------------------------------------------- listings

void text_or_none(RowWriter &row, size_t column, const Value &text) {
	if (text.IsNull()) {
		row.none(column);
	} else {
		row.text(column, text.ToString());
	}
}

bool is_used(const Directory &directory, const Schema &schema) {
	for (auto &relation : directory.relations) {
		if (relation.schema == schema.oid) {
			return true;
		}
	}
	return false;
}

bool next_schema(ClientContext &, const Directory &directory, Place &place, RowWriter &row) {
	// PostgreSQL makes the schema of temporary objects with the first of them.
	while (place.item < directory.schemas.size() && directory.schemas[place.item].is_temporary &&
	       !is_used(directory, directory.schemas[place.item])) {
		place.item++;
	}
	if (place.item == directory.schemas.size()) {
		return false;
	}
	auto &schema = directory.schemas[place.item++];
	row.text(0, directory.database);
	row.put<Oid>(1, schema.oid);
	row.text(2, schema.name);
	row.put<bool>(3, schema.is_temporary);
	text_or_none(row, 4, schema.entry->comment);
	return true;
}

const Listing SCHEMAS {
    "__pintail_schemas",
    {{"database_name", "text"}, {"oid", "oid"}, {"nspname", "schema_name"}, {"is_temporary", "bool"}, {"comment", "text"}},
    next_schema};

void put_size(ClientContext &context, const Relation &relation, RowWriter &row) {
	row.put<float>(9, relation.kind == 'i' ? 0 : -1); // -1 is PostgreSQL's word for: never looked
	if (relation.kind != 'r' || !row.wants(9)) {
		return;
	}
	auto rows = relation.entry->Cast<TableCatalogEntry>().GetStorageInfo(context).cardinality;
	if (rows.IsValid()) {
		row.put<float>(9, static_cast<float>(rows.GetIndex()));
	}
}

bool next_relation(ClientContext &context, const Directory &directory, Place &place, RowWriter &row) {
	if (place.item == directory.relations.size()) {
		return false;
	}
	auto &relation = directory.relations[place.item++];
	row.text(0, directory.database);
	row.put<Oid>(1, relation.oid);
	row.text(2, relation.name);
	row.put<Oid>(3, relation.schema);
	row.text(4, string(1, relation.kind));
	row.text(5, relation.is_temporary ? "t" : "p");
	idx_t columns = 0;
	if (relation.kind == 'r') {
		columns = relation.entry->Cast<TableCatalogEntry>().GetColumns().LogicalColumnCount();
	} else if (relation.kind == 'v' && row.wants(6)) {
		auto info = relation.entry->Cast<ViewCatalogEntry>().GetColumnInfo();
		columns = info ? info->names.size() : 0;
	} else if (relation.kind == 'i') {
		columns = directory.indexes[relation.number].keys.size();
	} else if (relation.kind == 'S') {
		columns = 3;
	}
	row.put<int16_t>(6, NumericCast<int16_t>(columns));
	row.put<int16_t>(7, relation.checks);
	row.put<bool>(8, relation.has_indexes);
	put_size(context, relation, row);
	text_or_none(row, 10, comment_of(relation));
	row.none(11);
	if (relation.kind == 'v' && row.wants(11)) {
		row.text(11, view_query(relation.entry->Cast<ViewCatalogEntry>()));
	}
	row.text(12, directory.schema(relation.schema)->name);
	row.put<bool>(13, relation.has_foreign_keys);
	return true;
}

const Listing RELATIONS {"__pintail_relations",
                         {{"database_name", "text"},
                          {"oid", "oid"},
                          {"relname", "name"},
                          {"relnamespace", "oid"},
                          {"relkind", "char"},
                          {"relpersistence", "char"},
                          {"relnatts", "int2"},
                          {"relchecks", "int2"},
                          {"relhasindex", "bool"},
                          {"reltuples", "float4"},
                          {"comment", "text"},
                          {"query", "text"},
                          {"nspname", "schema_name"},
                          {"relhastriggers", "bool"}},
                         next_relation};

bool next_constraint(ClientContext &, const Directory &directory, Place &place, RowWriter &row) {
	if (place.item == directory.constraints.size()) {
		return false;
	}
	auto &constraint = directory.constraints[place.item++];
	row.text(0, directory.database);
	row.put<Oid>(1, constraint.oid);
	row.text(2, constraint.name);
	row.put<Oid>(3, constraint.schema);
	row.text(4, string(1, constraint.kind));
	row.put<Oid>(5, constraint.relation);
	row.put<Oid>(6, constraint.index);
	row.put<Oid>(7, constraint.foreign_relation);
	row.shorts(8, constraint.keys);
	if (constraint.kind == 'f') {
		row.shorts(9, constraint.foreign_keys);
	} else {
		row.none(9);
	}
	if (constraint.kind == 'c') {
		row.text(10, constraint.expression);
	} else {
		row.none(10);
	}
	row.text(11, constraint.definition);
	return true;
}

const Listing CONSTRAINTS {"__pintail_constraints",
                           {{"database_name", "text"},
                            {"oid", "oid"},
                            {"conname", "name"},
                            {"connamespace", "oid"},
                            {"contype", "char"},
                            {"conrelid", "oid"},
                            {"conindid", "oid"},
                            {"confrelid", "oid"},
                            {"conkey", "int2[]"},
                            {"confkey", "int2[]"},
                            {"conbin", "pg_node_tree"},
                            {"definition", "text"}},
                           next_constraint};

bool next_sequence(ClientContext &, const Directory &directory, Place &place, RowWriter &row) {
	while (place.item < directory.relations.size() && directory.relations[place.item].kind != 'S') {
		place.item++;
	}
	if (place.item == directory.relations.size()) {
		return false;
	}
	auto &relation = directory.relations[place.item++];
	auto data = relation.entry->Cast<SequenceCatalogEntry>().GetData();
	row.text(0, directory.database);
	row.put<Oid>(1, relation.oid);
	row.put<int64_t>(2, data.start_value);
	row.put<int64_t>(3, data.increment);
	row.put<int64_t>(4, data.max_value);
	row.put<int64_t>(5, data.min_value);
	row.put<bool>(6, data.cycle);
	row.none(7);
	if (data.usage_count > 0) {
		row.value(7, Value::BIGINT(data.last_value));
	}
	return true;
}

const Listing SEQUENCES {"__pintail_sequences",
                         {{"database_name", "text"},
                          {"seqrelid", "oid"},
                          {"seqstart", "int8"},
                          {"seqincrement", "int8"},
                          {"seqmax", "int8"},
                          {"seqmin", "int8"},
                          {"seqcycle", "bool"},
                          {"last_value", "int8"}},
                         next_sequence};

bool next_type(ClientContext &, const Directory &directory, Place &place, RowWriter &row) {
	if (place.item == directory.types.size()) {
		return false;
	}
	auto &type = directory.types[place.item++];
	auto &held = type.entry->user_type;
	row.text(0, directory.database);
	row.put<Oid>(1, type.oid);
	row.put<Oid>(2, type.array);
	row.text(3, type.name);
	row.put<Oid>(4, type.schema);
	auto is_enum = held.id() == LogicalTypeId::ENUM;
	auto is_struct = held.id() == LogicalTypeId::STRUCT;
	row.text(5, is_enum ? "e" : is_struct ? "c" : "d");
	auto base = is_enum || is_struct ? std::pair<Oid, int32_t>(0, -1) : sent_as(held);
	row.put<Oid>(6, base.first);
	row.put<int32_t>(7, base.second);
	row.none(8);
	if (is_enum && row.wants(8)) {
		vector<Value> labels;
		for (idx_t i = 0; i < EnumType::GetSize(held); i++) {
			labels.emplace_back(EnumType::GetString(held, i).GetString());
		}
		row.value(8, Value::LIST(LogicalType::VARCHAR, std::move(labels)));
	}
	text_or_none(row, 9, type.entry->comment);
	return true;
}

const Listing TYPES {"__pintail_types",
                     {{"database_name", "text"},
                      {"oid", "oid"},
                      {"typarray", "oid"},
                      {"typname", "name"},
                      {"typnamespace", "oid"},
                      {"typtype", "char"},
                      {"typbasetype", "oid"},
                      {"typtypmod", "int4"},
                      {"labels", "text[]"},
                      {"comment", "text"}},
                     next_type};

bool next_function(ClientContext &, const Directory &directory, Place &place, RowWriter &row) {
	if (place.item == directory.functions.size()) {
		return false;
	}
	auto &function = directory.functions[place.item++];
	auto &macro = *function.entry->macros[0];
	row.text(0, directory.database);
	row.put<Oid>(1, function.oid);
	row.text(2, function.name);
	row.put<Oid>(3, function.schema);
	row.put<bool>(4, macro.type == MacroType::TABLE_MACRO);
	vector<Value> names, types;
	for (auto &parameter : macro.parameters) {
		names.emplace_back(parameter->GetName());
		types.push_back(Value::UINTEGER(2276)); // "any"
	}
	row.value(5, Value::LIST(LogicalType::VARCHAR, std::move(names)));
	auto list = Value::LIST(LogicalType::UINTEGER, std::move(types));
	list.Reinterpret(type_named("oidvector"));
	row.value(6, list);
	row.text(7, function.entry->ToSQL());
	text_or_none(row, 8, function.entry->comment);
	return true;
}

const Listing FUNCTIONS {"__pintail_macros",
                         {{"database_name", "text"},
                          {"oid", "oid"},
                          {"proname", "name"},
                          {"pronamespace", "oid"},
                          {"proretset", "bool"},
                          {"proargnames", "text[]"},
                          {"proargtypes", "oidvector"},
                          {"prosrc", "text"},
                          {"comment", "text"}},
                         next_function};

// ----------------------------------------------------------------------------------------------------- table functions

const std::vector<const Listing *> LISTINGS {&SCHEMAS, &RELATIONS, &ATTRIBUTES, &CONSTRAINTS,
                                             &INDEXES, &SEQUENCES, &TYPES,      &FUNCTIONS,
                                             &DEPENDENCIES};

struct ListingInfo : public TableFunctionInfo {
	explicit ListingInfo(const Listing &listing) : listing(listing) {
	}
	const Listing &listing;
};

struct ListingData : public TableFunctionData {
	ListingData(const Listing &listing, bool everything) : listing(listing), everything(everything) {
	}
	const Listing &listing;
	bool everything;
};

struct ListingScan : public GlobalTableFunctionState {
	std::vector<std::shared_ptr<const Directory>> directories;
	vector<column_t> columns;
	size_t directory = 0;
	Place place;
};

unique_ptr<FunctionData> bind_listing(ClientContext &, TableFunctionBindInput &input, vector<LogicalType> &types,
                                      vector<string> &names) {
	auto &listing = input.info->Cast<ListingInfo>().listing;
	for (auto &column : listing.columns) {
		names.emplace_back(column.first);
		types.push_back(type_named(column.second));
	}
	auto &everything = input.inputs[0];
	return make_uniq<ListingData>(listing, !everything.IsNull() && BooleanValue::Get(everything));
}

unique_ptr<GlobalTableFunctionState> begin_listing(ClientContext &context, TableFunctionInitInput &input) {
	auto scan = make_uniq<ListingScan>();
	scan->columns = input.column_ids;
	scan->directories.push_back(Directory::connected(context));
	if (input.bind_data->Cast<ListingData>().everything) {
		for (auto &database : DatabaseManager::Get(context).GetDatabases(context)) {
			auto &name = database->GetName();
			if (!database->IsSystem() && !database->IsTemporary() && name != scan->directories[0]->database &&
			    shim::sees(context, name)) {
				scan->directories.push_back(std::make_shared<const Directory>(context, *database, false));
			}
		}
	}
	return std::move(scan);
}

// A guess, so that joins keep the order of attributes: of two sides DuckDB goes through the larger one.
unique_ptr<NodeStatistics> guess_rows(ClientContext &, const FunctionData *bound) {
	auto &listing = bound->Cast<ListingData>().listing;
	return make_uniq<NodeStatistics>(&listing == &ATTRIBUTES ? 20000 : 1000);
}

void list(ClientContext &context, TableFunctionInput &input, DataChunk &output) {
	auto &scan = input.global_state->Cast<ListingScan>();
	auto &listing = input.bind_data->Cast<ListingData>().listing;
	RowWriter writer(output, scan.columns, listing.columns.size());
	while (writer.row < STANDARD_VECTOR_SIZE && scan.directory < scan.directories.size()) {
		if (listing.next(context, *scan.directories[scan.directory], scan.place, writer)) {
			writer.row++;
		} else {
			scan.directory++;
			scan.place = Place();
		}
	}
	output.SetCardinality(writer.row);
}

// -------------------------------------------------------------------------------------------------------- static rows

constexpr const char *STATIC = "__pintail_static";

struct StaticData : public TableFunctionData {
	explicit StaticData(StaticTable &table) : table(table) {
	}
	StaticTable &table;
};

struct StaticScan : public GlobalTableFunctionState {
	ColumnDataScanState state;
	vector<column_t> columns;
};

unique_ptr<FunctionData> bind_static(ClientContext &, TableFunctionBindInput &input, vector<LogicalType> &types,
                                     vector<string> &names) {
	auto &table = static_table(input.inputs[0].ToString());
	names = table.names;
	types = table.types;
	return make_uniq<StaticData>(table);
}

unique_ptr<GlobalTableFunctionState> begin_static(ClientContext &, TableFunctionInitInput &input) {
	auto scan = make_uniq<StaticScan>();
	auto &rows = input.bind_data->Cast<StaticData>().table.rows();
	for (auto column : input.column_ids) {
		scan->columns.push_back(column < rows.ColumnCount() ? column : 0); // only rows are counted
	}
	rows.InitializeScan(scan->state, scan->columns);
	return std::move(scan);
}

unique_ptr<NodeStatistics> count_rows(ClientContext &, const FunctionData *bound) {
	return make_uniq<NodeStatistics>(bound->Cast<StaticData>().table.lines.size());
}

void list_static(ClientContext &, TableFunctionInput &input, DataChunk &output) {
	auto &scan = input.global_state->Cast<StaticScan>();
	input.bind_data->Cast<StaticData>().table.rows().Scan(scan.state, output);
}

} // namespace

void add_listings(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		auto &schema = Catalog::GetSystemCatalog(context).GetSchema(context, DEFAULT_SCHEMA);
		auto transaction = CatalogTransaction::GetSystemTransaction(*context.db);
		auto add = [&](TableFunction function) {
			function.projection_pushdown = true;
			CreateTableFunctionInfo info(std::move(function));
			info.internal = true;
			schema.CreateFunction(transaction, info);
		};
		for (auto listing : LISTINGS) {
			TableFunction function(listing->name, {LogicalType::BOOLEAN}, list, bind_listing, begin_listing);
			function.function_info = make_shared_ptr<ListingInfo>(*listing);
			function.cardinality = guess_rows;
			add(std::move(function));
		}
		TableFunction statics(STATIC, {LogicalType::VARCHAR}, list_static, bind_static, begin_static);
		statics.cardinality = count_rows;
		add(std::move(statics));
	});
}

} // namespace catalog
} // namespace shim
