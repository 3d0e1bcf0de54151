// The types of PostgreSQL's catalogs: numbers and texts with names of their own (oid, name, regclass, …). Each is one of DuckDB's
// types under an alias, which the wire format knows.
#pragma once

#include "directory.hpp"

namespace shim {
namespace catalog {

// By the name that a table of facts or a listing uses: oid, name, char, regproc, int2, bool, text, oid[], …
duckdb::LogicalType type_named(const std::string &name);
// The same without its alias, and those of its elements.
duckdb::LogicalType plain_type(const duckdb::LogicalType &type);

// Puts the types and their casts into the system catalog.
void add_types(duckdb::ClientContext &context);

// What the casts and the to_reg… functions do. `type` is regclass, regtype, …: the number for a name, which may have a schema
// and quotes; 0 when there is none.
Oid find_named(duckdb::ClientContext &context, const Directory &directory, const std::string &type, const std::string &name);
// The name for a number, as SQL has it; the number itself when there is none.
std::string name_of(duckdb::ClientContext &context, const Directory &directory, const std::string &type, Oid oid);

// A type's name as format_type shows it. Without a modifier nothing is said of it.
std::string formatted_type(const Directory &directory, Oid oid, const int32_t *modifier);

// As PostgreSQL says it: relation "t" does not exist.
[[noreturn]] void throw_missing(const std::string &kind, const std::string &name);

// The parts of a name: "My Schema".t
std::vector<std::string> parts_of(const std::string &name);

} // namespace catalog
} // namespace shim
