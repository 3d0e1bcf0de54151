// See directory.hpp. Names that DuckDB does not keep (of constraints, of the indexes behind them) are the ones that PostgreSQL
// would have made.

#include "directory.hpp"
#include "statics.hpp"
#include "../internal.hpp"

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/expression/list.hpp"

#include <algorithm>
#include <set>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

string lower(const string &name) {
	return StringUtil::Lower(name);
}

// DuckDB has these in every database.
bool is_foreign(const string &schema) {
	return schema == "information_schema" || schema == "pg_catalog";
}

// The labels of an enum as one text.
string labels_of(const std::vector<string> &labels) {
	string all;
	for (auto &label : labels) {
		all += std::to_string(label.size()) + ":" + label;
	}
	return all;
}

string labels_of(const LogicalType &type) {
	std::vector<string> labels;
	for (idx_t i = 0; i < EnumType::GetSize(type); i++) {
		labels.push_back(EnumType::GetString(type, i).GetString());
	}
	return labels_of(labels);
}

// PostgreSQL's name of a schema.
string schema_name(const string &name, bool is_temporary) {
	return is_temporary ? "pg_temp_1" : name == DEFAULT_SCHEMA ? "public" : name;
}

std::vector<int16_t> numbers_of(const ColumnList &columns, const vector<string> &names) {
	std::vector<int16_t> numbers;
	for (auto &name : names) {
		numbers.push_back(NumericCast<int16_t>(columns.GetColumn(name).Logical().index + 1));
	}
	return numbers;
}

string quoted_list(const vector<string> &names) {
	vector<string> all;
	for (auto &name : names) {
		all.push_back(quoted(name));
	}
	return StringUtil::Join(all, ", ");
}

} // namespace

Directory::Directory(ClientContext &context, AttachedDatabase &attached, bool with_temporary)
    : database(attached.GetName()) {
	add_schemas(context, attached);
	if (with_temporary) {
		add_schemas(context, *ClientData::Get(context).temporary_objects);
	}
	for (size_t i = 0; i < schemas.size(); i++) {
		add_tables(context, schemas[i]);
	}
	auto tables = relations.size();
	for (size_t table = 0; table < tables; table++) {
		if (relations[table].kind == 'r') {
			add_constraints(table);
		}
	}
	for (size_t i = 0; i < schemas.size(); i++) {
		add_others(context, schemas[i]);
	}
	name_foreign_indexes();
	read_path(context);
}

Oid table_number(TableCatalogEntry &table) {
	auto is_temporary = table.ParentCatalog().IsTemporaryCatalog();
	return number("relation", schema_name(table.ParentSchema().name, is_temporary), table.name);
}

void Directory::add_schemas(ClientContext &context, AttachedDatabase &attached) {
	for (auto &found : attached.GetCatalog().GetSchemas(context)) {
		auto &entry = found.get();
		if (is_foreign(entry.name)) {
			continue;
		}
		auto name = schema_name(entry.name, attached.IsTemporary());
		auto oid = name == "public" ? PUBLIC : number("schema", "", name);
		while (schemas_by_oid.count(oid)) {
			oid++;
		}
		schemas_by_oid[oid] = schemas.size();
		schemas.push_back(Schema {oid, name, &entry, attached.IsTemporary()});
	}
}

void Directory::add_relation(Relation relation) {
	// Two names that give one number: the later one in the order of the scan goes on to the next that is free.
	while (relations_by_oid.count(relation.oid)) {
		relation.oid++;
	}
	relations_by_oid[relation.oid] = relations.size();
	relations_by_name.emplace(Key {relation.schema, lower(relation.name)}, relations.size());
	relations.push_back(std::move(relation));
}

void Directory::add_tables(ClientContext &context, const Schema &schema) {
	auto add = [&](CatalogEntry &entry, char kind) {
		if (!entry.internal) {
			auto oid = number("relation", schema.name, entry.name);
			add_relation(Relation {oid, schema.oid, entry.name, kind, schema.is_temporary, &entry, 0});
		}
	};
	schema.entry->Scan(context, CatalogType::TABLE_ENTRY, [&](CatalogEntry &entry) {
		add(entry, entry.type == CatalogType::VIEW_ENTRY ? 'v' : 'r'); // a scan of tables brings the views too
	});
	schema.entry->Scan(context, CatalogType::SEQUENCE_ENTRY, [&](CatalogEntry &entry) { add(entry, 'S'); });
}

void Directory::add_others(ClientContext &context, const Schema &schema) {
	schema.entry->Scan(context, CatalogType::INDEX_ENTRY, [&](CatalogEntry &entry) {
		add_real_index(entry.Cast<IndexCatalogEntry>(), schema);
	});
	schema.entry->Scan(context, CatalogType::TYPE_ENTRY, [&](CatalogEntry &entry) {
		if (entry.internal || StringUtil::StartsWith(entry.name, "__pivot_enum_")) {
			return;
		}
		Type type {number("type", schema.name, entry.name), number("array", schema.name, entry.name), schema.oid,
		           entry.name, &entry.Cast<TypeCatalogEntry>()};
		while (types_by_oid.count(type.oid)) {
			type.oid++;
		}
		types_by_oid[type.oid] = types.size();
		while (types_by_oid.count(type.array)) {
			type.array++;
		}
		types_by_oid[type.array] = types.size();
		types_by_name.emplace(Key {schema.oid, lower(type.name)}, types.size());
		if (type.entry->user_type.id() == LogicalTypeId::ENUM) {
			enums.emplace(labels_of(type.entry->user_type), type.oid);
		}
		types.push_back(std::move(type));
	});
	auto add_macro = [&](CatalogEntry &entry) {
		if (!entry.internal) {
			auto kind = entry.type == CatalogType::TABLE_MACRO_ENTRY ? "table function" : "function";
			Function function {number(kind, schema.name, entry.name), schema.oid, entry.name,
			                   &entry.Cast<MacroCatalogEntry>()};
			while (functions_by_oid.count(function.oid)) {
				function.oid++;
			}
			functions_by_oid[function.oid] = functions.size();
			functions.push_back(std::move(function));
		}
	};
	schema.entry->Scan(context, CatalogType::MACRO_ENTRY, add_macro);
	schema.entry->Scan(context, CatalogType::TABLE_MACRO_ENTRY, add_macro);
}

// ------------------------------------------------------------------------------------------- constraints and indexes

void Directory::add_constraints(size_t table) {
	auto &entry = relations[table].entry->Cast<TableCatalogEntry>();
	auto names = constraint_names(entry);
	for (size_t i = 0; i < names.size(); i++) {
		auto &constraint = *entry.GetConstraints()[i];
		if (names[i].empty()) {
			continue; // NOT NULL belongs to its column, the other end of a foreign key to its table
		}
		if (constraint.type == ConstraintType::UNIQUE) {
			add_unique(constraint.Cast<UniqueConstraint>(), table, names[i]);
		} else if (constraint.type == ConstraintType::FOREIGN_KEY) {
			add_foreign_key(constraint.Cast<ForeignKeyConstraint>(), table, names[i]);
		} else {
			add_check(constraint.Cast<CheckConstraint>(), table, names[i]);
		}
	}
}

Constraint Directory::begin_constraint(char kind, size_t table, const string &name) {
	auto &relation = relations[table];
	Constraint constraint;
	constraint.oid = number("constraint", std::to_string(relation.oid), name);
	while (constraints_by_oid.count(constraint.oid)) {
		constraint.oid++;
	}
	constraint.name = name;
	constraint.kind = kind;
	constraint.schema = relation.schema;
	constraint.relation = relation.oid;
	constraints_by_oid[constraint.oid] = constraints.size();
	return constraint;
}

void Directory::add_index(Index index, const string &name, size_t table, CatalogEntry *entry) {
	relations[table].has_indexes = true;
	auto &relation = relations[table];
	auto schema_name = schema(relation.schema)->name;
	index.oid = number("relation", schema_name, name);
	index.relation = relation.oid;
	add_relation(Relation {index.oid, relation.schema, name, 'i', relation.is_temporary, entry, indexes.size()});
	index.oid = relations.back().oid;
	indexes_by_oid[index.oid] = indexes.size();
	indexes.push_back(std::move(index));
}

void Directory::add_unique(const UniqueConstraint &unique, size_t table, const string &label) {
	auto &entry = relations[table].entry->Cast<TableCatalogEntry>();
	vector<string> names;
	for (auto index : unique.GetLogicalIndexes(entry.GetColumns())) {
		names.push_back(entry.GetColumns().GetColumn(index).Name());
	}
	auto is_primary = unique.IsPrimaryKey();
	auto constraint = begin_constraint(is_primary ? 'p' : 'u', table, label);
	constraint.keys = numbers_of(entry.GetColumns(), names);
	constraint.definition = (is_primary ? "PRIMARY KEY (" : "UNIQUE (") + quoted_list(names) + ")";

	Index index {0, 0, true, is_primary, constraint.keys, {}, ""};
	for (auto &name : names) {
		index.columns.push_back(quoted(name));
	}
	auto place = quoted(schema(relations[table].schema)->name) + "." + quoted(entry.name);
	index.definition = "CREATE UNIQUE INDEX " + quoted(constraint.name) + " ON " + place + " USING btree (" +
	                   quoted_list(names) + ")";
	add_index(std::move(index), constraint.name, table, nullptr);
	constraint.index = indexes.back().oid;
	constraints.push_back(std::move(constraint));
}

void Directory::add_foreign_key(const ForeignKeyConstraint &foreign, size_t table, const string &label) {
	auto &entry = relations[table].entry->Cast<TableCatalogEntry>();
	auto to_self = foreign.info.type == ForeignKeyType::FK_TYPE_SELF_REFERENCE_TABLE;
	auto schema_name = to_self ? entry.schema.name : foreign.info.schema;
	auto table_name = to_self ? entry.name : foreign.info.table;
	auto target_schema = schema(schema_name == DEFAULT_SCHEMA ? "public" : schema_name);
	auto target = target_schema ? relation(target_schema->oid, table_name) : nullptr;
	auto constraint = begin_constraint('f', table, label);
	constraint.keys = numbers_of(entry.GetColumns(), foreign.fk_columns);
	auto place = quoted(table_name);
	if (target) {
		constraint.foreign_relation = target->oid;
		constraint.foreign_keys =
		    numbers_of(target->entry->Cast<TableCatalogEntry>().GetColumns(), foreign.pk_columns);
		relations[relations_by_oid.at(target->oid)].has_foreign_keys = true;
		if (target_schema->oid != PUBLIC) {
			place = quoted(target_schema->name) + "." + place;
		}
	}
	relations[table].has_foreign_keys = true;
	constraint.definition = "FOREIGN KEY (" + quoted_list(foreign.fk_columns) + ") REFERENCES " + place + "(" +
	                        quoted_list(foreign.pk_columns) + ")";
	constraints.push_back(std::move(constraint));
}

// A foreign key depends on the index of the key that it refers to.
void Directory::name_foreign_indexes() {
	std::unordered_map<Oid, std::vector<const Constraint *>> keys;
	for (auto &constraint : constraints) {
		if (constraint.kind == 'p' || constraint.kind == 'u') {
			keys[constraint.relation].push_back(&constraint);
		}
	}
	for (auto &constraint : constraints) {
		if (constraint.kind != 'f') {
			continue;
		}
		for (auto key : keys[constraint.foreign_relation]) {
			if (key->keys == constraint.foreign_keys) {
				constraint.index = key->index;
			}
		}
	}
}

void Directory::add_check(const CheckConstraint &check, size_t table, const string &label) {
	auto &entry = relations[table].entry->Cast<TableCatalogEntry>();
	relations[table].checks++;
	vector<string> names;
	collect_columns(*check.expression, names);
	auto constraint = begin_constraint('c', table, label);
	for (auto &name : names) {
		if (entry.GetColumns().ColumnExists(name)) {
			constraint.keys.push_back(numbers_of(entry.GetColumns(), {name})[0]);
		}
	}
	constraint.expression = shown(*check.expression);
	constraint.definition = "CHECK (" + constraint.expression + ")";
	constraints.push_back(std::move(constraint));
}

void Directory::add_real_index(IndexCatalogEntry &entry, const Schema &schema) {
	auto found = relations_by_name.find(Key {schema.oid, lower(entry.GetTableName())});
	if (found == relations_by_name.end() || relations[found->second].kind != 'r') {
		return;
	}
	auto table = found->second;
	auto &columns = relations[table].entry->Cast<TableCatalogEntry>().GetColumns();
	Index index {0, 0, entry.IsUnique(), false, {}, {}, ""};
	auto &expressions = entry.parsed_expressions.empty() ? entry.expressions : entry.parsed_expressions;
	vector<string> all;
	for (auto &expression : expressions) {
		auto is_column = expression->GetExpressionClass() == ExpressionClass::COLUMN_REF;
		auto name = is_column ? expression->Cast<ColumnRefExpression>().GetColumnName() : string();
		auto is_known = is_column && columns.ColumnExists(name);
		index.keys.push_back(is_known ? numbers_of(columns, {name})[0] : int16_t(0));
		index.columns.push_back(is_known ? quoted(name) : shown(*expression));
		all.push_back(index.columns.back());
	}
	auto place = quoted(schema.name) + "." + quoted(entry.GetTableName());
	index.definition = string("CREATE ") + (index.is_unique ? "UNIQUE " : "") + "INDEX " + quoted(entry.name) + " ON " +
	                   place + " USING btree (" + StringUtil::Join(all, ", ") + ")";
	add_index(std::move(index), entry.name, table, &entry);
}

// ----------------------------------------------------------------------------------------------------------- looking

template <class T>
static const T *find(const std::unordered_map<Oid, size_t> &index, const std::vector<T> &all, Oid oid) {
	auto found = index.find(oid);
	return found == index.end() ? nullptr : &all[found->second];
}

const Relation *Directory::relation(Oid oid) const {
	return find(relations_by_oid, relations, oid);
}
const Constraint *Directory::constraint(Oid oid) const {
	return find(constraints_by_oid, constraints, oid);
}
const Index *Directory::index(Oid oid) const {
	return find(indexes_by_oid, indexes, oid);
}
const Type *Directory::type(Oid oid) const {
	return find(types_by_oid, types, oid);
}
const Function *Directory::function(Oid oid) const {
	return find(functions_by_oid, functions, oid);
}

const Schema *Directory::schema(Oid oid) const {
	return find(schemas_by_oid, schemas, oid);
}

const Schema *Directory::schema(const string &name) const {
	for (auto &schema : schemas) {
		if (StringUtil::CIEquals(schema.name, name)) {
			return &schema;
		}
	}
	return nullptr;
}

const Relation *Directory::relation(Oid schema, const string &name) const {
	auto found = relations_by_name.find(Key {schema, lower(name)});
	return found == relations_by_name.end() ? nullptr : &relations[found->second];
}

const Type *Directory::type(Oid schema, const string &name) const {
	auto found = types_by_name.find(Key {schema, lower(name)});
	return found == types_by_name.end() ? nullptr : &types[found->second];
}

void Directory::read_path(ClientContext &context) {
	for (auto &entry : ClientData::Get(context).catalog_search_path->Get()) {
		auto temporary = entry.catalog == TEMP_CATALOG;
		if (!temporary && !StringUtil::CIEquals(entry.catalog, database)) {
			continue;
		}
		for (auto &schema : schemas) {
			if (schema.is_temporary == temporary && (temporary || StringUtil::CIEquals(schema.entry->name, entry.schema))) {
				path.push_back(schema.oid);
			}
		}
	}
}

bool Directory::is_visible(const Relation &relation) const {
	for (auto schema : path) {
		auto found = this->relation(schema, relation.name);
		if (found) {
			return found->oid == relation.oid;
		}
	}
	return false;
}

bool Directory::is_visible(const Type &type) const {
	for (auto schema : path) {
		auto found = this->type(schema, type.name);
		if (found) {
			return found->oid == type.oid;
		}
	}
	return false;
}

std::pair<Oid, int32_t> Directory::type_of(const LogicalType &type) const {
	if (type.id() == LogicalTypeId::ENUM) {
		auto found = enums.find(labels_of(type));
		if (found != enums.end()) {
			return {found->second, -1};
		}
	}
	if (type.id() == LogicalTypeId::LIST && ListType::GetChildType(type).id() == LogicalTypeId::ENUM) {
		auto child = this->type(type_of(ListType::GetChildType(type)).first);
		if (child) {
			return {child->array, -1};
		}
	}
	return sent_as(type);
}

std::pair<Oid, Oid> enum_numbers(ClientContext &context, const std::vector<std::string> &labels) {
	auto &name = DatabaseManager::GetDefaultDatabase(context);
	auto attached = DatabaseManager::Get(context).GetDatabase(context, name);
	std::pair<Oid, Oid> found {0, 0};
	if (!attached || !shim::sees(context, name)) {
		return found;
	}
	auto wanted = labels_of(labels);
	for (auto &schema : attached->GetCatalog().GetSchemas(context)) {
		auto &place = schema.get();
		if (is_foreign(place.name)) {
			continue;
		}
		place.Scan(context, CatalogType::TYPE_ENTRY, [&](CatalogEntry &entry) {
			auto &type = entry.Cast<TypeCatalogEntry>().user_type;
			if (found.first == 0 && !entry.internal && type.id() == LogicalTypeId::ENUM && labels_of(type) == wanted) {
				auto schema = schema_name(place.name, false);
				found = {number("type", schema, entry.name), number("array", schema, entry.name)};
			}
		});
	}
	return found;
}

} // namespace catalog
} // namespace shim
