//! Raw entries: what is typed instead of a calculated value.
//!
//! Promises: what got in is complete, belongs to the calculation and can be calculated with;
//! every mistake is reported with its place (`raw.live[1]`), all of them at once.

use std::collections::BTreeMap;

use crate::domain::amount::{Amount, AmountKind, too_long};
use crate::domain::exact::Exact;
use crate::domain::refusal::{Code, Refusal};

/// Raw entries as typed, by the name of the input: `{"live":["142","143"],"dead":["8","7"]}`.
pub type Raw = BTreeMap<String, Vec<String>>;

/// The most numbers one input takes; more is a mistake or an attack.
pub const ENTRIES_MAX: usize = 100;

/// One thing that is to be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Its name in [`Raw`].
    pub name: &'static str,
    /// In words.
    pub label: &'static str,
    /// The unit in which it is typed.
    pub unit: Option<&'static str>,
    /// True if several numbers may be typed, which are summed.
    pub many: bool,
    pub(super) kind: AmountKind,
}

impl Input {
    /// An input of one number.
    pub(super) const fn one(
        name: &'static str,
        label: &'static str,
        unit: Option<&'static str>,
        kind: AmountKind,
    ) -> Self {
        Input { name, label, unit, many: false, kind }
    }

    /// An input of several numbers without a unit.
    pub(super) const fn many(name: &'static str, label: &'static str, kind: AmountKind) -> Self {
        Input { name, label, unit: None, many: true, kind }
    }

    fn read(&self, raw: &Raw) -> Result<Vec<Amount>, Refusal> {
        let place = format!("raw.{}", self.name);
        let refuse = |what: String| Err(Refusal::field(Code::InvalidField, &place, format!("{}: {what}", self.label)));
        let typed = raw.get(self.name).map(Vec::as_slice).unwrap_or_default();
        match typed.len() {
            0 => return refuse("nothing was typed. The calculation needs it.".into()),
            1 => {}
            _ if !self.many => return refuse(format!("type one number; there are {}.", typed.len())),
            n if n > ENTRIES_MAX => return refuse(format!("type at most {ENTRIES_MAX} numbers; there are {n}.")),
            _ => {}
        }
        let mut refusals = Vec::new();
        let mut amounts = Vec::new();
        for (i, text) in typed.iter().enumerate() {
            match Amount::parse(self.kind, &format!("{place}[{i}]"), self.label, text) {
                Ok(amount) => amounts.push(amount),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Refusal::all(refusals).map_or(Ok(amounts), Err)
    }
}

/// The raw entries of one calculation, read.
pub(super) struct Entries(BTreeMap<&'static str, Vec<Amount>>);

impl Entries {
    /// Reads raw entries for these inputs.
    ///
    /// # Errors
    /// All mistakes: an input without a number, an entry that is none of the inputs, a number
    /// that is none or cannot be.
    pub fn read(inputs: &'static [Input], raw: &Raw) -> Result<Self, Refusal> {
        let mut refusals = Vec::new();
        if let Some(stranger) = raw.keys().find(|name| inputs.iter().all(|i| i.name != name.as_str())) {
            let known: Vec<_> = inputs.iter().map(|i| i.name).collect();
            let shown: String = stranger.chars().take(40).collect();
            let detail = format!("The calculation knows no entry “{shown}”. It takes {}.", known.join(", "));
            refusals.push(Refusal::field(Code::InvalidField, format!("raw.{shown}"), detail));
        }
        let mut entries = BTreeMap::new();
        for input in inputs {
            match input.read(raw) {
                Ok(amounts) => {
                    entries.insert(input.name, amounts);
                }
                Err(refusal) => refusals.push(refusal),
            }
        }
        Refusal::all(refusals).map_or(Ok(Entries(entries)), Err)
    }

    fn of(&self, name: &str) -> &[Amount] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many numbers were typed for an input.
    pub fn count(&self, name: &str) -> usize {
        self.of(name).len()
    }

    /// The sum of an input's numbers.
    ///
    /// # Errors
    /// It is too large.
    pub fn sum(&self, name: &str) -> Result<Exact, Refusal> {
        let sum = self.of(name).iter().try_fold(Exact::whole(0), |sum, amount| sum.plus(amount.exact()));
        sum.ok_or_else(too_long)
    }

    /// What a value calculated from this input begins with: nothing, `<` or `>`.
    pub fn sign(&self, name: &str) -> &'static str {
        self.of(name).first().map_or("", Amount::sign)
    }

    /// An input's numbers as typed: `142 + 143`.
    pub fn sum_as_typed(&self, name: &str) -> String {
        let typed: Vec<_> = self.of(name).iter().map(Amount::as_typed).collect();
        typed.join(" + ")
    }

    /// The same as one term: `(142 + 143)`, or `285` where one number was typed.
    pub fn as_typed(&self, name: &str) -> String {
        let sum = self.sum_as_typed(name);
        if self.count(name) > 1 { format!("({sum})") } else { sum }
    }
}
