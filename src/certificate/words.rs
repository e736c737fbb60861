//! Wording of the paper: times with their offset, units, verdicts, and why a line says nothing.
//!
//! Promises: nothing is rounded or converted but the zone of a time; a verdict is always a word
//! and a sign, so that it survives a black-and-white copy and a colour-blind reader.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::render::RenderError;
use crate::domain::course::PartyRole;

/// The zone in which the paper shows times.
///
/// # Errors
/// [`RenderError::Zone`].
pub fn zone(name: &str) -> Result<Tz, RenderError> {
    name.parse().map_err(|_| RenderError::Zone(name.to_owned()))
}

/// A time of the record as a moment.
///
/// # Errors
/// [`RenderError::Time`].
pub fn moment(text: &str) -> Result<DateTime<Utc>, RenderError> {
    DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)).map_err(|_| RenderError::Time(text.to_owned()))
}

/// To the minute, `2026-03-02 09:41 +08:00`.
///
/// # Errors
/// [`RenderError::Time`].
pub fn minute(text: &str, zone: Tz) -> Result<String, RenderError> {
    let local = moment(text)?.with_timezone(&zone);
    Ok(local.format("%Y-%m-%d %H:%M %:z").to_string())
}

/// To the second, for signatures, `2026-03-02 09:41:07 +08:00`.
///
/// # Errors
/// [`RenderError::Time`].
pub fn second(text: &str, zone: Tz) -> Result<String, RenderError> {
    let local = moment(text)?.with_timezone(&zone);
    Ok(local.format("%Y-%m-%d %H:%M:%S %:z").to_string())
}

/// The offset of a zone at a moment, `+08:00`.
///
/// # Errors
/// [`RenderError::Time`].
pub fn offset(text: &str, zone: Tz) -> Result<String, RenderError> {
    let local = moment(text)?.with_timezone(&zone);
    Ok(local.format("%:z").to_string())
}

/// `x10^6` as it is printed: `×10⁶`. Everything else stays as it is.
pub fn powers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("x10^") {
        out.push_str(&rest[..at]);
        let after = &rest[at + 4..];
        let sign = after.starts_with(['-', '−']);
        let digits_at = if sign { after.chars().next().map_or(0, char::len_utf8) } else { 0 };
        let digits = &after[digits_at..];
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if length == 0 {
            out.push_str("x10^");
            rest = after;
            continue;
        }
        out.push_str("×10");
        if sign {
            out.push('⁻');
        }
        out.extend(digits[..length].chars().map(superscript));
        rest = &digits[length..];
    }
    out.push_str(rest);
    out
}

fn superscript(digit: char) -> char {
    match digit {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        _ => '⁹',
    }
}

/// A value with its unit, where it has one.
pub fn with_unit(value: &str, unit: Option<&str>) -> String {
    match unit.filter(|unit| !unit.is_empty()) {
        Some(unit) => format!("{value} {}", powers(unit)),
        None => value.to_owned(),
    }
}

/// A verdict as sign and word.
pub fn verdict(outcome: &str) -> String {
    match outcome {
        "pass" => "✓ Pass".to_owned(),
        "fail" => "✗ Fail".to_owned(),
        "reported" => "○ Reported".to_owned(),
        "indeterminate" => "? Indeterminate".to_owned(),
        "pending" => "… Pending".to_owned(),
        "missing" => "– Missing".to_owned(),
        other => format!("? {other}"),
    }
}

/// A role in words, with its code where the word is ours.
pub fn role(code: &str) -> String {
    match code {
        "qa" => "Quality assurance (qa)".to_owned(),
        "qc" => "Quality control (qc)".to_owned(),
        "qp" => "Qualified Person (qp)".to_owned(),
        "analyst" => "Analyst (analyst)".to_owned(),
        other => other.to_owned(),
    }
}

/// What somebody who is told is there for.
pub fn party(role: PartyRole) -> &'static str {
    match role {
        PartyRole::Physician => "Physician",
        PartyRole::Qp => "Qualified Person",
        PartyRole::Qa => "Quality assurance",
        PartyRole::Sponsor => "Sponsor",
        PartyRole::Authority => "Authority",
    }
}

/// What was signed for, in words.
pub fn act(act: &str) -> String {
    match act {
        "release" => "Release of the lot",
        "rejection" => "Rejection of the lot",
        "qc_approval" => "QC approval of the results",
        "audit_review" => "Review of the audit trail",
        "qp_certification" => "Certification by the Qualified Person",
        "conditional_release" => "Conditional release (step 1)",
        "supersession" => "Certification of the corrected certificate",
        other => return or(other, "Not recorded"),
    }
    .to_owned()
}

/// The route to the decision, with the version of the site's policy that says so.
pub fn route(route: &str, policy_version: u32) -> String {
    let steps = match route {
        "verify_release" => "verification, release by QA",
        "verify_qc_qa_qp" => "verification, QC approval, QA review, QP certification",
        other => other,
    };
    match policy_version {
        0 => format!("{steps} (no site policy set)"),
        version => format!("{steps} (site policy version {version})"),
    }
}

/// How the numbers were rounded before they were compared, in one sentence.
pub fn rounding(rule: &str) -> String {
    match rule {
        "usp_7_20" => "Rounding (USP General Notices 7.20): a value is rounded once, to the \
                       number of decimals of its criterion, up where the first dropped digit is \
                       5 or more and down otherwise; the rounded value is compared with the \
                       limit."
            .to_owned(),
        "none" => "Rounding: none; each value is compared with the limit as it was typed.".to_owned(),
        other => format!("Rounding rule of the specification: {other}."),
    }
}

/// True for a value below or above what the method can measure, `<0.1`.
pub fn censored(value: &str) -> bool {
    value.trim_start().starts_with(['<', '>', '≤', '≥'])
}

/// A text, or why there is none: no cell of a certificate is blank.
pub fn or(text: &str, absent: &str) -> String {
    if text.trim().is_empty() { absent } else { text }.to_owned()
}

/// 64 hexadecimal digits as four groups of 16.
pub fn groups(hash: &str) -> String {
    let characters: Vec<char> = hash.chars().collect();
    let groups: Vec<String> = characters.chunks(16).map(|c| c.iter().collect()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_set_as_superscripts() {
        assert_eq!(powers("NLT 30.0 x10^6"), "NLT 30.0 ×10⁶");
        assert_eq!(powers("x10^-12/mL, x10^ and x10^7"), "×10⁻¹²/mL, x10^ and ×10⁷");
        assert_eq!(powers("x10^"), "x10^");
        assert_eq!(powers("max10^2é"), "ma×10²é");
    }

    #[test]
    fn times_carry_their_offset() {
        let at = "2026-07-02T01:41:07.123456Z";
        let shown = |name: &str| second(at, zone(name).expect("zone")).expect("time");
        assert_eq!(shown("Asia/Shanghai"), "2026-07-02 09:41:07 +08:00");
        assert_eq!(shown("Europe/Berlin"), "2026-07-02 03:41:07 +02:00");
        assert!(zone("Mars/Olympus").is_err());
        assert!(moment("yesterday").is_err());
    }

    #[test]
    fn a_hash_is_four_groups() {
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(groups(&hash).split(' ').count(), 4);
    }
}
