//! The whole main job in a real browser: headless Chromium, driven through its WebDriver.
//!
//! Promises: nothing is stubbed: the built program, its demonstration laboratory, a real
//! browser. Where Chromium is missing the trials are *ignored* visibly; with `CI=true` they fail.

mod driver;
mod security;
mod story;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let missing = driver::missing_component();
    let must_run = std::env::var("CI").is_ok_and(|v| v == "true");
    let ignore = missing.is_some() && !must_run;
    if let Some(component) = missing.filter(|_| ignore) {
        eprintln!("browser tests are ignored: {component} is not installed");
    }
    let trial = |name: &str, run: fn() -> Result<(), Failed>| Trial::test(name, run).with_ignored_flag(ignore);
    let trials = vec![
        trial("a_lot_goes_from_registration_to_a_certificate_that_a_stranger_verifies", || {
            driver::run(story::main_job)
        }),
        trial("the_main_job_works_without_script", || driver::run_without_script(story::without_script)),
        trial("nothing_typed_is_lost_when_a_value_is_refused", || driver::run(story::nothing_typed_is_lost)),
        trial("a_passkey_signs_in_and_a_page_that_nobody_touches_locks_with_what_was_typed", || {
            driver::run_on_a_new_site(security::passkey_and_lock)
        }),
        trial("no_page_scrolls_sideways_or_loads_from_elsewhere", || driver::run(story::every_page_fits)),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}
