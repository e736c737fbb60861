//! The ledger core: what makes a record of facts tamper-evident. It knows bytes only: no lots, no
//! database, no clock, no input or output.
//!
//! Promise: equal inputs give equal bytes, every text has exactly one spelling, and nothing here
//! panics whatever a stranger sends. Nothing is invented here; each format is a published one, and
//! `docs/LEDGER.md` describes all of them byte by byte with a worked example.
//!
//! | file            | holds                                                     | from                     |
//! |-----------------|-----------------------------------------------------------|--------------------------|
//! | [`hash`]        | the 32-byte hash, and how leaves and nodes are hashed     | RFC 6962 2.1             |
//! | [`merkle`]      | the growing tree, the storage seam, proof generators      | RFC 9162 2.1.3.1, 2.1.4.1 |
//! | [`verify`]      | proof verifiers: an auditor needs only these and `hash`   | RFC 9162 2.1.3.2, 2.1.4.2 |
//! | [`note`]        | text signed by named keys                                 | c2sp.org/signed-note     |
//! | [`checkpoint`]  | "the log named so has this size and this root", signed    | c2sp.org/tlog-checkpoint |
//! | [`proof`]       | one file proving one fact to a stranger, offline          | c2sp.org/tlog-proof      |
//!
//! Read them in that order. To append: [`Frontier::load`], [`Frontier::push`] each [`leaf_hash`],
//! store the returned nodes, then [`Checkpoint::new`] over [`Frontier::root`] and
//! [`Checkpoint::sign`]. To prove: [`inclusion_proof`] and [`TlogProof::new`]. To check:
//! [`TlogProof::parse`] and [`TlogProof::verify`].

pub mod canonical;
pub mod checkpoint;
pub mod hash;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod verify;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use hash::{Hash, HashTextError, MAX_LEAF_BYTES, empty_root, leaf_hash, node_hash};
pub use merkle::{
    Frontier, MAX_TREE_SIZE, MissingNode, Node, Nodes, ProofError, STORED_LEVELS, SparseNodes, StoredHashes,
    consistency_proof, inclusion_proof, root_at,
};
pub use note::{
    KeyError, KeyName, MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, NoteError, NoteSigner, OpenedNote, SignatureLine,
    SignedNote, VerifierKey,
};
pub use proof::{MAX_PROOF_HASHES, TlogProof, TlogProofError};
pub use verify::{VerifyError, verify_consistency, verify_inclusion};
