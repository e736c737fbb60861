//! The growing tree: its right edge, the seam through which stored hashes are read, and the
//! generators of roots and proofs.
//!
//! Promise: the tree is the one of RFC 6962 2.1, whatever order and batches the leaves came in; a
//! generator either returns the one right answer or says which stored hash it missed. Hashes read
//! from storage are believed here: checking them against a signed root is what [`super::verify`]
//! is for.
//!
//! A *complete subtree* of level `l` number `i` covers the leaves `i * 2^l .. (i + 1) * 2^l`. Once
//! those leaves exist its hash never changes again, which is why storage only ever needs inserts.

use std::fmt;

use super::hash::{Hash, empty_root, node_hash};

/// The largest tree this product builds or believes: 2^63 - 1 leaves, the largest integer both
/// databases hold.
pub const MAX_TREE_SIZE: u64 = u64::MAX / 2;

/// The levels kept in storage besides the leaf hashes themselves: the roots of subtrees of 256,
/// 65 536 and 16 777 216 leaves, which are the levels a C2SP tile starts at (c2sp.org/tlog-tiles,
/// "Merkle Tree").
///
/// Everything between is recomputed from at most 256 stored hashes. That costs half a millisecond
/// per proof and keeps storage at about 34 bytes per leaf instead of 79 (measured).
pub const STORED_LEVELS: [u8; 3] = [8, 16, 24];

/// How many hashes [`SparseNodes`] asks storage for at once, at most: one tile.
const FETCH_MAX: u64 = 256;

/// The hash of one complete subtree, as [`Frontier::push`] reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The subtree covers 2^level leaves; level 0 is a leaf.
    pub level: u8,
    /// Its number among the subtrees of that level, from 0 at the left.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Node {
    /// Whether this node must be written to storage apart from the leaf's own row: its level is
    /// one of [`STORED_LEVELS`].
    pub fn is_stored(&self) -> bool {
        STORED_LEVELS.contains(&self.level)
    }
}

/// Storage could not say what the hash of a complete subtree is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct MissingNode {
    /// Level of the subtree asked for.
    pub level: u8,
    /// Number of the subtree asked for.
    pub index: u64,
    /// What storage said, when it failed rather than found nothing.
    pub reason: Option<String>,
}

impl MissingNode {
    /// Storage holds no such node.
    pub fn at(level: u8, index: u64) -> Self {
        let reason = None;
        Self { level, index, reason }
    }

    /// Storage failed while looking for it.
    pub fn because(level: u8, index: u64, reason: impl Into<String>) -> Self {
        let reason = Some(reason.into());
        Self { level, index, reason }
    }
}

impl fmt::Display for MissingNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, index, .. } = self;
        write!(f, "The ledger has no stored hash for subtree {index} of level {level}")?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}."),
            None => f.write_str("."),
        }
    }
}

/// Why a proof or a root could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no leaf of that number.
    #[error("There is no leaf {index} in a ledger of {size} leaves.")]
    NoSuchLeaf {
        /// The leaf asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A ledger only grows: the old size must not exceed the new one.
    #[error("A ledger of {new} leaves cannot have grown from one of {old} leaves.")]
    Shrinks {
        /// The size said to be older.
        old: u64,
        /// The size said to be newer.
        new: u64,
    },
    /// More leaves than [`MAX_TREE_SIZE`].
    #[error("A ledger of {size} leaves is larger than any this program can hold.")]
    TooLarge {
        /// The size asked for.
        size: u64,
    },
    /// Storage could not deliver a hash.
    #[error(transparent)]
    Missing(#[from] MissingNode),
}

/// The storage seam: where hashes of complete subtrees come from.
pub trait Nodes {
    /// The hash of the complete subtree of 2^`level` leaves number `index`.
    ///
    /// # Errors
    /// [`MissingNode`] when those leaves are not all there, or storage failed.
    fn node(&self, level: u8, index: u64) -> Result<Hash, MissingNode>;
}

/// What [`SparseNodes`] needs from storage: leaf hashes (level 0) and the [`STORED_LEVELS`].
pub trait StoredHashes {
    /// The hashes `first .. first + count` of one stored level, in order. `count` is 1 to 256,
    /// `first + count` at most [`MAX_TREE_SIZE`], so both fit a database's integers.
    ///
    /// # Errors
    /// [`MissingNode`] when any of them is missing, or storage failed.
    fn hashes(&self, level: u8, first: u64, count: u64) -> Result<Vec<Hash>, MissingNode>;
}

/// All nodes of the tree, from storage that keeps only the leaf hashes and [`STORED_LEVELS`]: each
/// other node is recomputed from the nearest stored level below it.
#[derive(Clone, Debug)]
pub struct SparseNodes<S>(S);

impl<S: StoredHashes> SparseNodes<S> {
    /// Reads from this storage.
    pub fn new(stored: S) -> Self {
        Self(stored)
    }
}

impl<S: StoredHashes> Nodes for SparseNodes<S> {
    fn node(&self, level: u8, index: u64) -> Result<Hash, MissingNode> {
        let missing = || MissingNode::at(level, index);
        let below = STORED_LEVELS.into_iter().rev().find(|kept| *kept <= level);
        let base = below.unwrap_or(0);
        let count = 1u64.checked_shl(u32::from(level - base)).unwrap_or(0);
        let end = index.checked_add(1).and_then(|next| next.checked_mul(count));
        if count == 0 || end.is_none_or(|end| end > MAX_TREE_SIZE) {
            return Err(missing());
        }
        if count > FETCH_MAX {
            // Above the highest stored level. The right half first: in a tree too small to have
            // this node it fails at once, before anything large is read.
            let right = self.node(level - 1, index * 2 + 1)?;
            return Ok(node_hash(self.node(level - 1, index * 2)?, right));
        }
        let mut row = self.0.hashes(base, index * count, count)?;
        if u64::try_from(row.len()) != Ok(count) {
            return Err(missing());
        }
        while row.len() > 1 {
            let pairs = row.chunks_exact(2);
            row = pairs.map(|pair| node_hash(pair[0], pair[1])).collect();
        }
        row.first().copied().ok_or_else(missing)
    }
}

/// The right edge of the tree: one hash for each complete subtree that is not part of a larger
/// one, the largest first. It is all that appending needs, at most 63 hashes however large the
/// tree is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// As many hashes as `size` has one bits.
    edge: Vec<Hash>,
}

impl Frontier {
    /// The edge of an empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of a stored tree of `size` leaves: what pushing those leaves would have given.
    ///
    /// # Errors
    /// [`ProofError::TooLarge`] above [`MAX_TREE_SIZE`]; [`ProofError::Missing`] when storage
    /// lacks one of the hashes, for instance because its tail was deleted.
    pub fn load(nodes: &dyn Nodes, size: u64) -> Result<Self, ProofError> {
        check_size(size)?;
        let edge = edge_hashes(nodes, 0, size)?;
        Ok(Self { size, edge })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf hash and returns every subtree it completed: the leaf itself first, then
    /// upwards, 1 to 64 nodes. Storage keeps those that are [`Node::is_stored`].
    pub fn push(&mut self, leaf: Hash) -> Vec<Node> {
        let (mut level, mut index, mut hash) = (0, self.size, leaf);
        let mut completed = vec![Node { level, index, hash }];
        // A set low bit means that a left neighbour of this level waits on the edge.
        while index & 1 == 1
            && let Some(left) = self.edge.pop()
        {
            (level, index, hash) = (level + 1, index >> 1, node_hash(left, hash));
            completed.push(Node { level, index, hash });
        }
        self.edge.push(hash);
        // Cannot overflow: `load` starts at most at 2^63 - 1, and nobody pushes 2^63 leaves.
        self.size += 1;
        completed
    }

    /// The root of the tree: RFC 6962 2.1.
    pub fn root(&self) -> Hash {
        fold_edge(&self.edge)
    }
}

/// The root of the tree as it was at `size` leaves: RFC 6962 2.1.
///
/// # Errors
/// [`ProofError::TooLarge`] or [`ProofError::Missing`].
pub fn root_at(nodes: &dyn Nodes, size: u64) -> Result<Hash, ProofError> {
    check_size(size)?;
    Ok(range_root(nodes, 0, size)?)
}

/// Proves that leaf `index` is in the tree of `size` leaves: the hashes beside the way from the
/// leaf up to the root, lowest first. `PATH(m, D_n)` of RFC 9162 2.1.3.1.
///
/// # Errors
/// [`ProofError::NoSuchLeaf`] when `index >= size`, [`ProofError::TooLarge`],
/// [`ProofError::Missing`].
pub fn inclusion_proof(nodes: &dyn Nodes, index: u64, size: u64) -> Result<Vec<Hash>, ProofError> {
    check_size(size)?;
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let (mut from, mut to, mut path) = (0, size, Vec::new());
    while to - from > 1 {
        let middle = from + largest_power_below(to - from);
        if index < middle {
            path.push(range_root(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range_root(nodes, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Proves that the tree of `new` leaves is the tree of `old` leaves with leaves appended and
/// nothing else changed. `PROOF(m, D_n)` of RFC 9162 2.1.4.1; empty when `old` is 0 or `new`.
///
/// # Errors
/// [`ProofError::Shrinks`] when `old > new`, [`ProofError::TooLarge`], [`ProofError::Missing`].
pub fn consistency_proof(nodes: &dyn Nodes, old: u64, new: u64) -> Result<Vec<Hash>, ProofError> {
    check_size(new)?;
    if old > new {
        return Err(ProofError::Shrinks { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut from, mut to, mut path) = (0, new, Vec::new());
    while old < to {
        let middle = from + largest_power_below(to - from);
        if old <= middle {
            path.push(range_root(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range_root(nodes, from, middle)?);
            from = middle;
        }
    }
    // `from..to` is now the last complete subtree of the old tree. The verifier holds its hash
    // already if it is the whole old tree; otherwise it must be told.
    if from > 0 {
        path.push(range_root(nodes, from, to)?);
    }
    path.reverse();
    Ok(path)
}

fn check_size(size: u64) -> Result<(), ProofError> {
    if size > MAX_TREE_SIZE {
        return Err(ProofError::TooLarge { size });
    }
    Ok(())
}

/// The largest power of two strictly below `count`: where RFC 6962 2.1 splits `count` leaves.
/// `count` is 2 or more.
fn largest_power_below(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root over the leaves `from..to` alone.
fn range_root(nodes: &dyn Nodes, from: u64, to: u64) -> Result<Hash, MissingNode> {
    Ok(fold_edge(&edge_hashes(nodes, from, to)?))
}

/// The complete subtrees that make up the leaves `from..to`, the largest first. `from` must be a
/// multiple of a power of two not below `to - from`, as every split of RFC 6962 2.1 is.
fn edge_hashes(nodes: &dyn Nodes, from: u64, to: u64) -> Result<Vec<Hash>, MissingNode> {
    let (mut next, mut edge) = (from, Vec::new());
    for level in (0..64u8).rev() {
        if (to - from) >> level & 1 == 1 {
            edge.push(nodes.node(level, next >> level)?);
            next += 1 << level;
        }
    }
    Ok(edge)
}

/// Joins the subtrees of an edge, the smallest first, into one root.
fn fold_edge(edge: &[Hash]) -> Hash {
    let from_right = edge.iter().rev().copied();
    from_right.reduce(|right, left| node_hash(left, right)).unwrap_or_else(empty_root)
}

#[cfg(test)]
mod tests {
    use super::super::hash::leaf_hash;
    use super::*;

    struct Nothing;
    impl Nodes for Nothing {
        fn node(&self, level: u8, index: u64) -> Result<Hash, MissingNode> {
            Err(MissingNode::at(level, index))
        }
    }

    #[test]
    fn a_leaf_completes_as_many_subtrees_as_its_number_ends_in_ones() {
        let mut tree = Frontier::new();
        for index in 0..1000u64 {
            let done = tree.push(leaf_hash(&index.to_be_bytes()));
            assert_eq!(done.len(), 1 + index.trailing_ones() as usize);
            for (level, node) in done.iter().enumerate() {
                assert_eq!(usize::from(node.level), level);
                assert_eq!(node.index, index >> level);
            }
            assert_eq!(tree.size(), index + 1);
            assert_eq!(tree.edge.len(), tree.size().count_ones() as usize);
        }
    }

    #[test]
    fn an_empty_tree_has_the_empty_root_and_needs_no_storage() {
        assert_eq!(Frontier::new().root(), empty_root());
        assert_eq!(Frontier::load(&Nothing, 0), Ok(Frontier::new()));
        assert_eq!(root_at(&Nothing, 0), Ok(empty_root()));
        assert_eq!(consistency_proof(&Nothing, 0, 0), Ok(vec![]));
    }

    #[test]
    fn questions_without_an_answer_are_refused_before_storage_is_asked() {
        let (index, size) = (3, 3);
        assert_eq!(inclusion_proof(&Nothing, index, size), Err(ProofError::NoSuchLeaf { index, size }));
        let (old, new) = (4, 3);
        assert_eq!(consistency_proof(&Nothing, old, new), Err(ProofError::Shrinks { old, new }));
        let size = MAX_TREE_SIZE + 1;
        assert_eq!(root_at(&Nothing, size), Err(ProofError::TooLarge { size }));
        assert!(root_at(&Nothing, MAX_TREE_SIZE).is_err());
    }

    #[test]
    fn a_missing_hash_is_named_in_a_sentence() {
        let err = inclusion_proof(&Nothing, 0, 2).unwrap_err();
        assert_eq!(err.to_string(), "The ledger has no stored hash for subtree 1 of level 0.");
        let err = MissingNode::because(8, 3, "the disk is full");
        assert_eq!(err.to_string(), "The ledger has no stored hash for subtree 3 of level 8: the disk is full.");
    }

    #[test]
    fn only_the_tile_levels_are_stored() {
        let hash = empty_root();
        let index = 0;
        let stored = (0..64).filter(|&level| Node { level, index, hash }.is_stored());
        assert!(stored.eq([8, 16, 24]));
    }
}
