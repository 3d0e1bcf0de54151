//! Remote data: how DuckDB is set up to reach it, which addresses are remote ones, and why a request failed.
//!
//! The network itself is not here: DuckDB speaks to the gateway's egress proxy, through a listener that the
//! duckling opens on its own loopback and gives away ([`listener`]). What may be reached is the proxy's
//! business, what a statement may name the policy's.

mod failure;
mod keeper;
mod listener;
mod setup;
mod troubles;
mod url;

pub(crate) use failure::{is_of_a_request, no_connection, of_status, own_words};
pub(crate) use keeper::Keeper;
pub(crate) use listener::open as open_listener;
pub(crate) use setup::{AZURE, Means, configure, prepare_extensions, url_prefixes};
pub(crate) use troubles::Troubles;
pub(crate) use url::{is_azure, is_remote, names_no_host};
