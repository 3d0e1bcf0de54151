//! CREATE and DROP TOKEN.

use wire::{
    Diagnostic, SqlState,
    link::{PlatformReply, PlatformRequest},
};

use super::{Answer, is_done, unexpected};
use crate::{
    session::{Outcome, Session},
    sql::CreateToken,
};

impl Session {
    pub(super) fn create_token(&mut self, create: &CreateToken) -> Outcome<Answer> {
        let ttl_seconds = create.ttl.as_deref().map(seconds).transpose()?;
        let request = PlatformRequest::CreateToken {
            name: create.name.clone(),
            ttl_seconds,
            is_read_scaling: create.is_read_scaling,
        };
        let reply = self.ask(request)?;
        let PlatformReply::Token { secret } = reply else {
            return Err(unexpected(&reply).into());
        };
        Ok(Answer { tag: "CREATE TOKEN", row: Some(vec![secret.0]), notice: None })
    }

    pub(super) fn drop_token(&mut self, name: &str, if_exists: bool) -> Outcome<Answer> {
        let answer = Answer::tag("DROP TOKEN");
        if is_done(&self.ask(PlatformRequest::DropToken { name: name.to_owned() })?)? {
            return Ok(answer);
        }
        let message = format!("token \"{name}\" does not exist");
        if if_exists {
            return Ok(answer.with_notice(format!("{message}, skipping")));
        }
        let diagnostic = Diagnostic::error(SqlState::UNDEFINED_OBJECT, message);
        Err(diagnostic.with_hint("SHOW TOKENS lists your tokens.").into())
    }
}

/// A time such as `90d`, `12h`, `30m`, `45s`; a bare number is seconds.
fn seconds(text: &str) -> Result<u64, Diagnostic> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "s" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(60 * 60),
        "d" => Some(24 * 60 * 60),
        "w" => Some(7 * 24 * 60 * 60),
        _ => None,
    };
    let seconds =
        number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    seconds.filter(|seconds| *seconds > 0).ok_or_else(|| {
        let message = format!("invalid time to live: \"{text}\"");
        Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message)
            .with_hint("Write a number with a unit, such as '90d', '12h', '30m' or '45s'.")
    })
}
