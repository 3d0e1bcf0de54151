//! CREATE, DROP and UPDATE SHARE; GRANT and REVOKE on one.

use wire::{
    Diagnostic, SqlState,
    link::{PlatformReply, PlatformRequest, platform::ShareInfo},
};

use super::{Answer, is_done, unexpected};
use crate::{
    session::{Outcome, Session},
    sql::{CreateShare, Grant},
};

impl Session {
    pub(super) fn create_share(&mut self, create: &CreateShare) -> Outcome<Answer> {
        let current = self.settings.database().to_owned();
        let database = self.own_database(create.database.as_ref().unwrap_or(&current))?;
        let name = create.name.clone().unwrap_or_else(|| database.clone());
        let request = PlatformRequest::CreateShare {
            name: name.clone(),
            database: database.clone(),
            or_replace: create.or_replace,
            if_not_exists: create.if_not_exists,
            options: create.options,
        };
        let reply = self.ask_holding(&database, None, request)?;
        let PlatformReply::Share { url, is_new } = reply else {
            return Err(unexpected(&reply).into());
        };
        self.member.workspace().learn_shares();
        let answer = Answer { tag: "CREATE SHARE", row: Some(vec![url]), notice: None };
        if is_new {
            Ok(answer)
        } else {
            Ok(answer.with_notice(format!("share \"{name}\" already exists, skipping")))
        }
    }

    pub(super) fn drop_share(&mut self, name: &str, if_exists: bool) -> Outcome<Answer> {
        let answer = Answer::tag("DROP SHARE");
        if is_done(&self.ask(PlatformRequest::DropShare { name: name.to_owned() })?)? {
            self.member.workspace().learn_shares();
            return Ok(answer);
        }
        if if_exists {
            return Ok(answer.with_notice(format!("share \"{name}\" does not exist, skipping")));
        }
        Err(no_share(name).into())
    }

    pub(super) fn update_share(&mut self, name: &str) -> Outcome<Answer> {
        let share = self.owned_share(name)?;
        self.own_database(&share.database)?;
        self.ask_holding(&share.database, None, PlatformRequest::UpdateShare { name: share.name })?;
        self.member.workspace().learn_shares();
        Ok(Answer::tag("UPDATE SHARE"))
    }

    pub(super) fn grant_on_share(&mut self, grant: &Grant) -> Outcome<Answer> {
        let tag = if grant.is_granted { "GRANT" } else { "REVOKE" };
        let share = self.owned_share(&grant.share)?.name;
        let request =
            PlatformRequest::Grant { share, accounts: grant.accounts.clone(), is_granted: grant.is_granted };
        if is_done(&self.ask(request)?)? { Ok(Answer::tag(tag)) } else { Err(no_share(&grant.share).into()) }
    }

    /// One of the account's own shares.
    fn owned_share(&self, name: &str) -> Outcome<ShareInfo> {
        let reply = self.ask(PlatformRequest::Overview)?;
        let PlatformReply::Overview(overview) = reply else {
            return Err(unexpected(&reply).into());
        };
        let mut shares = overview.owned_shares.into_iter();
        let found = shares.find(|share| share.name.eq_ignore_ascii_case(name) || share.url == name);
        found.ok_or_else(|| no_share(name).into())
    }
}

/// 42704.
fn no_share(name: &str) -> Diagnostic {
    let message = format!("share \"{name}\" does not exist");
    Diagnostic::error(SqlState::UNDEFINED_OBJECT, message).with_hint("LIST SHARES lists your shares.")
}
