//! Types on the wire (PRODUCT §6): against PostgreSQL where the type exists in both, against a written table where
//! only DuckDB has it.

mod deviations;
mod differential;
mod exchange;
mod nested;
mod own;
mod parameters;
mod random;
mod shared;
mod values;
