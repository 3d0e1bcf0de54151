// The functions of pg_catalog that say how something was made, and what its owner has said of it (functions.hpp).

#include "functions.hpp"
#include "statics.hpp"
#include "types.hpp"

#include "duckdb/catalog/catalog_entry/list.hpp"
#include "duckdb/parser/expression/list.hpp"

using namespace duckdb;

namespace shim {
namespace catalog {

Value get_constraintdef(const Call &call) {
	auto constraint = call.directory().constraint(call.oid(0));
	if (!constraint) {
		return NONE;
	}
	auto is_pretty = call.arguments.size() > 1 && call.arguments[1].GetValue<bool>();
	if (is_pretty && constraint->kind == 'c') {
		return Value("CHECK (" + without_parentheses(constraint->expression) + ")");
	}
	return Value(constraint->definition);
}

Value get_indexdef(const Call &call) {
	auto index = call.directory().index(call.oid(0));
	if (!index) {
		return NONE;
	}
	auto column = call.arguments.size() > 1 ? call.arguments[1].GetValue<int32_t>() : 0;
	if (column == 0) {
		auto is_pretty = call.arguments.size() > 2 && call.arguments[2].GetValue<bool>();
		auto table = call.directory().relation(index->relation);
		if (!is_pretty || !table || !call.directory().is_visible(*table)) {
			return Value(index->definition);
		}
		auto with_schema = " ON " + quoted(call.directory().schema(table->schema)->name) + ".";
		auto place = index->definition.find(with_schema);
		auto definition = index->definition;
		return Value(place == string::npos ? definition : definition.replace(place, with_schema.size(), " ON "));
	}
	auto is_there = column > 0 && static_cast<size_t>(column) <= index->columns.size();
	return Value(is_there ? index->columns[static_cast<size_t>(column) - 1] : "");
}

Value get_viewdef(const Call &call) {
	auto by_name = call.arguments[0].type().id() == LogicalTypeId::VARCHAR;
	auto oid = by_name ? find_named(call.context, call.directory(), "regclass", call.text(0)) : call.oid(0);
	auto relation = call.directory().relation(oid);
	if (!relation || relation->kind != 'v') {
		return NONE;
	}
	return Value(view_query(relation->entry->Cast<ViewCatalogEntry>()));
}

Value get_functiondef(const Call &call) {
	auto function = call.directory().function(call.oid(0));
	return function ? Value(function->entry->ToSQL()) : NONE;
}

Value get_function_arguments(const Call &call) {
	if (auto function = call.directory().function(call.oid(0))) {
		vector<string> names;
		for (auto &parameter : function->entry->macros[0]->parameters) {
			names.push_back(quoted(parameter->GetName()));
		}
		return Value(StringUtil::Join(names, ", "));
	}
	auto &table = static_table("pg_proc");
	auto oid = table.column("oid"), types = table.column("proargtypes");
	auto number = std::to_string(call.oid(0));
	for (auto &line : table.lines) {
		if (line[oid] == number) {
			vector<string> names;
			for (auto &part : StringUtil::Split(line[types].substr(1, line[types].size() - 2), ',')) {
				names.push_back(formatted_type(call.directory(), static_cast<Oid>(std::stoul(part)), nullptr));
			}
			return Value(StringUtil::Join(names, ", "));
		}
	}
	return NONE;
}

Value get_function_result(const Call &call) {
	if (auto function = call.directory().function(call.oid(0))) {
		auto is_table = function->entry->macros[0]->type == MacroType::TABLE_MACRO;
		return Value(is_table ? "SETOF record" : "any");
	}
	auto &table = static_table("pg_proc");
	auto oid = table.column("oid"), type = table.column("prorettype"), is_set = table.column("proretset");
	auto number = std::to_string(call.oid(0));
	for (auto &line : table.lines) {
		if (line[oid] == number) {
			auto name = formatted_type(call.directory(), static_cast<Oid>(std::stoul(line[type])), nullptr);
			return Value((line[is_set] == "t" ? "SETOF " : "") + name);
		}
	}
	return NONE;
}

Value format_type(const Call &call) {
	auto modifier = call.arguments[1].IsNull() ? 0 : call.arguments[1].GetValue<int32_t>();
	return Value(formatted_type(call.directory(), call.oid(0), call.arguments[1].IsNull() ? nullptr : &modifier));
}

// The sequence of a column's default: nextval('name').
Value get_serial_sequence(const Call &call) {
	auto oid = find_named(call.context, call.directory(), "regclass", call.text(0));
	if (oid == 0) {
		throw_missing("relation", call.text(0));
	}
	auto relation = call.directory().relation(oid);
	if (!relation || relation->kind != 'r') {
		return NONE;
	}
	auto &columns = relation->entry->Cast<TableCatalogEntry>().GetColumns();
	if (!columns.ColumnExists(call.text(1))) {
		throw_missing("column", call.text(1));
	}
	auto &column = columns.GetColumn(call.text(1));
	if (column.Generated() || !column.HasDefaultValue()) {
		return NONE;
	}
	auto sequence = call.directory().sequence_of(*relation, column.DefaultValue());
	if (!sequence) {
		return NONE;
	}
	return Value(quoted(call.directory().schema(sequence->schema)->name) + "." + quoted(sequence->name));
}

static Value as_description(const Value &comment) {
	return comment.IsNull() ? NONE : Value(comment.ToString());
}

Value obj_description(const Call &call) {
	auto oid = call.oid(0);
	auto of = call.arguments.size() > 1 ? call.text(1) : string();
	auto relation = of.empty() || of == "pg_class" ? call.directory().relation(oid) : nullptr;
	if (relation) {
		return comment_of(*relation);
	}
	auto schema = of.empty() || of == "pg_namespace" ? call.directory().schema(oid) : nullptr;
	if (schema) {
		return as_description(schema->entry->comment);
	}
	auto function = of.empty() || of == "pg_proc" ? call.directory().function(oid) : nullptr;
	if (function) {
		return as_description(function->entry->comment);
	}
	auto type = of.empty() || of == "pg_type" ? call.directory().type(oid) : nullptr;
	return type ? as_description(type->entry->comment) : NONE;
}

Value col_description(const Call &call) {
	auto relation = call.directory().relation(call.oid(0));
	auto number = call.arguments[1].GetValue<int32_t>();
	if (!relation || number < 1) {
		return NONE;
	}
	auto index = static_cast<idx_t>(number) - 1;
	if (relation->kind == 'r') {
		auto &columns = relation->entry->Cast<TableCatalogEntry>().GetColumns();
		auto is_there = index < columns.LogicalColumnCount();
		return is_there ? as_description(columns.GetColumn(LogicalIndex(index)).Comment()) : NONE;
	}
	if (relation->kind != 'v') {
		return NONE;
	}
	auto &view = relation->entry->Cast<ViewCatalogEntry>();
	auto info = view.GetColumnInfo();
	return info && index < info->names.size() ? as_description(view.GetColumnComment(index)) : NONE;
}

} // namespace catalog
} // namespace shim
