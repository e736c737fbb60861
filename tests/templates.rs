//! Every page in every situation, rendered from its samples and read as a browser would:
//! balanced, labelled, without anything inline, and the same each time.

use std::collections::BTreeSet;

use lotgate::web::pages::view;

/// A start tag, or an end tag, with the text up to the next one.
#[derive(Debug, Clone, PartialEq)]
struct Tag {
    name: String,
    end: bool,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn is(&self, name: &str) -> bool {
        !self.end && self.name == name
    }
}

const VOID: [&str; 8] = ["meta", "link", "input", "br", "hr", "img", "wbr", "source"];
/// Drawings: their elements close themselves.
const DRAWN: [&str; 4] = ["path", "circle", "rect", "use"];

/// The tags of a page in order.
fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html.strip_prefix("<!doctype html>").expect("a page begins with its doctype");
    while let Some(at) = rest.find('<') {
        let inside = &rest[at + 1..];
        let close = end_of_tag(inside);
        let (tag, after) = (&inside[..close], &inside[close + 1..]);
        let text = after.split('<').next().unwrap_or_default().to_owned();
        let end = tag.starts_with('/');
        let tag = tag.trim_start_matches('/').trim_end_matches('/');
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        tags.push(Tag { name: name.to_owned(), end, attributes: read_attributes(attributes), text });
        rest = after;
    }
    tags
}

/// A `>` inside a quoted value does not end a tag.
fn end_of_tag(inside: &str) -> usize {
    let mut quoted = false;
    for (at, c) in inside.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at,
            _ => {}
        }
    }
    panic!("a tag has no end: {}", &inside.chars().take(60).collect::<String>());
}

fn read_attributes(text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let name_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        rest = match after.strip_prefix("=\"") {
            Some(value) => {
                let (value, after) = value.split_once('"').expect("a quoted value ends");
                attributes.push((name.to_owned(), value.to_owned()));
                after
            }
            None => {
                attributes.push((name.to_owned(), String::new()));
                after
            }
        }
        .trim_start();
    }
    attributes
}

/// Calls `check` with each page's name and tags.
fn each_page(check: impl Fn(&str, &[Tag])) {
    for (name, html) in view::samples() {
        assert!(!html.contains("did not render"), "{name}: {html}");
        check(name, &tags(&html));
    }
}

/// The tags outside of what a script may show later.
fn visible(tags: &[Tag]) -> Vec<&Tag> {
    let mut depth = 0;
    let mut visible = Vec::new();
    for tag in tags {
        if tag.name == "template" {
            depth += if tag.end { -1 } else { 1 };
        } else if depth == 0 {
            visible.push(tag);
        }
    }
    visible
}

#[test]
fn every_element_is_closed_in_its_place() {
    each_page(|page, tags| {
        let mut open: Vec<&str> = Vec::new();
        for tag in tags {
            if VOID.contains(&tag.name.as_str()) || DRAWN.contains(&tag.name.as_str()) {
                continue;
            }
            if tag.end {
                assert_eq!(open.pop(), Some(tag.name.as_str()), "{page}: </{}> closes something else", tag.name);
            } else {
                open.push(&tag.name);
            }
        }
        assert!(open.is_empty(), "{page}: {open:?} stay open");
    });
}

#[test]
fn a_page_has_one_heading_one_main_part_a_title_and_a_language() {
    each_page(|page, tags| {
        let count = |name: &str| visible(tags).iter().filter(|t| t.is(name)).count();
        assert_eq!(count("h1"), 1, "{page}");
        assert_eq!(count("main"), 1, "{page}");
        let title = tags.iter().find(|t| t.is("title")).expect("a title");
        assert!(title.text.contains(" · "), "{page}: {}", title.text);
        assert!(tags.iter().any(|t| t.is("html") && t.get("lang") == Some("en")), "{page}");
        assert!(tags.iter().any(|t| t.is("a") && t.get("href") == Some("#main")), "{page}: no way past the navigation");
    });
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_another_host() {
    each_page(|page, tags| {
        for (at, tag) in tags.iter().enumerate() {
            assert!(tag.name != "style", "{page}: an inline style sheet");
            if tag.is("script") {
                assert!(tag.get("src").is_some_and(|s| s.starts_with("/static/")), "{page}: an inline script");
                assert!(tag.text.trim().is_empty() && tags[at + 1].end, "{page}: a script with content");
            }
            for (name, value) in &tag.attributes {
                assert!(name != "style" && !name.starts_with("on"), "{page}: {name} on {}", tag.name);
                let loaded = name == "src" || (tag.name == "link" && name == "href") || name == "action";
                assert!(!loaded || value.starts_with('/') && !value.starts_with("//"), "{page}: {name}={value}");
                let address = name == "href" && tag.name == "a";
                assert!(!address || value.starts_with(['/', '#']), "{page}: a link to {value:?}");
            }
        }
    });
}

#[test]
fn every_field_has_a_label_and_every_button_a_type() {
    each_page(|page, tags| {
        let labelled: BTreeSet<&str> = tags.iter().filter(|t| t.is("label")).filter_map(|t| t.get("for")).collect();
        let mut in_label = 0;
        for tag in tags {
            match tag.name.as_str() {
                "label" => in_label += if tag.end { -1 } else { 1 },
                "input" | "select" | "textarea" if !tag.end && tag.get("type") != Some("hidden") => {
                    let id = tag.get("id");
                    let has_label = in_label > 0 || id.is_some_and(|id| labelled.contains(id));
                    assert!(has_label, "{page}: {:?} has no label", tag.attributes);
                }
                "button" if !tag.end => assert!(tag.get("type").is_some(), "{page}: {:?}", tag.attributes),
                _ => {}
            }
            if tag.get("type") == Some("password") {
                assert!(tag.get("value").is_none(), "{page}: a password is sent back");
                assert!(tag.get("autocomplete").is_some(), "{page}: a password without autocomplete");
            }
        }
    });
}

#[test]
fn ids_are_unique_and_everything_that_is_pointed_at_exists() {
    each_page(|page, tags| {
        let visible = visible(tags);
        let mut ids = BTreeSet::new();
        for id in visible.iter().filter_map(|t| t.get("id")) {
            assert!(ids.insert(id), "{page}: two elements are called {id}");
            assert!(!id.is_empty() && !id.contains(char::is_whitespace), "{page}: {id:?}");
        }
        let must_exist =
            |id: &str, what: &str| assert!(ids.contains(id), "{page}: {what} points to {id:?}, which is not there");
        for tag in &visible {
            for (name, value) in &tag.attributes {
                match name.as_str() {
                    "aria-describedby" | "aria-labelledby" => {
                        value.split_whitespace().for_each(|id| must_exist(id, name))
                    }
                    "for" if tag.name == "label" || tag.name == "output" => must_exist(value, name),
                    "href" if value.starts_with('#') => must_exist(&value[1..], name),
                    _ => {}
                }
            }
        }
    });
}

#[test]
fn a_refused_form_says_so_at_the_top_and_at_the_field() {
    let refused = |name: &str| name.ends_with("-refused") || name == "run-own";
    each_page(|page, tags| {
        if !refused(page) {
            return;
        }
        assert!(tags.iter().any(|t| t.get("role") == Some("alert")), "{page}: no summary");
        let wrong =
            |t: &&Tag| t.get("aria-invalid") == Some("true") || t.get("aria-describedby") == Some("roles-problem");
        let fields: Vec<&Tag> = tags.iter().filter(wrong).collect();
        assert!(!fields.is_empty(), "{page}: no field is marked");
        for field in fields {
            let described = field.get("aria-describedby").unwrap_or_default();
            assert!(described.contains("-problem"), "{page}: {:?} does not say what is wrong", field.attributes);
        }
    });
}

#[test]
fn a_state_is_a_word_with_a_shape() {
    each_page(|page, tags| {
        let shapes: BTreeSet<&str> = tags.iter().filter(|t| t.is("symbol")).filter_map(|t| t.get("id")).collect();
        for tag in tags.iter().filter(|t| t.is("use")) {
            let shape = tag.get("href").unwrap_or_default().trim_start_matches('#');
            assert!(shapes.contains(shape), "{page}: there is no shape {shape}");
        }
        for (at, tag) in tags.iter().enumerate() {
            let state = tag.is("span")
                && tag.get("class").is_some_and(|c| c.starts_with("state ") && !c.contains("state-plain"));
            if state {
                let word =
                    tags[at..].iter().take(5).find(|t| t.end && t.name == "svg").map(|t| t.text.trim().to_owned());
                assert!(word.is_some_and(|w| !w.is_empty()), "{page}: a state without a word");
            }
        }
    });
}

#[test]
fn tables_say_what_their_headings_head() {
    each_page(|page, tags| {
        for tag in tags.iter().filter(|t| t.is("th")) {
            assert!(tag.get("scope").is_some(), "{page}: a heading cell without scope");
        }
    });
}

#[test]
fn rendering_twice_gives_the_same_page() {
    assert_eq!(view::samples(), view::samples());
}

#[test]
fn no_page_speaks_like_a_machine() {
    for (page, html) in view::samples() {
        let text = html.to_lowercase();
        for phrase in ["invalid input", "is required.", "an error occurred", "oops", "null", "undefined", "unwrap"] {
            assert!(!text.contains(phrase), "{page} says “{phrase}”");
        }
    }
}
