//! What is counted about the way out, by account and host.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError, atomic::AtomicI64},
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

/// Hosts of one account that have labels of their own; the rest are counted together, so that an account
/// cannot fill the memory with names.
const HOSTS_PER_ACCOUNT: usize = 200;

/// The label of all other hosts.
const OTHER_HOSTS: &str = "(other)";

/// Counters of the egress proxy.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Family<Request, Counter>,
    bytes: Family<Movement, Counter>,
    connections: Family<Of, Gauge<i64, AtomicI64>>,
    hosts: Mutex<HashMap<String, HashSet<String>>>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    account: String,
    host: String,
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Movement {
    account: String,
    host: String,
    direction: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    account: String,
}

/// The counters of the bytes that go to and come from one host.
#[derive(Clone, Debug)]
pub(super) struct Bytes {
    pub(super) sent: Counter,
    pub(super) received: Counter,
}

impl Metrics {
    /// Adds them to a registry.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("egress");
        let help = "Requests of the accounts to remote hosts, by what became of them";
        registry.register("requests", help, self.requests.clone());
        let help = "Bytes moved between the accounts and remote hosts";
        registry.register_with_unit("moved", help, Unit::Bytes, self.bytes.clone());
        registry.register("connections", "Connections to the egress proxy", self.connections.clone());
    }

    /// Counts a request: `outcome` is `connected`, or the name of the rule or trouble.
    pub(super) fn request(&self, account: &str, host: &str, outcome: &str) {
        let host = self.label(account, host);
        let request = Request { account: account.to_owned(), host, outcome: outcome.to_owned() };
        self.requests.get_or_create(&request).inc();
    }

    /// The byte counters of a host.
    pub(super) fn bytes(&self, account: &str, host: &str) -> Bytes {
        let host = self.label(account, host);
        let counter = |direction: &str| {
            let labels =
                Movement { account: account.to_owned(), host: host.clone(), direction: direction.to_owned() };
            self.bytes.get_or_create(&labels).clone()
        };
        Bytes { sent: counter("sent"), received: counter("received") }
    }

    /// How many connections the account has to the proxy.
    pub(super) fn connections(&self, account: &str) -> Gauge<i64, AtomicI64> {
        self.connections.get_or_create(&Of { account: account.to_owned() }).clone()
    }

    fn label(&self, account: &str, host: &str) -> String {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = hosts.entry(account.to_owned()).or_default();
        if known.len() < HOSTS_PER_ACCOUNT {
            known.insert(host.to_owned());
        }
        if known.contains(host) { host.to_owned() } else { OTHER_HOSTS.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_labelled_up_to_a_bound() {
        let metrics = Metrics::default();
        for number in 0..HOSTS_PER_ACCOUNT + 5 {
            metrics.request("a", &format!("h{number}"), "connected");
        }
        metrics.bytes("b", "x").received.inc_by(7);
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let of_a =
            text.lines().filter(|line| line.starts_with("egress_requests_total{account=\"a\"")).count();
        assert_eq!(of_a, HOSTS_PER_ACCOUNT + 1);
        let other = "egress_requests_total{account=\"a\",host=\"(other)\",outcome=\"connected\"} 5";
        assert!(text.contains(other), "{text}");
        let received = "egress_moved_bytes_total{account=\"b\",host=\"x\",direction=\"received\"} 7";
        assert!(text.contains(received), "{text}");
    }
}
