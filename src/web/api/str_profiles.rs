//! `/api/v1/str`: STR profiles compared, and whose cells a sample holds. Nothing is recorded.

use std::fmt;

use actix_web::HttpResponse;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::refusal::Refusal;
use crate::domain::str_comparison::{self, ComparedLocus, Comparison, Score, THRESHOLDS};
use crate::domain::str_origin::{self, CAVEATS, Origin, OriginLocus};
use crate::domain::str_profile::{Alleles, Locus, Profile};
use crate::web::body::Sent;
use crate::web::problem::{Problem, ProblemBody};
use crate::web::session::Somebody;

/// A profile as it is sent, in its order; a locus that stands twice is kept twice, to be refused.
#[derive(Debug, Default)]
pub struct SentProfile(Vec<(String, Vec<String>)>);

impl SentProfile {
    fn read(&self, name: &str) -> Result<Profile, Refusal> {
        Profile::parse(name, self.0.iter().map(|(locus, alleles)| (locus, alleles)))
    }
}

impl<'de> Deserialize<'de> for SentProfile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Loci;
        impl<'de> Visitor<'de> for Loci {
            type Value = SentProfile;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a profile: lists of alleles by locus")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SentProfile, A::Error> {
                let mut loci = Vec::new();
                while let Some(locus) = map.next_entry()? {
                    loci.push(locus);
                }
                Ok(SentProfile(loci))
            }
        }
        deserializer.deserialize_map(Loci)
    }
}

/// Two profiles to compare.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonBody {
    /// The sample in question: alleles as text by locus, `{"TH01": ["6", "9.3"]}`. A locus with an
    /// empty list was not called.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub query: SentProfile,
    /// What it is compared with, such as the donor on file.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub reference: SentProfile,
    /// Whether amelogenin is scored. It never counts towards identity.
    #[serde(default)]
    pub amelogenin: bool,
}

/// Three profiles for the search of the donor's alleles.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginBody {
    /// The donor.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub donor: SentProfile,
    /// The recipient's germ line, taken before the infusion.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub recipient: SentProfile,
    /// The cells in question, such as a tumour.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub sample: SentProfile,
}

/// One locus called in both profiles.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ComparedLocusView {
    /// Locus.
    pub locus: String,
    /// The query's alleles, shortest first.
    pub query: Vec<String>,
    /// The reference's alleles.
    pub reference: Vec<String>,
    /// Those in both.
    pub shared: Vec<String>,
    /// True if both have exactly the same alleles.
    pub concordant: bool,
}

/// What CLASTR's thresholds say of the scores: `related`, `ambiguous`, `unrelated`,
/// `too_few_loci` or `not_comparable`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RelationsView {
    /// Of Tanabe.
    pub tanabe: String,
    /// Of Masters from the query's side.
    pub masters_query: String,
    /// Of Masters from the reference's side.
    pub masters_reference: String,
    /// The thresholds in words.
    pub thresholds: String,
}

/// Two profiles compared.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ComparisonView {
    /// Alleles in both, over the scored loci.
    pub shared: usize,
    /// Alleles of the query.
    pub n_query: usize,
    /// Alleles of the reference.
    pub n_reference: usize,
    /// 2 × shared / (query + reference) in percent, as text with two decimals; null where nothing
    /// can be compared.
    pub tanabe: Option<String>,
    /// shared / query in percent.
    pub masters_query: Option<String>,
    /// shared / reference in percent.
    pub masters_reference: Option<String>,
    /// What the scores say of cell lines.
    pub relations: RelationsView,
    /// The identity of the donor: `match`, `investigate`, `exclusion`, `mixed`, `too_few_loci` or
    /// `not_comparable`. No score decides it.
    pub conclusion: String,
    /// The conclusion with its reason.
    pub because: String,
    /// Scored loci.
    pub loci_compared: usize,
    /// Loci that count towards identity: called in both, not amelogenin, not of a sex chromosome.
    pub identity_loci: usize,
    /// Loci that differ.
    pub discrepant: Vec<String>,
    /// Each scored locus.
    pub loci: Vec<ComparedLocusView>,
    /// Amelogenin if called in both, whether or not it is scored.
    pub amelogenin: Option<ComparedLocusView>,
    /// Loci called in the query only.
    pub only_query: Vec<String>,
    /// Loci called in the reference only.
    pub only_reference: Vec<String>,
    /// True if more than three loci of the query have three or more alleles.
    pub query_mixed: bool,
    /// The same of the reference.
    pub reference_mixed: bool,
    /// What deserves a second look.
    pub remarks: Vec<String>,
}

fn texts(alleles: &Alleles) -> Vec<String> {
    alleles.iter().map(ToString::to_string).collect()
}

fn names(loci: &[Locus]) -> Vec<String> {
    loci.iter().map(ToString::to_string).collect()
}

impl From<&ComparedLocus> for ComparedLocusView {
    fn from(l: &ComparedLocus) -> Self {
        ComparedLocusView {
            locus: l.locus.to_string(),
            query: texts(&l.query),
            reference: texts(&l.reference),
            shared: texts(&l.shared),
            concordant: l.is_concordant(),
        }
    }
}

impl From<&Comparison> for ComparisonView {
    fn from(c: &Comparison) -> Self {
        let percent = |score: &Score| score.percent.map(|p| p.to_string());
        let relation = |score: &Score| score.relation.as_str().to_owned();
        ComparisonView {
            shared: c.shared,
            n_query: c.n_query,
            n_reference: c.n_reference,
            tanabe: percent(&c.tanabe),
            masters_query: percent(&c.masters_query),
            masters_reference: percent(&c.masters_reference),
            relations: RelationsView {
                tanabe: relation(&c.tanabe),
                masters_query: relation(&c.masters_query),
                masters_reference: relation(&c.masters_reference),
                thresholds: THRESHOLDS.to_owned(),
            },
            conclusion: c.conclusion.as_str().to_owned(),
            because: c.because.clone(),
            loci_compared: c.loci.len(),
            identity_loci: c.identity_loci,
            discrepant: names(&c.discrepant),
            loci: c.loci.iter().map(ComparedLocusView::from).collect(),
            amelogenin: c.amelogenin.as_ref().map(ComparedLocusView::from),
            only_query: names(&c.only_query),
            only_reference: names(&c.only_reference),
            query_mixed: c.query_mixed,
            reference_mixed: c.reference_mixed,
            remarks: c.remarks.clone(),
        }
    }
}

/// One locus called in all three profiles.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OriginLocusView {
    /// Locus.
    pub locus: String,
    /// `I` (nothing shared), `II` (some shared) or `III` (not informative).
    pub r#type: String,
    /// The donor's alleles, shortest first.
    pub donor: Vec<String>,
    /// The recipient's alleles.
    pub recipient: Vec<String>,
    /// The sample's alleles.
    pub sample: Vec<String>,
    /// The donor's that the recipient lacks.
    pub donor_specific: Vec<String>,
    /// Those of them that the sample shows.
    pub observed: Vec<String>,
    /// The sample's that neither has.
    pub in_neither: Vec<String>,
}

/// Whose cells a sample holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OriginView {
    /// `donor_alleles_observed`, `consistent_with_recipient`, `consistent_with_both`,
    /// `unexplained_alleles` or `not_informative`.
    pub conclusion: String,
    /// The conclusion with its reason.
    pub because: String,
    /// Loci that tell donor from recipient.
    pub informative_loci: usize,
    /// Those of them at which the sample shows an allele that only the donor has.
    pub observed_loci: usize,
    /// Each locus called in all three.
    pub loci: Vec<OriginLocusView>,
    /// Loci called in one or two of the three only.
    pub not_compared: Vec<String>,
    /// What deserves a second look.
    pub remarks: Vec<String>,
    /// What this test cannot see.
    pub caveats: Vec<String>,
}

impl From<&OriginLocus> for OriginLocusView {
    fn from(l: &OriginLocus) -> Self {
        OriginLocusView {
            locus: l.locus.to_string(),
            r#type: l.kind.as_str().to_owned(),
            donor: texts(&l.donor),
            recipient: texts(&l.recipient),
            sample: texts(&l.sample),
            donor_specific: texts(&l.donor_specific),
            observed: texts(&l.observed),
            in_neither: texts(&l.in_neither),
        }
    }
}

impl From<&Origin> for OriginView {
    fn from(o: &Origin) -> Self {
        OriginView {
            conclusion: o.conclusion.as_str().to_owned(),
            because: o.because.clone(),
            informative_loci: o.informative,
            observed_loci: o.observed,
            loci: o.loci.iter().map(OriginLocusView::from).collect(),
            not_compared: names(&o.not_compared),
            remarks: o.remarks.clone(),
            caveats: CAVEATS.map(str::to_owned).to_vec(),
        }
    }
}

/// All profiles, or everything that is wrong with any of them.
fn read<const N: usize>(sent: [(&str, &SentProfile); N]) -> Result<[Profile; N], Refusal> {
    let read = sent.map(|(name, profile)| profile.read(name));
    let refused: Vec<Refusal> = read.iter().filter_map(|r| r.as_ref().err().cloned()).collect();
    match Refusal::all(refused) {
        Some(refusal) => Err(refusal),
        None => Ok(read.map(Result::unwrap_or_default)),
    }
}

/// Compares two STR profiles, scores them, and concludes on the donor's identity.
#[utoipa::path(post, path = "/api/v1/str/compare", tag = "str", request_body = ComparisonBody,
    responses((status = 200, body = ComparisonView), (status = 422, body = ProblemBody)))]
pub async fn compare(_reader: Somebody, body: Sent<ComparisonBody>) -> Result<HttpResponse, Problem> {
    let sent = body.read()?.value;
    let [query, reference] = read([("query", &sent.query), ("reference", &sent.reference)])?;
    Ok(HttpResponse::Ok().json(ComparisonView::from(&str_comparison::compare(&query, &reference, sent.amelogenin))))
}

/// Looks in a sample for the alleles that the donor has and the recipient lacks.
#[utoipa::path(post, path = "/api/v1/str/origin", tag = "str", request_body = OriginBody,
    responses((status = 200, body = OriginView), (status = 422, body = ProblemBody)))]
pub async fn origin(_reader: Somebody, body: Sent<OriginBody>) -> Result<HttpResponse, Problem> {
    let sent = body.read()?.value;
    let [donor, recipient, sample] =
        read([("donor", &sent.donor), ("recipient", &sent.recipient), ("sample", &sent.sample)])?;
    Ok(HttpResponse::Ok().json(OriginView::from(&str_origin::origin(&donor, &recipient, &sample))))
}
