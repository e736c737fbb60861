//! `POST /api/v1/lots/{lot}/release`: no certificate unless everything required passes.

use serde_json::json;

use crate::person::{blockers, criterion};
use crate::site::{Site, moment};

#[test]
fn a_lot_with_every_result_good_and_verified_is_released() {
    let site = Site::start();
    site.full_lot("L-1");
    assert_eq!(site.qa().sees("L-1")["status"], "ready");
    let released = site.qa().releases("L-1").created();
    assert_eq!(released["certificate"], "RC-2026-000001");
    assert_eq!(released["verify_url"], format!("{}/verify/RC-2026-000001", site.url));
    let lot = site.auditor().sees("L-1");
    assert_eq!((&lot["status"], &lot["certificate"]), (&json!("released"), &json!("RC-2026-000001")));
    assert_eq!(lot["blockers"], json!([]));
}
