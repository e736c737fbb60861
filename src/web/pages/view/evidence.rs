//! An evidence file, as the form that sends it and the run's page name it.

/// An evidence file.
#[derive(Debug, Clone, Default)]
pub struct EvidenceRow {
    /// Its SHA-256.
    pub sha256: String,
    /// The name it came with.
    pub name: String,
    /// `PDF`, `FCS`.
    pub media_type: String,
    /// `1.4 MB`.
    pub size: String,
    /// Where it is saved from.
    pub href: String,
    /// Whether it goes with the run.
    pub kept: bool,
}
