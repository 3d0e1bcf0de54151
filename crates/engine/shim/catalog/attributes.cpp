// The columns of tables and views, those of indexes and sequences: __pintail_attributes. The largest listing, so nothing is made for it
// that a statement does not want.

#include "listings.hpp"
#include "statics.hpp"

#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

enum Column : size_t {
	DATABASE_NAME,
	ATTRELID,
	ATTNAME,
	ATTTYPID,
	ATTLEN,
	ATTNUM,
	ATTNDIMS,
	ATTTYPMOD,
	ATTBYVAL,
	ATTALIGN,
	ATTSTORAGE,
	ATTNOTNULL,
	ATTHASDEF,
	ATTIDENTITY,
	ATTGENERATED,
	ATTCOLLATION,
	EXPRESSION,
	COMMENT,
	DUCKDB_TYPE,
	NSPNAME,
	RELNAME,
	RELKIND,
	RELNAMESPACE,
	SEQUENCE,
	COLUMN_COUNT
};

int32_t dimensions(const LogicalType &type) {
	if (type.id() == LogicalTypeId::LIST) {
		return 1 + dimensions(ListType::GetChildType(type));
	}
	return type.id() == LogicalTypeId::ARRAY ? 1 + dimensions(ArrayType::GetChildType(type)) : 0;
}

void write_type(const Directory &directory, const LogicalType &type, RowWriter &row) {
	auto sent = directory.type_of(type);
	auto builtin = builtin_type(sent.first);
	row.put<Oid>(ATTTYPID, sent.first);
	row.put<int32_t>(ATTTYPMOD, sent.second);
	row.put<int32_t>(ATTNDIMS, builtin && builtin->element == 0 ? 0 : dimensions(type));
	// An enum of the user's is four bytes in PostgreSQL.
	auto own = builtin ? nullptr : directory.type(sent.first);
	auto is_enum = own && own->oid == sent.first;
	row.put<int16_t>(ATTLEN, builtin ? builtin->length : is_enum ? int16_t(4) : int16_t(-1));
	row.put<bool>(ATTBYVAL, builtin ? builtin->by_value : is_enum);
	row.text(ATTALIGN, string(1, builtin ? builtin->alignment : 'i'));
	row.text(ATTSTORAGE, string(1, builtin ? builtin->storage : is_enum ? 'p' : 'x'));
	row.put<Oid>(ATTCOLLATION, builtin ? builtin->collation : 0);
	if (row.wants(DUCKDB_TYPE)) {
		row.text(DUCKDB_TYPE, type.ToString());
	}
}

void write_plain(const Directory &directory, const Relation &relation, size_t number, const string &name, RowWriter &row) {
	row.text(DATABASE_NAME, directory.database);
	row.put<Oid>(ATTRELID, relation.oid);
	row.text(ATTNAME, name);
	row.put<int16_t>(ATTNUM, NumericCast<int16_t>(number + 1));
	row.put<bool>(ATTNOTNULL, false);
	row.put<bool>(ATTHASDEF, false);
	row.text(ATTIDENTITY, "");
	row.text(ATTGENERATED, "");
	row.none(EXPRESSION);
	row.none(COMMENT);
	if (row.wants(NSPNAME)) {
		row.text(NSPNAME, directory.schema(relation.schema)->name);
	}
	row.text(RELNAME, relation.name);
	row.text(RELKIND, string(1, relation.kind));
	row.put<Oid>(RELNAMESPACE, relation.schema);
	row.put<Oid>(SEQUENCE, 0);
}

bool is_not_null(const TableCatalogEntry &table, LogicalIndex index) {
	for (auto &constraint : table.GetConstraints()) {
		if (constraint->type == ConstraintType::NOT_NULL && constraint->Cast<NotNullConstraint>().index == index) {
			return true;
		}
		if (constraint->type == ConstraintType::UNIQUE && constraint->Cast<UniqueConstraint>().IsPrimaryKey()) {
			for (auto key : constraint->Cast<UniqueConstraint>().GetLogicalIndexes(table.GetColumns())) {
				if (key == index) {
					return true;
				}
			}
		}
	}
	return false;
}

// DEFAULT NULL says nothing.
bool has_default(const ColumnDefinition &column) {
	if (!column.HasDefaultValue()) {
		return false;
	}
	auto &expression = column.DefaultValue();
	return expression.GetExpressionClass() != ExpressionClass::CONSTANT ||
	       !expression.Cast<ConstantExpression>().value.IsNull();
}

// A column that is numbered by a sequence of its own; true when PostgreSQL calls that an identity, which is no default.
bool write_numbering(const Directory &directory, const Relation &relation, const ColumnDefinition &column, RowWriter &row) {
	auto sequence = directory.sequence_of(relation, column.DefaultValue());
	auto kind = sequence ? ownership(*sequence) : 0;
	if (kind == 0) {
		return false;
	}
	row.put<Oid>(SEQUENCE, sequence->oid);
	if (kind == 's') {
		return false;
	}
	row.text(ATTIDENTITY, string(1, kind));
	return true;
}

bool next_of_table(const Directory &directory, const Relation &relation, Place &place, RowWriter &row) {
	auto &table = relation.entry->Cast<TableCatalogEntry>();
	if (place.part == table.GetColumns().LogicalColumnCount()) {
		return false;
	}
	auto &column = table.GetColumns().GetColumn(LogicalIndex(place.part));
	write_plain(directory, relation, place.part, column.Name(), row);
	write_type(directory, column.Type(), row);
	if (row.wants(ATTNOTNULL)) {
		row.put<bool>(ATTNOTNULL, is_not_null(table, column.Logical()));
	}
	auto has_expression = column.Generated() || has_default(column);
	if (!column.Generated() && has_expression) {
		has_expression = !write_numbering(directory, relation, column, row);
	}
	row.put<bool>(ATTHASDEF, has_expression);
	row.text(ATTGENERATED, column.Generated() ? "s" : "");
	if (has_expression && row.wants(EXPRESSION)) {
		row.text(EXPRESSION, shown_default(directory, relation, column));
	}
	if (!column.Comment().IsNull()) {
		row.value(COMMENT, Value(column.Comment().ToString()));
	}
	place.part++;
	return true;
}

bool next_of_view(const Directory &directory, const Relation &relation, Place &place, RowWriter &row) {
	auto &view = relation.entry->Cast<ViewCatalogEntry>();
	auto info = view.GetColumnInfo();
	if (!info || place.part == info->names.size()) {
		return false;
	}
	write_plain(directory, relation, place.part, info->names[place.part], row);
	write_type(directory, info->types[place.part], row);
	if (row.wants(COMMENT)) {
		auto comment = view.GetColumnComment(place.part);
		if (!comment.IsNull()) {
			row.value(COMMENT, Value(comment.ToString()));
		}
	}
	place.part++;
	return true;
}

// The columns of an index are called like those of its table.
bool next_of_index(const Directory &directory, const Relation &relation, Place &place, RowWriter &row) {
	auto &index = directory.indexes[relation.number];
	if (place.part == index.keys.size()) {
		return false;
	}
	auto &table = directory.relation(index.relation)->entry->Cast<TableCatalogEntry>();
	auto key = index.keys[place.part];
	if (key > 0) {
		auto &column = table.GetColumns().GetColumn(LogicalIndex(NumericCast<idx_t>(key - 1)));
		write_plain(directory, relation, place.part, column.Name(), row);
		write_type(directory, column.Type(), row);
	} else {
		write_plain(directory, relation, place.part, "expr", row);
		write_type(directory, LogicalType::VARCHAR, row);
	}
	place.part++;
	return true;
}

// PostgreSQL keeps a sequence as a table of one row.
bool next_of_sequence(const Directory &directory, const Relation &relation, Place &place, RowWriter &row) {
	static const std::vector<std::pair<const char *, LogicalType>> columns {
	    {"last_value", LogicalType::BIGINT}, {"log_cnt", LogicalType::BIGINT}, {"is_called", LogicalType::BOOLEAN}};
	if (place.part == columns.size()) {
		return false;
	}
	write_plain(directory, relation, place.part, columns[place.part].first, row);
	write_type(directory, columns[place.part].second, row);
	row.put<bool>(ATTNOTNULL, true);
	place.part++;
	return true;
}

bool next_of(const Directory &directory, const Relation &relation, Place &place, RowWriter &row) {
	switch (relation.kind) {
	case 'r':
		return next_of_table(directory, relation, place, row);
	case 'v':
		return next_of_view(directory, relation, place, row);
	case 'i':
		return next_of_index(directory, relation, place, row);
	case 'S':
		return next_of_sequence(directory, relation, place, row);
	default:
		return false;
	}
}

bool next_attribute(ClientContext &, const Directory &directory, Place &place, RowWriter &row) {
	while (place.item < directory.relations.size()) {
		if (next_of(directory, directory.relations[place.item], place, row)) {
			return true;
		}
		place.item++;
		place.part = 0;
	}
	return false;
}

} // namespace

const Listing ATTRIBUTES {"__pintail_attributes",
                          {{"database_name", "text"}, {"attrelid", "oid"},      {"attname", "name"},
                           {"atttypid", "oid"},       {"attlen", "int2"},       {"attnum", "int2"},
                           {"attndims", "int4"},      {"atttypmod", "int4"},    {"attbyval", "bool"},
                           {"attalign", "char"},      {"attstorage", "char"},   {"attnotnull", "bool"},
                           {"atthasdef", "bool"},     {"attidentity", "char"},  {"attgenerated", "char"},
                           {"attcollation", "oid"},   {"expression", "text"},   {"comment", "text"},
                           {"duckdb_type", "text"},   {"nspname", "schema_name"}, {"relname", "name"},
                           {"relkind", "char"},       {"relnamespace", "oid"},  {"sequence", "oid"}},
                          next_attribute};

} // namespace catalog
} // namespace shim
