// The way in to this folder: everything that pg_catalog and information_schema are made of, put into one instance.

#include "functions.hpp"
#include "listings.hpp"
#include "statics.hpp"
#include "types.hpp"
#include "../internal.hpp"

using namespace duckdb;

void shim_put_facts(ShimText name, ShimText rows) {
	quietly(false, [&] {
		shim::catalog::put_static(as_string(name), as_string(rows));
		return true;
	});
}

bool shim_add_catalog(ShimConnection *connection, ShimSentAs sent_as, ShimError **error) {
	return guarded(error, false, [&] {
		shim::catalog::ask_for_types(sent_as);
		shim::catalog::add_types(connection->context());
		shim::catalog::add_listings(connection->context());
		shim::catalog::add_functions(connection->context());
		return true;
	});
}
