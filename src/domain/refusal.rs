//! Saying no: every refusal has a stable code, a kind, and a sentence a chemist understands.
//!
//! Promises: the code never changes once published (clients match on it); the sentence says
//! what happened and what to do instead. `web/problem.rs` maps the kind to an HTTP status.

use serde::Serialize;

/// What sort of "no" it is; decides the HTTP status, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request could not be read at all.
    Malformed,
    /// Nobody is signed in, or the sign-in has ended.
    NotSignedIn,
    /// Signed in, but not entitled.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It contradicts what is already recorded.
    Conflict,
    /// It was read, and it is wrong.
    Unprocessable,
    /// Too often.
    TooMany,
    /// Another service that is needed for it does not answer.
    Unavailable,
    /// It is larger than the limit.
    TooLarge,
    /// The method or the media type is not one this address takes.
    NotOffered,
}

macro_rules! codes {
    ($($variant:ident, $code:literal, $kind:ident, $doc:literal;)*) => {
        /// Every reason to refuse, in one table: variant, published code, kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $doc] $variant,)* }
        impl Code {
            /// The published, stable name.
            pub fn as_str(self) -> &'static str { match self { $(Code::$variant => $code,)* } }
            /// What sort of refusal this is.
            pub fn kind(self) -> Kind { match self { $(Code::$variant => Kind::$kind,)* } }
            /// One sentence for the documentation.
            pub fn meaning(self) -> &'static str { match self { $(Code::$variant => $doc,)* } }
            /// All codes, for the documentation and its test.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];
        }
    };
}

codes! {
    MalformedRequest,   "malformed_request",    Malformed,     "The request is not readable: bad JSON, a missing or unknown field, a wrong type.";
    WrongMediaType,     "wrong_media_type",     NotOffered,    "The request is not in a format that this address takes.";
    UnknownFileType,    "unknown_file_type",    NotOffered,    "The file's bytes are of no type that is kept as evidence.";
    TooLarge,           "too_large",            TooLarge,      "The request is larger than the limit.";
    NotSignedIn,        "not_signed_in",        NotSignedIn,   "Nobody is signed in, or the session has ended.";
    WrongCredentials,   "wrong_credentials",    NotSignedIn,   "The user name or the password is not right.";
    WrongPassword,      "wrong_password",       Forbidden,     "The password given for the signature is not right.";
    WrongRole,          "wrong_role",           Forbidden,     "None of this person's roles may do this.";
    OwnWork,            "own_work",             Forbidden,     "Entering, verifying and releasing one lot are three different people's work.";
    CrossSite,          "cross_site",           Forbidden,     "The request was sent from a page of another site.";
    LinkExpired,        "link_expired",         Forbidden,     "The one-time link has been used or is not the newest.";
    NoSuchPage,         "no_such_page",         NotFound,      "There is nothing at this address.";
    NoSuchLot,          "no_such_lot",          NotFound,      "There is no lot, bank or donor of this number.";
    NoSuchRun,          "no_such_run",          NotFound,      "There is no run of this number.";
    NoSuchProduct,      "no_such_product",      Unprocessable,     "No specification of this product is in force.";
    NoSuchSpecification,"no_such_specification",NotFound,      "There is no such version of this product's specification.";
    NoSuchCertificate,  "no_such_certificate",  NotFound,      "No certificate of this number was issued here.";
    MethodNotOffered,   "method_not_offered",   NotOffered,    "The address exists but does not take this method.";
    InvalidField,       "invalid_field",        Unprocessable, "A field has a value that cannot be accepted.";
    InvalidNumber,      "invalid_number",       Unprocessable, "A result is not a plain decimal number.";
    OutOfRange,         "out_of_range",         Unprocessable, "A result cannot occur: a percentage above 100, a negative count.";
    WrongUnit,          "wrong_unit",           Unprocessable, "The unit is not the unit of the criterion.";
    UnknownValue,       "unknown_value",        Unprocessable, "The value is not one of those the criterion knows.";
    UnknownAttribute,   "unknown_attribute",    Unprocessable, "The specification has no such attribute in this assay.";
    UnknownAssay,       "unknown_assay",        Unprocessable, "The specification has no such assay.";
    RepeatedAttribute,  "repeated_attribute",   Unprocessable, "One run gives one value for each attribute.";
    ControlRequired,    "control_required",     Unprocessable, "The assay needs a control that was not given.";
    StartRequired,      "start_required",       Unprocessable, "An incubated test needs the moment incubation started.";
    ReadTooEarly,       "read_too_early",       Unprocessable, "A final negative is not possible before the incubation time is over.";
    TooFewCells,        "too_few_cells",        Unprocessable, "Fewer cells were counted than a percentage needs.";
    ImpossiblePurity,   "impossible_purity",    Unprocessable, "Co-expression cannot exceed the lowest single marker.";
    InvalidAllele,      "invalid_allele",       Unprocessable, "An STR allele is not a number of repeats (at amelogenin: X or Y), or is off the ladder.";
    InTheFuture,        "in_the_future",        Unprocessable, "The moment has not come yet.";
    Undrawable,         "undrawable_text",      Unprocessable, "The certificate's fonts cannot draw a character of the text.";
    LotExists,          "lot_exists",           Conflict,      "A lot, bank or donor of this number is already registered.";
    UserExists,         "user_exists",          Conflict,      "A user name is given once and never again.";
    AlreadyRecorded,    "already_recorded",     Conflict,      "There is already a final result for the attribute.";
    AlreadyVerified,    "already_verified",     Conflict,      "The run is already verified.";
    LotClosed,          "lot_closed",           Conflict,      "The lot has been released or rejected; nothing more can be recorded for it.";
    NotReleasable,      "not_releasable",       Conflict,      "Something still holds the lot back.";
    ChangedSinceSeen,   "changed_since_seen",   Conflict,      "What is to be signed or confirmed has changed since it was shown.";
    NoSuchInvestigation,"no_such_investigation",NotFound,      "There is no investigation of this number.";
    NoSuchDeviation,    "no_such_deviation",    NotFound,      "There is no deviation or hold of this number.";
    NoSuchEquipment,    "no_such_equipment",    NotFound,      "There is no instrument or reagent of this code.";
    NoSuchFile,         "no_such_file",         NotFound,      "There is no evidence file of this hash.";
    EquipmentExists,    "equipment_exists",     Conflict,      "An instrument or reagent of this code is already registered.";
    EquipmentUnfit,     "equipment_unfit",      Unprocessable, "The instrument was out of calibration, or the reagent had expired, on the day of the test.";
    SpecificationExists,"specification_exists", Conflict,      "This version of the specification exists already.";
    SpecificationUnsound,"specification_unsound",Unprocessable,"The specification contradicts itself or asks for what cannot be right.";
    NotADraft,          "not_a_draft",          Conflict,      "The specification version is approved; it is never changed, only followed by a new version.";
    WrongPhase,         "wrong_phase",          Conflict,      "The investigation is not in the phase in which this can be done.";
    RetestsUsedUp,      "retests_used_up",      Conflict,      "All re-tests that the plan fixed have been made.";
    CauseNotProven,     "cause_not_proven",     Unprocessable, "A result is invalidated only with a proven assignable cause.";
    NeedsInvestigation, "needs_investigation",  Conflict,      "The result is out of specification: only its investigation can change what it means.";
    AlreadyClosed,      "already_closed",       Conflict,      "It is closed already.";
    AlreadyInvalid,     "already_invalid",      Conflict,      "The run has been invalidated already.";
    CalculatedValue,    "calculated_value",     Unprocessable, "The value is calculated by the system from raw entries and is not typed.";
    EvidenceRequired,   "evidence_required",    Unprocessable, "The criterion needs an evidence file.";
    SecondEntryRequired,"second_entry_required",Unprocessable, "A critical value is typed again by the verifier, from the raw data.";
    SecondEntryDiffers, "second_entry_differs", Conflict,      "The verifier's value differs from the first entry: a discrepancy that both resolve with a reason.";
    NoDosing,           "no_dosing",            Unprocessable, "The specification does not say how the product is dosed.";
    CellsUnknown,       "cells_unknown",        Conflict,      "No verified result says how many viable cells a container holds.";
    NotConcerned,       "not_concerned",        Forbidden,     "Only the two people whose entries differ resolve a discrepancy.";
    StatementRequired,  "statement_required",   Unprocessable, "The specification asks for a statement about the lot that was not given.";
    NotABank,           "not_a_bank",           Unprocessable, "A lot is made from a bank, and a bank from a bank or a donor.";
    NoSuchNotice,       "no_such_notice",       NotFound,      "No conditional notice of this number was issued here.";
    NoSuchContainer,    "no_such_container",    NotFound,      "The lot has no container of this number.";
    NoSuchUser,         "no_such_user",         NotFound,      "There is no account of this name.";
    NoSuchSession,      "no_such_session",      NotFound,      "There is no open session of this name.";
    NoSuchToken,        "no_such_token",        NotFound,      "There is no token of this name.";
    NoSuchFactor,       "no_such_factor",       NotFound,      "The account has no second factor or passkey of this name.";
    NoSuchAlert,        "no_such_alert",        NotFound,      "There is no alert of this number.";
    Deactivated,        "account_deactivated",  Forbidden,     "The account has been deactivated, or its time is over.";
    IdentityUnchecked,  "identity_unchecked",   Forbidden,     "Nobody has recorded who the person is, so the person cannot sign (21 CFR 11.100(b)).";
    PolicyNotAcknowledged, "policy_not_acknowledged", Forbidden, "The signer has not acknowledged the newest policy on electronic signatures (21 CFR 11.10(j)).";
    PasswordChangeRequired, "password_change_required", Forbidden, "The password was given by an administrator and must be changed first.";
    WeakPassword,       "weak_password",        Unprocessable, "The password is too short, or too common.";
    SecondFactorRequired, "second_factor_required", Forbidden, "A one-time code or passkey is needed as well.";
    WrongCode,          "wrong_code",           Forbidden,     "The one-time code is not right, or has been used.";
    SecondFactorMissing, "second_factor_missing", Forbidden,   "The role needs a second factor, and none is set up.";
    PasskeysNotOffered, "passkeys_not_offered", Conflict,      "The site's address cannot carry passkeys.";
    Locked,             "locked",               TooMany,       "Too many wrong attempts: locked for a time, or until an administrator unlocks it.";
    TooManyRequests,    "too_many_requests",    TooMany,       "Too many requests in a short time.";
    OutOfScope,         "out_of_scope",         Forbidden,     "The token may not do this.";
    NotTrained,         "not_trained",          Forbidden,     "No valid training of the person in this method is recorded.";
    NotQualified,       "not_qualified",        Forbidden,     "The person is not named as qualified person at this moment.";
    WrongRoute,         "wrong_route",          Conflict,      "The site's policy leads to a decision another way.";
    NotTwoStep,         "not_two_step",         Conflict,      "The lot's specification version knows no conditional release.";
    NotStanding,        "not_standing",         Conflict,      "The lot has no certificate or conditional notice that stands.";
    AlreadyRevoked,     "already_revoked",      Conflict,      "It was revoked already; that is never taken back.";
    NotShippable,       "not_shippable",        Conflict,      "Nothing leaves without a valid certificate or conditional notice.";
    NothingToCorrect,   "nothing_to_correct",   Unprocessable, "No field is different from what the certificate says.";
    NotOutOfSpecification, "not_out_of_specification", Conflict, "Only a lot that is out of specification is supplied this way.";
    ConfirmFailing,     "confirm_failing",      Conflict,      "The result would revoke the lot's release, and the request asked to be told so first.";
    ProviderUnavailable, "provider_unavailable", Unavailable,  "The OpenID provider does not answer as it should.";
    ProviderRefused,    "provider_refused",     Forbidden,     "What came back from the OpenID provider is not accepted.";
    NotLinked,          "not_linked",           Forbidden,     "No account is linked with this identity at the OpenID provider.";
    OwnAccount,         "own_account",          Forbidden,     "Nobody changes the own roles or confirms the own identity.";
    LastAdministrator,  "last_administrator",   Conflict,      "The last administrator who can be relied on stays one.";
    AlreadyDone,        "already_done",         Conflict,      "It has been done already.";
    KeyReused,          "idempotency_key_reused", Conflict,    "The Idempotency-Key was used before for a different request.";
}

/// A refusal about one field of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldRefusal {
    /// Where: `readings[3].value`, `expires_at`.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    /// The sentence.
    pub detail: String,
}

/// A "no" with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What happened and what to do.
    pub detail: String,
    /// The fields concerned, where it is about fields.
    pub fields: Vec<FieldRefusal>,
}

impl Refusal {
    /// A refusal that is about no field in particular.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Refusal { code, detail: detail.into(), fields: Vec::new() }
    }

    /// A refusal about one field.
    pub fn field(code: Code, field: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let field = FieldRefusal { field: field.into(), code: code.as_str(), detail: detail.clone() };
        Refusal { code, detail, fields: vec![field] }
    }

    /// The same refusal, its fields seen from one level further out (`value` -> `readings[3].value`).
    pub fn within(mut self, outer: &str) -> Self {
        for f in &mut self.fields {
            f.field = format!("{outer}.{}", f.field);
        }
        self
    }

    /// One refusal out of several: all their fields, the first one's code.
    ///
    /// Returns `None` where there is nothing to refuse.
    pub fn all(refusals: Vec<Refusal>) -> Option<Refusal> {
        let mut several = refusals.into_iter();
        let mut first = several.next()?;
        for next in several {
            first.detail.push(' ');
            first.detail.push_str(&next.detail);
            first.fields.extend(next.fields);
        }
        Some(first)
    }
}
