// Bulk load: chunks gathered for a statement that reads them as a table.

#include "internal.hpp"

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/main/appender.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/parser/parser.hpp"

using namespace duckdb;

namespace {

// It can say how many rows have gathered.
struct GatheringAppender : QueryAppender {
	using QueryAppender::QueryAppender;

	idx_t Gathered() const {
		return collection ? collection->Count() : 0;
	}
};

} // namespace

struct ShimAppender {
	unique_ptr<GatheringAppender> appender;
};

namespace {

// The appender puts words of its own in front of its statement's error, which is JSON then: the error is taken
// out again. Nothing else can stand there, so that no text of a user's is taken for one.
constexpr const char *APPEND_PREFIX = "Failed to append: ";

template <class FUNCTION>
bool appending(ShimError **error, FUNCTION &&function) noexcept {
	return guarded(error, false, [&] {
		try {
			function();
		} catch (const std::exception &exception) {
			ErrorData data(exception);
			auto message = data.RawMessage();
			if (StringUtil::StartsWith(message, std::string(APPEND_PREFIX) + "{")) {
				ErrorData inner(message.substr(std::string(APPEND_PREFIX).size()));
				inner.Throw();
			}
			throw;
		}
		return true;
	});
}

// The same statement with its table's full name. What does not parse fails at the first flush.
std::string completed(ClientContext &context, std::string query) {
	Parser parser(context.GetParserOptions());
	try {
		parser.ParseQuery(query);
	} catch (const std::exception &) {
		return query;
	}
	if (parser.statements.size() == 1 && shim::complete_names(context, *parser.statements[0])) {
		return parser.statements[0]->ToString();
	}
	return query;
}

} // namespace

extern "C" {

ShimAppender *shim_appender_create(ShimConnection *connection, ShimText query, const duckdb_logical_type *types,
                                   const ShimText *names, size_t count, size_t full_bytes, ShimError **error) {
	return guarded<ShimAppender *>(error, nullptr, [&] {
		vector<LogicalType> column_types;
		vector<string> column_names;
		for (size_t i = 0; i < count; i++) {
			column_types.push_back(*reinterpret_cast<LogicalType *>(types[i]));
			column_names.push_back(as_string(names[i]));
		}
		auto sql = completed(connection->context(), as_string(query));
		auto appender = make_uniq<ShimAppender>();
		appender->appender =
		    make_uniq<GatheringAppender>(connection->connection, std::move(sql), std::move(column_types),
		                                 std::move(column_names), string(), full_bytes);
		return appender.release();
	});
}
bool shim_appender_append(ShimAppender *appender, duckdb_data_chunk chunk, ShimError **error) {
	return appending(error, [&] { appender->appender->AppendDataChunk(*reinterpret_cast<DataChunk *>(chunk)); });
}
size_t shim_appender_gathered(const ShimAppender *appender) {
	return quietly<size_t>(0, [&] { return appender->appender->Gathered(); });
}
bool shim_appender_flush(ShimAppender *appender, ShimError **error) {
	return appending(error, [&] { appender->appender->Flush(); });
}
void shim_appender_free(ShimAppender *appender) {
	quietly(false, [&] {
		appender->appender->Clear(); // else its destructor would flush
		delete appender;
		return true;
	});
}

} // extern "C"
