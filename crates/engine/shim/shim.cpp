// The C++ half of the crate `engine`: instance, connection, statement, streaming execution, bulk load, and the
// place where the plan guard is asked. See shim.h for the rules. Deliberately absent: types, values, chunks and
// vectors, for which DuckDB's C API is enough; any policy, which is the Rust guard's.
#include "guard.hpp"

#include "duckdb/main/appender.hpp"
#include "duckdb/main/buffered_data/simple_buffered_data.hpp"
#include "duckdb/main/client_config.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/main/prepared_statement_data.hpp"
#include "duckdb/main/settings.hpp"
#include "duckdb/main/stream_query_result.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/planner/planner_extension.hpp"

#include <utility>

#ifndef PINTAIL_HEADER_VERSION
#error "build.rs passes the version and source id of the headers"
#endif

using namespace duckdb;

struct ShimError {
	ExceptionType type = ExceptionType::INVALID;
	std::string message;
	std::vector<std::pair<std::string, std::string>> extra;
};

struct ShimReason {
	std::string text;
};

struct ShimInstance {
	DuckDB database;
	ShimInstance(DBConfig &config) : database(nullptr, &config) {
	}
};

struct ShimConnection {
	Connection connection;
	explicit ShimConnection(DuckDB &database) : connection(database) {
	}
	ClientContext &context() {
		return *connection.context;
	}
};

struct ShimInterrupter {
	weak_ptr<ClientContext> context;
};

struct ShimParsed {
	unique_ptr<SQLStatement> statement;
};

struct ShimStatement {
	unique_ptr<PreparedStatement> prepared;
	std::vector<std::string> parameter_names; // by position
	case_insensitive_map_t<BoundParameterData> values;
};

struct ShimExecution {
	unique_ptr<PendingQueryResult> pending; // until the result is there
	unique_ptr<QueryResult> result;
	vector<std::string> names;
	vector<LogicalType> types;
	StatementReturnType return_type = StatementReturnType::NOTHING;
	uint64_t rows_changed = 0;
	bool has_nested = false;
	bool finished = false;
};

struct ShimAppender {
	unique_ptr<QueryAppender> appender;
};

namespace {

constexpr const char *GUARD_STATE = "pintail_plan_guard";
constexpr const char *GUARD_SUBTYPE = "PLAN_GUARD";

// ----------------------------------------------------------------------------------------------- text and errors

ShimText as_view(const std::string &text) {
	return ShimText {text.data(), text.size()};
}

std::string as_string(ShimText text) {
	return std::string(text.data, text.length);
}

// Connections run with errors_as_json, because otherwise DuckDB renders the position into the message and
// forgets it. Where that JSON stands as the message, it is taken apart again; the type is never taken from it.
ShimError *as_error(const ErrorData &data) {
	auto error = make_uniq<ShimError>();
	error->type = data.HasError() ? data.Type() : ExceptionType::INVALID;
	error->message = data.RawMessage();
	auto extra = data.ExtraInfo();
	if (!error->message.empty() && error->message[0] == '{') {
		try {
			ErrorData inner(error->message);
			if (inner.Type() == error->type && !inner.RawMessage().empty()) {
				error->message = inner.RawMessage();
				for (auto &entry : inner.ExtraInfo()) {
					extra.insert(entry);
				}
			}
		} catch (const std::exception &) {
			// a message that only looks like JSON stays as it is
		}
	}
	for (auto &entry : extra) {
		error->extra.emplace_back(entry.first, entry.second);
	}
	return error.release();
}

// Runs `function`; every exception becomes *error, and `failure` is the answer.
template <class T, class FUNCTION>
T guarded(ShimError **error, T failure, FUNCTION &&function) noexcept {
	try {
		try {
			return function();
		} catch (const std::exception &exception) {
			*error = as_error(ErrorData(exception));
		} catch (...) {
			*error = as_error(ErrorData(ExceptionType::INTERNAL, "unknown C++ exception"));
		}
	} catch (...) { // no memory even for the error: null says so
		*error = nullptr;
	}
	return failure;
}

// The same for functions that have nothing to say when they fail.
template <class T, class FUNCTION>
T quietly(T failure, FUNCTION &&function) noexcept {
	try {
		return function();
	} catch (...) {
		return failure;
	}
}

// ---------------------------------------------------------------------------------------------------- plan guard

// Owns the Rust guard; lives as long as the connection's context, which prepared statements keep alive.
class GuardState : public ClientContextState {
public:
	explicit GuardState(ShimGuard guard) : guard(guard) {
	}
	~GuardState() override {
		guard.drop(guard.state);
	}
	GuardState(const GuardState &) = delete;

	void judge(const std::vector<shim::Touch> &touches) {
		std::vector<std::vector<ShimText>> arguments;
		arguments.reserve(touches.size());
		std::vector<ShimTouch> views;
		views.reserve(touches.size());
		for (auto &touch : touches) {
			arguments.emplace_back();
			for (auto &argument : touch.arguments) {
				arguments.back().push_back(as_view(argument));
			}
			views.push_back(ShimTouch {static_cast<uint8_t>(touch.kind), as_view(touch.name),
			                           arguments.back().data(), arguments.back().size()});
		}
		ShimReason reason;
		if (!guard.judge(guard.state, views.data(), views.size(), &reason)) {
			refuse(reason.text);
		}
	}

	[[noreturn]] static void refuse(const std::string &reason) {
		throw Exception({{"error_subtype", GUARD_SUBTYPE}}, ExceptionType::PERMISSION, reason);
	}

private:
	ShimGuard guard;
};

void judge_bound_statement(PlannerExtensionInput &input, BoundStatement &statement) {
	auto state = input.context.registered_state->Get<GuardState>(GUARD_STATE);
	if (!state) {
		GuardState::refuse("this connection has no plan guard");
	}
	state->judge(shim::list_touches(input.binder, statement));
}

// ------------------------------------------------------------------------------------------------------- options

// What DuckDB's PhysicalSet does for SET SESSION, without its check of lock_configuration: the caller is the
// server, not the tenant.
void set_session_option(ClientContext &context, const std::string &name, const Value &value) {
	auto &config = DBConfig::GetConfig(context);
	auto &settings = ClientConfig::GetConfig(context).user_settings;
	auto option = DBConfig::GetOptionByName(name);
	if (!option) {
		ExtensionOption extension_option;
		if (!config.TryGetExtensionOption(name, extension_option)) {
			throw CatalogException("unrecognized configuration parameter \"%s\"", name);
		}
		auto target = value.CastAs(context, extension_option.type);
		if (extension_option.set_function) {
			extension_option.set_function(context, SetScope::SESSION, target);
		}
		settings.SetUserSetting(extension_option.setting_index.GetIndex(), std::move(target));
		return;
	}
	if (option->scope == SettingScopeTarget::GLOBAL_ONLY) {
		throw InvalidInputException("setting \"%s\" belongs to the whole instance", name);
	}
	auto target = value.CastAs(context, DBConfig::ParseLogicalType(option->parameter_type));
	if (option->default_value) {
		if (option->set_callback) {
			SettingCallbackInfo info(context, SetScope::SESSION);
			option->set_callback(info, target);
		}
		settings.SetUserSetting(option->setting_idx.GetIndex(), std::move(target));
		return;
	}
	if (!option->set_local) {
		throw InvalidInputException("setting \"%s\" belongs to the whole instance", name);
	}
	option->set_local(context, target);
}

// ------------------------------------------------------------------------------------------------------ execution

// Standard C++ lets an explicit instantiation name private members: this is how two of them are reached that
// the streaming result does not show (what it has buffered, so that a first chunk need not wait for a full buffer).
template <class TAG, typename TAG::type MEMBER>
struct Reach {
	friend typename TAG::type reach(TAG) {
		return MEMBER;
	}
};
struct StreamBuffer {
	using type = shared_ptr<BufferedData> StreamQueryResult::*;
	friend type reach(StreamBuffer);
};
template struct Reach<StreamBuffer, &StreamQueryResult::buffered_data>;
struct BufferedBytes {
	using type = atomic<idx_t> SimpleBufferedData::*;
	friend type reach(BufferedBytes);
};
template struct Reach<BufferedBytes, &SimpleBufferedData::buffered_count>;

// Top-level vectors of a fetched chunk are flat. Children could be constant or dictionary vectors.
void flatten_children(Vector &vector, idx_t count) {
	switch (vector.GetType().InternalType()) {
	case PhysicalType::STRUCT:
		for (auto &child : StructVector::GetEntries(vector)) {
			child->Flatten(count);
			flatten_children(*child, count);
		}
		return;
	case PhysicalType::LIST: {
		auto &child = ListVector::GetEntry(vector);
		auto size = ListVector::GetListSize(vector);
		child.Flatten(size);
		return flatten_children(child, size);
	}
	case PhysicalType::ARRAY: {
		auto &child = ArrayVector::GetEntry(vector);
		auto size = count * ArrayType::GetSize(vector.GetType());
		child.Flatten(size);
		return flatten_children(child, size);
	}
	default:
		return;
	}
}

// Rows for the client, or the count of a change: a statement without a result set has none to show.
ShimStep take_chunk(ShimExecution &execution, unique_ptr<DataChunk> chunk, duckdb_data_chunk *out) {
	if (execution.return_type != StatementReturnType::QUERY_RESULT) {
		if (execution.return_type == StatementReturnType::CHANGED_ROWS && chunk->ColumnCount() == 1 &&
		    chunk->data[0].GetType().id() == LogicalTypeId::BIGINT) {
			for (idx_t row = 0; row < chunk->size(); row++) {
				execution.rows_changed += NumericCast<uint64_t>(chunk->GetValue(0, row).GetValue<int64_t>());
			}
		}
		return SHIM_NOT_READY;
	}
	chunk->Flatten();
	if (execution.has_nested) {
		for (auto &vector : chunk->data) {
			flatten_children(vector, chunk->size());
		}
	}
	*out = reinterpret_cast<duckdb_data_chunk>(chunk.release());
	return SHIM_CHUNK;
}

ShimStep fail(ShimExecution &execution, const ErrorData &data, ShimError **error) {
	execution.finished = true;
	*error = as_error(data);
	return SHIM_FAILED;
}

ShimStep fetch(ShimExecution &execution, duckdb_data_chunk *out, ShimError **error) {
	auto &result = *execution.result;
	auto chunk = result.Fetch();
	if (chunk && chunk->size() > 0) {
		return take_chunk(execution, std::move(chunk), out);
	}
	if (result.HasError()) {
		return fail(execution, result.GetErrorObject(), error);
	}
	execution.finished = true;
	return SHIM_FINISHED;
}

ShimStep step_pending(ShimExecution &execution, ShimError **error) {
	switch (execution.pending->ExecuteTask()) {
	case PendingExecutionResult::RESULT_READY:
	case PendingExecutionResult::EXECUTION_FINISHED: {
		execution.result = execution.pending->Execute();
		execution.pending.reset();
		auto &result = *execution.result;
		return result.HasError() ? fail(execution, result.GetErrorObject(), error) : SHIM_NOT_READY;
	}
	case PendingExecutionResult::RESULT_NOT_READY:
		return SHIM_NOT_READY;
	case PendingExecutionResult::BLOCKED:
	case PendingExecutionResult::NO_TASKS_AVAILABLE:
		return SHIM_BLOCKED;
	case PendingExecutionResult::EXECUTION_ERROR:
		break;
	}
	return fail(execution, execution.pending->GetErrorObject(), error);
}

ShimStep step_stream(ShimExecution &execution, duckdb_data_chunk *out, ShimError **error) {
	auto &stream = execution.result->Cast<StreamQueryResult>();
	StreamExecutionResult state;
	try {
		state = stream.ExecuteTask();
	} catch (const InterruptException &) {
		return fetch(execution, out, error); // meets the same exception and cleans up after it
	}
	switch (state) {
	case StreamExecutionResult::CHUNK_READY:
	case StreamExecutionResult::EXECUTION_FINISHED:
		return fetch(execution, out, error);
	case StreamExecutionResult::EXECUTION_ERROR:
		if (stream.HasError()) {
			return fail(execution, stream.GetErrorObject(), error);
		}
		break;
	case StreamExecutionResult::EXECUTION_CANCELLED:
		break;
	case StreamExecutionResult::CHUNK_NOT_READY:
	case StreamExecutionResult::BLOCKED:
	case StreamExecutionResult::NO_TASKS_AVAILABLE: {
		auto buffer = dynamic_cast<SimpleBufferedData *>((stream.*reach(StreamBuffer())).get());
		if (buffer && (buffer->*reach(BufferedBytes())).load() > 0) {
			auto chunk = buffer->Scan();
			if (chunk && chunk->size() > 0) {
				return take_chunk(execution, std::move(chunk), out);
			}
		}
		return state == StreamExecutionResult::CHUNK_NOT_READY ? SHIM_NOT_READY : SHIM_BLOCKED;
	}
	}
	return fail(execution,
	            ErrorData(ExceptionType::INVALID_INPUT,
	                      "this result is gone, because another statement has run on its connection"),
	            error);
}

} // namespace

extern "C" {

// --------------------------------------------------------------------------------------------------------- errors

uint8_t shim_error_type(const ShimError *error) {
	return static_cast<uint8_t>(error->type);
}
ShimText shim_error_message(const ShimError *error) {
	return as_view(error->message);
}
size_t shim_error_extra_count(const ShimError *error) {
	return error->extra.size();
}
ShimText shim_error_extra_key(const ShimError *error, size_t index) {
	return as_view(error->extra[index].first);
}
ShimText shim_error_extra_value(const ShimError *error, size_t index) {
	return as_view(error->extra[index].second);
}
void shim_error_free(ShimError *error) {
	delete error;
}
void shim_refuse(ShimReason *reason, ShimText text) {
	quietly(false, [&] {
		reason->text = as_string(text);
		return true;
	});
}

// ------------------------------------------------------------------------------------------- instance, connection

ShimText shim_library_version(void) {
	auto version = DuckDB::LibraryVersion();
	return ShimText {version, strlen(version)};
}
ShimText shim_library_source_id(void) {
	auto id = DuckDB::SourceID();
	return ShimText {id, strlen(id)};
}
ShimText shim_header_version(void) {
	return ShimText {PINTAIL_HEADER_VERSION, strlen(PINTAIL_HEADER_VERSION)};
}
ShimText shim_header_source_id(void) {
	return ShimText {PINTAIL_HEADER_SOURCE_ID, strlen(PINTAIL_HEADER_SOURCE_ID)};
}

ShimInstance *shim_open(const ShimOption *options, size_t count, ShimError **error) {
	return guarded<ShimInstance *>(error, nullptr, [&] {
		DBConfig config;
		for (size_t i = 0; i < count; i++) {
			config.SetOptionByName(as_string(options[i].name), Value(as_string(options[i].value)));
		}
		auto instance = make_uniq<ShimInstance>(config);
		PlannerExtension extension;
		extension.post_bind_function = judge_bound_statement;
		PlannerExtension::Register(DBConfig::GetConfig(*instance->database.instance), extension);
		return instance.release();
	});
}
void shim_close(ShimInstance *instance) {
	quietly(false, [&] {
		delete instance;
		return true;
	});
}

ShimConnection *shim_connect(ShimInstance *instance, ShimGuard guard, ShimError **error) {
	return guarded<ShimConnection *>(error, nullptr, [&] {
		auto state = make_shared_ptr<GuardState>(guard);
		auto connection = make_uniq<ShimConnection>(instance->database);
		auto &context = connection->context();
		context.registered_state->Insert(GUARD_STATE, std::move(state));
		set_session_option(context, ErrorsAsJSONSetting::Name, Value::BOOLEAN(true));
		return connection.release();
	});
}
void shim_disconnect(ShimConnection *connection) {
	quietly(false, [&] {
		delete connection;
		return true;
	});
}

bool shim_execute(ShimConnection *connection, ShimText sql, ShimError **error) {
	return guarded(error, false, [&] {
		auto result = connection->connection.Query(as_string(sql));
		for (QueryResult *part = result.get(); part; part = part->next.get()) {
			if (part->HasError()) {
				*error = as_error(part->GetErrorObject());
				return false;
			}
		}
		return true;
	});
}

bool shim_set_option(ShimConnection *connection, ShimText name, ShimText value, ShimError **error) {
	return guarded(error, false, [&] {
		auto &context = connection->context();
		auto key = as_string(name);
		Value text(as_string(value));
		context.RunFunctionInTransaction([&] { set_session_option(context, key, text); }, false);
		return true;
	});
}

bool shim_in_transaction(ShimConnection *connection) {
	return quietly(false, [&] { return connection->connection.HasActiveTransaction(); });
}
bool shim_transaction_invalidated(ShimConnection *connection) {
	return quietly(false, [&] {
		auto &transaction = connection->context().transaction;
		return transaction.HasActiveTransaction() && ValidChecker::IsInvalidated(transaction.ActiveTransaction());
	});
}

ShimInterrupter *shim_interrupter(ShimConnection *connection) {
	return quietly<ShimInterrupter *>(nullptr, [&] {
		return make_uniq<ShimInterrupter>(ShimInterrupter {connection->connection.context}).release();
	});
}
void shim_interrupt(const ShimInterrupter *interrupter) {
	quietly(false, [&] {
		if (auto context = interrupter->context.lock()) {
			context->Interrupt();
		}
		return true;
	});
}
void shim_interrupter_free(ShimInterrupter *interrupter) {
	delete interrupter;
}

// ----------------------------------------------------------------------------------------------------- statements

bool shim_extract(ShimConnection *connection, ShimText sql, ShimParsed ***statements, size_t *count,
                  ShimError **error) {
	return guarded(error, false, [&] {
		auto &context = connection->context();
		Parser parser(context.GetParserOptions());
		parser.ParseQuery(as_string(sql));
		context.PreprocessStatements(parser.statements);
		std::vector<unique_ptr<ShimParsed>> owned;
		for (auto &statement : parser.statements) {
			owned.push_back(make_uniq<ShimParsed>(ShimParsed {std::move(statement)}));
		}
		auto array = make_uniq_array<ShimParsed *>(owned.size());
		for (size_t i = 0; i < owned.size(); i++) {
			array[i] = owned[i].release();
		}
		*count = owned.size();
		*statements = array.release();
		return true;
	});
}
void shim_parsed_array_free(ShimParsed **statements) {
	delete[] statements;
}
void shim_parsed_free(ShimParsed *parsed) {
	delete parsed;
}
uint8_t shim_parsed_kind(const ShimParsed *parsed) {
	return static_cast<uint8_t>(parsed->statement->type);
}
size_t shim_parsed_location(const ShimParsed *parsed) {
	return parsed->statement->stmt_location;
}
size_t shim_parsed_length(const ShimParsed *parsed) {
	return parsed->statement->stmt_length;
}

ShimStatement *shim_prepare(ShimConnection *connection, const ShimParsed *parsed, ShimError **error) {
	return guarded<ShimStatement *>(error, nullptr, [&]() -> ShimStatement * {
		auto statement = make_uniq<ShimStatement>();
		statement->prepared = connection->connection.Prepare(parsed->statement->Copy());
		auto &prepared = *statement->prepared;
		if (prepared.HasError()) {
			*error = as_error(prepared.GetErrorObject());
			return nullptr;
		}
		statement->parameter_names.resize(prepared.named_param_map.size());
		for (auto &entry : prepared.named_param_map) {
			if (entry.second > 0 && entry.second <= statement->parameter_names.size()) {
				statement->parameter_names[entry.second - 1] = entry.first;
			}
		}
		return statement.release();
	});
}
void shim_statement_free(ShimStatement *statement) {
	quietly(false, [&] {
		delete statement;
		return true;
	});
}
uint8_t shim_statement_kind(const ShimStatement *statement) {
	return static_cast<uint8_t>(statement->prepared->data->statement_type);
}
uint8_t shim_statement_return_type(const ShimStatement *statement) {
	return static_cast<uint8_t>(statement->prepared->data->properties.return_type);
}
bool shim_statement_is_read_only(const ShimStatement *statement) {
	return statement->prepared->data->properties.IsReadOnly();
}
bool shim_statement_is_resolved(const ShimStatement *statement) {
	return statement->prepared->data->properties.bound_all_parameters;
}
size_t shim_statement_column_count(const ShimStatement *statement) {
	return statement->prepared->data->types.size();
}
ShimText shim_statement_column_name(const ShimStatement *statement, size_t index) {
	return as_view(statement->prepared->data->names[index]);
}
duckdb_logical_type shim_statement_column_type(const ShimStatement *statement, size_t index) {
	return quietly<duckdb_logical_type>(nullptr, [&] {
		return reinterpret_cast<duckdb_logical_type>(new LogicalType(statement->prepared->data->types[index]));
	});
}
size_t shim_statement_parameter_count(const ShimStatement *statement) {
	return statement->parameter_names.size();
}
ShimText shim_statement_parameter_name(const ShimStatement *statement, size_t index) {
	return as_view(statement->parameter_names[index]);
}
duckdb_logical_type shim_statement_parameter_type(const ShimStatement *statement, size_t index) {
	return quietly<duckdb_logical_type>(nullptr, [&]() -> duckdb_logical_type {
		LogicalType type;
		if (!statement->prepared->data->TryGetType(statement->parameter_names[index], type)) {
			return nullptr;
		}
		return reinterpret_cast<duckdb_logical_type>(new LogicalType(std::move(type)));
	});
}
bool shim_statement_bind(ShimStatement *statement, size_t index, duckdb_value value, ShimError **error) {
	return guarded(error, false, [&] {
		if (index >= statement->parameter_names.size()) {
			throw InvalidInputException("the statement has %llu parameters", statement->parameter_names.size());
		}
		statement->values[statement->parameter_names[index]] =
		    BoundParameterData(*reinterpret_cast<Value *>(value));
		return true;
	});
}
void shim_statement_clear(ShimStatement *statement) {
	statement->values.clear();
}

// ------------------------------------------------------------------------------------------------------ execution

ShimExecution *shim_start(ShimStatement *statement, ShimError **error) {
	return guarded<ShimExecution *>(error, nullptr, [&]() -> ShimExecution * {
		auto execution = make_uniq<ShimExecution>();
		execution->pending = statement->prepared->PendingQuery(statement->values, true);
		auto &pending = *execution->pending;
		if (pending.HasError()) {
			*error = as_error(pending.GetErrorObject());
			return nullptr;
		}
		execution->names = pending.names;
		execution->types = pending.types;
		execution->return_type = pending.properties.return_type;
		for (auto &type : execution->types) {
			execution->has_nested = execution->has_nested || type.IsNested();
		}
		return execution.release();
	});
}
void shim_execution_free(ShimExecution *execution) {
	quietly(false, [&] {
		delete execution;
		return true;
	});
}
ShimStep shim_step(ShimExecution *execution, duckdb_data_chunk *chunk, ShimError **error) {
	auto step = guarded(error, SHIM_FAILED, [&] {
		if (execution->finished) {
			return SHIM_FINISHED;
		}
		if (execution->pending) {
			return step_pending(*execution, error);
		}
		if (execution->result->type == QueryResultType::STREAM_RESULT) {
			return step_stream(*execution, chunk, error);
		}
		return fetch(*execution, chunk, error);
	});
	execution->finished = execution->finished || step == SHIM_FAILED;
	return step;
}
uint64_t shim_execution_rows_changed(const ShimExecution *execution) {
	return execution->rows_changed;
}
uint8_t shim_execution_return_type(const ShimExecution *execution) {
	return static_cast<uint8_t>(execution->return_type);
}
size_t shim_execution_column_count(const ShimExecution *execution) {
	return execution->types.size();
}
ShimText shim_execution_column_name(const ShimExecution *execution, size_t index) {
	return as_view(execution->names[index]);
}
duckdb_logical_type shim_execution_column_type(const ShimExecution *execution, size_t index) {
	return quietly<duckdb_logical_type>(
	    nullptr, [&] { return reinterpret_cast<duckdb_logical_type>(new LogicalType(execution->types[index])); });
}

// ------------------------------------------------------------------------------------------------------ bulk load

ShimAppender *shim_appender_create(ShimConnection *connection, ShimText query, const duckdb_logical_type *types,
                                   const ShimText *names, size_t count, ShimError **error) {
	return guarded<ShimAppender *>(error, nullptr, [&] {
		vector<LogicalType> column_types;
		vector<string> column_names;
		for (size_t i = 0; i < count; i++) {
			column_types.push_back(*reinterpret_cast<LogicalType *>(types[i]));
			column_names.push_back(as_string(names[i]));
		}
		auto appender = make_uniq<ShimAppender>();
		appender->appender = make_uniq<QueryAppender>(connection->connection, as_string(query),
		                                              std::move(column_types), std::move(column_names));
		return appender.release();
	});
}
bool shim_appender_append(ShimAppender *appender, duckdb_data_chunk chunk, ShimError **error) {
	return guarded(error, false, [&] {
		appender->appender->AppendDataChunk(*reinterpret_cast<DataChunk *>(chunk));
		return true;
	});
}
bool shim_appender_flush(ShimAppender *appender, ShimError **error) {
	return guarded(error, false, [&] {
		appender->appender->Flush();
		return true;
	});
}
void shim_appender_free(ShimAppender *appender) {
	quietly(false, [&] {
		appender->appender->Clear(); // else its destructor would flush
		delete appender;
		return true;
	});
}

bool shim_vector_set_value(duckdb_vector vector, size_t row, duckdb_value value, ShimError **error) {
	return guarded(error, false, [&] {
		reinterpret_cast<Vector *>(vector)->SetValue(row, *reinterpret_cast<Value *>(value));
		return true;
	});
}

} // extern "C"
