//! What the samples of all pages share: one laboratory, one moment
//! (2026-11-26 14:05 +08:00), one signed-in person.

use super::marks::Signature;
use super::parts::{Frame, Link, Moment, Person};

/// A record hash for samples.
pub const HASH: &str = "6f3a91c04be2d7785a0c19fe33b1d6427710c5aa8e94f02b6cd1583e9f7a2b40";
/// Another one.
pub const OTHER_HASH: &str = "1b9c5d27e8036fa4c2d19b7750fe63a18c4b90e72d35f6a1084ec7b9d2136f58";

/// The frame of a page with every navigation entry but the administrator's.
pub fn frame(title: &str, page: &'static str, current: &str) -> Frame {
    let nav = [
        ("Lots", "/lots"),
        ("Banks", "/banks"),
        ("Review", "/review"),
        ("Certificates", "/certificates"),
        ("Specifications", "/specifications"),
        ("Ledger", "/ledger"),
    ];
    Frame {
        nav: nav
            .iter()
            .map(|(label, href)| {
                let link = Link::new(*label, *href);
                let link = if *href == "/review" { link.with_note("3") } else { link };
                if *href == current { link.here() } else { link }
            })
            .collect(),
        person: Some(Person { full_name: "Mei Lin".into(), username: "mlin".into(), roles: "analyst, qa".into() }),
        search: Some(String::new()),
        ..stranger_frame(title, page)
    }
}

/// The frame of a page for somebody who has not signed in.
pub fn stranger_frame(title: &str, page: &'static str) -> Frame {
    Frame {
        title: title.into(),
        page,
        site: "Harbour Cell Laboratory".into(),
        banner: "SYNTHETIC: demonstration laboratory, no real donors, lots or patients".into(),
        version: "0.1.0".into(),
        zone: "+08:00 Asia/Taipei".into(),
        ..Frame::default()
    }
}

/// A QA officer's signature.
pub fn signature(meaning: &str) -> Signature {
    Signature {
        meaning: meaning.into(),
        full_name: "Łukasz Nowak".into(),
        username: "lnowak".into(),
        role: "qa".into(),
        at: Moment::sample("2026-11-26 14:05", ""),
    }
}
