// The variables of a connection (SET VARIABLE), which are in no memory limit of DuckDB's: how large they are.

#include "internal.hpp"

#include "duckdb/main/client_config.hpp"

using namespace duckdb;

namespace {

size_t size_of(const Value &value) {
	size_t bytes = sizeof(Value);
	if (value.IsNull()) {
		return bytes;
	}
	const vector<Value> *children = nullptr;
	switch (value.type().InternalType()) {
	case PhysicalType::VARCHAR:
		return bytes + StringValue::Get(value).size();
	case PhysicalType::LIST:
		children = &ListValue::GetChildren(value);
		break;
	case PhysicalType::STRUCT:
		children = &StructValue::GetChildren(value);
		break;
	case PhysicalType::ARRAY:
		children = &ArrayValue::GetChildren(value);
		break;
	default:
		return bytes;
	}
	for (auto &child : *children) {
		bytes += size_of(child);
	}
	return bytes;
}

} // namespace

bool shim_keep_variable(ShimConnection *connection, ShimText name, size_t limit) {
	return quietly(false, [&] {
		auto &config = ClientConfig::GetConfig(connection->context());
		size_t bytes = 0;
		for (auto &variable : config.user_variables) {
			bytes += variable.first.size() + size_of(variable.second);
		}
		if (bytes > limit) {
			config.user_variables.erase(as_string(name));
		}
		return bytes <= limit;
	});
}
