//! The pages of specifications in every situation: in force, draft, refused, retired.

use super::parts::{Fact, Field, FieldProblem, Link};
use super::samples;
use super::specifications::{
    ApproveBox, DifferenceRow, RetireBox, SpecificationAssay, SpecificationCriterion, SpecificationDiffPage,
    SpecificationEditPage, SpecificationPage, SpecificationSection, WhatIfLot, WhatIfTable,
};

/// Code, name, acceptance, unit, method, definition, source.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const SECTIONS: &[(&str, &[Row])] = &[
    (
        "Production",
        &[
            ("PASSAGE", "Passage", "NMT 5", "", "batch record", "", "Yao 2021"),
            ("VIABILITY", "Viability", "NLT 80.0", "%", "cell count", "Live cells of all counted, summed counts.", ""),
            (
                "VIABLE_CELLS",
                "Viable cells per container",
                "NLT 30.0",
                "×10⁶",
                "cell count",
                "Counted after filtration.",
                "Yao 2021: 3 × 10⁷",
            ),
        ],
    ),
    (
        "Identity",
        &[
            ("CD105", "CD105-positive", "NLT 95.0", "%", "flow cytometry", "", "ISCT 2006"),
            ("CD34", "CD34-positive", "NMT 2.0", "%", "flow cytometry", "", "ISCT 2006"),
            (
                "ADIPOGENIC",
                "Adipogenic",
                "Positive",
                "",
                "differentiation",
                "Oil Red O, with an uninduced control that must be Negative.",
                "ISCT 2006",
            ),
        ],
    ),
    (
        "Purity",
        &[(
            "PURITY",
            "Purity",
            "> 96.0",
            "%",
            "flow cytometry",
            "Share of viable singlets that are CD105+ CD73+ CD90+ CD44+ and negative for CD34, CD45, CD11b, CD19 and HLA-DR.",
            "Yao 2021",
        )],
    ),
    (
        "Safety",
        &[
            (
                "STERILITY_AEROBIC",
                "Sterility, aerobic",
                "No growth, 14 d",
                "",
                "sterility",
                "Read 14 × 24 hours after the incubation starts.",
                "USP <71>",
            ),
            ("ENDOTOXIN", "Endotoxin", "NMT 0.50", "EU/mL", "endotoxin", "", "USP <85>"),
        ],
    ),
];

impl SpecificationPage {
    /// The shipped example.
    pub fn sample() -> Self {
        let mut frame = samples::frame("ADMSC-IV version 1", "specification", "/specifications");
        frame.crumbs = vec![Link::new("Specifications", "/specifications")];
        let criterion =
            |&(attribute, name, acceptance, unit, method, definition, source): &Row| SpecificationCriterion {
                attribute: attribute.into(),
                name: name.into(),
                acceptance: acceptance.into(),
                unit: unit.into(),
                method: method.into(),
                kind: "Required".into(),
                definition: definition.into(),
                notes: if source.is_empty() { vec![] } else { vec![source.into()] },
            };
        Self {
            frame,
            product: "ADMSC-IV".into(),
            version: "1".into(),
            state: "In force".into(),
            example: true,
            facts: vec![
                Fact::new("Title", "Adipose-derived MSC, suspension for infusion"),
                Fact::new("In force since", "2026-11-01 00:00 +08:00"),
                Fact::new("Criteria", "21, all required"),
            ],
            rounding: "A value is rounded once, half up, to the decimals of its limit, and then compared with the limit exactly as it is written \
                (USP General Notices 7.20): 96.04 reports as 96.0 and fails > 96.0; 96.05 reports as 96.1 and passes."
                .into(),
            dosing: String::new(),
            sections: SECTIONS
                .iter()
                .map(|(name, rows)| SpecificationSection { name: (*name).into(), criteria: rows.iter().map(criterion).collect() })
                .collect(),
            assays: vec![SpecificationAssay {
                name: "Sterility".into(),
                code: "sterility".into(),
                method: "USP <71>, direct inoculation, 14 days".into(),
                lines: vec![
                    "Medium: Fluid thioglycollate at 30 to 35 °C".into(),
                    "Control: negative control, No growth".into(),
                    "Read on days 7, 14".into(),
                ],
            }],
            actions: vec![
                Link::new("New draft from this version", "/specifications/new?product=ADMSC-IV&version=1"),
                Link::new("Download the file", "/api/v1/specifications/ADMSC-IV/1/document"),
            ],
            what_if: None,
            approval: Some(samples::signature("I approve this specification for use")),
            retired: None,
            approve: None,
            retire: Some(RetireBox {
                reason: Field::default(),
                password_problem: None,
                idempotency_key: "6f3a91c04be2d778".into(),
            }),
        }
    }

    /// A draft that somebody else may approve.
    pub fn sample_draft() -> Self {
        let page = Self::sample();
        Self {
            version: "2".into(),
            state: "Draft".into(),
            example: false,
            dosing: "0.5 ×10⁶ cells/kg ± 10 %, intravenous".into(),
            actions: vec![
                Link::new("Edit the draft", "/specifications/ADMSC-IV/2/edit"),
                Link::new("Compare with version 1", "/specifications/ADMSC-IV/diff?from=1&to=2"),
            ],
            what_if: Some(WhatIfTable {
                summary: "2 open lots were judged by this draft; 1 would change. Each lot stays on its version.".into(),
                lots: vec![WhatIfLot {
                    link: Link::new("AD-26-0007", "/lots/AD-26-0007"),
                    version: "1".into(),
                    before: "ready".into(),
                    after: "on hold".into(),
                    lines: vec![
                        "CD34-positive: Now pass against NMT 2.0 % (1.6 ≤ 2.0); under the draft fail against NMT 1.0 % \
                         (1.6, not ≤ 1.0)."
                            .into(),
                    ],
                }],
            }),
            approval: None,
            approve: Some(ApproveBox {
                why: String::new(),
                draft_sha256: samples::HASH.into(),
                effective_from: Field::of("2026-12-01T08:00"),
                meaning: Field::of("I approve this specification for use"),
                password_problem: None,
                idempotency_key: "6f3a91c04be2d778".into(),
            }),
            retire: None,
            ..page
        }
    }

    /// An approval that was refused.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample_draft();
        let text = "The password is not right. Nothing was signed; type your own password again.";
        page.frame.problems = vec![FieldProblem { field: "approve-password".into(), text: text.into() }];
        if let Some(approve) = page.approve.as_mut() {
            approve.password_problem = Some(text.into());
        }
        page
    }

    /// A specification that no lot is registered under any more, seen by one of the draft's authors.
    pub fn sample_retired() -> Self {
        Self {
            state: "Retired".into(),
            retired: Some("Retired by Łukasz Nowak on 2026-11-26 14:05 +08:00: the product is no longer made".into()),
            retire: None,
            ..Self::sample()
        }
    }
}

impl SpecificationEditPage {
    /// A new draft made from version 1.
    pub fn sample() -> Self {
        let mut frame = samples::frame("New draft", "specification-edit", "/specifications");
        frame.crumbs = vec![Link::new("Specifications", "/specifications")];
        Self {
            frame,
            heading: "New draft".into(),
            action: "/specifications".into(),
            back: "/specifications".into(),
            document: Field::of("{\n  \"product\": \"ADMSC-IV\",\n  \"version\": 2\n}\n"),
            findings: vec![],
            draft_sha256: String::new(),
            idempotency_key: "6f3a91c04be2d778".into(),
            starts: vec![Link::new("ADMSC-IV version 1", "/specifications/new?product=ADMSC-IV&version=1")],
        }
    }

    /// The same with a limit that has no decimals.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "criteria[17].acceptance.limit: Purity (PURITY): the limit 96 has no decimals, so a result is rounded to a \
                    whole number before it is compared.";
        page.frame.problems = vec![FieldProblem { field: "document".into(), text: text.into() }];
        page.document.problem = Some("1 thing to correct, named above.".into());
        page.findings = vec![text.into()];
        page
    }
}

impl SpecificationDiffPage {
    /// Two versions with a stricter limit.
    pub fn sample() -> Self {
        let mut frame = samples::frame("ADMSC-IV: version 1 to 2", "specification-diff", "/specifications");
        frame.crumbs = vec![Link::new("Specifications", "/specifications")];
        let row = |about: &str, field: &str, before: &str, after: &str, effect: &str| DifferenceRow {
            about: about.into(),
            field: field.into(),
            before: before.into(),
            after: after.into(),
            effect: effect.into(),
        };
        Self {
            frame,
            product: "ADMSC-IV".into(),
            from: Link::new("version 1", "/specifications/ADMSC-IV/1"),
            to: Link::new("version 2", "/specifications/ADMSC-IV/2"),
            rows: vec![
                row("CD34-positive", "acceptance", "NMT 2.0 %", "NMT 1.0 %", "tightened"),
                row("CD13-positive", "criterion", "", "informative, NLT 80.0 %", ""),
            ],
        }
    }

    /// Two versions that say the same.
    pub fn sample_equal() -> Self {
        Self { rows: vec![], ..Self::sample() }
    }
}
