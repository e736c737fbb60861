//! A draft edited in rows: what a browser without script sends back, and what becomes of it.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calls::encoded;
use crate::person::with;
use crate::site::Site;

pub type Fields = Vec<(String, String)>;

const ADDRESS: &str = "/specifications/ADMSC-IV/2";

/// Version 2 with something of everything that the form does not edit.
fn rich(site: &Site) -> Value {
    let mut document = site.auditor().get("/api/v1/specifications/ADMSC-IV/1/document").ok();
    let shipped: Value =
        serde_json::from_str(include_str!("../../src/domain/specifications/admsc-sc.1.json")).expect("JSON");
    for part in ["assays", "criteria", "dosing", "source"] {
        document[part] = shipped[part].clone();
    }
    with(document, &json!({"version": 2, "example": false, "effective_from": null}))
}

fn drafted(site: &Site) -> Value {
    site.analyst().post("/api/v1/specifications", &rich(site)).created();
    document(site)
}

fn document(site: &Site) -> Value {
    site.auditor().get("/api/v1/specifications/ADMSC-IV/2/document").ok()
}

fn index(document: &Value, attribute: &str) -> usize {
    let criteria = document["criteria"].as_array().expect("criteria");
    criteria.iter().position(|c| c["attribute"] == attribute).expect("the criterion")
}

fn looks(site: &Site, path: &str) -> String {
    let cookie = site.cookie("amy");
    site.stranger().asks("GET", path, &[("Cookie", &cookie)], None).with_status(200).text()
}

fn sends(site: &Site, path: &str, act: &str, fields: &Fields) -> Answer {
    let act = [("act".to_owned(), act.to_owned())];
    let pairs: Vec<String> = fields.iter().chain(&act).map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    let cookie = site.cookie("amy");
    let headers = [("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "same-origin")];
    let body = Some(("application/x-www-form-urlencoded", pairs.join("&").into_bytes()));
    site.stranger().asks("POST", path, &headers, body)
}

fn plain(text: &str) -> String {
    text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}

/// What a browser would send of the one large form of a page.
fn fields(page: &str) -> Fields {
    let (_, form) = page.split_once("<form class=\"form criteria-form\"").expect("the form");
    of_form(form.split("</form>").next().expect("its end"))
}

/// What a browser would send of a form.
pub fn of_form(form: &str) -> Fields {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split('"').next().map(plain)
    };
    let mut fields = Fields::new();
    let mut select = None;
    for piece in form.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        let name = attribute(tag, "name");
        let chosen = !(tag.contains("\"checkbox\"") || tag.contains("\"radio\"")) || tag.ends_with(" checked");
        if tag.starts_with("input") && chosen {
            fields.push((name.expect("a name"), attribute(tag, "value").unwrap_or_default()));
        } else if tag.starts_with("textarea") {
            let typed = plain(text.strip_prefix('\n').unwrap_or(text)).replace('\n', "\r\n");
            fields.push((name.expect("a name"), typed));
        } else if tag.starts_with("select") {
            select = name;
        } else if tag.starts_with("option") && tag.ends_with(" selected") {
            fields.push((select.clone().expect("a selection"), attribute(tag, "value").expect("a value")));
        }
    }
    fields
}

pub fn set(fields: &mut Fields, name: &str, value: &str) {
    match fields.iter_mut().find(|(n, _)| n == name) {
        Some((_, was)) => *was = value.to_owned(),
        None => fields.push((name.to_owned(), value.to_owned())),
    }
}

pub fn get<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
}

#[test]
fn a_changed_limit_is_saved_and_everything_else_of_the_document_stays_as_it_was() {
    let site = Site::start();
    let before = drafted(&site);
    let page = looks(&site, &format!("{ADDRESS}/edit"));
    assert!(page.contains("Applies for passage 3 or more.") && page.contains("Calculated: "), "{page}");
    assert!(page.contains("“Turbid, subcultured” prolongs incubation by 96 h."), "{page}");
    let mut typed = fields(&page);
    let unchanged = sends(&site, ADDRESS, "save", &typed);
    assert_eq!(unchanged.status, 422, "{unchanged}");
    assert!(
        unchanged.text().contains("Nothing differs from the draft"),
        "nothing of it was changed by the form: {unchanged}"
    );
    let cd34 = index(&before, "CD34");
    set(&mut typed, &format!("c{cd34}-limit"), "1.0");
    set(&mut typed, &format!("c{cd34}-critical"), "yes");
    let saved = sends(&site, ADDRESS, "save", &typed);
    assert_eq!((saved.status, saved.header("location")), (303, "/specifications/ADMSC-IV/2?done=drafted"), "{saved}");
    let mut expected = before;
    expected["criteria"][cd34]["acceptance"]["limit"] = json!("1.0");
    expected["criteria"][cd34]["critical"] = json!(true);
    assert_eq!(document(&site), expected);
    typed = fields(&saved_page(&site));
    set(&mut typed, &format!("c{cd34}-definition"), "Gated on\r\nviable cells");
    assert_eq!(sends(&site, ADDRESS, "save", &typed).status, 303);
    assert_eq!(document(&site)["criteria"][cd34]["definition"], "Gated on viable cells", "one paragraph");
}

fn saved_page(site: &Site) -> String {
    looks(site, &format!("{ADDRESS}/edit"))
}

#[test]
fn a_criterion_is_added_filled_moved_and_another_removed() {
    let site = Site::start();
    let before = drafted(&site);
    let count = before["criteria"].as_array().expect("criteria").len();
    let facts = site.facts_count();
    let mut typed = fields(&saved_page(&site));
    set(&mut typed, "title", "Half-typed <title>");
    let added = sends(&site, ADDRESS, "add", &typed).with_status(200).text();
    assert!(added.contains("Nothing is saved yet"), "{added}");
    typed = fields(&added);
    assert_eq!(get(&typed, "title"), "Half-typed <title>");
    for (name, value) in [
        ("attribute", "OSMOLALITY"),
        ("name", "Osmolality"),
        ("section", "Content"),
        ("assay", "cell-count"),
        ("operator", "range"),
        ("low", "270.0"),
        ("high", "330.0"),
        ("unit", "mOsm/kg"),
    ] {
        set(&mut typed, &format!("c{count}-{name}"), value);
    }
    let gone = index(&before, "NUDE_MOUSE");
    typed = fields(&sends(&site, ADDRESS, &format!("remove-{gone}"), &typed).with_status(200).text());
    typed = fields(&sends(&site, ADDRESS, &format!("up-{}", count - 1), &typed).with_status(200).text());
    assert_eq!(site.facts_count(), facts, "only saving writes");
    let saved = sends(&site, ADDRESS, "save", &typed);
    assert_eq!(saved.status, 303, "{saved}");
    let after = document(&site);
    let mut criteria = before["criteria"].as_array().expect("criteria").clone();
    criteria.remove(gone);
    let at = index(&after, "OSMOLALITY");
    assert_eq!(at, count - 2, "above the last one");
    assert_eq!(
        after["criteria"][at],
        json!({
            "attribute": "OSMOLALITY", "name": "Osmolality", "section": "Content", "assay": "cell-count",
            "kind": "required",
            "acceptance": {"type": "numeric", "operator": "range", "low": "270.0", "high": "330.0", "unit": "mOsm/kg"},
        })
    );
    criteria.insert(at, after["criteria"][at].clone());
    assert_eq!(after["criteria"], Value::Array(criteria));
    assert_eq!(after["title"], "Half-typed <title>");
}

#[test]
fn a_refused_row_comes_back_with_everything_typed_and_its_sentence() {
    let site = Site::start();
    let before = drafted(&site);
    let (purity, cd34) = (index(&before, "PURITY"), index(&before, "CD34"));
    let mut typed = fields(&saved_page(&site));
    set(&mut typed, &format!("c{purity}-limit"), "96");
    set(&mut typed, &format!("c{cd34}-name"), "CD34 & <others>");
    let sterility = index(&before, "STERILITY_AEROBIC");
    set(&mut typed, &format!("c{sterility}-allowed"), "No growth\r\nGrowth\r\n");
    let refused = sends(&site, ADDRESS, "save", &typed);
    assert_eq!(refused.status, 422, "{refused}");
    let page = refused.text();
    assert_eq!(fields(&page), typed, "nothing typed is lost");
    assert!(page.contains(&format!("<li><a href=\"#c{purity}-limit\">Purity")), "{page}");
    let (_, row) = page.split_once(&format!("id=\"c{purity}\"")).expect("the row");
    let row = row.split("</fieldset>").next().expect("its end");
    assert!(row.contains(&format!("id=\"c{purity}-limit-problem\"")) && row.contains("has no decimals"), "{row}");
    assert!(row.contains(&format!("aria-invalid=\"true\" aria-describedby=\"c{purity}-limit-problem\"")), "{row}");
    assert_eq!(document(&site), before);
    for (field, value, says) in [
        ("limit", "96,0", "“96,0” is no limit"),
        ("attribute", "", "the attribute is empty"),
        ("attribute", "CD 9", &format!("Criterion {}, attribute cannot be read", purity + 1)),
        ("type", "text", "is required and has no limit"),
    ] {
        let mut typed = fields(&saved_page(&site));
        set(&mut typed, &format!("c{purity}-{field}"), value);
        let refused = sends(&site, ADDRESS, "save", &typed);
        assert!(matches!(refused.status, 400 | 422) && refused.text().contains(says), "{says}: {refused}");
        assert!(refused.text().contains(&format!("href=\"#c{purity}")), "{refused}");
        assert_eq!(fields(&refused.text()), typed);
    }
}

#[test]
fn rows_over_a_draft_that_was_rewritten_meanwhile_are_refused_and_kept_on_the_page() {
    let site = Site::start();
    let before = drafted(&site);
    let mut typed = fields(&saved_page(&site));
    let cd34 = format!("c{}-limit", index(&before, "CD34"));
    set(&mut typed, &cd34, "1.0");
    assert_eq!(sends(&site, ADDRESS, "save", &typed).status, 303);
    set(&mut typed, &cd34, "1.5");
    set(&mut typed, "idempotency_key", "another");
    let late = sends(&site, ADDRESS, "save", &typed);
    assert_eq!((late.status, fields(&late.text())), (409, typed), "{late}");
    assert!(late.text().contains("was rewritten after you opened it"), "{late}");
}

#[test]
fn rows_and_text_are_two_views_of_what_is_typed() {
    let site = Site::start();
    let start = "/specifications/new?product=ADMSC-IV&version=1";
    let mut typed = fields(&looks(&site, start));
    set(&mut typed, "title", "Second edition");
    let text = sends(&site, "/specifications", "json", &typed).with_status(200).text();
    assert!(text.contains("<textarea class=\"document\"") && text.contains("Second edition"), "{text}");
    let (_, json) = text.split_once("wrap=\"off\" required>\n").expect("the document");
    let json = plain(json.split("</textarea>").next().expect("its end"));
    let back = vec![("document".to_owned(), json.clone())];
    let rows = fields(&sends(&site, "/specifications", "form", &back).with_status(200).text());
    assert_eq!(get(&rows, "title"), "Second edition");
    let torn = vec![("document".to_owned(), json.replacen("\"96.0\"", "96.0", 1))];
    let refused = sends(&site, "/specifications", "form", &torn);
    assert!(refused.status == 400 && refused.text().contains("in quotes"), "{refused}");
    let made = sends(&site, "/specifications", "save", &rows);
    assert_eq!(made.header("location"), "/specifications/ADMSC-IV/2?done=drafted", "{made}");
    assert_eq!(document(&site)["title"], "Second edition");
}

#[test]
fn a_form_that_no_page_made_is_refused_in_a_sentence() {
    let site = Site::start();
    drafted(&site);
    let own =
        |pairs: &[(&str, &str)]| -> Fields { pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect() };
    let deep = "[".repeat(50_000);
    for (act, pairs) in [
        ("save", own(&[("rest", "{")])),
        ("add", own(&[("rest", &deep)])),
        ("add", own(&[("rest", "{}"), ("row", "0"), ("c0-rest", "7")])),
        ("save", own(&[("rest", "{}")])),
        ("save", own(&[("rest", ""), ("row", "x"), ("cx-type", "numeric")])),
        ("save", vec![("row".to_owned(), "0".to_owned()); 600].into_iter().chain(own(&[("rest", "{}")])).collect()),
    ] {
        let answer = sends(&site, ADDRESS, act, &pairs);
        assert!((400..500).contains(&answer.status), "{answer}");
    }
}

#[test]
fn a_release_in_two_steps_is_allowed_in_the_form_and_its_rule_survives_every_other_change() {
    let site = Site::start();
    let before = drafted(&site);
    assert_eq!(before["two_step"], Value::Null);
    let page = saved_page(&site);
    assert!(!page.contains("id=\"two_step\" name=\"two_step\" value=\"yes\" checked"), "{page}");
    let sterility = index(&before, "STERILITY_AEROBIC");
    let anaerobic = index(&before, "STERILITY_ANAEROBIC");
    let mut typed = fields(&page);
    typed.push(("two_step".into(), "yes".into()));
    for row in [sterility, anaerobic] {
        set(&mut typed, &format!("c{row}-due_hours"), "336");
        typed.push((format!("c{row}-interim_needed"), "yes".into()));
    }
    assert_eq!(sends(&site, ADDRESS, "save", &typed).status, 303);
    let rule = json!({"pending": [
        {"attribute": "STERILITY_AEROBIC", "due_hours": 336, "interim": true},
        {"attribute": "STERILITY_ANAEROBIC", "due_hours": 336, "interim": true},
    ]});
    assert_eq!(document(&site)["two_step"], rule);
    let shown = looks(&site, ADDRESS);
    assert!(shown.contains("within 336 h, with an interim reading at step 1"), "who approves it sees it: {shown}");
    // Rows move and go, a limit changes, and the rule stays with its rows.
    let mut typed = fields(&saved_page(&site));
    typed = fields(&sends(&site, ADDRESS, &format!("up-{anaerobic}"), &typed).with_status(200).text());
    let gone = (0..).find(|i| get(&typed, &format!("c{i}-attribute")) == "NUDE_MOUSE").expect("the criterion");
    typed = fields(&sends(&site, ADDRESS, &format!("remove-{gone}"), &typed).with_status(200).text());
    let saved = sends(&site, ADDRESS, "save", &typed);
    assert_eq!(saved.status, 303, "{saved}");
    assert_eq!(document(&site)["two_step"], rule, "in the order it had");
    // Without the tick there is no rule.
    let mut typed = fields(&saved_page(&site));
    typed.retain(|(name, _)| name != "two_step");
    assert_eq!(sends(&site, ADDRESS, "save", &typed).status, 303);
    assert_eq!(document(&site)["two_step"], Value::Null);
}

#[test]
fn what_is_wrong_with_a_release_in_two_steps_stands_at_the_criterion_it_is_about() {
    let site = Site::start();
    let before = drafted(&site);
    let (sterility, cd34) = (index(&before, "STERILITY_AEROBIC"), index(&before, "CD34"));
    let mut usual = fields(&saved_page(&site));
    usual.push(("two_step".into(), "yes".into()));
    let of = |row: usize, field: &str| format!("c{row}-{field}");
    for (given, at, says) in [
        (vec![(of(sterility, "interim_needed"), "yes")], of(sterility, "due_hours"), "an interim reading is asked for"),
        (
            vec![(of(sterility, "due_hours"), "two weeks")],
            of(sterility, "due_hours"),
            "“two weeks” is no number of hours",
        ),
        (vec![(of(sterility, "due_hours"), "336")], of(sterility, "interim_needed"), "without any reading. Tick"),
        (vec![(of(cd34, "due_hours"), "9999")], of(cd34, "due_hours"), "is due within 1 to 1440 hours"),
        (vec![], "two_step".to_owned(), "names no result that may be pending"),
    ] {
        let mut typed = usual.clone();
        for (name, value) in given {
            set(&mut typed, &name, value);
        }
        let refused = sends(&site, ADDRESS, "save", &typed);
        assert!(refused.status == 422 && refused.text().contains(says), "{says}: {refused}");
        assert!(refused.text().contains(&format!("href=\"#{at}\"")), "{at}: {refused}");
        let sorted = |mut fields: Fields| {
            fields.sort();
            fields
        };
        assert_eq!(sorted(fields(&refused.text())), sorted(typed), "nothing typed is lost");
    }
    assert_eq!(document(&site), before);
}
