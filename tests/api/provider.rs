//! Signing in by an OpenID provider: who is let in, and everything that is not believed.

use lotgate::workflow::oidc_provider::{Provider, ProviderSettings};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::example::{page, sends};
use crate::openid::{Forger, asked, begins, comes_back, down, header, links, nonsense, signs_by_another_key, with_amy};
use crate::site::{Site, password, settings};

/// The session cookie that an answer sets, if it does.
fn session(answer: &Answer) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|c| c.to_str().ok());
    cookies.filter_map(|c| c.split(';').next()).find(|c| c.starts_with("lotgate_session=")).map(str::to_owned)
}

/// A page that says no, after which nobody is signed in.
#[track_caller]
fn refused(site: &Site, answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer}");
    assert!(answer.text().contains(&format!("<code>{code}</code>")), "{answer}");
    assert_eq!(session(answer), None, "{answer}");
    let signed_in = site.events("signed_in").len();
    assert_eq!(signed_in, crate::site::PEOPLE.len(), "only those of the set-up");
}

#[test]
fn a_linked_account_is_signed_in_with_an_ordinary_session() {
    let (forger, site) = with_amy();
    let back = comes_back(&site, &begins(&forger, &site, &json!({})));
    assert_eq!((back.status, back.header("location")), (303, "/lots"), "{back}");
    let cookie = session(&back).expect("a session");
    site.stranger().asks("GET", "/lots", &[("Cookie", &cookie)], None).with_status(200);
    let events = site.events("signed_in");
    assert_eq!(events.len(), crate::site::PEOPLE.len() + 1);
    let linked = &site.events("identity_linked")[0];
    assert_eq!(linked["issuer"], forger.issuer);
    let subject = format!("{}\n248289761001", forger.issuer);
    assert_eq!(linked["subject_sha256"], lotgate::ledger::canonical::sha256_hex(subject.as_bytes()));
    assert!(page(&site, "amy", "/account/oidc").text().contains("Your account is linked"), "shown");
    site.whole();
    // PKCE, and the client's secret in the header and not in the body.
    let exchange = asked(&forger).into_iter().rfind(|a| a.starts_with("POST /token")).expect("asked");
    assert!(exchange.contains("code_verifier=") && exchange.to_lowercase().contains("authorization: basic "));
    assert!(!exchange.contains("client_secret="), "{exchange}");
}

#[test]
fn the_sign_in_page_offers_the_provider_where_there_is_one() {
    let forger = Forger::start();
    let with = forger.site().stranger().get("/sign-in").text();
    assert!(with.contains("href=\"/sign-in/oidc?next="), "{with}");
    let site = Site::with(|_| settings());
    assert!(!site.stranger().get("/sign-in").text().contains("oidc"));
    for path in ["/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=y"] {
        site.stranger().get(path).with_status(404);
    }
    page(&site, "amy", "/account/oidc").with_status(404);
}

#[test]
fn an_identity_that_nobody_linked_is_nobody_and_no_account_is_made() {
    let (forger, site) = with_amy();
    let stranger = begins(
        &forger,
        &site,
        &json!({"sub": "somebody else", "preferred_username": "amy", "email": "amy@example.org"}),
    );
    refused(&site, &comes_back(&site, &stranger), 403, "not_linked");
    assert_eq!(site.admin().get("/api/v1/users").ok()["users"].as_array().map(Vec::len), Some(8));
}

#[test]
fn a_state_that_the_browser_does_not_hold_is_refused() {
    let (forger, site) = with_amy();
    let begun = begins(&forger, &site, &json!({}));
    let others = begins(&forger, &site, &json!({}));
    for (state, cookie) in [
        ("", begun.cookie.as_str()),
        (&begun.state, ""),
        (&begun.state, "lotgate_oidc="),
        (&begun.state, others.cookie.as_str()),
        (&others.state, begun.cookie.as_str()),
        (&"0".repeat(64), &format!("lotgate_oidc={}", "0".repeat(64))),
    ] {
        let path = format!("/sign-in/oidc/callback?code=the-code&state={state}");
        let answer = site.stranger().asks("GET", &path, &[("Cookie", cookie)], None);
        refused(&site, &answer, 403, "provider_refused");
    }
}

#[test]
fn a_callback_works_once_and_for_ten_minutes() {
    let (forger, site) = with_amy();
    let begun = begins(&forger, &site, &json!({}));
    assert!(session(&comes_back(&site, &begun)).is_some());
    let again = comes_back(&site, &begun);
    assert!(again.status == 403 && again.text().contains("finished before") && session(&again).is_none(), "{again}");
    let late = begins(&forger, &site, &json!({}));
    site.is_at(site.app.now().plus_minutes(10));
    let answer = comes_back(&site, &late);
    assert!(answer.status == 403 && answer.text().contains("took too long"), "{answer}");
}

#[test]
fn a_token_that_says_anything_wrong_is_not_believed() {
    let now = crate::site::moment(crate::site::MORNING).utc().timestamp();
    let wrong: [(&str, Value); 9] = [
        ("another nonce", json!({"nonce": "0".repeat(64)})),
        ("no nonce", json!({"nonce": null})),
        ("another audience", json!({"aud": "another-client"})),
        ("several audiences", json!({"aud": ["lotgate", "another-client"]})),
        ("another issuer", json!({"iss": "https://evil.example"})),
        ("expired", json!({"exp": now - 1})),
        ("issued long ago", json!({"iat": now - 7200})),
        ("issued in the future", json!({"iat": now + 7200, "exp": now + 8000})),
        ("no subject", json!({"sub": null})),
    ];
    let (forger, site) = with_amy();
    for (what, claims) in wrong {
        let answer = comes_back(&site, &begins(&forger, &site, &claims));
        let code = if what == "no subject" { (503, "provider_unavailable") } else { (403, "provider_refused") };
        assert_eq!(answer.status, code.0, "{what}: {answer}");
        refused(&site, &answer, code.0, code.1);
    }
}

#[test]
fn a_token_signed_by_another_key_or_by_none_is_not_believed() {
    let (forger, site) = with_amy();
    signs_by_another_key(&forger);
    refused(&site, &comes_back(&site, &begins(&forger, &site, &json!({}))), 403, "provider_refused");
    let (forger, site) = with_amy();
    header(&forger, &json!({"alg": "none"}), true);
    let answer = comes_back(&site, &begins(&forger, &site, &json!({})));
    assert!(matches!(answer.status, 403 | 503) && session(&answer).is_none(), "{answer}");
    header(&forger, &json!({"alg": "HS256"}), false);
    refused(&site, &comes_back(&site, &begins(&forger, &site, &json!({}))), 403, "provider_refused");
}

#[test]
fn a_provider_that_is_down_or_talks_nonsense_is_no_failure_of_ours() {
    let (forger, site) = with_amy();
    let begun = begins(&forger, &site, &json!({}));
    down(&forger, true);
    let answer = comes_back(&site, &begun);
    refused(&site, &answer, 503, "provider_unavailable");
    assert!(answer.text().contains("Sign in with your password"), "{answer}");
    // Two hours later the site asks anew who the provider is.
    site.waits_hours(2);
    refused(&site, &site.stranger().get("/sign-in/oidc"), 503, "provider_unavailable");
    down(&forger, false);
    site.stranger().get("/sign-in/oidc").with_status(303);
    nonsense(&forger);
    site.waits_hours(2);
    refused(&site, &site.stranger().get("/sign-in/oidc"), 503, "provider_unavailable");
    let body = json!({"username": "amy", "password": password("amy")});
    site.stranger().post("/api/v1/session", &body).created();
}

#[test]
fn a_person_who_says_no_at_the_provider_comes_back_to_a_sentence() {
    let (forger, site) = with_amy();
    let begun = begins(&forger, &site, &json!({}));
    let path = format!("/sign-in/oidc/callback?error=access_denied%3Cscript%3E&state={}", begun.state);
    let answer = site.stranger().asks("GET", &path, &[("Cookie", &begun.cookie)], None);
    refused(&site, &answer, 403, "provider_refused");
    assert!(answer.text().contains("(access_deniedscript)"), "letters only: {answer}");
}

#[test]
fn linking_needs_the_password_again_and_the_person_who_began() {
    let forger = Forger::start();
    let site = forger.site();
    let answer = sends(&site, "amy", "/account/oidc", &[("password", "not hers")]);
    assert!(answer.status == 403 && answer.header("set-cookie").is_empty(), "{answer}");
    assert!(!answer.text().contains(&forger.issuer), "{answer}");
    // Ben's browser comes back with what Amy began.
    let secret = password("amy");
    let begun = sends(&site, "amy", "/account/oidc", &[("password", &secret)]);
    let cookie = begun.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let state = cookie.split('=').nth(1).unwrap_or_default().to_owned();
    let with_ben = format!("{cookie}; lotgate_session={}", site.token("ben"));
    let path = format!("/sign-in/oidc/callback?code=the-code&state={state}");
    let answer = site.stranger().asks("GET", &path, &[("Cookie", &with_ben)], None);
    assert!(matches!(answer.status, 403 | 503), "{answer}");
    assert!(site.events("identity_linked").is_empty());
}

#[test]
fn an_identity_is_linked_with_one_account_and_an_account_with_one_identity() {
    let (forger, site) = with_amy();
    let answer = links(&forger, &site, "ben", &json!({}));
    assert!(answer.status == 409 && answer.text().contains("another account"), "{answer}");
    let answer = sends(&site, "amy", "/account/oidc", &[("password", &password("amy"))]);
    assert_eq!(answer.status, 409, "{answer}");
    assert_eq!(site.events("identity_linked").len(), 1);
}

#[test]
fn an_administrator_takes_a_link_away_and_it_signs_nobody_in_any_more() {
    let (forger, site) = with_amy();
    let path = "/api/v1/users/amy/identity-link/removal";
    site.qa().post(path, &json!({"reason": "x"})).refused(403, "wrong_role");
    site.admin().post(path, &json!({"reason": ""})).refused(422, "invalid_field");
    site.admin().post(path, &json!({"reason": "The provider is changed"})).with_status(204);
    site.admin().post(path, &json!({"reason": "Again"})).refused(409, "already_done");
    site.admin()
        .post("/api/v1/users/nobody/identity-link/removal", &json!({"reason": "x"}))
        .refused(404, "no_such_user");
    let unlinked = &site.events("identity_unlinked")[0];
    assert_eq!((&unlinked["username"], &unlinked["reason"]), (&json!("amy"), &json!("The provider is changed")));
    refused(&site, &comes_back(&site, &begins(&forger, &site, &json!({}))), 403, "not_linked");
    assert_eq!(links(&forger, &site, "amy", &json!({})).header("location"), "/account/oidc?done=linked");
    site.whole();
}

#[test]
fn a_provider_is_reached_by_tls_unless_it_is_on_this_machine() {
    let provider = |issuer: &str, secret: &str| {
        Provider::new(ProviderSettings {
            issuer: issuer.into(),
            client_id: "lotgate".into(),
            client_secret: secret.into(),
            authorities: None,
            public_url: "https://lots.example.org".into(),
        })
    };
    assert!(provider("http://id.example.org", "x").expect_err("plain").contains("https://"));
    assert!(provider("id.example.org", "x").expect_err("no address").contains("no address"));
    assert!(provider("https://id.example.org", "").expect_err("empty").contains("secret"));
    let debug = format!("{:?}", provider("https://id.example.org", "hush").expect("good"));
    assert_eq!(debug, "Provider(https://id.example.org)");
}
