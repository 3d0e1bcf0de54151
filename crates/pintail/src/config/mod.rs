//! The configuration: `pintail.toml`, `PINTAIL_…` variables over it, flags over those.
//!
//! The only reader of the environment. [`file::Config`] is the file as it is typed, with the defaults;
//! [`Resolved`] is what it comes to on this machine.

mod resolve;
mod remote;
mod access;
mod files;
mod limits;
mod extensions;
mod file;
mod environment;
mod size;

pub(crate) use self::{
    environment::Environment,
    file::LogFormat,
    files::check as check_files,
    resolve::{Flags, Resolved},
    size::Size,
};
