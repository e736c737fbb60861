//! Specifications: what is approved for which product, and one version in full.

use askama::Template;

use super::parts::{Fact, Frame, Link, Moment, Unit};
use super::samples;

/// `GET /specifications`.
#[derive(Debug, Clone, Template)]
#[template(path = "specifications/list.html")]
pub struct SpecificationsPage {
    /// The frame.
    pub frame: Frame,
    /// One row per product and version.
    pub rows: Vec<SpecificationRow>,
}

/// One version in the list.
#[derive(Debug, Clone)]
pub struct SpecificationRow {
    /// Its page, labelled with the product.
    pub link: Link,
    /// What the product is.
    pub title: String,
    /// The version.
    pub version: String,
    /// In force, draft, superseded.
    pub state: String,
    /// Since when.
    pub effective: Option<Moment>,
    /// How many criteria it has.
    pub criteria: usize,
    /// Whether it is shipped as an example.
    pub example: bool,
}

/// `GET /specifications/{product}/{version}`.
#[derive(Debug, Clone, Template)]
#[template(path = "specifications/show.html")]
pub struct SpecificationPage {
    /// The frame.
    pub frame: Frame,
    /// The product's code.
    pub product: String,
    /// The version.
    pub version: String,
    /// In force, draft, superseded.
    pub state: String,
    /// Whether it is shipped as an example a site must approve for itself.
    pub example: bool,
    /// Title, approval, effective date, source.
    pub facts: Vec<Fact>,
    /// The rounding rule in words.
    pub rounding: String,
    /// The criteria, grouped.
    pub sections: Vec<SpecificationSection>,
}

/// A group of criteria.
#[derive(Debug, Clone)]
pub struct SpecificationSection {
    /// Its name.
    pub name: String,
    /// Its criteria.
    pub criteria: Vec<SpecificationCriterion>,
}

/// One criterion of a specification.
#[derive(Debug, Clone)]
pub struct SpecificationCriterion {
    /// The attribute's code.
    pub attribute: String,
    /// Its name.
    pub name: String,
    /// The acceptance, without the unit.
    pub acceptance: String,
    /// The unit.
    pub unit: Unit,
    /// The assay and method.
    pub method: String,
    /// Required, informative, conditional.
    pub kind: String,
    /// The definition or condition in words; may be empty.
    pub definition: String,
    /// Where the limit comes from; may be empty.
    pub source: String,
}

impl SpecificationsPage {
    /// The shipped example and an older one.
    pub fn sample() -> Self {
        let row = |version: &str, state: &str, example| SpecificationRow {
            link: Link::new("ADMSC-IV", format!("/specifications/ADMSC-IV/{version}")),
            title: "Adipose-derived MSC, suspension for infusion".into(),
            version: version.into(),
            state: state.into(),
            effective: Some(Moment::sample("2026-11-01 00:00", "")),
            criteria: 21,
            example,
        };
        Self {
            frame: samples::frame("Specifications", "specifications", "/specifications"),
            rows: vec![row("1", "In force", true)],
        }
    }

    /// A site without any.
    pub fn sample_empty() -> Self {
        Self { rows: vec![], ..Self::sample() }
    }
}

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
                source: source.into(),
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
            sections: SECTIONS
                .iter()
                .map(|(name, rows)| SpecificationSection { name: (*name).into(), criteria: rows.iter().map(criterion).collect() })
                .collect(),
        }
    }
}
