//! Who may come in from where, and by what: the rules of `[[access]]`, read from top to bottom, the first that fits
//! decides (as the lines of PostgreSQL's `pg_hba.conf`).
//!
//! Without any rules there are two: a user `@NAME` shows the password of account NAME, anybody else a token. Carrying
//! it out is the front's.

use std::net::IpAddr;

use ipnet::IpNet;

/// What the user name of a login by account and password begins with.
const ACCOUNT_SIGN: char = '@';

/// All rules, in order.
#[derive(Clone, Debug, Default)]
pub struct AccessRules(pub Vec<AccessRule>);

/// One rule.
#[derive(Clone, Debug)]
pub struct AccessRule {
    /// Addresses that it is about; none: all.
    pub addresses: Vec<IpNet>,
    /// User names that it is about, as clients send them; none: all.
    pub users: Vec<String>,
    /// What is to be shown.
    pub method: Method,
    /// Whether a client certificate is to be shown, too.
    pub certificate: CertificateDemand,
    /// For [`Method::Certificate`]: the account; without it the certificate's name is the account's.
    pub account: Option<String>,
}

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A password for a user `@NAME`, a token for any other.
    Usual,
    /// A token, whatever the user name.
    Token,
    /// The password of the account that the user name has, with or without an `@`, by SCRAM.
    Password,
    /// A client certificate, and nothing else.
    Certificate,
    /// Nobody comes in.
    Reject,
}

/// What is asked of client certificates beside a token or a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateDemand {
    /// Nothing.
    None,
    /// One that a trusted CA has issued.
    Trusted,
    /// Such a one, with the user's name (without its `@`) in it.
    Named,
}

/// What a client has to show, by the rule that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// A token.
    Token,
    /// The password of this account.
    Password(String),
    /// Nothing more: its certificate is enough for this account.
    Account(String),
}

/// Why a client may not come in, whatever it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No rule fits.
    NoRule,
    /// A rule says so.
    Rejected,
    /// The rule wants a client certificate, and there was none.
    NoCertificate,
    /// The certificate has another name.
    OtherName,
}

impl AccessRules {
    /// What this client has to show. `names` are those of its certificate, if it has shown one that is trusted.
    ///
    /// # Errors
    /// When it may not come in.
    pub fn demand(&self, address: IpAddr, user: &str, names: Option<&[String]>) -> Result<Demand, Denied> {
        if self.0.is_empty() {
            return Ok(usual(user));
        }
        let address = address.to_canonical();
        let rule = self.0.iter().find(|rule| rule.fits(address, user)).ok_or(Denied::NoRule)?;
        let plain = user.strip_prefix(ACCOUNT_SIGN).unwrap_or(user);
        let has_name =
            |name: &str| names.is_some_and(|names| names.iter().any(|own| own.eq_ignore_ascii_case(name)));
        match rule.certificate {
            CertificateDemand::Trusted | CertificateDemand::Named if names.is_none() => {
                return Err(Denied::NoCertificate);
            }
            CertificateDemand::Named if !has_name(plain) => return Err(Denied::OtherName),
            CertificateDemand::None | CertificateDemand::Trusted | CertificateDemand::Named => {}
        }
        match rule.method {
            Method::Usual => Ok(usual(user)),
            Method::Token => Ok(Demand::Token),
            Method::Password => Ok(Demand::Password(plain.to_owned())),
            Method::Reject => Err(Denied::Rejected),
            Method::Certificate => match (&rule.account, names) {
                (_, None) => Err(Denied::NoCertificate),
                (Some(account), Some(_)) => Ok(Demand::Account(account.clone())),
                (None, Some(_)) if has_name(plain) => Ok(Demand::Account(plain.to_owned())),
                (None, Some(_)) => Err(Denied::OtherName),
            },
        }
    }
}

impl AccessRule {
    fn fits(&self, address: IpAddr, user: &str) -> bool {
        let has_address = || self.addresses.iter().any(|network| network.contains(&address));
        let has_user = || self.users.iter().any(|name| name.eq_ignore_ascii_case(user));
        (self.addresses.is_empty() || has_address()) && (self.users.is_empty() || has_user())
    }
}

fn usual(user: &str) -> Demand {
    match user.strip_prefix(ACCOUNT_SIGN) {
        Some(account) => Demand::Password(account.to_owned()),
        None => Demand::Token,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(addresses: &[&str], users: &[&str], method: Method) -> AccessRule {
        AccessRule {
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            method,
            certificate: CertificateDemand::None,
            account: None,
        }
    }

    fn demand(
        rules: &AccessRules,
        address: &str,
        user: &str,
        names: Option<&[&str]>,
    ) -> Result<Demand, Denied> {
        let names: Option<Vec<String>> =
            names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        rules.demand(address.parse().unwrap(), user, names.as_deref())
    }

    #[test]
    fn without_rules_the_sign_in_front_decides() {
        let rules = AccessRules::default();
        assert_eq!(demand(&rules, "10.0.0.1", "postgres", None), Ok(Demand::Token));
        assert_eq!(demand(&rules, "10.0.0.1", "@ann", None), Ok(Demand::Password("ann".to_owned())));
        assert_eq!(demand(&rules, "10.0.0.1", "@", None), Ok(Demand::Password(String::new())));
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_none_is_a_refusal() {
        let rules = AccessRules(vec![
            rule(&["10.0.0.0/8"], &["@ann"], Method::Reject),
            rule(&["10.0.0.0/8", "::1/128"], &[], Method::Usual),
            rule(&[], &["ann"], Method::Password),
            rule(&["192.168.0.0/16"], &[], Method::Token),
        ]);
        assert_eq!(demand(&rules, "10.1.1.1", "@ann", None), Err(Denied::Rejected));
        assert_eq!(demand(&rules, "::ffff:10.1.1.1", "@Ann", None), Err(Denied::Rejected));
        assert_eq!(demand(&rules, "10.1.1.1", "@bob", None), Ok(Demand::Password("bob".to_owned())));
        assert_eq!(demand(&rules, "::1", "bob", None), Ok(Demand::Token));
        assert_eq!(demand(&rules, "8.8.8.8", "ann", None), Ok(Demand::Password("ann".to_owned())));
        assert_eq!(demand(&rules, "192.168.3.4", "@bob", None), Ok(Demand::Token));
        assert_eq!(demand(&rules, "8.8.8.8", "bob", None), Err(Denied::NoRule));
    }

    #[test]
    fn certificates_stand_beside_or_alone() {
        let with =
            |certificate| AccessRules(vec![AccessRule { certificate, ..rule(&[], &[], Method::Usual) }]);
        let trusted = with(CertificateDemand::Trusted);
        assert_eq!(demand(&trusted, "::1", "x", None), Err(Denied::NoCertificate));
        assert_eq!(demand(&trusted, "::1", "x", Some(&["y"])), Ok(Demand::Token));
        let named = with(CertificateDemand::Named);
        assert_eq!(demand(&named, "::1", "@x", Some(&["y"])), Err(Denied::OtherName));
        assert_eq!(demand(&named, "::1", "@x", Some(&["y", "X"])), Ok(Demand::Password("x".to_owned())));
        let alone = AccessRules(vec![rule(&[], &[], Method::Certificate)]);
        assert_eq!(demand(&alone, "::1", "ann", None), Err(Denied::NoCertificate));
        assert_eq!(demand(&alone, "::1", "ann", Some(&["bob"])), Err(Denied::OtherName));
        assert_eq!(demand(&alone, "::1", "@ann", Some(&["ann"])), Ok(Demand::Account("ann".to_owned())));
        let account = Some("ann".to_owned());
        let fixed = AccessRules(vec![AccessRule { account, ..rule(&[], &[], Method::Certificate) }]);
        assert_eq!(demand(&fixed, "::1", "postgres", Some(&["bob"])), Ok(Demand::Account("ann".to_owned())));
    }
}
