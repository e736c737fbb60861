//! Containers: what may leave, come back and be destroyed, and their labels.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::{criterion, with};
use crate::routes_of_decision::conditional_until;
use crate::site::Site;

/// Amy ships containers of a lot to a ward, now.
pub fn ships(site: &Site, lot: &str, containers: &[u32]) -> Answer {
    site.analyst().post("/api/v1/containers", &shipment(site, lot, containers))
}

/// The body of a shipment.
pub fn shipment(site: &Site, lot: &str, containers: &[u32]) -> Value {
    json!({
        "lot": lot, "containers": containers, "act": "shipped", "moved_at": site.hours(0),
        "to": {"role": "physician", "name": "Dr Lin, ward 4", "reach": "+86 20 5550 1234"},
        "remark": "Dry shipper 7, logger L-114",
    })
}

fn moves(site: &Site, act: &str, containers: &[u32]) -> Answer {
    let body = json!({"lot": "L-1", "containers": containers, "act": act, "moved_at": site.hours(0), "remark": "x"});
    site.analyst().post("/api/v1/containers", &body)
}

fn released(site: &Site) {
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
}

fn states(site: &Site) -> Vec<String> {
    let listed = site.auditor().get("/api/v1/containers?lot=L-1").ok();
    let all = listed["containers"].as_array().expect("containers").clone();
    all.iter().map(|c| c["state"].as_str().expect("a state").to_owned()).collect()
}

#[test]
fn nothing_leaves_without_a_certificate() {
    let site = Site::start();
    site.full_lot("L-1");
    ships(&site, "L-1", &[1]).refused(409, "not_shippable").says("no certificate or conditional notice");
    site.qa().releases("L-1").created();
    let made = ships(&site, "L-1", &[1, 3]).created();
    assert_eq!(made["under"], "RC-2026-000001");
    assert_eq!(states(&site), ["shipped", "in_stock", "shipped", "in_stock"]);
    let shipped = site.auditor().get("/api/v1/containers?state=shipped").ok();
    assert_eq!(shipped["containers"][0]["container"], "L-1.1");
    assert_eq!(shipped["containers"][0]["movements"][0]["to"]["name"], "Dr Lin, ward 4");
    assert_eq!(site.events("attempt_refused")[0]["act"], "shipment");
    site.whole();
}

#[test]
fn an_open_hold_and_the_expiry_stop_what_was_released() {
    let site = Site::start();
    released(&site);
    let hold = json!({"lot": "L-1", "kind": "hold", "description": "Freezer alarm", "impact": "Unknown"});
    site.qa().post("/api/v1/deviations", &hold).created();
    ships(&site, "L-1", &[1]).refused(409, "not_shippable").says("Freezer alarm");
    let closing = json!({"assessment": "Logger shows no excursion", "password": site.qa().password()});
    site.qa().post("/api/v1/deviations/DEV-2026-0001/closure", &closing).created();
    ships(&site, "L-1", &[1]).created();
    site.waits_hours(30 * 24);
    ships(&site, "L-1", &[2]).refused(409, "not_shippable").says("expired");
}

#[test]
fn under_a_conditional_notice_only_what_it_named_may_still_be_open_and_not_for_ever() {
    let site = Site::start();
    conditional_until(&site, "L-1", 30 * 24);
    ships(&site, "L-1", &[1]).created();
    // A correction takes the verification of the viability with it; the notice did not say that it is to come.
    let run = criterion(&site.auditor().sees("L-1"), "VIABILITY")["run"].as_i64().expect("a run");
    site.analyst().corrects(run, &[("VIABILITY", "91.4")], "Misread").created();
    ships(&site, "L-1", &[2]).refused(409, "not_shippable").says("is not verified");
    site.verifier().verifies(run).created();
    ships(&site, "L-1", &[2]).created();
    site.waits_hours(14 * 24);
    ships(&site, "L-1", &[3]).refused(409, "not_shippable").says("Sterility was due on");
}

#[test]
fn what_had_left_before_a_revocation_is_recorded_late_and_its_recipient_is_told() {
    let site = Site::start();
    released(&site);
    let late = |hours: i64, more: &Value| {
        let body = with(shipment(&site, "L-1", &[2]), &json!({"moved_at": site.hours(hours), "late_entry": true}));
        site.analyst().post("/api/v1/containers", &with(body, more))
    };
    late(0, &json!({})).refused(422, "invalid_field").about(&["late_entry"]);
    site.waits_hours(2);
    let revoking = json!({"password": site.qa().password(), "class": "quality_defect", "reason": "A bag leaks"});
    site.qa().post("/api/v1/lots/L-1/revocation", &revoking).created();
    let tell = || site.auditor().get("/api/v1/lots/L-1/revocation").ok();
    let before = tell()["outstanding"].as_u64().expect("a number");
    site.waits_hours(1);
    late(-2, &json!({"late_entry": false})).refused(409, "not_shippable");
    late(0, &json!({})).refused(409, "not_shippable").says("was revoked");
    late(-4, &json!({})).refused(422, "invalid_field").about(&["moved_at"]);
    assert_eq!(late(-2, &json!({})).created()["under"], "RC-2026-000001");
    let told = tell();
    assert_eq!(told["outstanding"], before + 1);
    let last = told["tell"].as_array().expect("parties").last().expect("one").clone();
    assert_eq!(last["contact"]["name"], "Dr Lin, ward 4");
    let alert = site.events("alert_raised").pop().expect("an alert");
    assert!(alert["detail"].as_str().is_some_and(|d| d.contains("L-1.2") && d.contains("Dr Lin, ward 4")), "{alert}");
    let acknowledged = json!({"who": "Dr Lin", "how": "By telephone", "acknowledged_at": site.hours(0)});
    let path = format!("/api/v1/lots/L-1/revocation/parties/{}", last["party"]);
    assert_eq!(site.qa().post(&path, &acknowledged).created()["outstanding"], before);
    site.whole();
}

#[test]
fn a_container_moves_as_things_do() {
    let site = Site::start();
    released(&site);
    moves(&site, "returned", &[1]).refused(422, "invalid_field").says("never left");
    ships(&site, "L-1", &[1]).created();
    ships(&site, "L-1", &[1, 2]).refused(409, "not_shippable").says("L-1.1 was shipped already");
    assert_eq!(states(&site)[1], "in_stock", "all containers move or none");
    moves(&site, "returned", &[1]).created();
    moves(&site, "returned", &[1]).refused(409, "already_done");
    ships(&site, "L-1", &[1]).refused(409, "not_shippable").says("does not leave again");
    moves(&site, "destroyed", &[1, 2]).created();
    moves(&site, "destroyed", &[1]).refused(409, "already_done").says("final");
    ships(&site, "L-1", &[2]).refused(409, "not_shippable").says("destroyed");
    ships(&site, "L-1", &[5]).refused(404, "no_such_container").says("4 containers");
    site.whole();
}

#[test]
fn what_is_said_of_a_movement_is_checked() {
    let site = Site::start();
    released(&site);
    let sends = |instead: Value| {
        let body = with(shipment(&site, "L-1", &[1]), &instead);
        site.analyst().post("/api/v1/containers", &body)
    };
    sends(json!({"moved_at": site.hours(1)})).refused(422, "in_the_future").about(&["moved_at"]);
    sends(json!({"moved_at": site.hours(-21 * 24)})).refused(422, "invalid_field").says("only made on");
    sends(json!({"moved_at": site.hours(-1)})).refused(422, "invalid_field").says("when RC-2026-000001 was signed");
    sends(json!({"to": null})).refused(422, "invalid_field").about(&["to"]);
    sends(json!({"to": {"role": "patient", "name": "x", "reach": "x"}}))
        .refused(422, "invalid_field")
        .about(&["to.role"]);
    sends(json!({"containers": []})).refused(422, "invalid_field");
    sends(json!({"containers": [1, 1]})).refused(422, "invalid_field").says("twice");
    sends(json!({"act": "eaten", "to": null})).refused(422, "invalid_field").about(&["act"]);
    sends(json!({"lot": "L-9"})).refused(404, "no_such_lot");
    site.qc().post("/api/v1/containers", &shipment(&site, "L-1", &[1])).refused(403, "wrong_role");
    site.auditor().get("/api/v1/containers?state=lost").refused(422, "invalid_field");
}

#[test]
fn of_two_who_ship_one_container_at_once_one_does() {
    let site = Site::start();
    released(&site);
    let body = shipment(&site, "L-1", &[1]);
    let statuses = std::thread::scope(|scope| {
        let (site, body) = (&site, &body);
        let both =
            ["amy", "queen"].map(|who| scope.spawn(move || site.person(who).post("/api/v1/containers", body).status));
        both.map(|one| one.join().expect("no panic"))
    });
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
}

#[test]
fn a_label_has_its_size_and_says_what_tells_the_container_apart() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    for (size, width, height) in [("57x32", 57.0, 32.0), ("76x51", 76.0, 51.0), ("100x50", 100.0, 50.0)] {
        let answer = site.auditor().get(&format!("/api/v1/containers/L-1.2/label?size={size}"));
        assert_eq!(answer.with_status(200).header("content-type"), "application/pdf");
        let pdf = lopdf::Document::load_mem(&answer.bytes).expect("a PDF");
        assert_eq!(pdf.get_pages().len(), 1);
        let page = pdf.get_dictionary(pdf.get_pages()[&1]).expect("a page");
        let media = page.get(b"MediaBox").and_then(|b| b.as_array()).expect("a box");
        let points: Vec<f32> = media.iter().map(|n| n.as_float().expect("a number")).collect();
        for (points, millimetres) in [(points[2], width), (points[3], height)] {
            assert!((points * 25.4 / 72.0 - millimetres).abs() < 0.1, "{size}: {points}");
        }
        let text = pdf.extract_text(&[1]).expect("text").replace('\n', " ");
        for words in [
            "Lot L-1",
            "Container 2 of 4",
            "Donor D-0031",
            "Expires 2026-07-01 16:00 +08:00",
            "L-1.2",
            "Quarantine until released",
            "Test Laboratory",
        ] {
            assert!(text.contains(words), "no “{words}” in {text}");
        }
        assert!(!text.contains("AUTOLOGOUS"), "{text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        let product = "Human adipose-derived mesenchymal stem cells, suspension for intravenous infusion";
        assert!(words.join(" ").contains(product), "{size} cuts the product's name: {text}");
    }
    site.auditor().get("/api/v1/containers/L-1.5/label").refused(404, "no_such_container");
    site.auditor().get("/api/v1/containers/L-1/label").refused(404, "no_such_container");
    site.auditor().get("/api/v1/containers/L-1.2/label?size=10x10").refused(422, "invalid_field").says("57x32");
}

#[test]
fn the_symbol_drawn_on_a_label_reads_as_the_containers_code() {
    if std::process::Command::new("pdftoppm").arg("-v").output().is_err() {
        println!("ignored: pdftoppm is not installed");
        return;
    }
    let site = Site::start();
    site.analyst().registers("AD-26-0007").created();
    let pdf = site.auditor().get("/api/v1/containers/AD-26-0007.2/label?size=57x32").with_status(200).bytes.clone();
    let folder = tempfile::tempdir().expect("a folder");
    let (file, image) = (folder.path().join("label.pdf"), folder.path().join("label"));
    std::fs::write(&file, pdf).expect("written");
    let arguments = ["-r", "600", "-gray", "-singlefile"];
    let drawn = std::process::Command::new("pdftoppm").args(arguments).arg(&file).arg(&image).status();
    assert!(drawn.expect("pdftoppm").success());
    let pgm = std::fs::read(image.with_extension("pgm")).expect("an image");
    let (pixels, width) = symbol(&pgm);
    assert_eq!(datamatrix::DataMatrix::decode(&pixels, width).expect("a symbol"), b"AD-26-0007.2");
}

/// The modules of the symbol in the upper right corner of a grey image: 13 mm wide, 2 mm from the
/// edges, drawn with 600 dots to the inch.
fn symbol(pgm: &[u8]) -> (Vec<bool>, usize) {
    let mut parts = pgm.splitn(4, |b| *b == b'\n');
    let header: Vec<&[u8]> = parts.by_ref().take(3).collect();
    let pixels = parts.next().expect("pixels");
    let width: usize =
        std::str::from_utf8(header[1]).expect("ASCII").split(' ').next().expect("a width").parse().expect("a number");
    let dots = |millimetres: f64| millimetres / 25.4 * 600.0;
    let (left, top, edge) = (dots(57.0 - 2.0 - 13.0), dots(2.0), dots(13.0));
    let dark = |x: f64, y: f64| pixels[y as usize * width + x as usize] < 128;
    // The upper edge of a symbol is its clock: dark and light modules take turns.
    let changes = (0..edge as usize - 4)
        .filter(|x| {
            let at = |x: usize| dark(left + 2.0 + x as f64, top + 3.0);
            at(*x) != at(*x + 1)
        })
        .count();
    let modules = changes + 1;
    let step = edge / modules as f64;
    let centre = |i: usize| (i as f64 + 0.5) * step;
    let bits = (0..modules * modules).map(|i| dark(left + centre(i % modules), top + centre(i / modules)));
    (bits.collect(), modules)
}

#[test]
fn the_list_over_all_lots_is_paged_and_no_container_is_in_it_twice() {
    let site = Site::start();
    released(&site);
    for lot in ["L-2", "L-3"] {
        site.analyst().registers(lot).created();
    }
    ships(&site, "L-1", &[2, 4]).created();
    let walk = |query: &str, limit: usize| {
        let (mut all, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = site.auditor().get(&format!("/api/v1/containers?{query}&limit={limit}&cursor={cursor}")).ok();
            let rows = page["containers"].as_array().expect("containers").clone();
            assert!(rows.len() <= limit, "{page}");
            all.extend(rows.iter().map(|c| c["container"].as_str().expect("a code").to_owned()));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return (all, pages),
            }
        }
    };
    let codes = |lots: &[&str]| -> Vec<String> {
        lots.iter().flat_map(|lot| (1..=4).map(move |n| format!("{lot}.{n}"))).collect()
    };
    let everything = codes(&["L-3", "L-2", "L-1"]);
    for limit in 1..=13 {
        let (all, pages) = walk("", limit);
        assert_eq!((all, pages), (everything.clone(), 12_usize.div_ceil(limit)), "{limit}");
    }
    assert_eq!(walk("state=shipped", 1).0, ["L-1.2", "L-1.4"]);
    assert_eq!(walk("lot=L-2", 3), (codes(&["L-2"]), 2));
    for wrong in ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=-1.2", "cursor=1", "cursor=1.x"] {
        site.auditor().get(&format!("/api/v1/containers?{wrong}")).refused(422, "invalid_field");
    }
}

#[test]
fn the_page_of_all_containers_leads_on_to_the_next() {
    let site = Site::start();
    site.analyst().registers_with("L-1", &json!({"containers": 60})).created();
    site.analyst().registers_with("L-2", &json!({"containers": 60})).created();
    let first = crate::example::page(&site, "olga", "/containers").with_status(200).text();
    assert!(first.contains("L-2.60") && first.contains("L-1.40") && !first.contains("L-1.41"), "{first}");
    let (before, _) = first.split_once("\" rel=\"next\"").expect("a link to the next page");
    let (_, next) = before.rsplit_once("href=\"").expect("its address");
    let second = crate::example::page(&site, "olga", &next.replace("&#38;", "&").replace("&amp;", "&")).text();
    assert!(second.contains("L-1.41") && second.contains("L-1.60") && !second.contains("rel=\"next\""), "{second}");
}
