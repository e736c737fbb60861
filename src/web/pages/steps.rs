//! Forms of a few fields that end in a signature: building them and placing what was refused.
//!
//! Promises: a refused form comes back with what was typed, never the password.

use super::form::{Form, Refused};
use super::shown;
use super::view::parts::{Choice, Fact, Field, Message, Tone};
use super::view::signing::{Input, Sort, StepForm};
use super::visit::Visit;
use crate::domain::refusal::Refusal;
use crate::workflow::Error;

/// A form that came back: which one, what was typed, and what was refused.
#[derive(Default)]
pub struct Came {
    /// The form's `id`; empty where none came back.
    pub id: String,
    /// As typed.
    pub form: Form,
    /// What was refused, by field.
    pub refused: Refused,
}

impl Came {
    /// A refused form.
    pub fn back(visit: &Visit, id: &str, form: Form, refusal: &Refusal) -> Self {
        Self::labelled(visit, id, form, refusal, &[])
    }

    /// A refused form whose sentences name the fields as the page does: name and label of each.
    pub fn labelled(visit: &Visit, id: &str, form: Form, refusal: &Refusal, labels: &[(&str, &str)]) -> Self {
        let refused = Refused::place(refusal, visit.zone, |given| {
            let name = field_of(&given.field, &form);
            let label = labels.iter().find(|(known, _)| *known == name).map(|(_, label)| (*label).to_owned());
            (format!("{id}-{name}"), label.unwrap_or_else(|| name.replace('_', " ")))
        });
        Came { id: id.to_owned(), form, refused }
    }

    /// The same with a refusal that is about no field told at the top of the page and not as a
    /// problem of the form: what is told.
    pub fn told(mut self, visit: &Visit, refusal: &Refusal, nothing: &str) -> (Self, Option<Message>) {
        if !refusal.fields.is_empty() {
            return (self, None);
        }
        self.refused.0.clear();
        let detail = shown::local_times(&refusal.detail, visit.zone);
        let said = ["Nothing was signed", "Nothing was recorded"].iter().any(|words| detail.contains(words));
        let text = if said { detail } else { format!("{nothing} {detail}") };
        (self, Some(Message::new(Tone::Changed, text)))
    }

    /// A field of the form of this `id`, with what was typed into it.
    fn field(&self, id: &str, name: &str) -> Field {
        let typed = if self.id == id { self.form.get(name) } else { "" };
        self.refused.field(&format!("{id}-{name}"), typed)
    }
}

/// The form's field that a place in what was sent is about: `to.reach` has a field of its own,
/// `contacts[0].name` is one line of several.
fn field_of<'f>(place: &'f str, form: &Form) -> &'f str {
    let outer = place.split(['[', '.']).next().unwrap_or_default();
    let inner = place.rsplit('.').next().unwrap_or_default();
    let own = !place.contains('[') && form.0.iter().any(|(name, _)| name == inner);
    if own { inner } else { outer }
}

/// Builds a form field by field.
pub struct Builder<'c> {
    came: &'c Came,
    form: StepForm,
}

impl<'c> Builder<'c> {
    /// A form that is signed.
    ///
    /// # Errors
    /// There is no randomness for its key.
    pub fn new(visit: &Visit, came: &'c Came, id: &str, title: &str, action: String) -> Result<Self, Error> {
        let idempotency_key = visit.key()?;
        let password_problem = came.refused.on(&format!("{id}-password"));
        let (id, title) = (id.to_owned(), title.to_owned());
        let form =
            StepForm { id, title, action, signed: true, password_problem, idempotency_key, ..StepForm::default() };
        Ok(Builder { came, form })
    }

    /// The sentence under the title.
    pub fn lead(mut self, lead: impl Into<String>) -> Self {
        self.form.lead = lead.into();
        self
    }

    /// What is signed or moved, line by line, above the fields.
    pub fn shows(mut self, facts: Vec<Fact>) -> Self {
        self.form.shown = facts;
        self
    }

    fn input(mut self, name: &str, label: &str, hint: &str, sort: Sort, optional: bool) -> Self {
        self.form.inputs.push(Input {
            name: name.to_owned(),
            id: format!("{}-{name}", self.form.id),
            label: label.to_owned(),
            hint: hint.to_owned(),
            sort,
            field: self.came.field(&self.form.id, name),
            choices: Vec::new(),
            optional,
        });
        self
    }

    /// A line.
    pub fn line(self, name: &str, label: &str, hint: &str) -> Self {
        self.input(name, label, hint, Sort::Line, false)
    }

    /// Several lines.
    pub fn lines(self, name: &str, label: &str, hint: &str) -> Self {
        self.input(name, label, hint, Sort::Lines, false)
    }

    /// A line that can stay empty.
    pub fn optional_line(self, name: &str, label: &str) -> Self {
        self.input(name, label, "", Sort::Line, true)
    }

    /// A date and time in the site's zone.
    pub fn moment(self, name: &str, label: &str, hint: &str) -> Self {
        self.input(name, label, hint, Sort::Moment, false)
    }

    /// A date and time that can stay empty.
    pub fn optional_moment(self, name: &str, label: &str, hint: &str) -> Self {
        self.input(name, label, hint, Sort::Moment, true)
    }

    /// A password to be chosen.
    pub fn new_password(self, name: &str, label: &str, hint: &str) -> Self {
        self.secret(name, label, hint, Sort::NewPassword)
    }

    /// The password until now.
    pub fn old_password(self, name: &str, label: &str) -> Self {
        self.secret(name, label, "", Sort::OldPassword)
    }

    fn secret(self, name: &str, label: &str, hint: &str, sort: Sort) -> Self {
        let mut builder = self.input(name, label, hint, sort, false);
        if let Some(input) = builder.form.inputs.last_mut() {
            input.field.value.clear();
        }
        builder
    }

    /// Any of several: what is sent, what is read, and whether it is ticked while nothing was sent.
    pub fn ticks(mut self, name: &str, label: &str, choices: &[(&str, String, bool)]) -> Self {
        let came = (self.came.id == self.form.id).then(|| self.came.form.all(name));
        self = self.input(name, label, "", Sort::Ticks, false);
        if let Some(input) = self.form.inputs.last_mut() {
            let chosen =
                |value: &str, preset: bool| came.as_ref().map_or(preset, |sent| sent.iter().any(|one| one == value));
            let choice = |(value, label, preset): &(&str, String, bool)| Choice {
                value: (*value).to_owned(),
                label: label.clone(),
                chosen: chosen(value, *preset),
            };
            input.choices = choices.iter().map(choice).collect();
        }
        self
    }

    /// One of many: what is sent, and what is read.
    pub fn select(self, name: &str, label: &str, choices: &[(&str, &str)]) -> Self {
        self.input(name, label, "", Sort::Select, false).choices(choices)
    }

    /// What a field holds while nothing was typed into it.
    pub fn preset(mut self, value: &str) -> Self {
        let blank = self.came.id != self.form.id;
        if let Some(input) = self.form.inputs.last_mut().filter(|_| blank) {
            value.clone_into(&mut input.field.value);
            for choice in &mut input.choices {
                choice.chosen = choice.value == value;
            }
        }
        self
    }

    /// Several lines that can stay empty.
    pub fn optional_lines(self, name: &str, label: &str, hint: &str) -> Self {
        self.input(name, label, hint, Sort::Lines, true)
    }

    /// One of several: what is sent, and what is read.
    pub fn one_of(self, name: &str, label: &str, hint: &str, choices: &[(&str, &str)], optional: bool) -> Self {
        self.input(name, label, hint, Sort::Radio, optional).choices(choices)
    }

    fn choices(mut self, choices: &[(&str, &str)]) -> Self {
        if let Some(input) = self.form.inputs.last_mut() {
            let typed = input.field.value.clone();
            let choice = |(value, label): &(&str, &str)| Choice {
                value: (*value).to_owned(),
                label: (*label).to_owned(),
                chosen: typed == *value,
            };
            input.choices = choices.iter().map(choice).collect();
        }
        self
    }

    /// A field that is sent and not seen.
    pub fn hidden(mut self, name: &str, value: impl ToString) -> Self {
        self.form.hidden.push((name.to_owned(), value.to_string()));
        self
    }

    /// Not signed: no password is asked for.
    pub fn unsigned(mut self) -> Self {
        self.form.signed = false;
        self
    }

    /// The form, with the words on its button.
    pub fn button(mut self, button: &str) -> StepForm {
        self.form.button = button.to_owned();
        self.form
    }
}

/// The lines of a field that are not empty.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
