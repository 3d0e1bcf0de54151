//! The suites, one binary. Each starts its own server on a free port (see the harness); those that compare with
//! PostgreSQL start one of those as well.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::naive_bytecount,
    reason = "test code: what is not expected fails the test, figures are printed, and speed is not the point"
)]

#[cfg(test)]
mod altered;
#[cfg(test)]
mod attacks;
#[cfg(test)]
mod backends;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod catalog;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod clients_copy;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod copy;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod copy_files;
#[cfg(test)]
mod copy_postgres;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod history;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod logins;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod remote;
#[cfg(test)]
mod rest;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod sample_data;
#[cfg(test)]
mod sql;
#[cfg(test)]
mod startup;
#[cfg(test)]
mod streaming;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod types;
#[cfg(test)]
mod wire;
