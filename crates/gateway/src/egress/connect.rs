//! From a target to a connection: the name is resolved once, each address is judged, and the connection goes
//! to an address that passed.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{net::TcpStream, time::timeout};
use wire::link::Cause;

use super::{
    ledger::Account,
    names::Names,
    rules::{Reach, Refusal},
    target::{Place, Target},
};

/// Addresses of one name that are tried before it counts as unreachable.
const ADDRESSES_MAX: usize = 4;

/// Opens connections by the account's rules.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) names: Names,
    /// For resolving a name, and again for all its addresses together.
    pub(super) timeout: Duration,
}

/// Why there is no connection, or no answer.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refusal),
    Unresolved(io::Error),
    Unreachable(io::Error),
    TimedOut(&'static str),
    Malformed(hyper::Error),
    Exhausted(&'static str),
}

impl Failure {
    /// Its name in the metrics.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.rule(),
            Self::Unresolved(_) => "unresolved",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut(_) => "timed-out",
            Self::Malformed(_) => "malformed",
            Self::Exhausted(_) => "exhausted",
        }
    }
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => {
                Self::Refused { rule: refusal.rule().to_owned(), reason: refusal.to_string() }
            }
            Failure::Unresolved(error) => Self::Unresolved { reason: error.to_string() },
            Failure::Unreachable(error) => Self::Unreachable { reason: error.to_string() },
            Failure::TimedOut(stage) => Self::TimedOut { stage: stage.to_owned() },
            Failure::Malformed(error) => Self::Malformed { reason: error.to_string() },
            Failure::Exhausted(limit) => Self::Exhausted { limit: limit.to_owned() },
        }
    }
}

impl Connector {
    /// Connects to the target, if the rules let it.
    pub(super) async fn connect(&self, account: &Account, target: &Target) -> Result<TcpStream, Failure> {
        let reach = account.access.rules.judge_target(target).map_err(Failure::Refused)?;
        let found = self.resolve(account, target).await?;
        let mut last = Failure::Unresolved(io::Error::other("the name has no address"));
        let mut passed = pass(account, &found, target, reach)?;
        passed.truncate(ADDRESSES_MAX);
        let share = u32::try_from(passed.len()).unwrap_or(u32::MAX).max(1);
        for address in passed {
            match timeout(self.timeout / share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    super::without_delay(&stream);
                    return Ok(stream);
                }
                Ok(Err(error)) => last = Failure::Unreachable(error),
                Err(_) => last = Failure::TimedOut("connecting"),
            }
        }
        Err(last)
    }

    async fn resolve(&self, account: &Account, target: &Target) -> Result<Vec<SocketAddr>, Failure> {
        match &target.place {
            Place::Address(address) => Ok(vec![SocketAddr::new(*address, target.port)]),
            Place::Name(name) => self.names.resolve(account, name, target.port, self.timeout).await,
        }
    }
}

/// The addresses that may be connected to; the first refusal when there are some and none may.
fn pass(
    account: &Account,
    found: &[SocketAddr],
    target: &Target,
    reach: Reach,
) -> Result<Vec<SocketAddr>, Failure> {
    let mut refused = None;
    let mut passed = Vec::new();
    for address in found {
        match account.access.rules.judge_address(address.ip(), target.port, reach) {
            Ok(()) => passed.push(*address),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match (refused, &target.place) {
        (Some(refusal), Place::Name(name)) if passed.is_empty() => {
            tracing::debug!(account = account.name, name, %refusal, "egress request refused");
            Err(Failure::Refused(refusal.without_address()))
        }
        (Some(refusal), Place::Address(_)) if passed.is_empty() => Err(Failure::Refused(refusal)),
        (Some(_) | None, _) => Ok(passed),
    }
}
