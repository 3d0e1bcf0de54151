//! Requests of accounts, carried out on a data directory.
