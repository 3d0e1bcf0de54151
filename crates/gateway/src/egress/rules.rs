//! The rules of the way out: what a request may reach.
//!
//! Without any rule of the operator's: public addresses, ports 443 and 80. `deny` comes before `allow`, and
//! `allow` before that. Names are judged before they are resolved, addresses after it; both must pass.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;

use super::{
    address::{self, Kind},
    target::{HTTP_PORT, HTTPS_PORT, Place, Target},
};

/// An entry of `allow` or `deny`: `host`, `*.domain`, an address or a network, each with or without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pattern: Pattern,
    /// None: the usual two in `allow`, every one in `deny`.
    port: Option<u16>,
    /// As it was written.
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Name(String),
    /// Every name below this one.
    Below(String),
    Network(IpNet),
}

/// An entry that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of: host, host:port, *.domain, *.domain:port, address, address:port, network/bits")]
pub struct EntryError(String);

impl FromStr for Entry {
    type Err = EntryError;

    fn from_str(text: &str) -> Result<Self, EntryError> {
        let error = || EntryError(text.to_owned());
        let whole = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        let (pattern, port) = match whole {
            Some(network) => (Pattern::Network(network), None),
            None => split(text).ok_or_else(error)?,
        };
        Ok(Self { pattern, port, text: text.to_owned() })
    }
}

/// The pattern and the port of an entry that is not just an address or a network.
fn split(text: &str) -> Option<(Pattern, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port.parse::<u16>().ok()?)),
        Some(_) | None => (text, None),
    };
    let network = host.trim_start_matches('[').trim_end_matches(']').parse::<IpNet>().ok();
    let pattern = match (network, host.strip_prefix("*.")) {
        (Some(network), _) => Pattern::Network(network),
        (None, Some(domain)) => match Place::parse(domain)? {
            Place::Name(name) => Pattern::Below(name),
            Place::Address(_) => return None,
        },
        (None, None) => match Place::parse(host)? {
            Place::Name(name) if !name.contains('*') => Pattern::Name(name),
            Place::Name(_) => return None,
            Place::Address(address) => Pattern::Network(address.into()),
        },
    };
    Some((pattern, port))
}

impl Entry {
    fn names(&self, place: &Place) -> bool {
        match (&self.pattern, place) {
            (Pattern::Name(name), Place::Name(asked)) => name == asked,
            (Pattern::Below(domain), Place::Name(asked)) => {
                asked.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (Pattern::Network(_), Place::Name(_))
            | (Pattern::Name(_) | Pattern::Below(_), Place::Address(_)) => false,
            (Pattern::Network(network), Place::Address(address)) => network.contains(address),
        }
    }

    fn holds(&self, address: IpAddr) -> bool {
        matches!(&self.pattern, Pattern::Network(network) if network.contains(&address))
    }

    fn is_denied_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }

    fn is_allowed_port(&self, port: u16) -> bool {
        self.port.map_or(is_usual(port), |own| own == port)
    }
}

fn is_usual(port: u16) -> bool {
    matches!(port, HTTP_PORT | HTTPS_PORT)
}

/// Why a request does not go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// An entry of `deny`.
    Denied(String),
    /// A port that is neither 443 nor 80.
    Port,
    /// An address that is not public.
    Address(Kind, IpAddr),
    /// A name that leads to one, which is not told: a tenant could ask for an operator's inner names.
    Name(Kind),
}

impl Refusal {
    /// The rule's name, as errors and metrics show it.
    pub(crate) fn rule(&self) -> &'static str {
        match self {
            Self::Denied(_) => "deny",
            Self::Port => "port",
            Self::Address(kind, _) | Self::Name(kind) => kind.name(),
        }
    }

    /// Without the address, which a name has led to.
    pub(crate) fn without_address(self) -> Self {
        match self {
            Self::Address(kind, _) => Self::Name(kind),
            Self::Denied(_) | Self::Port | Self::Name(_) => self,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(entry) => write!(formatter, "The server's list of denied hosts has {entry:?}."),
            Self::Port => formatter.write_str("Only the ports 443 and 80 may be reached."),
            Self::Address(kind, address) => {
                write!(formatter, "The address {address} is not a public one: {}.", kind.name())
            }
            Self::Name(kind) => {
                write!(formatter, "The name does not lead to a public address: {}.", kind.name())
            }
        }
    }
}

/// How far a name may lead, once it is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To public addresses, at the usual ports.
    Public,
    /// Also to addresses of an inner network (an operator's wildcard).
    Inner,
    /// Anywhere (an operator's own words for this very host).
    Anywhere,
}

/// What may be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Beyond the public internet.
    pub allow: Vec<Entry>,
    /// Never, not even when `allow` has it.
    pub deny: Vec<Entry>,
}

impl Rules {
    /// Judges a target before its name is resolved; tells how far the name may lead.
    pub(crate) fn judge_target(&self, target: &Target) -> Result<Reach, Refusal> {
        let (place, port) = (&target.place, target.port);
        if let Some(entry) = self.deny.iter().find(|entry| entry.is_denied_port(port) && entry.names(place)) {
            return Err(Refusal::Denied(entry.text.clone()));
        }
        let allowed = self.allow.iter().filter(|entry| entry.is_allowed_port(port));
        let reaches = allowed.clone().filter(|entry| entry.names(place)).map(|entry| match entry.pattern {
            Pattern::Name(_) | Pattern::Network(_) => Reach::Anywhere,
            Pattern::Below(_) => Reach::Inner,
        });
        let best = reaches.max_by_key(|reach| *reach == Reach::Anywhere);
        // An entry for a network is compared with the addresses; with none for this port they need not be known.
        let may_be_in_network = || allowed.clone().any(|entry| matches!(entry.pattern, Pattern::Network(_)));
        match best {
            Some(reach) => Ok(reach),
            None if is_usual(port) || may_be_in_network() => Ok(Reach::Public),
            None => Err(Refusal::Port),
        }
    }

    /// Judges an address that the target's name was resolved to.
    pub(crate) fn judge_address(&self, address: IpAddr, port: u16, reach: Reach) -> Result<(), Refusal> {
        if let Some(entry) = self.deny.iter().find(|entry| entry.is_denied_port(port) && entry.holds(address))
        {
            return Err(Refusal::Denied(entry.text.clone()));
        }
        let by_network = |entry: &Entry| entry.is_allowed_port(port) && entry.holds(address);
        if reach == Reach::Anywhere || self.allow.iter().any(by_network) {
            return Ok(());
        }
        match address::special(address) {
            Some(kind) if reach == Reach::Public || !kind.is_inner_network() => {
                Err(Refusal::Address(kind, address))
            }
            None if reach == Reach::Public && !is_usual(port) => Err(Refusal::Port),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str], deny: &[&str]) -> Rules {
        let read = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Rules { allow: read(allow), deny: read(deny) }
    }

    /// The verdict on a target that is, or whose name is resolved to, this address.
    fn verdict(rules: &Rules, target: &str, address: &str) -> Result<(), &'static str> {
        let target = Target::of_connect(&target.parse().unwrap()).unwrap();
        let reach = rules.judge_target(&target).map_err(|refusal| refusal.rule())?;
        rules.judge_address(address.parse().unwrap(), target.port, reach).map_err(|refusal| refusal.rule())
    }

    #[test]
    fn without_entries_only_the_public_internet() {
        let rules = Rules::default();
        assert_eq!(verdict(&rules, "x.test:443", "1.1.1.1"), Ok(()));
        assert_eq!(verdict(&rules, "x.test:80", "1.1.1.1"), Ok(()));
        assert_eq!(verdict(&rules, "x.test:22", "1.1.1.1"), Err("port"));
        assert_eq!(verdict(&rules, "x.test:443", "127.0.0.1"), Err("loopback"));
        assert_eq!(verdict(&rules, "169.254.169.254:80", "169.254.169.254"), Err("link-local"));
        assert_eq!(verdict(&rules, "[::1]:443", "::1"), Err("loopback"));
    }

    #[test]
    fn allow_opens_what_it_names_and_no_more() {
        let rules = rules(
            &["127.0.0.1:9000", "minio.lan:9000", "*.corp.example", "10.1.0.0/16:9000", "[::1]:9001"],
            &[],
        );
        assert_eq!(verdict(&rules, "127.0.0.1:9000", "127.0.0.1"), Ok(()));
        assert_eq!(
            verdict(&rules, "localhost:9000", "127.0.0.1"),
            Ok(()),
            "an address is allowed by any name"
        );
        assert_eq!(verdict(&rules, "127.0.0.1:9001", "127.0.0.1"), Err("loopback"));
        assert_eq!(verdict(&rules, "[::1]:9001", "::1"), Ok(()));
        assert_eq!(verdict(&rules, "minio.lan:9000", "192.168.3.4"), Ok(()));
        assert_eq!(verdict(&rules, "minio.lan:9000", "127.0.0.1"), Ok(()));
        assert_eq!(verdict(&rules, "minio.lan:80", "192.168.3.4"), Err("private"));
        assert_eq!(verdict(&rules, "other.lan:9000", "192.168.3.4"), Err("private"));
        assert_eq!(verdict(&rules, "other.lan:9000", "10.1.2.3"), Ok(()));
        assert_eq!(verdict(&rules, "other.lan:9000", "1.1.1.1"), Err("port"));
        assert_eq!(verdict(&rules, "other.lan:9002", "10.1.2.3"), Err("port"));
    }

    #[test]
    fn a_wildcard_opens_inner_networks_and_never_the_host_itself() {
        let rules = rules(&["*.corp.example"], &[]);
        assert_eq!(verdict(&rules, "s3.corp.example:443", "10.1.2.3"), Ok(()));
        assert_eq!(verdict(&rules, "a.b.corp.example:80", "fd12::1"), Ok(()));
        assert_eq!(verdict(&rules, "s3.corp.example:443", "127.0.0.1"), Err("loopback"));
        assert_eq!(verdict(&rules, "s3.corp.example:443", "169.254.169.254"), Err("link-local"));
        assert_eq!(verdict(&rules, "s3.corp.example:8443", "10.1.2.3"), Err("port"));
        assert_eq!(verdict(&rules, "corp.example:443", "10.1.2.3"), Err("private"));
        assert_eq!(verdict(&rules, "evilcorp.example:443", "10.1.2.3"), Err("private"));
    }

    #[test]
    fn deny_comes_first() {
        let rules = rules(
            &["*.corp.example", "db.corp.example:9000"],
            &["db.corp.example", "8.8.0.0/16", "*.bad.test", "10.9.9.9"],
        );
        assert_eq!(verdict(&rules, "db.corp.example:9000", "10.1.1.1"), Err("deny"));
        assert_eq!(verdict(&rules, "x.corp.example:443", "10.9.9.9"), Err("deny"));
        assert_eq!(verdict(&rules, "dns.test:443", "8.8.8.8"), Err("deny"));
        assert_eq!(verdict(&rules, "8.8.4.4:443", "8.8.4.4"), Err("deny"));
        assert_eq!(verdict(&rules, "a.bad.test:443", "1.1.1.1"), Err("deny"));
        assert_eq!(verdict(&rules, "bad.test:443", "1.1.1.1"), Ok(()));
    }

    #[test]
    fn what_is_no_entry_is_named() {
        for text in
            ["", "*", "a*.b", "*.1.2.3.4", "host:port", "host:70000", "http://x", "1.2.3.4/33", "a b", "x/24"]
        {
            assert!(text.parse::<Entry>().is_err(), "{text}");
        }
        for text in
            ["::1", "fd00::/8", "[fd00::1]:9000", "[fd00::/8]:9000", "X.Example:1", "10.0.0.0/8", "0x7f.1:80"]
        {
            assert!(text.parse::<Entry>().is_ok(), "{text}");
        }
    }
}
