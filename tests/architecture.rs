//! The shape of the product, held by a test: who may name whom, who owns which crate, and what
//! no file does.
//!
//! The tables below are the whole truth about the arrows; a new arrow is a line here with its
//! reason. `architecture/source.rs` reads the files.

#[path = "architecture/source.rs"]
mod source;

use source::{Source, files, product, read};

/// What a module may name of another.
enum Names {
    /// Anything public.
    All,
    /// Only these.
    Only(&'static [&'static str]),
}
use Names::{All, Only};

/// `main -> cli -> web -> workflow -> { store, certificate, keys, clock }`, and what those stand
/// on. What is not here may not be named.
const ARROWS: &[(&str, &[(&str, Names)])] = &[
    ("main", &[("cli", All)]),
    // The map: declares the modules and names none of their contents.
    ("lib", &[]),
    (
        "cli",
        &[
            ("web", All),
            ("workflow", All),
            // Where records are, and how they are read when no service runs.
            ("store", Only(&["Target", "User", "Evidence", "Finding", "outside_checkpoint", "read_once"])),
            // `lotgate verify` is the stranger's check, which needs no site and so no workflow.
            ("certificate", Only(&["CheckReport", "Outcome", "Step", "check"])),
            ("pack", Only(&["PackReport", "check"])),
            // The public key of a site, to check with.
            ("keys", Only(&["KeyFolder"])),
            ("ledger", Only(&["VerifierKey"])),
            // The one place that chooses between the machine's time and the demonstration's.
            ("clock", All),
            ("domain", All),
        ],
    ),
    (
        "web",
        &[
            ("workflow", All),
            ("domain", All),
            // Plain data that reading gives or takes. No `Store`, no `Tx`: the web holds no writer.
            (
                "store",
                Only(&[
                    "StoredSpecification",
                    "Issued",
                    "User",
                    "Session",
                    "Entry",
                    "RawFact",
                    "FactFilter",
                    "ListedLot",
                    "StoredFile",
                    "LotFilter",
                    "Finding",
                    "StoreError",
                ]),
            ),
            // A hash of bytes: a repeated request is recognised by that of its body.
            ("ledger", Only(&["canonical"])),
        ],
    ),
    (
        "workflow",
        &[
            ("store", All),
            ("certificate", All),
            ("pack", All),
            ("keys", All),
            ("clock", All),
            ("domain", All),
            ("ledger", All),
        ],
    ),
    ("store", &[("domain", All), ("ledger", All)]),
    ("certificate", &[("domain", All), ("ledger", All)]),
    // A pack's certificates are checked as a stranger checks each alone.
    ("pack", &[("certificate", All), ("domain", All), ("ledger", All)]),
    ("keys", &[("clock", All), ("ledger", All)]),
    // A clock tells a `Moment`.
    ("clock", &[("domain", All)]),
    ("domain", &[]),
    ("ledger", &[]),
];

/// Crates that only one module may use, so that the rest of the product does not know of them.
const OWNED: &[(&str, &str)] = &[
    ("diesel", "store"),
    ("diesel_migrations", "store"),
    ("actix_web", "web"),
    ("actix_multipart", "web"),
    ("askama", "web"),
    ("utoipa", "web"),
    ("rust_embed", "web"),
    ("printpdf", "certificate"),
    ("lopdf", "certificate"),
    ("subsetter", "certificate"),
    ("fast_qr", "certificate"),
    ("clap", "cli"),
    ("tracing_subscriber", "cli"),
    ("object_store", "store"),
    ("argon2", "workflow"),
    ("totp_rs", "workflow"),
    ("webauthn_rs", "workflow"),
    ("zxcvbn", "workflow"),
    ("infer", "workflow"),
    ("zip", "pack"),
    ("ed25519_dalek", "ledger"),
    ("getrandom", "clock"),
    ("rustls", "web"),
    ("governor", "web"),
    ("openidconnect", "workflow"),
    ("ureq", "workflow"),
];

/// The exceptions: one line of `cli` starts the runtime that the web server needs.
const LENT: &[(&str, &str, &str)] = &[("actix_web", "cli", "actix_web::rt::")];

const LINES_MAX: usize = 400;

/// Where a number decides about a lot, or is hashed: there it is a decimal or an integer.
const EXACT: [&str; 4] = ["domain", "store", "workflow", "ledger"];

fn wrong_arrows(source: &Source) -> Vec<String> {
    let module = source.module();
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{}: the module {module} has no line in ARROWS", source.path)];
    };
    let is_module = |name: &str| ARROWS.iter().any(|(m, _)| *m == name);
    let mut faults = Vec::new();
    for (line, other, item) in source.named() {
        if other == module || !is_module(&other) {
            continue;
        }
        let may = match allowed.iter().find(|(name, _)| *name == other) {
            None => false,
            Some((_, All)) => true,
            Some((_, Only(items))) => items.contains(&item.as_str()),
        };
        if !may {
            faults.push(format!("{}:{line}: {module} may not name {other}::{item}", source.path));
        }
    }
    faults
}

fn borrowed_crates(source: &Source) -> Vec<String> {
    let module = source.module();
    let mut faults = Vec::new();
    for (name, owner) in OWNED.iter().filter(|(_, owner)| *owner != module) {
        let mut lines = source.lines_with_crate(name);
        if let Some((_, _, way)) = LENT.iter().find(|(lent, to, _)| lent == name && *to == module) {
            let first = lines.iter().position(|line| source.code[line - 1].contains(way));
            first.map(|at| lines.remove(at));
        }
        faults.extend(lines.iter().map(|line| format!("{}:{line}: only {owner} uses {name}", source.path)));
    }
    faults
}

/// Words that stand for "this cannot happen" or "later".
fn unfinished(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    // Inside an item that says why it may: `#[expect(clippy::expect_used, reason = …)]`.
    let mut excused_until: Option<String> = None;
    for (number, line) in (1..).zip(&source.code) {
        let has = |words: &[&str]| words.iter().find(|w| line.contains(**w)).copied().map(str::to_owned);
        if let Some(word) = has(&["todo!", "unimplemented!", "dbg!"]) {
            faults.push(format!("{}:{number}: {word}", source.path));
        }
        let indent = line.len() - line.trim_start().len();
        let lints = ["clippy::expect_used", "clippy::unwrap_used", "clippy::panic"];
        if line.trim_start().starts_with("#[expect(")
            && lints.iter().any(|l| line.contains(l))
            && line.contains("reason = ")
        {
            excused_until = Some(format!("{}}}", " ".repeat(indent)));
        }
        if excused_until.is_none()
            && let Some(word) = has(&[".unwrap()", ".expect(", "panic!(", "unreachable!("])
        {
            faults.push(format!("{}:{number}: {word}", source.path));
        }
        if excused_until.as_deref() == Some(line.trim_end()) {
            excused_until = None;
        }
    }
    faults
}

fn floats(source: &Source) -> Vec<String> {
    if !EXACT.contains(&source.module()) {
        return Vec::new();
    }
    let is_float = |word: &str| matches!(word, "f32" | "f64") || word.ends_with("_f64") || word.ends_with("_f32");
    let with = (1..)
        .zip(&source.code)
        .filter(|(_, line)| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(is_float));
    with.map(|(number, _)| format!("{}:{number}: a float", source.path)).collect()
}

fn too_long(source: &Source) -> Vec<String> {
    let lines = source.lines_of_product();
    if lines <= LINES_MAX { Vec::new() } else { vec![format!("{}: {lines} lines", source.path)] }
}

/// Every fault that a rule finds anywhere.
fn everywhere(rule: fn(&Source) -> Vec<String>) -> String {
    let sources = product();
    assert!(sources.len() > 60, "only {} files were read", sources.len());
    sources.iter().flat_map(rule).map(|fault| format!("\n  {fault}")).collect()
}

#[test]
fn modules_name_only_what_their_arrows_point_to() {
    assert_eq!(everywhere(wrong_arrows), "");
}

#[test]
fn a_crate_is_used_only_by_the_module_that_owns_it() {
    assert_eq!(everywhere(borrowed_crates), "");
}

#[test]
fn nothing_is_left_unfinished_and_nothing_panics_without_a_reason() {
    assert_eq!(everywhere(unfinished), "");
}

#[test]
fn no_float_touches_a_result_or_a_record() {
    assert_eq!(everywhere(floats), "");
}

#[test]
fn no_file_has_more_than_400_lines_without_its_tests() {
    assert_eq!(everywhere(too_long), "");
}

#[test]
fn every_file_says_first_what_it_is() {
    let rust = ["src", "tests", "benches"].iter().flat_map(|folder| files(folder)).filter(|p| p.ends_with(".rs"));
    let silent: Vec<String> =
        rust.chain(["build.rs".to_owned()]).filter(|path| !read(path).starts_with("//! ")).collect();
    assert_eq!(silent, [""; 0]);
}

#[test]
fn no_file_is_a_drawer_for_odds_and_ends() {
    let drawers = ["util", "utils", "helper", "helpers", "common", "misc", "shared", "stuff"];
    let is_drawer =
        |path: &String| path.split('/').any(|part| drawers.contains(&part.split('.').next().unwrap_or(part)));
    let all = ["src", "tests", "benches"].iter().flat_map(|folder| files(folder));
    assert_eq!(all.filter(is_drawer).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_template_is_drawn_by_somebody() {
    let templates: Vec<String> = files("templates").into_iter().filter(|p| p.ends_with(".html")).collect();
    assert!(templates.len() > 10);
    let code: String = product().iter().flat_map(|s| s.code.clone()).collect();
    let html: String = templates.iter().map(|path| read(path)).collect();
    let is_drawn = |path: &&String| {
        let name = path.trim_start_matches("templates/");
        let by_template =
            ["extends", "include", "import"].iter().any(|how| html.contains(&format!("{how} \"{name}\"")));
        code.contains(&format!("path = \"{name}\"")) || by_template
    };
    let (drawn, orphans): (Vec<&String>, Vec<&String>) = templates.iter().partition(is_drawn);
    assert_eq!(orphans, [""; 0]);
    assert!(!drawn.is_empty());
}

#[test]
fn the_rules_see_planted_faults() {
    let planted = |path: &str, text: &str| {
        let source = Source::new(path, text);
        [wrong_arrows, borrowed_crates, unfinished, floats, too_long].map(|rule| rule(&source).len())
    };
    let long = "let a = 1;\n".repeat(401);
    let tested = format!(
        "#[cfg(test)]\nmod tests {{\n{}}}\nfn b() {{}}\n",
        "    use crate::web::routes;\n    a.unwrap();\n".repeat(300)
    );
    for (path, text, expected) in [
        ("src/domain/lot.rs", "use crate::store::Tx;", [1, 0, 0, 0, 0]),
        ("src/domain/lot.rs", "use super::super::store::Tx;", [1, 0, 0, 0, 0]),
        ("src/domain/mod.rs", "use super::store::Tx;", [1, 0, 0, 0, 0]),
        ("src/domain/lot.rs", "use super::spec::Tx;", [0; 5]),
        ("src/web/api/lots.rs", "use crate::{\n    store::{Tx, User},\n    workflow::App,\n};", [1, 0, 0, 0, 0]),
        ("src/web/api/lots.rs", "let a = crate::store::Store::open;", [1, 0, 0, 0, 0]),
        ("src/main.rs", "lotgate::store::Store::open();", [1, 0, 0, 0, 0]),
        ("src/newcomer.rs", "", [1, 0, 0, 0, 0]),
        ("src/web/guard.rs", "use diesel::prelude::*;", [0, 1, 0, 0, 0]),
        ("src/cli/serve.rs", "actix_web::rt::System::new();\nactix_web::rt::spawn(a);", [0, 1, 0, 0, 0]),
        ("src/workflow/mod.rs", "let a: diesel::Insert = argon2::b();", [0, 1, 0, 0, 0]),
        ("src/store/mod.rs", "a.unwrap();\ntodo!()", [0, 0, 2, 0, 0]),
        (
            "src/store/mod.rs",
            "#[expect(clippy::unwrap_used, reason = \"a constant\")]\nfn a() {\n    b.unwrap();\n}\nc.unwrap();",
            [0, 0, 1, 0, 0],
        ),
        ("src/store/mod.rs", "let a = 1 as f64;\nlet b = c.to_f64();", [0, 0, 0, 2, 0]),
        ("src/certificate/page.rs", "let a: f64 = 1.0;", [0; 5]),
        ("src/store/mod.rs", "// crate::web and f64 and diesel:: and .unwrap()", [0; 5]),
        ("src/store/mod.rs", &long, [0, 0, 0, 0, 1]),
        ("src/domain/mod.rs", &tested, [0; 5]),
    ] {
        assert_eq!(planted(path, text), expected, "{path}: {}", text.chars().take(80).collect::<String>());
    }
}
