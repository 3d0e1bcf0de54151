//! The suites, one binary. Each starts its own server on a free port (see the harness); those that compare with
//! PostgreSQL start one of those as well.

#[cfg(test)]
mod wire;
