//! Which addresses are not the public internet, and what they are instead.
//!
//! The tables are IANA's registries of special-purpose addresses (RFC 6890 and its updates), plus the one
//! public address that a cloud uses for its machines' own metadata. No name is resolved here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What an address is that is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// `0.0.0.0/8`, `::`: this host.
    Unspecified,
    /// RFC 1918, and IPv6's former site-local addresses.
    Private,
    /// `100.64.0.0/10`: carrier-grade NAT.
    Shared,
    /// `169.254.0.0/16`, `fe80::/10`; clouds keep their machines' metadata there.
    LinkLocal,
    /// `fc00::/7`.
    UniqueLocal,
    /// `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// Addresses for examples.
    Documentation,
    /// `198.18.0.0/15`.
    Benchmarking,
    /// An IPv4 address inside an IPv6 one: mapped, compatible, translated, 6to4, Teredo, ISATAP.
    EmbeddedIpv4,
    /// A cloud's service for its own machines at a public address.
    Metadata,
    /// Not given to anybody.
    Reserved,
}

impl Kind {
    /// Its name, as rules and refusals show it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Unspecified => "unspecified",
            Self::Private => "private",
            Self::Shared => "shared",
            Self::LinkLocal => "link-local",
            Self::UniqueLocal => "unique-local",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::EmbeddedIpv4 => "embedded-ipv4",
            Self::Metadata => "metadata",
            Self::Reserved => "reserved",
        }
    }

    /// Whether it is an organisation's own network, which a wildcard of the operator's may open. Loopback,
    /// link-local and the rest need to be named one by one: whoever can write into the organisation's DNS
    /// must not be able to point there.
    pub(crate) fn is_inner_network(self) -> bool {
        match self {
            Self::Private | Self::Shared | Self::UniqueLocal => true,
            Self::Loopback
            | Self::Unspecified
            | Self::LinkLocal
            | Self::Multicast
            | Self::Broadcast
            | Self::Documentation
            | Self::Benchmarking
            | Self::EmbeddedIpv4
            | Self::Metadata
            | Self::Reserved => false,
        }
    }
}

/// What the address is, when it is not a public one.
pub(crate) fn special(address: IpAddr) -> Option<Kind> {
    let listed = SPECIAL.iter().find(|(network, _)| network.contains(&address)).map(|(_, kind)| *kind);
    match address {
        IpAddr::V4(_) => listed,
        IpAddr::V6(address) => listed.or_else(|| unlisted_v6(address)),
    }
}

/// Global unicast is `2000::/3` alone; inside it, ISATAP's interface ids hold an IPv4 address (RFC 5214).
fn unlisted_v6(address: Ipv6Addr) -> Option<Kind> {
    let segments = address.segments();
    let [first, .., flag, isatap, _, _] = segments;
    if matches!((flag, isatap), (0 | 0x0200, 0x5efe)) {
        return Some(Kind::EmbeddedIpv4);
    }
    (first & 0xe000 != 0x2000).then_some(Kind::Reserved)
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix))
}

/// An IPv6 network by its address as a number.
const fn v6(bits: u128, prefix: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::from_bits(bits), prefix))
}

/// The first that holds an address decides: longer prefixes stand before the shorter ones around them.
static SPECIAL: [(IpNet, Kind); 38] = [
    (v4(0, 0, 0, 0, 8), Kind::Unspecified),
    (v4(10, 0, 0, 0, 8), Kind::Private),
    (v4(100, 64, 0, 0, 10), Kind::Shared),
    (v4(127, 0, 0, 0, 8), Kind::Loopback),
    (v4(168, 63, 129, 16, 32), Kind::Metadata),
    (v4(169, 254, 0, 0, 16), Kind::LinkLocal),
    (v4(172, 16, 0, 0, 12), Kind::Private),
    (v4(192, 0, 0, 0, 24), Kind::Reserved),
    (v4(192, 0, 2, 0, 24), Kind::Documentation),
    (v4(192, 88, 99, 0, 24), Kind::EmbeddedIpv4),
    (v4(192, 168, 0, 0, 16), Kind::Private),
    (v4(198, 18, 0, 0, 15), Kind::Benchmarking),
    (v4(198, 51, 100, 0, 24), Kind::Documentation),
    (v4(203, 0, 113, 0, 24), Kind::Documentation),
    (v4(224, 0, 0, 0, 4), Kind::Multicast),
    (v4(255, 255, 255, 255, 32), Kind::Broadcast),
    (v4(240, 0, 0, 0, 4), Kind::Reserved),
    (IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128)), Kind::Unspecified),
    (IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)), Kind::Loopback),
    (v6(0, 96), Kind::EmbeddedIpv4),
    (v6(0xffff << 32, 96), Kind::EmbeddedIpv4),
    (v6(0xffff << 48, 96), Kind::EmbeddedIpv4),
    (v6(0x64_ff9b << 96, 96), Kind::EmbeddedIpv4),
    (v6(0x64_ff9b_0001 << 80, 48), Kind::EmbeddedIpv4),
    (v6(0x100 << 112, 64), Kind::Reserved),
    (v6(0x100_0000_0000_0001 << 64, 64), Kind::Reserved),
    (v6(0x2001 << 112, 32), Kind::EmbeddedIpv4),
    (v6(0x2001_0002 << 96, 48), Kind::Benchmarking),
    (v6(0x2001 << 112, 23), Kind::Reserved),
    (v6(0x2001_0db8 << 96, 32), Kind::Documentation),
    (v6(0x2002 << 112, 16), Kind::EmbeddedIpv4),
    (v6(0x3fff << 112, 20), Kind::Documentation),
    (v6(0x5f00 << 112, 16), Kind::Reserved),
    (v6(0xfd00_0ec2 << 96, 32), Kind::Metadata),
    (v6(0xfc00 << 112, 7), Kind::UniqueLocal),
    (v6(0xfe80 << 112, 10), Kind::LinkLocal),
    (v6(0xfec0 << 112, 10), Kind::Private),
    (v6(0xff00 << 112, 8), Kind::Multicast),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: &str) -> Option<&'static str> {
        special(address.parse().unwrap()).map(Kind::name)
    }

    #[test]
    fn public_addresses_are_nothing_special() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001:82b::200e",
            "2001:4860:4860::8888",
            "2400:cb00::1",
        ] {
            assert_eq!(kind(address), None, "{address}");
        }
    }

    #[test]
    fn every_other_address_says_what_it_is() {
        for (address, expected) in [
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"),
            ("::", "unspecified"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.254", "loopback"),
            ("::1", "loopback"),
            ("10.0.0.1", "private"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"),
            ("192.168.1.1", "private"),
            ("fec0::1", "private"),
            ("100.64.0.1", "shared"),
            ("100.100.100.200", "shared"),
            ("169.254.169.254", "link-local"),
            ("fe80::1", "link-local"),
            ("febf::1", "link-local"),
            ("fc00::1", "unique-local"),
            ("fdff::1", "unique-local"),
            ("fd00:ec2::254", "metadata"),
            ("168.63.129.16", "metadata"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("ff02::1", "multicast"),
            ("255.255.255.255", "broadcast"),
            ("240.0.0.1", "reserved"),
            ("192.0.0.8", "reserved"),
            ("192.0.2.1", "documentation"),
            ("198.51.100.7", "documentation"),
            ("203.0.113.9", "documentation"),
            ("2001:db8::1", "documentation"),
            ("3fff:0fff::1", "documentation"),
            ("198.19.255.255", "benchmarking"),
            ("::ffff:8.8.8.8", "embedded-ipv4"),
            ("::ffff:127.0.0.1", "embedded-ipv4"),
            ("::7f00:1", "embedded-ipv4"),
            ("::ffff:0:127.0.0.1", "embedded-ipv4"),
            ("64:ff9b::7f00:1", "embedded-ipv4"),
            ("64:ff9b:1::1", "embedded-ipv4"),
            ("2002:7f00:1::", "embedded-ipv4"),
            ("2001::7f00:1", "embedded-ipv4"),
            ("2a00::5efe:7f00:1", "embedded-ipv4"),
            ("2a00::200:5efe:7f00:1", "embedded-ipv4"),
            ("192.88.99.1", "embedded-ipv4"),
            ("100::1", "reserved"),
            ("2001:1::1", "reserved"),
            ("5f00::1", "reserved"),
            ("4000::1", "reserved"),
            ("1::1", "reserved"),
        ] {
            assert_eq!(kind(address), Some(expected), "{address}");
        }
    }
}
