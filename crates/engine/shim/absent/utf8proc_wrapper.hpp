// DuckDB's read_file.hpp includes this header of a third party, which the package does not have, and uses nothing of it.
#pragma once
