//! What PostgreSQL's functions of patterns and quoting compute: `to_char`, `to_date`, `to_timestamp`, `to_number`, `format`,
//! `quote_ident` and their kin (manual, "Data Type Formatting Functions"). SQL gets here by `__pintail_format`, with the call
//! as a JSON list: a value's text as DuckDB writes it, and its type. Deliberately absent: names of months and days in
//! other languages (TM).

mod call;
mod escape;
mod json;
mod moment;
mod number;
mod reading;
mod template;
mod text;
#[cfg(test)]
mod tests;

pub(crate) use call::compute;
