//! What a tenant's statement may do.
//!
//! Two judges, one table of [`Rule`]s. [`judge_text`] looks at leading tokens, only for what DuckDB
//! cannot parse or acts on while it parses. [`judge_plan`] looks at what DuckDB bound, with views, macros
//! and `query()` expanded, and decides everything else. It is an allowlist: what is not named is refused.

mod functions;
mod names;
mod plan;
pub(crate) mod rules;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use functions::harmless;
pub(crate) use names::{Names, Seen};
pub(crate) use plan::{Context, Facts, OwnFile, Remote, Target, judge_plan};
pub(crate) use rules::{Profile, Rule};
pub(crate) use text::judge_text;

use wire::Diagnostic;

/// A judge's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing speaks against it.
    Allow,
    /// This rule does.
    Refuse(&'static Rule),
}

impl From<&Rule> for Diagnostic {
    fn from(rule: &Rule) -> Self {
        Self::error(rule.code, rule.message).with_hint(rule.hint)
    }
}
