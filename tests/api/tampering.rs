//! Sessions, tokens and forms that are replayed, changed on their way, or fixed beforehand.
//!
//! Who tries this has a browser of the laboratory for a minute, a copy of what went over the wire,
//! or a page of another site that an employee opens.

use lotgate::domain::ids::Username;
use lotgate::web::WebConfig;
use lotgate::web::routes::{Effect, ROUTES, Who};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::authenticator::{code, sets_up_codes};
use crate::calls::{call, encoded};
use crate::example::{endotoxin, lot, number, records};
use crate::my_sessions::{enters, secret, token, with_cookie, with_token};
use crate::second_factor::ticket;
use crate::site::{FIRST_PASSWORD, Site, password, settings};

const FORM: &str = "application/x-www-form-urlencoded";

/// A form from a page of this site, in the browser that holds a cookie.
fn sends(site: &Site, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
    let headers = [("Cookie", cookie), ("Sec-Fetch-Site", "same-origin")];
    site.stranger().asks("POST", path, &headers, Some((FORM, pairs.join("&").into_bytes())))
}

fn me(site: &Site, cookie: &str) -> Answer {
    with_cookie(site, cookie, "GET", "/api/v1/me", None)
}

/// The cookie that an answer sets.
#[track_caller]
fn new_cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    assert!(cookie.starts_with("lotgate_session=") && cookie.len() > 60, "no new cookie: {answer}");
    cookie
}

/// The value of a page's hidden field of this name.
#[track_caller]
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split('"').next().expect("its value").to_owned()
}

/// The text with one character exchanged.
fn with_another(text: &str, at: usize) -> String {
    let other = |c: char| if c == '0' { '1' } else { '0' };
    text.chars().enumerate().map(|(n, c)| if n == at { other(c) } else { c }).collect()
}

// Fixed beforehand.

#[test]
fn a_cookie_brought_along_is_never_the_session_that_opens() {
    let site = Site::start();
    let amys = enters(&site, "amy");
    let ended = enters(&site, "amy");
    with_cookie(&site, &ended, "DELETE", "/api/v1/session", None).with_status(204);
    let made_up = format!("lotgate_session={}", "a".repeat(64));
    for brought in [&amys, &ended, &made_up] {
        let fields = [("username", "ben"), ("password", &password("ben"))];
        let bens = new_cookie(sends(&site, brought, "/sign-in", &fields).with_status(303));
        assert_ne!(bens, *brought);
        assert_eq!(me(&site, &bens).ok()["username"], "ben");
    }
    assert_eq!(me(&site, &amys).ok()["username"], "amy", "hers stays hers");
    me(&site, &ended).refused(401, "not_signed_in");
    me(&site, &made_up).refused(401, "not_signed_in");
}

#[test]
fn unlocking_and_a_new_password_give_the_page_another_secret() {
    let site = Site::start();
    let first = enters(&site, "amy");
    site.waits_hours(1);
    let proof = json!({"password": password("amy")});
    let unlocked = with_cookie(&site, &first, "POST", "/api/v1/session/unlock", Some(&proof));
    let second = new_cookie(unlocked.with_status(204));
    let change = json!({"password": password("amy"), "new_password": "saffron kettle near a window"});
    let changed = with_cookie(&site, &second, "POST", "/api/v1/me/password", Some(&change));
    let third = new_cookie(changed.with_status(204));
    let again = "violet anchor under the pier";
    let fields = [("password", "saffron kettle near a window"), ("new_password", again), ("new_password_again", again)];
    let fourth = new_cookie(sends(&site, &third, "/account/password", &fields).with_status(303));
    for old in [&first, &second, &third] {
        me(&site, old).refused(401, "not_signed_in");
        assert_ne!(*old, fourth);
    }
    let there = with_cookie(&site, &fourth, "GET", "/api/v1/me/sessions", None).ok();
    assert_eq!(there["sessions"].as_array().map(Vec::len), Some(1), "one session all the while: {there}");
    assert_eq!(site.events("signed_in").len(), crate::site::PEOPLE.len() + 1);
}

#[test]
fn a_sign_in_that_was_begun_is_worth_nothing_after_the_password_changed() {
    let site = Site::start();
    let codes = sets_up_codes(&site, "amy");
    let fields = [("username", "amy"), ("password", &password("amy"))];
    let begun = ticket(&sends(&site, "", "/sign-in", &fields));
    let reset = json!({"password": FIRST_PASSWORD, "reason": "Somebody saw it"});
    site.admin().post("/api/v1/users/amy/password", &reset).created();
    let now = code(&site, &codes.secret, 0);
    let answer = sends(&site, "", "/sign-in/code", &[("ticket", &begun), ("code", &now)]);
    assert_eq!((answer.status, answer.header("set-cookie")), (401, ""), "{answer}");
}

// Replayed.

/// What ends a session that is in a browser as this cookie.
type Ending = fn(&Site, &str);

#[test]
fn a_secret_is_nobodys_once_it_ended_however_it_ended() {
    let endings: [(&str, Ending); 7] = [
        ("signed out", |site, cookie| {
            assert_eq!(sends(site, cookie, "/sign-out", &[]).status, 303);
        }),
        ("ended elsewhere", |site, _| {
            site.analyst().asks("DELETE", "/api/v1/me/sessions", &[], None).with_status(204);
        }),
        ("another password", |site, _| {
            let change = json!({"password": password("amy"), "new_password": "saffron kettle near a window"});
            site.analyst().post("/api/v1/me/password", &change).with_status(204);
        }),
        ("a given password", |site, _| {
            let reset = json!({"password": FIRST_PASSWORD, "reason": "forgotten"});
            site.admin().post("/api/v1/users/amy/password", &reset).created();
        }),
        ("deactivated and taken back", |site, _| {
            for (step, status) in [("deactivation", 201), ("reactivation", 201)] {
                let why = json!({"reason": "by mistake"});
                site.admin().post(&format!("/api/v1/users/amy/{step}"), &why).with_status(status);
            }
        }),
        ("five wrong passwords", |site, cookie| {
            for _ in 0..5 {
                let wrong = json!({"password": "wrong"});
                with_cookie(site, cookie, "POST", "/api/v1/me/totp", Some(&wrong)).refused(403, "wrong_password");
            }
        }),
        ("twelve hours", |site, _| site.waits_hours(12)),
    ];
    for (how, end) in endings {
        let site = Site::start();
        let cookie = enters(&site, "amy");
        me(&site, &cookie).ok();
        end(&site, &cookie);
        let before = site.facts_count();
        me(&site, &cookie).refused(401, "not_signed_in");
        let proof = json!({"password": password("amy")});
        with_cookie(&site, &cookie, "POST", "/api/v1/session/unlock", Some(&proof)).refused(401, "not_signed_in");
        let body = site.stranger().registration("L-1", &json!({}));
        with_cookie(&site, &cookie, "POST", "/api/v1/lots", Some(&body)).refused(401, "not_signed_in");
        let page = with_cookie(&site, &cookie, "GET", "/lots", None);
        assert_eq!(page.header("location"), "/sign-in?next=/lots", "{how}");
        assert_eq!(site.facts_count(), before, "{how}");
    }
}

#[test]
fn a_token_is_nobodys_once_the_account_was_shut_even_when_it_is_taken_back() {
    let site = Site::start();
    let issued = token(&site, &["read"]);
    let lots = || with_token(&site, secret(&issued), "GET", "/api/v1/lots", None);
    lots().ok();
    site.admin().post("/api/v1/users/amy/deactivation", &json!({"reason": "left"})).created();
    lots().refused(401, "not_signed_in");
    site.admin().post("/api/v1/users/amy/reactivation", &json!({"reason": "came back"})).created();
    lots().refused(401, "not_signed_in");
}

#[test]
fn a_token_ends_with_the_time_of_its_account() {
    let site = Site::start();
    let issued = token(&site, &["read"]);
    let limit = json!({"valid_until": site.hours(2), "reason": "an inspection"});
    site.admin().post("/api/v1/users/amy/limit", &limit).created();
    let lots = || with_token(&site, secret(&issued), "GET", "/api/v1/lots", None);
    lots().ok();
    site.waits_hours(2);
    lots().refused(401, "not_signed_in");
}

#[test]
fn a_form_sent_again_records_nothing_more_and_its_key_belongs_to_its_person() {
    let site = Site::start();
    let amys = enters(&site, "amy");
    let page = with_cookie(&site, &amys, "GET", "/lots/new", None).with_status(200).text();
    let key = hidden(&page, "idempotency_key");
    let registers = |cookie: &str, lot: &str, key: &str| {
        let (made, expires) = ("2026-05-20T10:00", "2026-07-01T10:00");
        let fields = [
            ("idempotency_key", key),
            ("lot", lot),
            ("product", "ADMSC-IV"),
            ("donor", "D-0031"),
            ("passage", "4"),
            ("manufactured_at", made),
            ("expires_at", expires),
            ("containers", "4"),
        ];
        sends(&site, cookie, "/lots", &fields)
    };
    let first = registers(&amys, "L-1", &key);
    assert_eq!(first.status, 303, "{first}");
    let before = site.facts_count();
    let again = registers(&amys, "L-1", &key);
    assert_eq!((again.status, again.header("location")), (303, first.header("location")), "{again}");
    assert_eq!(site.facts_count(), before, "once");
    let another = registers(&amys, "L-2", &key);
    assert_eq!(another.status, 409, "the same key for something else: {another}");
    assert_eq!(site.facts_count(), before);
    let bens = enters(&site, "ben");
    let before = site.facts_count();
    assert_eq!(registers(&bens, "L-1", &key).status, 409, "Amy's answer is not given to Ben: the lot is there");
    assert_eq!(site.facts_count(), before);
}

// Changed on the way.

#[test]
fn no_secret_with_one_character_changed_opens_anything() {
    let site = Site::start();
    let (cookie, issued) = (enters(&site, "amy"), token(&site, &["read"]));
    let value = cookie.strip_prefix("lotgate_session=").expect("a value");
    let token = secret(&issued);
    let changes = |text: &str| {
        let one: Vec<String> = (0..text.len()).map(|at| with_another(text, at)).collect();
        let others = [&text[1..], &text[..text.len() - 1], &text.to_uppercase(), &format!("{text}0"), "lgt_", ""];
        one.into_iter().chain(others.map(str::to_owned)).filter(|t| t != text).collect::<Vec<String>>()
    };
    for changed in changes(value) {
        me(&site, &format!("lotgate_session={changed}")).refused(401, "not_signed_in");
    }
    for changed in changes(token) {
        with_token(&site, &changed, "GET", "/api/v1/lots", None).refused(401, "not_signed_in");
    }
    me(&site, &cookie).ok();
    with_token(&site, token, "GET", "/api/v1/lots", None).ok();
}

#[test]
fn a_token_is_no_cookie_and_a_pages_secret_no_bearer() {
    let site = Site::start();
    let (cookie, issued) = (enters(&site, "amy"), token(&site, &["read"]));
    let as_cookie = format!("lotgate_session={}", secret(&issued));
    with_cookie(&site, &as_cookie, "GET", "/api/v1/lots", None).refused(401, "not_signed_in");
    assert_eq!(with_cookie(&site, &as_cookie, "GET", "/lots", None).header("location"), "/sign-in?next=/lots");
    let as_bearer = cookie.strip_prefix("lotgate_session=").expect("a value");
    // A bearer locks never and is asked for no page of this site.
    with_token(&site, as_bearer, "GET", "/api/v1/me", None).refused(401, "not_signed_in");
    let both = [("Cookie", cookie.as_str()), ("Authorization", "Bearer nonsense")];
    site.stranger().asks("GET", "/api/v1/me", &both, None).refused(401, "not_signed_in");
}

#[test]
fn a_programs_session_put_into_a_browser_locks_there() {
    let site = Site::start();
    let session = site.stranger().post("/api/v1/session", &json!({"username": "amy", "password": password("amy")}));
    let text = session.created()["token"].as_str().expect("a token").to_owned();
    let cookie = format!("lotgate_session={text}");
    me(&site, &cookie).ok();
    site.is_at(site.app.now().plus_minutes(15));
    me(&site, &cookie).refused(401, "not_signed_in").says("locked");
    with_token(&site, &text, "GET", "/api/v1/me", None).ok();
}

#[test]
fn nothing_is_signed_or_recorded_over_what_was_not_shown() {
    let site = Site::start();
    site.full_lot("L-1");
    site.full_lot("L-2");
    let queens = site.cookie("queen");
    let page = |path: &str| with_cookie(&site, &queens, "GET", path, None).with_status(200).text();
    let (right, of_another) =
        (hidden(&page("/lots/L-1"), "dossier_sha256"), hidden(&page("/lots/L-2"), "dossier_sha256"));
    let secret = password("queen");
    let before = site.events("attempt_refused").len();
    let through = ["", "-1", "99999999999999999999", "now", "0"];
    let wrong = [with_another(&right, 0), with_another(&right, 63), of_another, String::new(), "x".repeat(5000)];
    for (n, sha256) in wrong.iter().enumerate() {
        let fields = [
            ("password", secret.as_str()),
            ("meaning", "I certify"),
            ("dossier_sha256", sha256),
            ("seen_through", through[n]),
        ];
        let answer = sends(&site, &queens, "/lots/L-1/release", &fields);
        assert_eq!(answer.status, 409, "{answer}");
        let fields = [("password", secret.as_str()), ("reason", "Leaks"), ("dossier_sha256", sha256)];
        let answer = sends(&site, &queens, "/lots/L-1/rejection", &fields);
        assert_eq!(answer.status, 409, "{answer}");
    }
    assert!(site.events("lot_released").is_empty() && site.events("lot_rejected").is_empty());
    assert_eq!(site.events("attempt_refused").len(), before + 2 * wrong.len(), "each attempt is a fact");
    // What is only told, through where something was seen, decides nothing.
    let fields = [
        ("password", secret.as_str()),
        ("meaning", "I certify"),
        ("dossier_sha256", right.as_str()),
        ("seen_through", "99999999999999999999"),
    ];
    let answer = sends(&site, &queens, "/lots/L-1/release", &fields);
    assert_eq!(answer.status, 303, "{answer}");
    site.whole();
}

#[test]
fn what_is_confirmed_reviewed_or_acknowledged_is_what_was_shown() {
    let site = Site::start();
    lot(&site, "L-1");
    let run = number(&records(&site, "L-1", &endotoxin(&site, "0.2", &json!({}))));
    let before = site.facts_count();
    let (bens, zeros) = (site.cookie("ben"), "0".repeat(64));
    let confirm = [
        ("confirmed", "yes"),
        ("content_hash", zeros.as_str()),
        ("value.ENDOTOXIN", "0.2"),
        ("unit.ENDOTOXIN", "EU/mL"),
    ];
    assert_eq!(sends(&site, &bens, &format!("/runs/{run}/verification"), &confirm).status, 409);
    let review = json!({"register_sha256": "0".repeat(64), "findings": "None", "password": password("queen")});
    site.qa().post("/api/v1/access/review", &review).refused(409, "changed_since_seen");
    let policy = site.analyst().get("/api/v1/signature-policy").ok();
    let path = "/api/v1/signature-policy/acknowledgement";
    let version = policy["version"].as_u64().expect("a version");
    for seen in [
        json!({"version": version, "text_sha256": "0".repeat(64)}),
        json!({"version": version + 1, "text_sha256": policy["text_sha256"]}),
        json!({"version": 0, "text_sha256": policy["text_sha256"]}),
    ] {
        site.analyst().post(path, &seen).refused(409, "changed_since_seen");
    }
    let kept = ["run_verified", "access_reviewed"].map(|kind| site.events(kind).len());
    assert_eq!(kept, [0, 0]);
    let attempts = u64::try_from(site.events("attempt_refused").len()).expect("few");
    assert_eq!(site.facts_count(), before + attempts, "nothing but the attempts");
}

// From elsewhere.

/// A header of a request.
type Header = (&'static str, String);

/// What a browser says that sends a form from elsewhere, and from here.
fn origins(host: &str, scheme: &str) -> (Vec<Header>, Vec<Header>) {
    let (name, port) = host.split_once(':').expect("a port");
    let foreign = [
        "null".to_owned(),
        String::new(),
        "https://evil.example".to_owned(),
        format!("{scheme}://evil.example:{port}"),
        format!("{scheme}://lots.{host}"),
        format!("{scheme}://{host}.evil.example"),
        format!("{scheme}://{host}@evil.example"),
        format!("{scheme}://evil.example/{host}"),
        format!("{scheme}://{name}"),
        format!("{scheme}://{name}:1{port}"),
        format!("file://{host}x"),
        host.to_owned(),
    ];
    let mut from_elsewhere: Vec<Header> = Vec::new();
    for origin in foreign {
        from_elsewhere.push(("Origin", origin.clone()));
        from_elsewhere.push(("Referer", if origin.contains("://") { format!("{origin}/page") } else { origin }));
    }
    let sites = ["cross-site", "same-site", "same-origin, cross-site", "nonsense", ""];
    from_elsewhere.extend(sites.map(|site| ("Sec-Fetch-Site", site.to_owned())));
    let from_here = vec![
        ("Origin", format!("{scheme}://{host}")),
        ("Referer", format!("{scheme}://{host}/lots?q=x")),
        ("Sec-Fetch-Site", "same-origin".to_owned()),
        ("Sec-Fetch-Site", "none".to_owned()),
    ];
    (from_elsewhere, from_here)
}

#[test]
fn a_form_is_taken_from_this_very_origin_and_from_no_neighbour() {
    let site = Site::start();
    let cookie = enters(&site, "amy");
    let host = site.url.strip_prefix("http://").expect("a host");
    let (from_elsewhere, from_here) = origins(host, "http");
    let asks = |(name, value): &Header| {
        let fields = Some((FORM, b"password=wrong&new_password=x&new_password_again=x".to_vec()));
        site.stranger().asks("POST", "/account/password", &[("Cookie", cookie.as_str()), (*name, value)], fields)
    };
    let before = site.facts_count();
    for header in &from_elsewhere {
        let answer = asks(header);
        assert!(answer.status == 403 && answer.text().contains("another site"), "{header:?}: {answer}");
    }
    assert_eq!(site.facts_count(), before);
    for header in &from_here {
        let answer = asks(header);
        assert!(answer.text().contains("The password is not right"), "{header:?}: {answer}");
    }
}

#[test]
fn under_tls_a_page_of_plain_http_with_our_name_is_another_site() {
    let site = Site::with(|_| WebConfig { secure_cookies: true, ..settings() });
    let host = site.url.strip_prefix("http://").expect("a host").to_owned();
    let secret = password("amy");
    let body = format!("username=amy&password={}", encoded(&secret)).into_bytes();
    let signs_in =
        |header: (&str, &str)| site.stranger().asks("POST", "/sign-in", &[header], Some((FORM, body.clone())));
    for header in [("Origin", format!("http://{host}")), ("Referer", format!("http://{host}/sign-in"))] {
        let answer = signs_in((header.0, &header.1));
        assert_eq!((answer.status, answer.header("set-cookie")), (403, ""), "{header:?}: {answer}");
    }
    let answer = signs_in(("Origin", &format!("https://{host}")));
    assert!(answer.status == 303 && answer.header("set-cookie").starts_with("__Host-"), "{answer}");
}

#[test]
fn no_copy_is_taken_because_a_page_of_another_site_leads_there() {
    let mut walked = 0;
    let copies = ROUTES.iter().filter(|r| r.method == "GET" && r.effect == Effect::Writes && r.who != Who::Anyone);
    for route in copies {
        let site = crate::routes::site_for(route);
        let call = call(&site, route);
        let cookie = site.cookie(call.who.expect("somebody who may"));
        let before = site.facts_count();
        for header in [("Sec-Fetch-Site", "cross-site"), ("Referer", "https://evil.example/")] {
            for method in ["GET", "HEAD"] {
                let headers = [("Cookie", cookie.as_str()), header];
                let answer = site.stranger().asks(method, &call.path, &headers, None);
                assert_eq!((answer.status, answer.header("content-disposition")), (403, ""), "{answer}");
            }
        }
        assert_eq!(site.facts_count(), before, "{}", route.path);
        let headers = [("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "same-origin")];
        let answer = site.stranger().asks("GET", &call.path, &headers, None);
        assert_eq!(answer.status, 200, "{answer}");
        walked += 1;
    }
    assert!(walked >= 7, "{walked}");
}

// Somebody else's.

#[test]
fn a_form_of_somebody_else_is_signed_by_whoever_sends_it_and_only_by_them() {
    let site = Site::start();
    site.full_lot("L-1");
    let page = with_cookie(&site, &site.cookie("queen"), "GET", "/lots/L-1", None).with_status(200).text();
    let (seen, key) = (hidden(&page, "dossier_sha256"), hidden(&page, "idempotency_key"));
    let quinns = site.cookie("quinn");
    let sends_it = |secret: &str| {
        let fields = [
            ("idempotency_key", key.as_str()),
            ("password", secret),
            ("meaning", "I certify"),
            ("dossier_sha256", &seen),
            ("username", "queen"),
        ];
        sends(&site, &quinns, "/lots/L-1/release", &fields)
    };
    let answer = sends_it(&password("queen"));
    assert_eq!(answer.status, 403, "her password does not sign in his session: {answer}");
    assert_eq!(sends_it(&password("quinn")).status, 303);
    let released = site.facts().into_iter().rfind(|f| f["fact"]["event"]["kind"] == "lot_released").expect("released");
    assert_eq!(
        (&released["fact"]["by"]["user"], &released["fact"]["event"]["signature"]["username"]),
        (&json!("quinn"), &json!("quinn"))
    );
}

#[test]
fn the_first_half_of_one_persons_sign_in_is_not_finished_with_anothers_code() {
    let site = Site::start();
    let (amys, bens) = (sets_up_codes(&site, "amy"), sets_up_codes(&site, "ben"));
    let begins = |who: &str| {
        let fields = [("username", who), ("password", &password(who))];
        ticket(&sends(&site, "", "/sign-in", &fields))
    };
    let finishes = |ticket: &str, code: &str| sends(&site, "", "/sign-in/code", &[("ticket", ticket), ("code", code)]);
    let begun = begins("amy");
    let answer = finishes(&begun, &code(&site, &bens.secret, 0));
    assert_eq!((answer.status, answer.header("set-cookie")), (403, ""), "{answer}");
    for at in [0, 31, 63] {
        let answer = finishes(&with_another(&begun, at), &code(&site, &amys.secret, 0));
        assert_eq!((answer.status, answer.header("set-cookie")), (401, ""), "{answer}");
    }
    // A recovery code of somebody else's is as wrong.
    assert_eq!(finishes(&begun, &bens.recovery[0]).status, 403);
    let entered = new_cookie(finishes(&begun, &code(&site, &amys.secret, 0)).with_status(303));
    assert_eq!(me(&site, &entered).ok()["username"], "amy");
    let signs = json!({"password": password("amy"), "code": code(&site, &amys.secret, 0)});
    site.analyst().post("/api/v1/me/recovery-codes", &signs).refused(403, "wrong_code").says("used before");
}

// Overtaken.

#[test]
fn whoever_is_shut_out_or_gets_other_roles_while_a_request_is_under_way_records_nothing() {
    use lotgate::workflow::permit::{Permit, RegisterLot, Subject};
    use lotgate::workflow::register_lot::{LotEntry, register_lot};
    let site = Site::start();
    let name = |text: &str| Username::parse(text).expect("a user name");
    let let_in = |who: &str| {
        let user = site.app.read(|view| Ok(view.user(&name(who))?)).expect("readable").expect("somebody");
        Permit::<RegisterLot>::grant(&site.app, &user, &Subject::default()).expect("an analyst")
    };
    let (amy, ben) = (let_in("amy"), let_in("ben"));
    let registration = site.analyst().registration("L-1", &json!({}));
    let entry = LotEntry {
        lot: "L-1".into(),
        product: "ADMSC-IV".into(),
        donor: "D-0031".into(),
        passage: Some("4".into()),
        manufactured_at: registration["manufactured_at"].as_str().expect("a moment").into(),
        expires_at: registration["expires_at"].as_str().expect("a moment").into(),
        containers: 4,
        bank: None,
        autologous: None,
        cryopreserved: None,
        antibiotics: None,
    };
    site.admin().post("/api/v1/users/amy/deactivation", &json!({"reason": "left"})).created();
    let roles = json!({"roles": ["auditor"], "reason": "another task"});
    site.admin().post("/api/v1/users/ben/roles", &roles).created();
    let before = site.facts_count();
    let late =
        |permit: &Permit<RegisterLot>| register_lot(&site.app, permit, &entry).expect_err("too late").to_string();
    assert!(late(&amy).contains("deactivated"));
    assert!(late(&ben).contains("roles were changed"));
    assert_eq!(site.facts_count(), before);
}

#[test]
fn who_was_given_access_anew_signs_nothing_until_somebody_recorded_who_it_is() {
    let site = Site::start();
    site.full_lot("L-1");
    let signs = |expected: u16| {
        let body = json!({"password": password("queen"), "meaning": "I certify"});
        let answer =
            site.qa().post("/api/v1/lots/L-1/rejection", &json!({"password": body["password"], "reason": "Leaks"}));
        assert_eq!(answer.status, expected, "{answer}");
        answer
    };
    site.is_at(site.app.now().plus_minutes(1));
    let reset = json!({"password": FIRST_PASSWORD, "reason": "forgotten, she says on the telephone"});
    site.admin().post("/api/v1/users/queen/password", &reset).created();
    // The administrator knows that password, and could have chosen the next one too.
    let entry = json!({"username": "queen", "password": FIRST_PASSWORD});
    let opened = site.stranger().post("/api/v1/session", &entry).created();
    let change = json!({"password": FIRST_PASSWORD, "new_password": password("queen")});
    let opened = opened["token"].as_str().expect("a token");
    with_token(&site, opened, "POST", "/api/v1/me/password", Some(&change)).with_status(204);
    site.forgets("queen");
    signs(403).refused(403, "identity_unchecked").says("another password");
    let alerts = site.other_qa().get("/api/v1/alerts").ok();
    let alert = &alerts["alerts"][0];
    assert_eq!((&alert["about"], &alert["username"]), (&json!("access_given"), &json!("queen")), "{alerts}");
    assert!(alert["detail"].as_str().is_some_and(|text| text.contains("Adam Árnason")), "{alert}");
    let path = format!("/api/v1/alerts/{}/acknowledgement", alert["alert"]);
    let well = json!({"remark": "All is well"});
    site.qa().post(&path, &well).refused(403, "own_work").says("own account");
    site.other_qa().post(&path, &json!({"remark": "Asked Queen; it was for her"})).created();
    let seen = site.admin().get("/api/v1/alerts").ok();
    assert_eq!(seen["alerts"].as_array().map(Vec::len), Some(0), "whom it is about is not the one it is for: {seen}");
    site.is_at(site.app.now().plus_minutes(1));
    site.admin().post("/api/v1/users/queen/identity", &json!({"how": "passport, in person"})).created();
    signs(201);
    site.whole();
}

#[test]
fn who_gave_access_anew_does_not_record_who_the_person_is_where_another_administrator_can() {
    let site = Site::start();
    let ada = site.has_person("ada", "Ada Abt", &["admin"]);
    site.is_at(site.app.now().plus_minutes(1));
    let reset = json!({"password": FIRST_PASSWORD, "reason": "forgotten"});
    site.admin().post("/api/v1/users/queen/password", &reset).created();
    site.is_at(site.app.now().plus_minutes(1));
    let (path, how) = ("/api/v1/users/queen/identity", json!({"how": "passport, in person"}));
    site.admin().post(path, &how).refused(403, "own_work").says("another administrator");
    ada.post(path, &how).created();
    site.is_at(site.app.now().plus_minutes(1));
    site.admin().post(path, &how).created();
    site.admin().post("/api/v1/users/quinn/password", &reset).created();
    site.admin().post("/api/v1/users/ada/deactivation", &json!({"reason": "left"})).created();
    site.is_at(site.app.now().plus_minutes(1));
    site.admin().post("/api/v1/users/quinn/identity", &how).created();
    site.whole();
}

#[test]
fn who_lost_a_second_factor_signs_nothing_until_somebody_recorded_who_it_is() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    sets_up_codes(&site, "queen");
    let id = site.qa().get("/api/v1/me/factors").ok()["factors"][0]["id"].as_str().expect("a name").to_owned();
    site.is_at(site.app.now().plus_minutes(1));
    let lost = json!({"reason": "telephone lost"});
    site.admin().post(&format!("/api/v1/users/queen/factors/{id}/removal"), &lost).with_status(204);
    site.qa().rejects("L-1", "Leaks").refused(403, "identity_unchecked").says("second factor");
    assert_eq!(site.other_qa().get("/api/v1/alerts").ok()["alerts"][0]["about"], "access_given");
    site.is_at(site.app.now().plus_minutes(1));
    site.admin().post("/api/v1/users/queen/identity", &json!({"how": "passport, in person"})).created();
    site.qa().rejects("L-1", "Leaks").created();
}

// Guessed.

#[test]
fn a_failed_sign_in_takes_its_time_whether_there_is_such_an_account_or_not() {
    let site = Site::start();
    for _ in 0..5 {
        let wrong = json!({"username": "ben", "password": "wrong"});
        site.stranger().post("/api/v1/session", &wrong).refused(401, "wrong_credentials");
    }
    let ends = site.app.now().plus_minutes(1).to_string();
    let mut told: Vec<Value> = Vec::new();
    for username in ["amy", "nobody.here", "not a user name", "ben"] {
        let began = std::time::Instant::now();
        let body = json!({"username": username, "password": "wrong"});
        let refused = site.stranger().post("/api/v1/session", &body);
        let took = began.elapsed();
        assert!(took.as_millis() >= 300, "{username}: {took:?}");
        let mut body = refused.refused(401, "wrong_credentials").body;
        body.as_object_mut().expect("an object").remove("request_id");
        assert!(!body.to_string().contains(&ends), "{body}");
        told.push(body);
        let began = std::time::Instant::now();
        let page = sends(&site, "", "/sign-in", &[("username", username), ("password", "wrong")]);
        assert!(page.status == 401 && began.elapsed().as_millis() >= 300, "{page}");
    }
    assert!(told.windows(2).all(|two| two[0] == two[1]), "{told:?}");
}

#[test]
fn wrong_passwords_at_a_locked_page_are_facts_and_five_of_them_an_alert() {
    let site = Site::start();
    let cookie = enters(&site, "amy");
    site.waits_hours(1);
    for tried in 1..=5 {
        let wrong = json!({"password": "wrong"});
        with_cookie(&site, &cookie, "POST", "/api/v1/session/unlock", Some(&wrong)).refused(403, "wrong_password");
        let attempts = site.events("attempt_refused");
        assert_eq!((attempts.len(), &attempts[0]["act"]), (tried, &json!("own_account")));
    }
    me(&site, &cookie).refused(401, "not_signed_in");
    for who in [site.qa(), site.admin()] {
        let alerts = who.get("/api/v1/alerts").ok();
        assert_eq!(alerts["alerts"][0]["about"], "wrong_passwords", "{alerts}");
    }
    let page = crate::example::page(&site, "olga", "/ledger").text();
    assert!(page.contains("could not prove who they are"), "{page}");
}
