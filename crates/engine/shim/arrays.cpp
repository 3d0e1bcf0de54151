// Texts in PostgreSQL's form of arrays, {1,2,NULL,"a b"}, can be cast to lists: psycopg2, Rails, Sequelize, JDBC and
// postgres.js send them, and `= ANY('{1,2}'::int[])` stands in psql's own queries. DuckDB's cast knows [1, 2] alone; a text
// that begins with a brace was an error there, so that nothing means something else than before.

#include "internal.hpp"

#include "duckdb/common/types/vector.hpp"
#include "duckdb/function/cast/cast_function_set.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/main/database.hpp"

using namespace duckdb;

namespace {

// DuckDB's own cast.
struct ListCast : public BoundCastData {
	explicit ListCast(BoundCastInfo own) : own(std::move(own)) {
	}
	unique_ptr<BoundCastData> Copy() const override {
		return make_uniq<ListCast>(own.Copy());
	}
	BoundCastInfo own;
};

bool is_array(string_t text) {
	return text.GetSize() > 1 && text.GetData()[0] == '{';
}

void add_quoted(string &out, const string &element) {
	out += '"';
	for (auto character : element) {
		if (character == '"' || character == '\\') {
			out += '\\';
		}
		out += character;
	}
	out += '"';
}

// An element without quotes: white space around it does not count.
void add_plain(string &out, string element) {
	StringUtil::Trim(element);
	if (StringUtil::CIEquals(element, "null")) {
		out += "NULL";
	} else if (!element.empty()) {
		add_quoted(out, element);
	}
}

// As DuckDB writes a list. What is no array becomes no list either, and fails as a text.
string as_list(const string &text) {
	string out, element;
	bool is_quoted = false, was_quoted = false;
	auto finish = [&] {
		if (was_quoted) {
			add_quoted(out, element);
		} else {
			add_plain(out, element);
		}
		element.clear();
		was_quoted = false;
	};
	for (idx_t i = 0; i < text.size(); i++) {
		auto character = text[i];
		if (character == '\\' && i + 1 < text.size()) {
			element += text[++i];
		} else if (character == '"') {
			is_quoted = !is_quoted;
			was_quoted = true;
		} else if (is_quoted) {
			element += character;
		} else if (character == '{') {
			out += '[';
		} else if (character == '}' || character == ',') {
			finish();
			out += character == '}' ? ']' : ',';
		} else if (!was_quoted || !StringUtil::CharacterIsSpace(character)) {
			element += character;
		}
	}
	return out;
}

bool cast_text(Vector &source, Vector &result, idx_t count, CastParameters &parameters) {
	auto &own = parameters.cast_data->Cast<ListCast>().own;
	CastParameters own_parameters(parameters, own.cast_data.get(), parameters.local_state);
	UnifiedVectorFormat format;
	source.ToUnifiedFormat(count, format);
	auto texts = UnifiedVectorFormat::GetData<string_t>(format);
	auto has_arrays = false;
	for (idx_t row = 0; row < count && !has_arrays; row++) {
		auto index = format.sel->get_index(row);
		has_arrays = format.validity.RowIsValid(index) && is_array(texts[index]);
	}
	if (!has_arrays) {
		return own.function(source, result, count, own_parameters);
	}
	auto is_constant = source.GetVectorType() == VectorType::CONSTANT_VECTOR;
	auto rows = is_constant ? 1 : count;
	Vector lists(LogicalType::VARCHAR, rows);
	for (idx_t row = 0; row < rows; row++) {
		auto index = format.sel->get_index(row);
		if (!format.validity.RowIsValid(index)) {
			FlatVector::SetNull(lists, row, true);
			continue;
		}
		auto text = texts[index];
		auto list = is_array(text) ? as_list(text.GetString()) : text.GetString();
		FlatVector::GetData<string_t>(lists)[row] = StringVector::AddString(lists, list);
	}
	if (is_constant) {
		lists.SetVectorType(VectorType::CONSTANT_VECTOR);
	}
	return own.function(lists, result, count, own_parameters);
}

unique_ptr<FunctionLocalState> begin(CastLocalStateParameters &parameters) {
	auto &own = parameters.cast_data->Cast<ListCast>().own;
	if (!own.init_local_state) {
		return nullptr;
	}
	CastLocalStateParameters own_parameters(parameters, own.cast_data);
	return own.init_local_state(own_parameters);
}

BoundCastInfo bind(BindCastInput &input, const LogicalType &source, const LogicalType &target) {
	auto own = DefaultCasts::GetDefaultCastFunction(input, source, target);
	return BoundCastInfo(cast_text, make_uniq<ListCast>(std::move(own)), begin);
}

} // namespace

namespace shim {

void read_array_literals(DatabaseInstance &database) {
	CastFunctionSet::Get(database).RegisterCastFunction(LogicalType::VARCHAR, LogicalType::LIST(LogicalType::ANY), bind);
}

} // namespace shim
