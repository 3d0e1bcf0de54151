// Streaming execution, one task of the engine at a time.
#include "internal.hpp"

#include "duckdb/main/buffered_data/batched_buffered_data.hpp"
#include "duckdb/main/buffered_data/simple_buffered_data.hpp"
#include "duckdb/main/stream_query_result.hpp"

#include <chrono>

using namespace duckdb;

struct ShimExecution {
	unique_ptr<PendingQueryResult> pending; // until the result is there
	unique_ptr<QueryResult> result;
	vector<std::string> names;
	vector<LogicalType> types;
	StatementReturnType return_type = StatementReturnType::NOTHING;
	uint64_t rows_changed = 0;
	bool has_nested = false;
	bool finished = false;
	// The engine's time since the last chunk, and whether the stream's buffer is at its full size.
	std::chrono::steady_clock::duration since_chunk {0};
	bool has_full_buffer = false;
};

namespace {

// Standard C++ lets an explicit instantiation name private members. That is how the few are reached which the
// streaming result does not show: its buffer's fill and capacity.
template <class TAG, typename TAG::type MEMBER>
struct Reach {
	friend typename TAG::type reach(TAG) {
		return MEMBER;
	}
};
#define REACH(NAME, CLASS, TYPE, MEMBER)                                                                           \
	struct NAME {                                                                                                  \
		using type = TYPE CLASS::*;                                                                                \
		friend type reach(NAME);                                                                                   \
	};                                                                                                             \
	template struct Reach<NAME, &CLASS::MEMBER>;

REACH(StreamBuffer, StreamQueryResult, shared_ptr<BufferedData>, buffered_data)
REACH(SimpleFill, SimpleBufferedData, atomic<idx_t>, buffered_count)
REACH(SimpleCapacity, SimpleBufferedData, idx_t, buffer_size)
REACH(QueueCapacity, BatchedBufferedData, idx_t, read_queue_capacity)
REACH(BatchCapacity, BatchedBufferedData, idx_t, buffer_capacity)

// A stream begins with a buffer that one chunk fills, since DuckDB shows nothing before the buffer is full. It is
// enlarged while chunks come quickly, and shrunk again while each takes long.
constexpr idx_t SMALL_BUFFER_BYTES = 64;
constexpr idx_t FULL_BUFFER_BYTES = 1000000; // DuckDB's own default
constexpr auto QUICK_CHUNK = std::chrono::milliseconds(5);

void set_buffer_size(BufferedData &buffer, idx_t bytes) {
	// Worker threads read the capacities without a lock: each is one aligned word, written whole.
	if (auto simple = dynamic_cast<SimpleBufferedData *>(&buffer)) {
		__atomic_store_n(&(simple->*reach(SimpleCapacity())), bytes, __ATOMIC_RELAXED);
	} else if (auto batched = dynamic_cast<BatchedBufferedData *>(&buffer)) {
		__atomic_store_n(&(batched->*reach(QueueCapacity())), bytes / 10 * 6, __ATOMIC_RELAXED);
		__atomic_store_n(&(batched->*reach(BatchCapacity())), bytes / 10 * 4, __ATOMIC_RELAXED);
	}
}

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
		if (chunk->ColumnCount() == 1 && chunk->data[0].GetType().id() == LogicalTypeId::BIGINT) {
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
	if (result.HasError()) { // Fetch would only say that the result is closed
		return fail(execution, result.GetErrorObject(), error);
	}
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

// Hands out what the stream has buffered, without running anything.
bool take_buffered(ShimExecution &execution, BufferedData &buffer, duckdb_data_chunk *out, ShimStep &step) {
	auto simple = dynamic_cast<SimpleBufferedData *>(&buffer); // a batched buffer is ready whenever it has a chunk
	if (!simple || (simple->*reach(SimpleFill())).load() == 0) {
		return false;
	}
	auto chunk = simple->Scan();
	if (!chunk || chunk->size() == 0) {
		return false;
	}
	step = take_chunk(execution, std::move(chunk), out);
	return true;
}

// A worker's error interrupts the others, and DuckDB's stream then knows only of the interruption.
ShimStep fail_interrupted(ShimExecution &execution, StreamQueryResult &stream, ShimError **error) {
	ErrorData cause;
	auto &executor = stream.context->GetExecutor();
	if (executor.HasError()) {
		cause = executor.GetError();
	}
	auto chunk = stream.Fetch(); // meets the same exception, and cleans up after it
	if (!cause.HasError()) {
		cause = stream.HasError() ? stream.GetErrorObject() : ErrorData(InterruptException());
	}
	return fail(execution, cause, error);
}

ShimStep step_stream(ShimExecution &execution, duckdb_data_chunk *out, ShimError **error) {
	auto &stream = execution.result->Cast<StreamQueryResult>();
	StreamExecutionResult state;
	try {
		state = stream.ExecuteTask();
	} catch (const InterruptException &) {
		return fail_interrupted(execution, stream, error);
	}
	if (stream.HasError()) {
		return fail(execution, stream.GetErrorObject(), error);
	}
	switch (state) {
	case StreamExecutionResult::CHUNK_READY: {
		auto step = SHIM_NOT_READY;
		auto is_taken = take_buffered(execution, *(stream.*reach(StreamBuffer())), out, step);
		return is_taken ? step : fetch(execution, out, error);
	}
	case StreamExecutionResult::EXECUTION_FINISHED:
		return fetch(execution, out, error);
	case StreamExecutionResult::CHUNK_NOT_READY:
	case StreamExecutionResult::BLOCKED:
	case StreamExecutionResult::NO_TASKS_AVAILABLE: {
		auto step = state == StreamExecutionResult::CHUNK_NOT_READY ? SHIM_NOT_READY : SHIM_BLOCKED;
		take_buffered(execution, *(stream.*reach(StreamBuffer())), out, step);
		return step;
	}
	case StreamExecutionResult::EXECUTION_ERROR:
	case StreamExecutionResult::EXECUTION_CANCELLED:
		break;
	}
	return fail(execution,
	            ErrorData(ExceptionType::INVALID_INPUT,
	                      "this result is gone, because another statement has run on its connection"),
	            error);
}

void adapt_buffer(ShimExecution &execution) {
	auto is_quick = execution.since_chunk < QUICK_CHUNK;
	execution.since_chunk = std::chrono::steady_clock::duration(0);
	if (is_quick != execution.has_full_buffer) {
		auto &stream = execution.result->Cast<StreamQueryResult>();
		set_buffer_size(*(stream.*reach(StreamBuffer())), is_quick ? FULL_BUFFER_BYTES : SMALL_BUFFER_BYTES);
		execution.has_full_buffer = is_quick;
	}
}

ShimStep step_result(ShimExecution &execution, duckdb_data_chunk *out, ShimError **error) {
	if (execution.result->type != QueryResultType::STREAM_RESULT) {
		return fetch(execution, out, error);
	}
	auto begin = std::chrono::steady_clock::now();
	auto step = step_stream(execution, out, error);
	execution.since_chunk += std::chrono::steady_clock::now() - begin;
	if (step == SHIM_CHUNK) {
		adapt_buffer(execution);
	}
	return step;
}

} // namespace

extern "C" {

ShimExecution *shim_start(ShimStatement *statement, ShimError **error) {
	return guarded<ShimExecution *>(error, nullptr, [&]() -> ShimExecution * {
		shim::Binding binding; // again, where the catalog has changed
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
		return step_result(*execution, chunk, error);
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

} // extern "C"
