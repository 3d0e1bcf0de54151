// The C++ half of the crate `engine`: instance, connection, statement (state.cpp asks the plan guard, guard.cpp walks
// plans, execution.cpp streams, appender.cpp loads). See shim.h for the rules. Deliberately absent:
// types, values, chunks and vectors, for which DuckDB's C API is enough; any policy, which is the Rust guard's.
#include "internal.hpp"
#include "state.hpp"

#include "duckdb/main/client_config.hpp"
#include "duckdb/main/prepared_statement_data.hpp"
#include "duckdb/main/settings.hpp"
#include "duckdb/parser/parser.hpp"

#ifndef PINTAIL_HEADER_VERSION
#error "build.rs passes the version and source id of the headers"
#endif

using namespace duckdb;

struct ShimInstance {
	DuckDB database;
	shared_ptr<shim::Seal> seal = make_shared_ptr<shim::Seal>();
	explicit ShimInstance(DBConfig &config) : database(nullptr, &config) {
	}
};

struct ShimInterrupter {
	weak_ptr<ClientContext> context;
};

// -------------------------------------------------------------------------------------------------------- errors

// Connections run with errors_as_json, because otherwise DuckDB renders the position into the message and
// forgets it. Where that JSON stands as the message, the bare message is taken out of it again, and nothing else: a
// user's own message may look the same.
ShimError *as_error(const ErrorData &data) {
	auto error = make_uniq<ShimError>();
	error->type = data.HasError() ? data.Type() : ExceptionType::INVALID;
	error->message = data.RawMessage();
	if (!error->message.empty() && error->message[0] == '{') {
		try {
			ErrorData inner(error->message);
			if (inner.Type() == error->type && inner.ExtraInfo() == data.ExtraInfo()) {
				error->message = inner.RawMessage();
			}
		} catch (const std::exception &) {
			// a message that only looks like JSON stays as it is
		}
	}
	for (auto &entry : data.ExtraInfo()) {
		error->extra.emplace_back(entry.first, entry.second);
	}
	return error.release();
}

namespace {

constexpr idx_t MAX_PARAMETERS = 65535; // what Bind can hold
constexpr idx_t FIRST_STREAMING_BUFFER_BYTES = 64; // execution.cpp enlarges it

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
		extension.post_bind_function = shim::judge_bound_statement;
		extension.planner_info = instance->seal;
		PlannerExtension::Register(DBConfig::GetConfig(*instance->database.instance), extension);
		shim::refuse_addresses(*instance->database.instance);
		shim::look_elsewhere(*instance->database.instance);
		Connection connection(instance->database);
		shim::mask_functions(*connection.context);
		shim::add_telling(*connection.context);
		shim::add_own_table(*connection.context);
		shim::add_sequence_functions(*connection.context);
		shim::add_overloads(*connection.context);
		shim::read_array_literals(*instance->database.instance);
		shim::open_read_files(*connection.context);
		return instance.release();
	});
}
void shim_seal(ShimInstance *instance) {
	instance->seal->closed = true;
}
void shim_close(ShimInstance *instance) {
	quietly(false, [&] {
		delete instance;
		return true;
	});
}

ShimConnection *shim_connect(ShimInstance *instance, ShimGuard guard, ShimError **error) {
	return guarded<ShimConnection *>(error, nullptr, [&] {
		auto state = make_shared_ptr<shim::GuardState>(guard);
		auto connection = make_uniq<ShimConnection>(instance->database);
		auto &context = connection->context();
		shim::GuardState::put(context, std::move(state));
		set_session_option(context, ErrorsAsJSONSetting::Name, Value::BOOLEAN(true));
		auto &config = ClientConfig::GetConfig(context);
		config.streaming_buffer_size = FIRST_STREAMING_BUFFER_BYTES;
		config.enable_progress_bar = true; // counted, and shown to whoever asks
		config.print_progress_bar = false;
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
		std::exception_ptr failure; // kept out of DuckDB's hands, which would abort the transaction
		auto set = [&] {
			try {
				set_session_option(context, key, text);
			} catch (...) {
				failure = std::current_exception();
			}
		};
		context.RunFunctionInTransaction(set, false);
		if (failure) {
			std::rethrow_exception(failure);
		}
		return true;
	});
}

void shim_checkpoint_always(ShimConnection *connection, bool always) {
	DBConfig::GetConfig(connection->context()).options.force_checkpoint = always;
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
double shim_progress(const ShimInterrupter *interrupter) {
	return quietly<double>(-1, [&] {
		auto context = interrupter->context.lock();
		return context ? context->GetQueryProgress().GetPercentage() : -1; // atomics
	});
}
void shim_interrupter_free(ShimInterrupter *interrupter) {
	delete interrupter;
}

// ----------------------------------------------------------------------------------------------------- statements

bool shim_extract(ShimConnection *connection, ShimText sql, ShimParsed ***statements, size_t *count,
                  ShimError **error) {
	return guarded(error, false, [&] {
		shim::Binding binding; // pragmas become SQL here
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
		shim::Binding binding;
		auto statement = make_uniq<ShimStatement>();
		auto &context = connection->context();
		auto completed = parsed->statement->Copy();
		shim::complete_names(context, *completed);
		auto guard = shim::GuardState::find(context);
		guard->begin_statement(context, *completed);
		guard->described.clear();
		guard->is_describing = true;
		statement->prepared = connection->connection.Prepare(std::move(completed));
		guard->is_describing = false;
		auto &prepared = *statement->prepared;
		if (prepared.HasError()) {
			*error = as_error(prepared.GetErrorObject());
			return nullptr;
		}
		guard->refuse_hidden(context, *parsed->statement);
		for (auto &described : guard->described) {
			if (described.is_of(*prepared.data)) {
				statement->types = std::move(described.types);
				statement->origins = std::move(described.origins);
				break;
			}
		}
		// A text that has $2 and no $1 has two parameters, the first of which has no name and takes no value.
		for (auto &entry : prepared.named_param_map) {
			if (entry.second == 0 || entry.second > MAX_PARAMETERS) {
				throw BinderException("there is no parameter $%llu", entry.second);
			}
			if (statement->parameter_names.size() < entry.second) {
				statement->parameter_names.resize(entry.second);
			}
			statement->parameter_names[entry.second - 1] = entry.first;
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
		auto &types = statement->types.empty() ? statement->prepared->data->types : statement->types;
		return reinterpret_cast<duckdb_logical_type>(new LogicalType(types[index]));
	});
}
bool shim_statement_column_origin(const ShimStatement *statement, size_t index, ShimOrigin *out) {
	if (index >= statement->origins.size() || !statement->origins[index]) {
		return false;
	}
	auto &origin = *statement->origins[index];
	*out = ShimOrigin {as_view(origin.catalog), as_view(origin.schema), as_view(origin.table), origin.table_oid,
	                   origin.column_index};
	return true;
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
		if (statement->parameter_names[index].empty()) {
			return true;
		}
		statement->values[statement->parameter_names[index]] =
		    BoundParameterData(*reinterpret_cast<Value *>(value));
		return true;
	});
}
bool shim_statement_bind_cell(ShimStatement *statement, size_t index, duckdb_data_chunk chunk, size_t column,
                              ShimError **error) {
	return guarded(error, false, [&] {
		auto &cells = *reinterpret_cast<DataChunk *>(chunk);
		if (index >= statement->parameter_names.size() || column >= cells.ColumnCount()) {
			throw InvalidInputException("there is no such parameter");
		}
		statement->values[statement->parameter_names[index]] = BoundParameterData(cells.GetValue(column, 0));
		return true;
	});
}
void shim_statement_clear(ShimStatement *statement) {
	statement->values.clear();
}

// --------------------------------------------------------------------------------------------------------- chunks

bool shim_vector_set_value(duckdb_vector vector, size_t row, duckdb_value value, ShimError **error) {
	return guarded(error, false, [&] {
		reinterpret_cast<Vector *>(vector)->SetValue(row, *reinterpret_cast<Value *>(value));
		return true;
	});
}

} // extern "C"
