//! Who gets through at every address: each route asked by a stranger and by a person of each role.
//!
//! The table is committed (`snapshots/api__access_matrix.snap`): a right that is given or taken
//! shows up as a changed line in review.

use std::fmt::Write;

use lotgate::domain::role::Role;
use lotgate::web::routes::{ROUTES, Who};

use crate::answer::Answer;
use crate::calls::call;
use crate::routes::site_for;
use crate::site::PEOPLE;

/// True where an answer turns the asker away for who he or she is. What is for anyone may lead to the
/// page for signing in, as a used ceremony does, and turns away only by a role.
fn turned_away(who: Who, answer: &Answer) -> bool {
    let text = answer.text();
    let wrong_role = answer.status == 403 && text.contains("Your role:");
    if who == Who::Anyone {
        return wrong_role;
    }
    let to_sign_in = answer.status == 303 && answer.header("location").starts_with("/sign-in");
    let asks_who = answer.status == 401 && (text.contains("\"not_signed_in\"") || text.contains("name=\"password\""));
    to_sign_in || asks_who || wrong_role
}

#[test]
fn the_access_matrix_is_the_one_that_was_reviewed() {
    let mut matrix = String::new();
    let names: String = Role::PEOPLE.iter().map(|r| format!("{:9}", r.as_str())).collect();
    writeln!(matrix, "{:74}{:10}{}", "", "stranger", names.trim_end()).expect("text");
    for route in ROUTES.iter() {
        let site = site_for(route);
        let call = call(&site, route);
        let mut line = format!("{:7}{:67}", route.method, route.path);
        let stranger = !turned_away(route.who, &call.sent_by(&site, route, None));
        write!(line, "{:10}", if stranger { "yes" } else { "-" }).expect("text");
        for role in Role::PEOPLE {
            let known = route.path != "/first-administrator";
            let who = PEOPLE.iter().find(|(_, _, r)| *r == role.as_str()).expect("everybody").0;
            // Whom the call was made for asks in its own name: it may be about that account.
            let may = known && !turned_away(route.who, &call.sent_by(&site, route, Some(who)));
            write!(line, "{:9}", if may { "yes" } else { "-" }).expect("text");
        }
        writeln!(matrix, "{}", line.trim_end()).expect("text");
    }
    insta::assert_snapshot!("access_matrix", matrix);
}
