//! Recording a run, reading one, checking one against its raw data, correcting one,
//! and the list of runs that wait for a second person.

use askama::Template;

use super::evidence::EvidenceRow;
use super::marks::{Outcome, Signature};
use super::parts::{Choice, Fact, Field, Frame, Link, Moment, Unit, Value};
use super::signing::{Sort, StepForm};

/// `GET /lots/{lot}/runs/new?assay=…`: one assay's values in one go.
#[derive(Debug, Clone, Template)]
#[template(path = "runs/new.html")]
pub struct RecordRunPage {
    /// The frame.
    pub frame: Frame,
    /// The lot number.
    pub lot: String,
    /// Its page.
    pub place: String,
    /// The lot in one line: product, specification, passage.
    pub lot_line: String,
    /// The assay's code.
    pub assay: String,
    /// The assay's name.
    pub assay_name: String,
    /// Where the form is sent.
    pub action: String,
    /// Where the live verdicts come from.
    pub preview: String,
    /// What to know before typing, such as the definition of purity.
    pub guidance: Vec<String>,
    /// One row per attribute.
    pub rows: Vec<EntryRow>,
    /// The controls of the assay.
    pub controls: Vec<ControlRow>,
    /// The method as typed.
    pub method: Field,
    /// The instrument as typed.
    pub instrument: Field,
    /// The codes of the instruments that are registered.
    pub instruments: Vec<String>,
    /// The codes of the reagents as typed.
    pub reagents: Field,
    /// The codes of the reagents there are.
    pub reagent_codes: Vec<String>,
    /// The moment incubation started; only where the assay needs it.
    pub started_at: Option<StartField>,
    /// When it was tested, `YYYY-MM-DDTHH:MM` in the site's zone.
    pub tested_at: Field,
    /// The comment.
    pub comment: Field,
    /// The evidence files that were sent with the form so far.
    pub evidence: Vec<EvidenceRow>,
    /// What the field for evidence says: which values need a file.
    pub evidence_hint: String,
    /// What is wrong with the evidence.
    pub evidence_problem: Option<String>,
    /// What needs a second look before it is saved; asked once.
    pub questions: Vec<Question>,
    /// What the questions were asked about, sent back with the confirmation.
    pub asked: String,
    /// Whether recording what was typed revokes the lot's release: then that is what is asked.
    pub revokes: bool,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

impl RecordRunPage {
    /// Whether a value of the form needs a file that is not there yet.
    pub fn needs_evidence(&self) -> bool {
        self.evidence.is_empty() && self.rows.iter().any(|row| row.evidence)
    }
}

/// One raw entry of a calculated attribute.
#[derive(Debug, Clone, Default)]
pub struct RawField {
    /// Its `id`.
    pub id: String,
    /// Its name in the form.
    pub name: String,
    /// What is typed.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// Whether several numbers are typed, separated by spaces.
    pub many: bool,
    /// Whether lines are typed: the loci of an STR profile.
    pub lines: bool,
    /// As typed.
    pub field: Field,
}

/// One attribute of the form.
#[derive(Debug, Clone, Default)]
pub struct EntryRow {
    /// The attribute's code.
    pub attribute: String,
    /// Its name as read.
    pub name: String,
    /// The limit, without the unit.
    pub acceptance: String,
    /// The unit, fixed.
    pub unit: Unit,
    /// What is sent as the unit.
    pub unit_code: String,
    /// What to choose from; empty for a number.
    pub choices: Vec<Choice>,
    /// The value as typed.
    pub field: Field,
    /// The verdict on what is typed, when it was judged.
    pub outcome: Option<Outcome>,
    /// Its arithmetic, or the distance to the limit.
    pub because: String,
    /// What is already recorded: `98.7 % in run #17`; empty when nothing.
    pub recorded: String,
    /// The raw entries of a calculated attribute, instead of a value.
    pub raw: Vec<RawField>,
    /// Whether the value is a text and not a number.
    pub words: bool,
    /// Whether it needs an evidence file.
    pub evidence: bool,
}

impl EntryRow {
    /// The `id` of the cell that says what is acceptable.
    pub fn limit_id(&self) -> String {
        format!("limit-{} verdict-{}", self.attribute, self.attribute)
    }

    /// The `id` of its first field.
    pub fn first_id(&self) -> String {
        self.raw.first().map_or_else(|| format!("value-{}", self.attribute), |raw| raw.id.clone())
    }
}

/// One control of the form.
#[derive(Debug, Clone)]
pub struct ControlRow {
    /// The `id` of its field.
    pub id: String,
    /// The control's name in the interface to machines.
    pub name: String,
    /// Its name as read.
    pub label: String,
    /// Why it matters.
    pub hint: String,
    /// What to choose from; empty for a number.
    pub choices: Vec<Choice>,
    /// The number as typed.
    pub value: String,
    /// The number's unit.
    pub unit: Unit,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// The field for the start of an incubation.
#[derive(Debug, Clone)]
pub struct StartField {
    /// The moment as typed.
    pub field: Field,
    /// Where the prefilled moment comes from, and what follows from it.
    pub hint: String,
}

/// Something that needs a second look.
#[derive(Debug, Clone)]
pub struct Question {
    /// The `id` of the field.
    pub field: String,
    /// The question.
    pub text: String,
}

/// `GET /runs/{run}`.
#[derive(Debug, Clone, Template)]
#[template(path = "runs/show.html")]
pub struct RunPage {
    /// The frame.
    pub frame: Frame,
    /// The run's number.
    pub run: String,
    /// `lot`, `bank` or `donor`.
    pub noun: &'static str,
    /// The lot.
    pub lot: Link,
    /// The assay's name.
    pub assay_name: String,
    /// Whether it counts: `pass` verified, `unverified`, `invalid`.
    pub state: Outcome,
    /// That in words.
    pub state_text: String,
    /// Method, instrument, moments, comment, who entered it.
    pub facts: Vec<Fact>,
    /// The controls and what they showed.
    pub controls: Vec<Fact>,
    /// The readings.
    pub readings: Vec<ReadingRow>,
    /// Its evidence files.
    pub evidence: Vec<EvidenceRow>,
    /// What was not as it should be and was accepted by the site's policy.
    pub flags: Vec<String>,
    /// Differences between first and second entry, oldest first.
    pub discrepancies: Vec<DiscrepancyBlock>,
    /// Whether somebody checked it, or can.
    pub check: Check,
    /// The form that corrects it, while that is allowed.
    pub correction: Option<CorrectionForm>,
    /// Why it cannot be corrected; empty when it can or nobody asks.
    pub correction_closed: String,
    /// The form with which QA declares it invalid.
    pub invalidation: Option<StepForm>,
    /// Whether that form comes back from a refusal and must be seen.
    pub invalidation_open: bool,
    /// Why the reader cannot declare it invalid; empty where they can or it is not theirs to do.
    pub invalidation_closed: String,
    /// Where its facts are in the ledger.
    pub history: String,
}

/// One reading of a run.
#[derive(Debug, Clone)]
pub struct ReadingRow {
    /// The attribute's name.
    pub name: String,
    /// The limit, without the unit.
    pub acceptance: String,
    /// The unit.
    pub unit: Unit,
    /// As typed.
    pub typed: Value,
    /// As reported.
    pub reported: Value,
    /// The verdict.
    pub outcome: Outcome,
    /// Its arithmetic.
    pub because: String,
    /// The raw entries as typed, a line each.
    pub raw: Vec<String>,
    /// The alert limit beyond which a passing value lies; empty where it does not.
    pub alert: String,
    /// Former values of the same reading, each with its reason.
    pub superseded: Vec<Former>,
}

/// A value of a reading that was corrected.
#[derive(Debug, Clone)]
pub struct Former {
    /// The value then, with unit.
    pub value: String,
    /// Who changed it, when and why.
    pub reason: String,
}

/// A difference between the first and the second entry of a critical value.
#[derive(Debug, Clone, Default)]
pub struct DiscrepancyBlock {
    /// What was measured.
    pub name: String,
    /// The two entries, in a sentence.
    pub entries: String,
    /// What each said afterwards, a line each.
    pub said: Vec<String>,
    /// What both agree on; empty while they do not.
    pub agreed: String,
    /// The form with which the reader says what the value is.
    pub form: Option<ResolveForm>,
    /// Who can, where the reader cannot; empty where nothing is open.
    pub closed: String,
}

/// The form that resolves a discrepancy.
#[derive(Debug, Clone, Default)]
pub struct ResolveForm {
    /// The value, typed from the raw data.
    pub row: CorrectionRow,
    /// The `id` of the reason.
    pub reason_id: String,
    /// Why the entries differed.
    pub reason: Field,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

/// Whether a second person checked the run.
#[derive(Debug, Clone)]
pub enum Check {
    /// Somebody did.
    Done(Signature),
    /// The reader can.
    Open(CheckForm),
    /// The reader cannot, with the sentence that says who can.
    Closed(String),
}

/// The form that verifies a run.
#[derive(Debug, Clone, Default)]
pub struct CheckForm {
    /// The hash of what the reader sees, so that nobody confirms something else.
    pub content_hash: String,
    /// Critical values, typed again without the first entry in sight.
    pub again: Vec<CorrectionRow>,
    /// What is wrong with the confirmation.
    pub problem: Option<String>,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

/// The form that corrects a run.
#[derive(Debug, Clone, Default)]
pub struct CorrectionForm {
    /// What a correction does to a lot that has left; empty where it has not.
    pub late: String,
    /// What recording what was typed brings with it, to be confirmed; empty where nothing is asked.
    pub confirm: String,
    /// What that was asked about, sent back with the confirmation.
    pub asked: String,
    /// One row per reading.
    pub rows: Vec<CorrectionRow>,
    /// Why.
    pub reason: Field,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

impl CorrectionForm {
    /// Whether the form comes back from a refusal and must be seen.
    pub fn open(&self) -> bool {
        let refused =
            |row: &CorrectionRow| row.field.problem.is_some() || row.raw.iter().any(|raw| raw.field.problem.is_some());
        !self.confirm.is_empty() || self.reason.problem.is_some() || self.rows.iter().any(refused)
    }
}

/// One value to be typed on a run's page.
#[derive(Debug, Clone, Default)]
pub struct CorrectionRow {
    /// The `id` of its field.
    pub id: String,
    /// The attribute's code.
    pub attribute: String,
    /// Its name.
    pub name: String,
    /// The value now, as typed.
    pub now: String,
    /// The unit.
    pub unit: Unit,
    /// What is sent as the unit.
    pub unit_code: String,
    /// What to choose from; empty for a number.
    pub choices: Vec<Choice>,
    /// The new value; empty leaves the reading as it is.
    pub field: Field,
    /// The raw entries of a calculated attribute, instead of a value.
    pub raw: Vec<RawField>,
    /// Whether the value is a text and not a number.
    pub words: bool,
}

/// `GET /review`: runs waiting for a second person, oldest first.
#[derive(Debug, Clone, Template)]
#[template(path = "review/list.html")]
pub struct ReviewPage {
    /// The frame.
    pub frame: Frame,
    /// The runs.
    pub rows: Vec<ReviewRow>,
    /// Whether the reader could verify any run at all.
    pub may_verify: bool,
    /// Open investigations, with what is next.
    pub investigations: Vec<Link>,
    /// Open deviations and holds.
    pub deviations: Vec<Link>,
}

/// One run that waits.
#[derive(Debug, Clone)]
pub struct ReviewRow {
    /// The run's page.
    pub run: Link,
    /// The lot's page.
    pub lot: Link,
    /// The assay's name.
    pub assay: String,
    /// The worst verdict in it.
    pub outcome: Outcome,
    /// What it holds: `10 values, all would pass`.
    pub holds: String,
    /// Who entered it.
    pub entered_by: String,
    /// When.
    pub entered_at: Moment,
    /// Why somebody else has to do it; empty when the reader can.
    pub not_you: String,
}
