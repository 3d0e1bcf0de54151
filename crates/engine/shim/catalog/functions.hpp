// The functions of pg_catalog that look into a directory: pg_table_is_visible, format_type, pg_get_constraintdef, to_regclass, …
// functions.cpp lists them; those that say how something was made are in definitions.cpp, sizes in sizes.cpp.
#pragma once

#include "directory.hpp"

namespace shim {
namespace catalog {

// A call with its arguments as values. The directory is made when it is asked for.
struct Call {
	duckdb::ClientContext &context;
	const std::vector<duckdb::Value> &arguments;
	std::shared_ptr<const Directory> &kept;

	const Directory &directory() const {
		if (!kept) {
			kept = Directory::connected(context);
		}
		return *kept;
	}
	Oid oid(size_t index) const {
		return arguments[index].GetValue<uint32_t>();
	}
	std::string text(size_t index) const {
		return arguments[index].ToString();
	}
};

const duckdb::Value NONE;

duckdb::Value get_constraintdef(const Call &call);
duckdb::Value get_indexdef(const Call &call);
duckdb::Value get_viewdef(const Call &call);
duckdb::Value get_functiondef(const Call &call);
duckdb::Value get_function_arguments(const Call &call);
duckdb::Value get_function_result(const Call &call);
duckdb::Value format_type(const Call &call);
duckdb::Value get_serial_sequence(const Call &call);
duckdb::Value obj_description(const Call &call);
duckdb::Value col_description(const Call &call);
duckdb::Value relation_size(const Call &call);
duckdb::Value database_size(const Call &call);
duckdb::Value database_oid(const Call &call);

void add_functions(duckdb::ClientContext &context);

} // namespace catalog
} // namespace shim
