//! ATTACH and DETACH, as far as the workspace remembers.

use wire::{Diagnostic, link::PlatformReply};

use super::{Done, Work};
use crate::store::{Address, Name, StoreError};

/// How addresses begin.
const PREFIX: &str = "md:";

/// How those of shares go on.
const SHARE: &str = "_share/";

impl Work {
    pub(super) fn attach(&self, url: &str, alias: Option<&str>, persist: bool) -> Result<Done, Diagnostic> {
        let (store, account) = (self.store(), self.account.id);
        let alias = alias.map(Name::database).transpose()?;
        let name = url.strip_prefix(PREFIX).unwrap_or(url);
        let (database, is_new) = match Address::parse(url) {
            Some(address) => {
                let attached = store.attach_share(account, &address, alias.as_ref(), persist);
                attached.map_err(refusal)?
            }
            None if name.starts_with(SHARE) => {
                return Err(StoreError::Missing { what: "share", name: url.to_owned() }.into());
            }
            None => store.attach_database(account, name, alias.as_ref(), persist)?,
        };
        self.mounted(&database, is_new)
    }

    pub(super) fn detach(&self, name: &str) -> Result<Done, Diagnostic> {
        self.store().detach(self.account.id, name)?;
        Ok(PlatformReply::Done.into())
    }
}

fn refusal(error: StoreError) -> Diagnostic {
    let is_taken = matches!(error, StoreError::Exists { .. });
    let diagnostic = Diagnostic::from(error);
    if is_taken {
        diagnostic.with_hint("Attach it under another name: ATTACH '…' AS name.")
    } else {
        diagnostic
    }
}
