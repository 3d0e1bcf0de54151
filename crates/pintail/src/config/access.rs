//! The rules of `[[access]]`, checked.

use std::net::IpAddr;

use anyhow::{Context, ensure};
use gateway::settings::{AccessRule, AccessRules, CertificateDemand, Method};
use ipnet::IpNet;

use super::file::{Access, AccessMethod, ClientCertificate, Config};

/// The rules in their order.
pub(super) fn rules(config: &Config) -> anyhow::Result<AccessRules> {
    let has_ca = !config.tls.client_ca.is_empty();
    let rules = config.access.iter().enumerate().map(|(index, access)| {
        rule(access, has_ca).with_context(|| format!("[[access]] rule {}", index + 1))
    });
    Ok(AccessRules(rules.collect::<anyhow::Result<_>>()?))
}

fn rule(access: &Access, has_ca: bool) -> anyhow::Result<AccessRule> {
    let wants_certificate = access.method == AccessMethod::Certificate
        || matches!(access.client_certificate, ClientCertificate::VerifyCa | ClientCertificate::VerifyFull);
    ensure!(has_ca || !wants_certificate, "client certificates need [tls] client_ca");
    ensure!(
        access.account.is_empty() || access.method == AccessMethod::Certificate,
        "account belongs to method = \"certificate\""
    );
    Ok(AccessRule {
        addresses: access.addresses.iter().map(|text| network(text)).collect::<anyhow::Result<_>>()?,
        users: access.users.clone(),
        method: match access.method {
            AccessMethod::Any => Method::Usual,
            AccessMethod::Token => Method::Token,
            AccessMethod::Password => Method::Password,
            AccessMethod::Certificate => Method::Certificate,
            AccessMethod::Reject => Method::Reject,
        },
        certificate: match access.client_certificate {
            ClientCertificate::None => CertificateDemand::None,
            ClientCertificate::VerifyCa => CertificateDemand::Trusted,
            ClientCertificate::VerifyFull => CertificateDemand::Named,
        },
        account: Some(access.account.clone()).filter(|account| !account.is_empty()),
    })
}

/// An address, or a network as address and length.
fn network(text: &str) -> anyhow::Result<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.with_context(|| format!("{text:?} is neither an address nor a network such as 10.0.0.0/8"))
}
