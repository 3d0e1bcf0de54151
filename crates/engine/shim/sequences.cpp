// What PostgreSQL has about sequences and DuckDB has not: setval (Rails, Django, pg_dump restores), lastval, and a currval that
// is the session's own. nextval is DuckDB's, and is noted for the other two. Sequences are named by constants, as DuckDB
// wants it: so the guard knows at bind which database is written to.

#include "internal.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/sequence_catalog_entry.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/scalar/sequence_utils.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/qualified_name.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/transaction/duck_transaction.hpp"

#include <map>

using namespace duckdb;

namespace {

constexpr const char *STATE = "pintail_sequences";

// ------------------------------------------------------------------------------------ the numbers inside a sequence
// DuckDB keeps them to itself. An explicit instantiation may name private members ([temp.explicit]).

template <class MEMBER, typename MEMBER::type POINTER>
struct Reach {
	friend typename MEMBER::type reach(MEMBER) {
		return POINTER;
	}
};

struct DataMember {
	using type = SequenceData SequenceCatalogEntry::*;
	friend type reach(DataMember);
};
template struct Reach<DataMember, &SequenceCatalogEntry::data>;

struct LockMember {
	using type = mutex SequenceCatalogEntry::*;
	friend type reach(LockMember);
};
template struct Reach<LockMember, &SequenceCatalogEntry::lock>;

// ---------------------------------------------------------------------------------------------- what a session got

struct SessionSequences : public ClientContextState {
	mutex lock;
	std::map<std::pair<idx_t, idx_t>, int64_t> values; // by catalog and entry
	bool has_last = false;
	std::pair<idx_t, idx_t> last; // whose nextval was the last

	static shared_ptr<SessionSequences> of(ClientContext &context) {
		return context.registered_state->GetOrCreate<SessionSequences>(STATE);
	}
};

std::pair<idx_t, idx_t> key(SequenceCatalogEntry &sequence) {
	return {sequence.ParentCatalog().GetOid(), sequence.oid};
}

void note(ClientContext &context, SequenceCatalogEntry &sequence, int64_t value, bool is_last) {
	auto state = SessionSequences::of(context);
	lock_guard<mutex> guard(state->lock);
	state->values[key(sequence)] = value;
	if (is_last) {
		state->has_last = true;
		state->last = key(sequence);
	}
}

SequenceCatalogEntry &sequence_of(ExpressionState &state) {
	return state.expr.Cast<BoundFunctionExpression>().bind_info->Cast<NextvalBindData>().sequence;
}

// ---------------------------------------------------------------------------------------------------- functions

scalar_function_t duckdb_nextval;

void nextval(DataChunk &arguments, ExpressionState &state, Vector &result) {
	duckdb_nextval(arguments, state, result);
	if (arguments.size() == 0 || !state.expr.Cast<BoundFunctionExpression>().bind_info) {
		return;
	}
	auto is_flat = result.GetVectorType() == VectorType::FLAT_VECTOR;
	auto row = is_flat ? arguments.size() - 1 : 0;
	note(state.GetContext(), sequence_of(state), FlatVector::GetData<int64_t>(result)[row], true);
}

void currval(DataChunk &, ExpressionState &state, Vector &result) {
	auto &sequence = sequence_of(state);
	auto session = SessionSequences::of(state.GetContext());
	lock_guard<mutex> guard(session->lock);
	auto found = session->values.find(key(sequence));
	if (found == session->values.end()) {
		throw SequenceException("currval of sequence \"%s\" is not yet defined in this session", sequence.name);
	}
	result.Reference(Value::BIGINT(found->second));
}

void lastval(DataChunk &, ExpressionState &state, Vector &result) {
	auto session = SessionSequences::of(state.GetContext());
	lock_guard<mutex> guard(session->lock);
	if (!session->has_last) {
		throw SequenceException("lastval is not yet defined in this session");
	}
	result.Reference(Value::BIGINT(session->values[session->last]));
}

void put(ClientContext &context, SequenceCatalogEntry &sequence, int64_t value, bool is_called) {
	shim::expect_running("setval");
	lock_guard<mutex> guard(sequence.*reach(LockMember()));
	auto &data = sequence.*reach(DataMember());
	if (value < data.min_value || value > data.max_value) {
		throw OutOfRangeException("setval: value %d is out of bounds for sequence \"%s\" (%d..%d)", value, sequence.name,
		                          data.min_value, data.max_value);
	}
	int64_t next = value;
	if (is_called && __builtin_add_overflow(value, data.increment, &next)) {
		next = value; // the next one is beyond the end, and nextval says so
	}
	data.counter = next;
	data.last_value = value;
	data.usage_count++;
	if (!sequence.temporary) {
		DuckTransaction::Get(context, sequence.ParentCatalog()).PushSequenceUsage(sequence, data);
	}
}

void setval(DataChunk &arguments, ExpressionState &state, Vector &result) {
	auto &context = state.GetContext();
	auto &sequence = sequence_of(state);
	result.SetVectorType(VectorType::FLAT_VECTOR);
	for (idx_t row = 0; row < arguments.size(); row++) {
		auto value = arguments.data[1].GetValue(row);
		auto is_called = arguments.ColumnCount() < 3 ? Value::BOOLEAN(true) : arguments.data[2].GetValue(row);
		if (value.IsNull() || is_called.IsNull()) {
			FlatVector::SetNull(result, row, true);
			continue;
		}
		put(context, sequence, value.GetValue<int64_t>(), is_called.GetValue<bool>());
		if (is_called.GetValue<bool>()) {
			note(context, sequence, value.GetValue<int64_t>(), false);
		}
		FlatVector::GetData<int64_t>(result)[row] = value.GetValue<int64_t>();
	}
}

// ALTER SEQUENCE … RESTART, TRUNCATE … RESTART IDENTITY. DuckDB forgets with which number a sequence began.
void restart(DataChunk &, ExpressionState &state, Vector &result) {
	auto &sequence = sequence_of(state);
	auto data = sequence.GetData();
	auto first = data.increment > 0 ? data.min_value : data.max_value;
	put(state.GetContext(), sequence, first, false);
	result.Reference(Value::BIGINT(first));
}

// -------------------------------------------------------------------------------------------------------- binding

// Whether it is there, and what is there beside it, is not told of a database that the connection does not see.
QualifiedName seen_name(ClientContext &context, const string &name) {
	auto qualified = QualifiedName::Parse(name);
	Binder::BindSchemaOrCatalog(context, qualified.catalog, qualified.schema);
	if (!qualified.catalog.empty() && !shim::sees(context, qualified.catalog)) {
		shim::ask(context, shim::Touch {shim::TouchKind::READS_DATABASE, qualified.catalog, {}});
	}
	return qualified;
}

bind_scalar_function_extended_t duckdb_bind; // of nextval and currval

unique_ptr<FunctionData> bind_seen(ScalarFunctionBindInput &input, ScalarFunction &function,
                                   vector<unique_ptr<Expression>> &arguments) {
	auto &context = input.binder.context;
	if (arguments[0]->IsFoldable()) {
		auto name = ExpressionExecutor::EvaluateScalar(context, *arguments[0]);
		if (!name.IsNull()) {
			seen_name(context, name.ToString());
		}
	}
	return duckdb_bind(input, function, arguments);
}

SequenceCatalogEntry &find(Binder &binder, const string &name) {
	auto qualified = seen_name(binder.context, name);
	// PostgreSQL's name for it, as pg_get_serial_sequence says it.
	if (qualified.schema == "public" &&
	    !Catalog::GetSchema(binder.context, qualified.catalog, qualified.schema, OnEntryNotFound::RETURN_NULL)) {
		qualified.schema = DEFAULT_SCHEMA;
	}
	EntryLookupInfo lookup(CatalogType::SEQUENCE_ENTRY, qualified.name);
	auto entry = binder.EntryRetriever().GetEntry(qualified.catalog, qualified.schema, lookup);
	return entry->Cast<SequenceCatalogEntry>();
}

unique_ptr<FunctionData> bind(ScalarFunctionBindInput &input, ScalarFunction &, vector<unique_ptr<Expression>> &arguments) {
	auto &name = *arguments[0];
	if (name.HasParameter()) {
		throw ParameterNotResolvedException();
	}
	// pg_get_serial_sequence('t', 'id') reads the catalog: now.
	if (!name.IsScalar() || name.HasSubquery()) {
		throw NotImplementedException("the name of a sequence must not depend on rows here");
	}
	auto &context = input.binder.context;
	auto value = ExpressionExecutor::EvaluateScalar(context, name, true);
	if (value.IsNull()) {
		throw BinderException("the name of a sequence must not be NULL");
	}
	return make_uniq<NextvalBindData>(find(input.binder, value.ToString()));
}

void modified(ClientContext &context, FunctionModifiedDatabasesInput &input) {
	auto &sequence = input.bind_data->Cast<NextvalBindData>().sequence;
	input.properties.RegisterDBModify(sequence.ParentCatalog(), context, DatabaseModificationType());
}

ScalarFunction function(const char *name, vector<LogicalType> arguments, scalar_function_t callback, bool has_sequence) {
	ScalarFunction result(name, std::move(arguments), LogicalType::BIGINT, std::move(callback));
	result.SetVolatile();
	result.SetFallible();
	result.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
	if (has_sequence) {
		result.SetBindExtendedCallback(bind);
		result.SetModifiedDatabasesCallback(modified);
	}
	return result;
}

void add(ClientContext &context, SchemaCatalogEntry &schema, ScalarFunctionSet set) {
	CreateScalarFunctionInfo info(std::move(set));
	info.internal = true;
	schema.CreateFunction(CatalogTransaction::GetSystemTransaction(*context.db), info);
}

} // namespace

namespace shim {

void add_sequence_functions(ClientContext &context) {
	context.RunFunctionInTransaction([&] {
		auto &catalog = Catalog::GetSystemCatalog(context);
		auto &schema = catalog.GetSchema(context, DEFAULT_SCHEMA);
		ScalarFunctionSet set("setval");
		set.AddFunction(function("setval", {LogicalType::VARCHAR, LogicalType::BIGINT}, setval, true));
		set.AddFunction(
		    function("setval", {LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::BOOLEAN}, setval, true));
		add(context, schema, std::move(set));
		ScalarFunctionSet last("lastval");
		last.AddFunction(function("lastval", {}, lastval, false));
		add(context, schema, std::move(last));
		ScalarFunctionSet again("__pintail_restart");
		again.AddFunction(function("__pintail_restart", {LogicalType::VARCHAR}, restart, true));
		add(context, schema, std::move(again));

		auto &next = catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "nextval");
		for (auto &own : next.functions.functions) {
			duckdb_nextval = own.GetFunctionCallback();
			own.SetFunctionCallback(nextval);
			duckdb_bind = own.GetBindExtendedCallback();
			own.SetBindExtendedCallback(bind_seen);
		}
		auto &current = catalog.GetEntry<ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "currval");
		for (auto &own : current.functions.functions) {
			own.SetFunctionCallback(currval);
			own.SetBindExtendedCallback(bind_seen);
		}
	});
}

} // namespace shim
