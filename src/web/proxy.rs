//! Who is at the other end, where proxies stand in between.
//!
//! Promises: `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded` are believed only from an
//! address the operator trusts, read from the near end, and only as far as trusted proxies wrote
//! them; everybody else is the address the connection comes from.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName};
use actix_web::web::Data;

use super::WebConfig;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// An address or a block of them in CIDR notation, such as `10.0.0.0/8` or `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no address or block of addresses such as 10.0.0.1 or 10.0.0.0/8");
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse::<u8>).map_err(|_| wrong())?;
        if bits > most {
            return Err(wrong());
        }
        Ok(Network { address, bits })
    }
}

impl Network {
    /// True if the address is in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        let shared = |a: u128, b: u128, width: u8| {
            let shift = u32::from(width.saturating_sub(self.bits));
            a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => shared(u32::from(a).into(), u32::from(b).into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => shared(a.into(), b.into(), 128),
            _ => false,
        }
    }
}

/// One step of the way a request came, as the proxy next to us tells it.
struct Hop {
    address: Option<IpAddr>,
    https: Option<bool>,
}

/// The other end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherEnd {
    /// Its address.
    pub address: IpAddr,
    /// True if it speaks TLS, to us or to a trusted proxy.
    pub https: bool,
}

/// The address of whoever sent a request.
pub fn client_address(req: &HttpRequest) -> IpAddr {
    other_end(req).address
}

/// True where the request came over TLS, or where the operator says that TLS is in front.
pub fn is_secure(req: &HttpRequest) -> bool {
    config(req).is_some_and(|c| c.secure_cookies) || other_end(req).https
}

/// Who sent a request, and whether over TLS.
pub fn other_end(req: &HttpRequest) -> OtherEnd {
    let peer = req.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |a| a.ip().to_canonical());
    let trusted = config(req).map(|c| c.trusted_proxies.as_slice()).unwrap_or_default();
    seen_through(peer, req.app_config().secure(), trusted, req.headers())
}

fn config(req: &HttpRequest) -> Option<&WebConfig> {
    req.app_data::<Data<WebConfig>>().map(|c| c.get_ref())
}

fn seen_through(peer: IpAddr, tls: bool, trusted: &[Network], headers: &HeaderMap) -> OtherEnd {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let direct = OtherEnd { address: peer, https: tls };
    if !is_trusted(peer) {
        return direct;
    }
    let (plain, standard) = (x_forwarded(headers), forwarded(headers));
    // A proxy writes one of the two; the other one would be what the client sent.
    let hops = match (plain, standard) {
        (Some(hops), None) | (None, Some(hops)) => hops,
        _ => return direct,
    };
    let mut end = direct;
    for hop in hops.iter().rev() {
        // Every hop was written by the one before, which is trusted.
        end.https = hop.https.unwrap_or(end.https);
        let Some(address) = hop.address else { break };
        end.address = address;
        if !is_trusted(address) {
            break;
        }
    }
    end
}

/// The elements of a header that is a list, of all its lines, or none if it is not there.
fn elements(headers: &HeaderMap, name: HeaderName) -> Option<Vec<&str>> {
    let mut lines = headers.get_all(name).peekable();
    lines.peek()?;
    Some(lines.flat_map(|line| line.to_str().unwrap_or_default().split(',')).map(str::trim).collect())
}

fn x_forwarded(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let addresses = elements(headers, X_FORWARDED_FOR);
    let schemes = elements(headers, X_FORWARDED_PROTO);
    if addresses.is_none() && schemes.is_none() {
        return None;
    }
    let (addresses, schemes) = (addresses.unwrap_or_default(), schemes.unwrap_or_default());
    let mut hops: Vec<Hop> = addresses.iter().map(|a| Hop { address: address(a), https: None }).collect();
    if hops.is_empty() {
        hops.push(Hop { address: None, https: None });
    }
    // The nearest proxy's word: further ones are not told apart from what a client made up.
    if let (Some(hop), Some(scheme)) = (hops.last_mut(), schemes.last()) {
        hop.https = Some(scheme.eq_ignore_ascii_case("https"));
    }
    Some(hops)
}

fn forwarded(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let hop = |element: &str| {
        let mut hop = Hop { address: None, https: None };
        for pair in element.split(';') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop.address = address(value),
                "proto" => hop.https = Some(value.eq_ignore_ascii_case("https")),
                _ => {}
            }
        }
        hop
    };
    Some(elements(headers, FORWARDED)?.into_iter().map(hop).collect())
}

/// An address with or without a port, with or without the brackets of IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if text.matches(':').count() == 1 => text.split(':').next().unwrap_or_default(),
        None => text,
    };
    bare.parse::<IpAddr>().ok().map(|a| a.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn end(peer: &str, trusted: &[&str], headers: &[(&'static str, &str)]) -> (String, bool) {
        let trusted: Vec<Network> = trusted.iter().map(|t| t.parse().expect("a network")).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"));
        }
        let end = seen_through(peer.parse().expect("an address"), false, &trusted, &map);
        (end.address.to_string(), end.https)
    }

    const PROXY: &[&str] = &["10.0.0.0/8", "::1"];

    #[test]
    fn a_stranger_who_writes_the_headers_is_not_believed() {
        let spoofed = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "https")];
        assert_eq!(end("198.51.100.7", PROXY, &spoofed), ("198.51.100.7".into(), false));
        assert_eq!(end("10.0.0.1", &[], &spoofed), ("10.0.0.1".into(), false), "nobody is trusted unless named");
        let standard = [("forwarded", "for=192.0.2.1;proto=https")];
        assert_eq!(end("198.51.100.7", PROXY, &standard), ("198.51.100.7".into(), false));
    }

    #[test]
    fn a_trusted_proxy_tells_the_address_that_it_saw_and_not_what_the_client_wrote_before() {
        let chain = [("x-forwarded-for", "203.0.113.9, 198.51.100.7"), ("x-forwarded-proto", "https")];
        assert_eq!(end("10.0.0.1", PROXY, &chain), ("198.51.100.7".into(), true));
        let two_lines = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(end("10.0.0.1", PROXY, &two_lines), ("198.51.100.7".into(), false));
    }

    #[test]
    fn trusted_proxies_in_a_row_are_walked_through() {
        let chain = [("x-forwarded-for", "203.0.113.9, 198.51.100.7, 10.9.9.9")];
        assert_eq!(end("10.0.0.1", PROXY, &chain).0, "198.51.100.7");
        let inside = [("x-forwarded-for", "10.1.1.1, 10.9.9.9")];
        assert_eq!(end("10.0.0.1", PROXY, &inside).0, "10.1.1.1", "a client inside the trusted network");
    }

    #[test]
    fn the_standard_header_is_read_with_quotes_ports_and_ipv6() {
        let standard = [("forwarded", "for=203.0.113.9, For=\"[2001:db8::7]:4711\";Proto=HTTPS")];
        assert_eq!(end("::1", PROXY, &standard), ("2001:db8::7".into(), true));
        let with_port = [("forwarded", "for=\"198.51.100.7:80\";proto=http")];
        assert_eq!(end("::1", PROXY, &with_port), ("198.51.100.7".into(), false));
    }

    #[test]
    fn both_headers_at_once_are_believed_in_nothing() {
        let both = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.2;proto=https")];
        assert_eq!(end("10.0.0.1", PROXY, &both), ("10.0.0.1".into(), false));
    }

    #[test]
    fn what_is_no_address_ends_the_walk() {
        for nonsense in ["unknown", "_hidden", "", "evil.example", "198.51.100.7 or so", "1.2.3.4.5", "::1]"] {
            let chain = format!("198.51.100.7, {nonsense}, 10.9.9.9");
            assert_eq!(end("10.0.0.1", PROXY, &[("x-forwarded-for", &chain)]).0, "10.9.9.9", "{nonsense}");
        }
    }

    #[test]
    fn networks_are_compared_by_their_bits() {
        let network = |text: &str| text.parse::<Network>().expect("a network");
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(network("10.0.0.0/9").contains(address("10.127.255.255")));
        assert!(!network("10.0.0.0/9").contains(address("10.128.0.0")));
        assert!(network("10.0.0.1").contains(address("::ffff:10.0.0.1")), "the same address written in IPv6");
        assert!(
            network("0.0.0.0/0").contains(address("198.51.100.7")) && !network("0.0.0.0/0").contains(address("::1"))
        );
        assert!(network("2001:db8::/32").contains(address("2001:db8:ffff::1")));
        assert!(network("::/0").contains(address("2001:db8::1")));
        for wrong in ["10.0.0.0/33", "::/129", "10.0.0", "proxy.example", "10.0.0.0/x", "10.0.0.0/", ""] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
