//! `pintail connect-info`: how to connect to the server of this data directory.
//!
//! Only a token's hash is kept, so a variable stands where it belongs.

use gateway::{admin::client, home::Layout};
use serde::Serialize;

use super::forms::{Forms, Place, TOKEN_VARIABLE};
use crate::{cli::ConnectInfo, config::Resolved, output};

#[derive(Serialize)]
struct Info {
    #[serde(flatten)]
    place: Place,
    running: bool,
    forms: Forms,
}

/// Prints it.
pub(crate) fn run(resolved: &Resolved, info: &ConnectInfo, json: bool) -> anyhow::Result<()> {
    let layout = Layout::new(resolved.data_directory.clone());
    let place = Place::of(&layout, &resolved.settings);
    let running = client::connect(&layout).is_some();
    if info.shell {
        return output::print(&place.exports());
    }
    let forms = place.forms(TOKEN_VARIABLE);
    if json {
        return output::print_json(&Info { place, running, forms });
    }
    let state = if running { "runs" } else { "does not run now" };
    let listing = forms.listing(&place);
    output::print(&format!(
        "The server {state}; its address is {} port {}.\n\n{listing}\nA token is made by: pintail token create\n",
        place.host, place.port
    ))
}
