//! A form of a few fields that ends in a signature, as the investigation and deviation pages have
//! several of.

use super::parts::{Choice, Fact, Field};

/// A form of a few fields.
#[derive(Debug, Clone, Default)]
pub struct StepForm {
    /// Distinguishes the fields of several forms on one page.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What it does, in a sentence.
    pub lead: String,
    /// What is signed, line by line; nothing where the page says it elsewhere.
    pub shown: Vec<Fact>,
    /// Where it is sent.
    pub action: String,
    /// Its fields.
    pub inputs: Vec<Input>,
    /// What is sent along unseen: what was shown, by its hash.
    pub hidden: Vec<(String, String)>,
    /// Whether the password is asked for.
    pub signed: bool,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// The words on the button.
    pub button: String,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// One line.
    #[default]
    Line,
    /// Several lines.
    Lines,
    /// One of several, all of them in sight.
    Radio,
    /// One of many.
    Select,
    /// A date and time in the site's zone.
    Moment,
    /// Any of several, all of them in sight.
    Ticks,
    /// A new password.
    NewPassword,
    /// The password until now.
    OldPassword,
}

/// One field.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The name it is sent under.
    pub name: String,
    /// Its `id`.
    pub id: String,
    /// Its label.
    pub label: String,
    /// What to type.
    pub hint: String,
    /// How it is filled in.
    pub sort: Sort,
    /// As typed.
    pub field: Field,
    /// What can be chosen.
    pub choices: Vec<Choice>,
    /// Whether it can be left empty.
    pub optional: bool,
}
