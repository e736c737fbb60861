//! The documents say what the code does: every refusal, every address, every module.

use lotgate::domain::refusal::Code;
use lotgate::web::problem::status_of;
use lotgate::web::routes::{ROUTES, Who};

const API: &str = include_str!("../docs/API.md");
const ARCHITECTURE: &str = include_str!("../docs/ARCHITECTURE.md");

#[test]
fn api_md_lists_every_refusal_with_its_status_and_meaning() {
    for code in Code::ALL {
        let refusal = lotgate::domain::refusal::Refusal::new(*code, "");
        let row = format!("| `{}` | {} | {} |", code.as_str(), status_of(&refusal).as_u16(), code.meaning());
        assert!(API.contains(&row), "docs/API.md lacks the row {row}");
    }
}

#[test]
fn api_md_lists_every_address_with_who_may() {
    for route in ROUTES.iter().filter(|r| r.path.starts_with("/api") || r.path.ends_with('z')) {
        let who = match route.who {
            Who::Anyone => "anyone".to_owned(),
            Who::SignedIn => "signed in".to_owned(),
            Who::Only(role) => role.as_str().to_owned(),
            Who::Either(one, other) => format!("{one} or {other}"),
        };
        let found = API.lines().any(|line| {
            let mut cells = line.split('|').map(str::trim);
            cells.next();
            let address = cells.next().unwrap_or_default().trim_matches('`');
            let path = address.split('?').next().unwrap_or_default();
            path == format!("{} {}", route.method, route.path) && cells.next() == Some(who.as_str())
        });
        assert!(found, "docs/API.md lacks {} {} for {who}", route.method, route.path);
    }
}

#[test]
fn architecture_md_names_every_module_and_no_file_that_is_not_there() {
    for module in ["domain", "ledger", "store", "certificate", "workflow", "web", "cli"] {
        assert!(ARCHITECTURE.contains(&format!("| `{module}` |")), "{module}");
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let quoted = ARCHITECTURE.split('`').skip(1).step_by(2);
    for path in quoted.filter(|q| q.contains('/') && q.ends_with(".rs") && !q.contains(' ')) {
        let there = root.join(path).exists() || root.join("src").join(path).exists();
        assert!(there, "docs/ARCHITECTURE.md names {path}, which is not there");
    }
}
