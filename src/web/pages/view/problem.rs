//! The page every refusal and every failure ends on: what happened, what to do.

use askama::Template;

use super::parts::{Frame, Link};
use super::samples;

/// Any refusal that has no form to come back to.
#[derive(Debug, Clone, Template)]
#[template(path = "problem/show.html")]
pub struct ProblemPage {
    /// The frame.
    pub frame: Frame,
    /// The HTTP status.
    pub status: u16,
    /// What happened, as a heading.
    pub title: String,
    /// What happened, in a sentence.
    pub detail: String,
    /// What to do now.
    pub what_to_do: String,
    /// Where to do it.
    pub go: Vec<Link>,
    /// The stable code.
    pub code: String,
    /// The request's id, as it stands in the log.
    pub request_id: String,
}

impl ProblemPage {
    /// A role that may not.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Not yours to sign", "problem", "");
        frame.crumbs = vec![Link::new("Lots", "/lots"), Link::new("AD-26-0007", "/lots/AD-26-0007")];
        Self {
            frame,
            status: 403,
            title: "Your role cannot release lots".into(),
            detail: "Releasing a lot is signed by somebody with the qa role. You are signed in as awu with the role analyst. The attempt is on record as fact 415.".into(),
            what_to_do: "Ask a QA officer to open the lot and sign.".into(),
            go: vec![Link::new("Back to AD-26-0007", "/lots/AD-26-0007")],
            code: "role_cannot_release".into(),
            request_id: "7f3c-91d2".into(),
        }
    }

    /// An address nothing is at, seen by a stranger.
    pub fn sample_not_found() -> Self {
        Self {
            frame: samples::stranger_frame("Nothing here", "problem"),
            status: 404,
            title: "There is nothing at this address".into(),
            detail: "No lot has the number AD-26-9999.".into(),
            what_to_do: "Check the number, or look for it in the list.".into(),
            go: vec![Link::new("All lots", "/lots"), Link::new("Verify a certificate", "/verify")],
            code: "no_such_lot".into(),
            request_id: "7f3c-91d3".into(),
        }
    }
}
