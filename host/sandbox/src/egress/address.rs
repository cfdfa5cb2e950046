//! Which addresses a plugin may reach.
//!
//! A name that an operator granted can resolve to anything, and whoever owns the name decides to
//! what: the cloud's metadata service, a database on the loopback, a printer. So the address is
//! judged, after resolution and before dialling, and the judged address is the one that is dialled.
//!
//! One address has many spellings. `::ffff:127.0.0.1`, `64:ff9b::7f00:1` and `2002:7f00:1::` all
//! lead to a machine that answers as `127.0.0.1`, so an address is first reduced to what it leads
//! to. Spellings whose layout depends on the network (RFC 8215) or that nobody uses any more
//! (Teredo) are not read at all: they are private as they stand. Only addresses that are assigned
//! to the public Internet pass without a grant; everything that is reserved is private, because a
//! range that is unused today is somebody's network tomorrow. Source of the ranges: IANA's
//! special-purpose address registries (RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A machine on the public Internet.
    Public,
    /// Anywhere else; says where.
    Private(&'static str),
}

/// Judges an address by what it leads to.
pub(crate) fn reach(address: IpAddr) -> Reach {
    match canonical(address) {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

/// Reduces the IPv6 spellings of an IPv4 address to that address.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        // ::ffff:a.b.c.d, mapped; ::a.b.c.d, compatible and long deprecated (:: and ::1 are not).
        [0, 0, 0, 0, 0, 0xffff, high, low] => v4(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        // 64:ff9b::/96, NAT64 (RFC 6052).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        // 2002::/16, 6to4 (RFC 3056).
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, d] = address.octets();
    if [a, b, c, d] == [168, 63, 129, 16] {
        // Public by its range; on Azure it is the host below the virtual machine.
        return Reach::Private("a cloud metadata service");
    }
    let place = match (a, b, c) {
        (0, ..) => "this network",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "a private network",
        (100, 64..=127, _) => "a carrier's shared network",
        (127, ..) => "this machine",
        (169, 254, 169) => "a cloud metadata service",
        (169, 254, _) => "the local link",
        (192, 0, 0) | (192, 88, 99) => "a protocol assignment",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => "a documentation range",
        (198, 18 | 19, _) => "a benchmarking network",
        (224..=239, ..) => "a multicast group",
        (240..=255, ..) => "a reserved range",
        _ => return Reach::Public,
    };
    Reach::Private(place)
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let place = match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => "this network",
        [0, 0, 0, 0, 0, 0, 0, 1] => "this machine",
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => "a cloud metadata service",
        [0xfc00..=0xfdff, ..] => "a private network",
        [0xfe80..=0xfebf, ..] => "the local link",
        [0xfec0..=0xfeff, ..] => "a private network",
        [0xff00..=0xffff, ..] => "a multicast group",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => "a documentation range",
        [0x2001, 0x2, 0, ..] => "a benchmarking network",
        [0x2001, 0..=0x1ff, ..] => "a protocol assignment",
        // All of the public Internet lies in 2000::/3.
        [0x2000..=0x3fff, ..] => return Reach::Public,
        _ => "a reserved range",
    };
    Reach::Private(place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(address: &str, expected: Reach) {
        assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
    }

    #[test]
    fn the_public_internet_is_reached() {
        for address in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "169.253.1.1", "192.0.1.1"] {
            check(address, Reach::Public);
        }
        check("2606:4700:4700::1111", Reach::Public);
        check("2a00:1450:4001::1", Reach::Public);
        check("168.63.129.17", Reach::Public);
    }

    #[test]
    fn everything_else_is_private_and_says_where() {
        check("127.0.0.1", Reach::Private("this machine"));
        check("127.255.255.254", Reach::Private("this machine"));
        check("0.0.0.0", Reach::Private("this network"));
        check("10.1.2.3", Reach::Private("a private network"));
        check("172.16.0.1", Reach::Private("a private network"));
        check("172.31.255.255", Reach::Private("a private network"));
        check("192.168.1.1", Reach::Private("a private network"));
        check("100.64.0.1", Reach::Private("a carrier's shared network"));
        check("169.254.169.254", Reach::Private("a cloud metadata service"));
        check("168.63.129.16", Reach::Private("a cloud metadata service"));
        check("169.254.1.1", Reach::Private("the local link"));
        check("224.0.0.1", Reach::Private("a multicast group"));
        check("255.255.255.255", Reach::Private("a reserved range"));
        check("::", Reach::Private("this network"));
        check("::1", Reach::Private("this machine"));
        check("fd00:ec2::254", Reach::Private("a cloud metadata service"));
        check("fd12:3456::1", Reach::Private("a private network"));
        check("fe80::1", Reach::Private("the local link"));
        check("ff02::1", Reach::Private("a multicast group"));
        check("2001:db8::1", Reach::Private("a documentation range"));
        check("4000::1", Reach::Private("a reserved range"));
        check("64:ff9b:1::808:808", Reach::Private("a reserved range"));
        check("2001:0:1:2:3:4:f7f7:f7f7", Reach::Private("a protocol assignment"));
    }

    #[test]
    fn a_mapped_ipv6_spelling_is_judged_as_the_ipv4_address() {
        for spelling in ["::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"] {
            check(spelling, Reach::Private("this machine"));
        }
        check("::ffff:169.254.169.254", Reach::Private("a cloud metadata service"));
        check("::ffff:8.8.8.8", Reach::Public);
        check("64:ff9b::808:808", Reach::Public);
    }

    proptest! {
        #[test]
        fn every_spelling_of_an_ipv4_address_is_judged_alike(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = v4.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            let expected = reach(v4.into());
            prop_assert_eq!(reach(v4.to_ipv6_mapped().into()), expected);
            prop_assert_eq!(reach(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low).into()), expected);
            prop_assert_eq!(reach(Ipv6Addr::new(0x2002, high, low, 7, 0, 0, 0, 1).into()), expected);
        }
    }
}
