// The functions of pg_catalog that look into a directory: pg_table_is_visible, format_type, pg_get_constraintdef, to_regclass, …
#pragma once

#include "duckdb.hpp"

namespace shim {
namespace catalog {

void add_functions(duckdb::ClientContext &context);

} // namespace catalog
} // namespace shim
