//! The pieces every screen is made of: the frame around a page, and how a moment,
//! a value, a unit and a hash look. Plain display data, nothing else.

/// What surrounds the content of every page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The document title, without the site's name.
    pub title: String,
    /// Which page this is, for scripts and print rules (`lot`, `record-run`, …).
    pub page: &'static str,
    /// The site and instance name.
    pub site: String,
    /// The strip across the top of a training or demonstration site; empty on a real one.
    pub banner: String,
    /// Who is signed in.
    pub person: Option<Person>,
    /// The navigation, only what this person can use.
    pub nav: Vec<Link>,
    /// Where this page hangs, outermost first; empty on a top page.
    pub crumbs: Vec<Link>,
    /// The search field's text; `None` leaves the field out.
    pub search: Option<String>,
    /// What just happened, said once at the top of the page.
    pub message: Option<Message>,
    /// What the form refused, each linked to its field.
    pub problems: Vec<FieldProblem>,
    /// Gives every static file its address.
    pub assets: Assets,
    /// The software's version.
    pub version: String,
    /// The site's time zone as shown, such as `+08:00 Asia/Taipei`.
    pub zone: String,
    /// Whether this person signs with a one-time code too.
    pub asks_code: bool,
    /// After how many minutes without a touch the page locks.
    pub idle_minutes: Option<u32>,
}

impl Frame {
    /// The address of a static file.
    pub fn asset(&self, file: &str) -> String {
        (self.assets.0)(file)
    }
}

/// From the name of a static file to its address, which changes with its content.
#[derive(Debug, Clone, Copy)]
pub struct Assets(pub fn(&str) -> String);

impl Default for Assets {
    fn default() -> Self {
        Assets(|file| format!("/static/{file}"))
    }
}

/// The signed-in person as the page names them.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Full name as it is printed in a signature.
    pub full_name: String,
    /// The unique username.
    pub username: String,
    /// The roles in words, such as `analyst, qa`.
    pub roles: String,
}

/// A place to go.
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// The words.
    pub label: String,
    /// The address; empty when it is only text.
    pub href: String,
    /// Whether it is where the reader is now.
    pub current: bool,
    /// A short addition in a lighter tone.
    pub note: String,
}

impl Link {
    /// A link of `label` to `href`.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), ..Self::default() }
    }

    /// The same link with a lighter addition.
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The same link marked as the current place.
    pub fn here(mut self) -> Self {
        self.current = true;
        self
    }
}

/// A sentence at the top of the page about what just happened.
#[derive(Debug, Clone)]
pub struct Message {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// What changed meanwhile, one line each; empty when nothing did.
    pub lines: Vec<String>,
}

impl Message {
    /// A message of one sentence.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), lines: Vec::new() }
    }
}

/// How a [`Message`] is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It was done.
    Done,
    /// It was refused, or somebody else was quicker.
    Changed,
    /// Something to know before going on.
    Note,
}

impl Tone {
    /// The name of the shape and the class.
    pub fn mark(self) -> &'static str {
        match self {
            Tone::Done => "pass",
            Tone::Changed => "fail",
            Tone::Note => "reported",
        }
    }
}

/// One sentence about one field, for the summary above a form.
#[derive(Debug, Clone)]
pub struct FieldProblem {
    /// The `id` of the field.
    pub field: String,
    /// What is wrong and what to type instead.
    pub text: String,
}

/// A field as typed, with what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// The text as typed.
    pub value: String,
    /// What is wrong and what to type instead.
    pub problem: Option<String>,
}

impl Field {
    /// A field holding `value`.
    pub fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), problem: None }
    }

    /// The same field with a problem.
    pub fn refused(mut self, problem: impl Into<String>) -> Self {
        self.problem = Some(problem.into());
        self
    }
}

/// One entry of a selection.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Choice {
    /// A choice whose value is also its label.
    pub fn of(value: impl Into<String>, chosen: bool) -> Self {
        let value = value.into();
        Self { label: value.clone(), value, chosen }
    }
}

/// A labelled fact in a page head or a list of facts.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
    /// A lighter addition.
    pub note: String,
    /// Where it leads; empty when nowhere.
    pub href: String,
    /// Whether it is a hash and is set in groups of four.
    pub hash: bool,
}

impl Fact {
    /// A fact of two texts.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// A fact whose value is a hash.
    pub fn hash(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { hash: true, ..Self::new(label, value) }
    }

    /// The same fact with a lighter addition.
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The same fact as a link.
    pub fn linked(mut self, href: impl Into<String>) -> Self {
        self.href = href.into();
        self
    }
}

/// A moment in the site's zone; the relative time is only an addition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moment {
    /// For machines: RFC 3339.
    pub iso: String,
    /// For people: `2026-12-01 14:05 +08:00`.
    pub shown: String,
    /// In words: `in 5 days`; may be empty.
    pub relative: String,
}

impl Moment {
    /// A moment from its three forms.
    pub fn new(iso: impl Into<String>, shown: impl Into<String>, relative: impl Into<String>) -> Self {
        Self { iso: iso.into(), shown: shown.into(), relative: relative.into() }
    }

    /// A moment for samples, from `2026-12-01 14:05` in +08:00.
    pub fn sample(local: &str, relative: &str) -> Self {
        let iso = format!("{}:00+08:00", local.replace(' ', "T"));
        Self::new(iso, format!("{local} +08:00"), relative)
    }
}

/// A value as it is shown in a column: numbers align at the decimal point.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing was recorded.
    #[default]
    None,
    /// Digits left of the point (with sign or `<`), and the point with what follows.
    Number {
        /// `98`, `<0`
        whole: String,
        /// `.7`, or empty
        fraction: String,
    },
    /// A finding in words.
    Words(String),
}

impl Value {
    /// How many digits the whole part is short of four: the space before it, so that points align.
    pub fn lead(&self) -> usize {
        match self {
            Value::Number { whole, .. } => 4_usize.saturating_sub(whole.chars().count()),
            _ => 0,
        }
    }

    /// How many digits the fraction is short of `.00`: the space after it, so that units align.
    pub fn trail(&self) -> usize {
        match self {
            Value::Number { fraction, .. } => 3_usize.saturating_sub(fraction.chars().count()),
            _ => 0,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Value::None;
        }
        let digits = text.trim_start_matches(['<', '>', '-', '+']);
        let numeric = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && digits.matches('.').count() <= 1;
        if !numeric {
            return Value::Words(text.to_owned());
        }
        match text.split_once('.') {
            Some((whole, rest)) => Value::Number { whole: whole.to_owned(), fraction: format!(".{rest}") },
            None => Value::Number { whole: text.to_owned(), fraction: String::new() },
        }
    }
}

/// A unit, with a power of ten set as one (`×10⁶`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// Up to the exponent.
    pub base: String,
    /// The exponent's digits; empty when there is none.
    pub exponent: String,
    /// What follows the exponent.
    pub rest: String,
}

impl Unit {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.base.is_empty()
    }
}

impl From<&str> for Unit {
    fn from(text: &str) -> Self {
        const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
        let mut unit = Unit::default();
        for c in text.chars() {
            match RAISED.chars().position(|raised| raised == c) {
                Some(digit) if unit.rest.is_empty() => unit.exponent.push_str(&digit.to_string()),
                _ if unit.exponent.is_empty() => unit.base.push(c),
                _ => unit.rest.push(c),
            }
        }
        unit
    }
}

/// Splits a hash into groups of four characters.
pub fn groups(hash: &str) -> Vec<String> {
    let characters: Vec<char> = hash.chars().collect();
    characters.chunks(4).map(|four| four.iter().collect()).collect()
}
