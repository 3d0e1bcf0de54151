// See statics.hpp. Parsed once in a process, when something asks.

#include "statics.hpp"
#include "types.hpp"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include <atomic>
#include <mutex>

using namespace duckdb;

namespace shim {
namespace catalog {

namespace {

constexpr const char *MISSING = "\\N";

std::mutex texts_lock;
std::map<string, string> texts;
std::map<string, std::unique_ptr<StaticTable>> tables;
std::atomic<SentAs> type_teller {nullptr};

std::vector<string> split(const string &text, char separator) {
	std::vector<string> parts;
	size_t begin = 0;
	while (true) {
		auto end = text.find(separator, begin);
		parts.push_back(text.substr(begin, end == string::npos ? end : end - begin));
		if (end == string::npos) {
			return parts;
		}
		begin = end + 1;
	}
}

Oid as_oid(const string &text) {
	return text == MISSING ? 0 : static_cast<Oid>(std::stoul(text));
}

} // namespace

StaticTable::StaticTable(const string &text) {
	auto all = split(text, '\n');
	for (auto &field : split(all[0], '\t')) {
		auto colon = field.rfind(':');
		names.push_back(field.substr(0, colon));
		types.push_back(type_named(field.substr(colon + 1)));
	}
	for (size_t i = 1; i < all.size(); i++) {
		if (!all[i].empty()) {
			lines.push_back(split(all[i], '\t'));
			if (lines.back().size() != names.size()) {
				throw InternalException("line %llu has %llu fields", i, lines.back().size());
			}
		}
	}
}

size_t StaticTable::column(const char *name) const {
	for (size_t i = 0; i < names.size(); i++) {
		if (names[i] == name) {
			return i;
		}
	}
	throw InternalException("no column %s", name);
}

ColumnDataCollection &StaticTable::rows() {
	std::lock_guard<std::mutex> guard(lock);
	if (kept) {
		return *kept;
	}
	auto made = make_uniq<ColumnDataCollection>(Allocator::DefaultAllocator(), types);
	DataChunk text, chunk;
	text.Initialize(Allocator::DefaultAllocator(), vector<LogicalType>(types.size(), LogicalType::VARCHAR));
	for (size_t begin = 0; begin < lines.size(); begin += STANDARD_VECTOR_SIZE) {
		auto count = MinValue<size_t>(lines.size() - begin, STANDARD_VECTOR_SIZE);
		text.Reset();
		chunk.Destroy();
		chunk.Initialize(Allocator::DefaultAllocator(), types);
		for (size_t column = 0; column < types.size(); column++) {
			auto values = FlatVector::GetData<string_t>(text.data[column]);
			for (size_t row = 0; row < count; row++) {
				auto &field = lines[begin + row][column];
				if (field == MISSING) {
					FlatVector::SetNull(text.data[column], row, true);
				} else {
					values[row] = StringVector::AddString(text.data[column], field);
				}
			}
			// To the type beneath: casts to the types with names look into the catalog.
			Vector plain(plain_type(types[column]), count);
			VectorOperations::DefaultCast(text.data[column], plain, count);
			chunk.data[column].Reinterpret(plain);
		}
		chunk.SetCardinality(count);
		made->Append(chunk);
	}
	kept = std::move(made);
	return *kept;
}

void put_static(const string &name, const string &text) {
	std::lock_guard<std::mutex> guard(texts_lock);
	texts.emplace(name, text);
}

StaticTable &static_table(const string &name) {
	std::lock_guard<std::mutex> guard(texts_lock);
	auto found = tables.find(name);
	if (found == tables.end()) {
		auto text = texts.find(name);
		if (text == texts.end()) {
			throw InvalidInputException("there is no table of facts \"%s\"", name);
		}
		found = tables.emplace(name, std::make_unique<StaticTable>(text->second)).first;
	}
	return *found->second;
}

// ------------------------------------------------------------------------------------------------------- looking up

namespace {

struct Types {
	std::unordered_map<Oid, BuiltinType> by_oid;
	std::unordered_map<string, Oid> by_name;

	Types() {
		auto &table = static_table("pg_type");
		auto at = [&](const char *name) { return table.column(name); };
		auto oid = at("oid"), name = at("typname"), length = at("typlen"), by_value = at("typbyval"), kind = at("typtype");
		auto alignment = at("typalign"), storage = at("typstorage"), element = at("typelem"), array = at("typarray");
		auto collation = at("typcollation"), schema = at("typnamespace");
		for (auto &line : table.lines) {
			BuiltinType type {as_oid(line[oid]),
			                  as_oid(line[schema]),
			                  line[name],
			                  static_cast<int16_t>(std::stoi(line[length])),
			                  line[by_value] == "t",
			                  line[kind][0],
			                  line[alignment][0],
			                  line[storage][0],
			                  as_oid(line[element]),
			                  as_oid(line[array]),
			                  as_oid(line[collation])};
			by_name.emplace(type.name, type.oid);
			by_oid.emplace(type.oid, std::move(type));
		}
	}
};

struct Names {
	std::unordered_map<Oid, string> by_oid;
	std::unordered_map<string, Oid> by_name;
	std::unordered_map<string, bool> overloaded;

	Names(const char *table_name, const char *schema_column, const char *name_column) {
		auto &table = static_table(table_name);
		auto oid = table.column("oid"), schema = table.column(schema_column), column = table.column(name_column);
		for (auto &line : table.lines) {
			// What is not in pg_catalog is not found without its schema.
			auto name = as_oid(line[schema]) == INFORMATION_SCHEMA ? "information_schema." + line[column] : line[column];
			by_oid.emplace(as_oid(line[oid]), name);
			if (!by_name.emplace(name, as_oid(line[oid])).second) {
				overloaded[name] = true;
			}
		}
	}
};

const Types &types() {
	static const Types all;
	return all;
}

const Names &relations() {
	static const Names all("pg_class", "relnamespace", "relname");
	return all;
}

const Names &functions() {
	static const Names all("pg_proc", "pronamespace", "proname");
	return all;
}

Oid number_of(const Names &names, const string &name) {
	auto found = names.by_name.find(name);
	return found == names.by_name.end() ? 0 : found->second;
}

const string *name_of(const Names &names, Oid oid) {
	auto found = names.by_oid.find(oid);
	return found == names.by_oid.end() ? nullptr : &found->second;
}

} // namespace

const BuiltinType *builtin_type(Oid oid) {
	auto found = types().by_oid.find(oid);
	return found == types().by_oid.end() ? nullptr : &found->second;
}

const BuiltinType *builtin_type(const string &name) {
	auto found = types().by_name.find(name);
	return found == types().by_name.end() ? nullptr : builtin_type(found->second);
}

Oid builtin_relation(const string &name) {
	return number_of(relations(), name);
}
const string *builtin_relation(Oid oid) {
	return name_of(relations(), oid);
}
Oid builtin_function(const string &name) {
	return number_of(functions(), name);
}
const string *builtin_function(Oid oid) {
	return name_of(functions(), oid);
}
bool is_overloaded(const string &function) {
	return functions().overloaded.count(function) > 0;
}

std::pair<Oid, int32_t> sent_as(const LogicalType &type) {
	Oid oid = 25; // text
	int32_t modifier = -1;
	auto teller = type_teller.load();
	if (teller) {
		teller(&type, &oid, &modifier);
	}
	return {oid, modifier};
}

void ask_for_types(SentAs sent_as) {
	type_teller = sent_as;
}

} // namespace catalog
} // namespace shim
