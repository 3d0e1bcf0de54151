// Functions that ask the guard of the connection they run on: __pintail_tell(topic), from which the server makes its
// own macros, __pintail_format(topic), which is no more than a computation, version(), and current_setting(name), which DuckDB would answer with its own settings. They are volatile, so that a
// prepared statement asks each time it runs. Deliberately absent: which topics there are.

#include "internal.hpp"
#include "state.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"

#include <algorithm>

using namespace duckdb;

namespace {

constexpr const char *TELL = "__pintail_tell";
constexpr const char *CURRENT_SETTING = "current_setting";
constexpr const char *SETTING_TOPIC = "setting:";
constexpr const char *FORMAT = "__pintail_format";
constexpr const char *FORMAT_TOPIC = "format:";
constexpr const char *VERSION = "version";

// DuckDB's own connections are told nothing: they replay a database's log, which must not fail.
shared_ptr<shim::GuardState> teller(ExpressionState &state) {
	return state.HasContext() ? shim::GuardState::find(state.GetContext()) : nullptr;
}

// What depends on the session alone, and does nothing. Everything else is told only while a statement runs: what binds a
// statement may send it away, in the address of a file.
bool is_told_early(const string &topic) {
	static const char *const TOPICS[] = {"user", "clock", "statement_clock", "started", "backend", VERSION};
	auto is_topic = [&](const char *other) { return topic == other; };
	return StringUtil::StartsWith(topic, SETTING_TOPIC) || StringUtil::StartsWith(topic, FORMAT_TOPIC) ||
	       std::any_of(std::begin(TOPICS), std::end(TOPICS), is_topic);
}

string told(shim::GuardState &guard, const string &topic) {
	if (!is_told_early(topic)) {
		shim::expect_running("this function");
	}
	return guard.tell(topic);
}

void tell(DataChunk &arguments, ExpressionState &state, Vector &result, const string &prefix) {
	auto guard = teller(state);
	UnaryExecutor::ExecuteWithNulls<string_t, string_t>(
	    arguments.data[0], result, arguments.size(), [&](string_t topic, ValidityMask &mask, idx_t row) {
		    if (!guard) {
			    mask.SetInvalid(row);
			    return string_t();
		    }
		    return StringVector::AddString(result, told(*guard, prefix + topic.GetString()));
	    });
}

void tell_topic(DataChunk &arguments, ExpressionState &state, Vector &result) {
	tell(arguments, state, result, "");
}

void tell_setting(DataChunk &arguments, ExpressionState &state, Vector &result) {
	tell(arguments, state, result, SETTING_TOPIC);
}

void tell_format(DataChunk &arguments, ExpressionState &state, Vector &result) {
	tell(arguments, state, result, FORMAT_TOPIC);
}

// The server's own, not the engine's alone.
void tell_version(DataChunk &, ExpressionState &state, Vector &result) {
	auto guard = teller(state);
	result.Reference(guard ? Value(guard->tell(VERSION)) : Value(LogicalType::VARCHAR));
}

// PostgreSQL's second argument: a setting that is not there is NULL.
void tell_setting_if_there(DataChunk &arguments, ExpressionState &state, Vector &result) {
	auto guard = teller(state);
	BinaryExecutor::ExecuteWithNulls<string_t, bool, string_t>(
	    arguments.data[0], arguments.data[1], result, arguments.size(),
	    [&](string_t name, bool missing_ok, ValidityMask &mask, idx_t row) {
		    if (guard) {
			    try {
				    return StringVector::AddString(result, guard->tell(SETTING_TOPIC + name.GetString()));
			    } catch (const std::exception &) {
				    if (!missing_ok) {
					    throw;
				    }
			    }
		    }
		    mask.SetInvalid(row);
		    return string_t();
	    });
}

ScalarFunction volatile_function(const char *name, vector<LogicalType> arguments, scalar_function_t function) {
	ScalarFunction result(name, std::move(arguments), LogicalType::VARCHAR, std::move(function));
	result.SetVolatile();
	result.SetFallible();
	return result;
}

} // namespace

namespace shim {

void add_telling(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		auto &catalog = Catalog::GetSystemCatalog(context);
		CreateScalarFunctionInfo info(volatile_function(TELL, {LogicalType::VARCHAR}, tell_topic));
		info.internal = true;
		auto &schema = catalog.GetSchema(context, DEFAULT_SCHEMA);
		schema.CreateFunction(CatalogTransaction::GetSystemTransaction(*context.db), info);
		// What it is told depends on its argument and the session's settings alone: it may be folded into a plan, which
		// is made again when settings change.
		ScalarFunction format(FORMAT, {LogicalType::VARCHAR}, LogicalType::VARCHAR, tell_format);
		format.SetFallible();
		CreateScalarFunctionInfo format_info(std::move(format));
		format_info.internal = true;
		schema.CreateFunction(CatalogTransaction::GetSystemTransaction(*context.db), format_info);

		auto &version = catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, VERSION);
		version.functions.functions = {volatile_function(VERSION, {}, tell_version)};

		auto &setting = catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, CURRENT_SETTING);
		setting.functions.functions = {
		    volatile_function(CURRENT_SETTING, {LogicalType::VARCHAR}, tell_setting),
		    volatile_function(CURRENT_SETTING, {LogicalType::VARCHAR, LogicalType::BOOLEAN}, tell_setting_if_there),
		};
	});
}

} // namespace shim
