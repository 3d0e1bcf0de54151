//! CREATE and DROP SECRET of what the server keeps.

use wire::{Diagnostic, SqlState, link::PlatformRequest};

use super::{Answer, is_done};
use crate::{
    session::{Outcome, Session},
    sql::CreateSecret,
};

impl Session {
    pub(super) fn create_secret(&mut self, create: &CreateSecret) -> Outcome<Answer> {
        let (secret, name) = (create.secret.clone(), create.secret.name.clone());
        let (or_replace, if_not_exists) = (create.or_replace, create.if_not_exists);
        // All that can be wrong comes before it takes the place of what is kept.
        self.ask_surely(PlatformRequest::CheckSecret { secret: secret.clone() })?;
        if !self.limits.secrets.takes(&secret) {
            let message = "the engine does not take a value of the secret";
            let error = Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message);
            let hint = "url_style is path or vhost, use_ssl and requester_pays are true or false.";
            return Err(error.with_hint(hint).into());
        }
        self.ask_surely(PlatformRequest::CreateSecret { secret, or_replace, if_not_exists })?;
        // The secrets that there are now have come before the answer.
        if self.limits.secrets.settles(&name) {
            return Ok(Answer::tag("CREATE SECRET"));
        }
        let message = format!("secret \"{name}\" is kept, but cannot be used yet");
        let error = Diagnostic::error(SqlState::INTERNAL_ERROR, message);
        Err(error.with_hint("It is tried again with the next change, and in the next process.").into())
    }

    pub(super) fn drop_secret(&mut self, name: &str, if_exists: bool) -> Outcome<Answer> {
        let answer = Answer::tag("DROP SECRET");
        if is_done(&self.ask_surely(PlatformRequest::DropSecret { name: name.to_owned() })?)? {
            self.limits.secrets.settle();
            return Ok(answer);
        }
        let message = format!("secret \"{name}\" does not exist");
        if if_exists {
            return Ok(answer.with_notice(format!("{message}, skipping")));
        }
        let error = Diagnostic::error(SqlState::UNDEFINED_OBJECT, message);
        Err(error.with_hint("Secrets of the server's configuration are its operator's to drop.").into())
    }
}
