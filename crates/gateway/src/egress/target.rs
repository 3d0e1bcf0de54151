//! Where a request wants to go: a host and a port, read from the request line.
//!
//! Hosts are read as the WHATWG URL standard reads them (crate `url`): `2130706433`, `0x7f.1`, `0177.0.0.1`
//! and full-width digits all are 127.0.0.1, names are lower case and in their ASCII form. So there is one
//! spelling for each address, and the rules compare that.

use std::{fmt, net::IpAddr};

use hyper::{Uri, http::uri::Authority};
use url::Host;

/// The port of plain HTTP.
pub(crate) const HTTP_PORT: u16 = 80;

/// The port of HTTPS.
pub(crate) const HTTPS_PORT: u16 = 443;

/// The host of a target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A name, in lower case and ASCII, without a full stop at its end.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl Place {
    /// Reads a host as a URL has it (IPv6 in brackets).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match Host::parse(text).ok()? {
            Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(&name);
                (!name.is_empty()).then(|| Self::Name(name.to_owned()))
            }
            Host::Ipv4(address) => Some(Self::Address(address.into())),
            Host::Ipv6(address) => Some(Self::Address(address.into())),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => formatter.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(formatter),
            Self::Address(IpAddr::V6(address)) => write!(formatter, "[{address}]"),
        }
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) port: u16,
}

impl Target {
    /// Of `CONNECT host:port`, where the port must stand.
    pub(crate) fn of_connect(uri: &Uri) -> Option<Self> {
        let authority =
            uri.authority().filter(|_| uri.scheme().is_none() && uri.path_and_query().is_none())?;
        Self::of_authority(authority, None)
    }

    /// Of `GET http://host[:port]/path`. HTTPS goes through CONNECT.
    pub(crate) fn of_absolute(uri: &Uri) -> Option<Self> {
        (uri.scheme_str() == Some("http")).then_some(())?;
        Self::of_authority(uri.authority()?, Some(HTTP_PORT))
    }

    fn of_authority(authority: &Authority, default_port: Option<u16>) -> Option<Self> {
        // `user:password@host` names another host than it seems to.
        (!authority.as_str().contains('@')).then_some(())?;
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str().ends_with(':') => return None,
            None => default_port?,
        };
        Some(Self { place: Place::parse(authority.host())?, port })
    }

    /// As the Host header of a plain request has it.
    pub(crate) fn host_header(&self) -> String {
        if self.port == HTTP_PORT { self.place.to_string() } else { self.to_string() }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.place, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absolute(uri: &str) -> Option<String> {
        Target::of_absolute(&uri.parse().ok()?).map(|target| target.to_string())
    }

    #[test]
    fn one_address_has_one_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "0X7F.0.0.1",
            "127.0.0.1.",
        ] {
            assert_eq!(absolute(&format!("http://{host}/x")).as_deref(), Some("127.0.0.1:80"), "{host}");
        }
        assert_eq!(absolute("http://[::FFFF:127.0.0.1]:81/").as_deref(), Some("[::ffff:127.0.0.1]:81"));
        assert_eq!(absolute("http://Data.Example.COM./x").as_deref(), Some("data.example.com:80"));
    }

    #[test]
    fn what_is_no_plain_url_is_nothing() {
        for uri in [
            "/path",
            "https://x/y",
            "ftp://x/y",
            "http://user@x/y",
            "http://user:p@127.0.0.1/",
            "http://x:/",
            "http://256.1.1.1/",
            "http://1.2.3.4.5/",
            "http://0x100000000/",
            "http://[fe80::1%25eth0]/",
            "http://./",
        ] {
            assert_eq!(absolute(uri), None, "{uri}");
        }
    }

    #[test]
    fn connect_needs_a_host_and_a_port_and_nothing_else() {
        let connect = |uri: &str| Target::of_connect(&uri.parse().ok()?).map(|target| target.to_string());
        assert_eq!(connect("x.test:443").as_deref(), Some("x.test:443"));
        assert_eq!(connect("[::1]:443").as_deref(), Some("[::1]:443"));
        for uri in ["x.test", "http://x.test:443/", "a@x.test:443", "x.test:99999"] {
            assert_eq!(connect(uri), None, "{uri}");
        }
    }
}
