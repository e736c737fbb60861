//! The proof verifiers. They need no storage and trust nothing but the root they are given, so
//! this file and [`super::hash`] are the whole of an auditor's mathematics.
//!
//! Promise: pure and total, they never panic on any input; exactly one list of hashes of exactly
//! one length is accepted for each question.

use super::hash::{Hash, empty_root, node_hash};

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The tree is too small to have that leaf.
    #[error("There is no leaf {index} in a ledger of {size} leaves.")]
    NoSuchLeaf {
        /// The leaf claimed.
        index: u64,
        /// The size claimed.
        size: u64,
    },
    /// The tree said to be newer is the smaller one.
    #[error("The ledger had {old} leaves before and has {new} now: leaves were removed.")]
    Shrank {
        /// The size seen before.
        old: u64,
        /// The size shown now.
        new: u64,
    },
    /// Fewer hashes than these sizes call for.
    #[error("The proof has too few hashes for these sizes.")]
    TooShort,
    /// More hashes than these sizes call for.
    #[error("The proof has too many hashes for these sizes.")]
    TooLong,
    /// A tree without leaves can only have the root SHA-256("").
    #[error("A ledger without leaves cannot have this root.")]
    NotTheEmptyRoot,
    /// The hashes do not lead to the root given: another leaf, another place, or an altered proof.
    #[error("The proof leads to another root: this leaf is not at this place in this ledger.")]
    RootDiffers,
    /// The hashes do not lead to the old root: history before it was rewritten, or an altered
    /// proof.
    #[error("The proof does not lead to the old root: what was recorded has been rewritten.")]
    OldRootDiffers,
    /// The hashes lead to the old root, but not to the new one.
    #[error("The proof does not lead to the new root: it belongs to another ledger.")]
    NewRootDiffers,
}

/// Checks that the leaf with hash `leaf` is number `index` of the tree of `size` leaves whose root
/// is `root`: RFC 9162 2.1.3.2.
///
/// `size` and `root` must come from one checkpoint: a root alone does not fix how many leaves are
/// under it, so a proof can also fit a neighbouring size.
///
/// # Errors
/// [`VerifyError::NoSuchLeaf`], [`VerifyError::TooShort`], [`VerifyError::TooLong`] or
/// [`VerifyError::RootDiffers`].
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> Result<(), VerifyError> {
    if index >= size {
        return Err(VerifyError::NoSuchLeaf { index, size });
    }
    let mut climb = Climb::from(index, size - 1);
    let mut hash = leaf;
    for beside in proof {
        hash = match climb.step()? {
            Side::Left => node_hash(*beside, hash),
            Side::Right => node_hash(hash, *beside),
        };
    }
    climb.end()?;
    if hash != root {
        return Err(VerifyError::RootDiffers);
    }
    Ok(())
}

/// Checks that the tree of `new` leaves with root `new_root` contains the tree of `old` leaves
/// with root `old_root` as its beginning, unchanged: RFC 9162 2.1.4.2.
///
/// Everything follows the empty tree, so from `old` 0 only an empty proof and the empty old root
/// are accepted, and nothing is said about `new_root`.
///
/// # Errors
/// [`VerifyError::Shrank`] when `old > new`; [`VerifyError::NotTheEmptyRoot`],
/// [`VerifyError::TooShort`], [`VerifyError::TooLong`], [`VerifyError::OldRootDiffers`] or
/// [`VerifyError::NewRootDiffers`].
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: Hash,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), VerifyError> {
    if old > new {
        return Err(VerifyError::Shrank { old, new });
    }
    if old == 0 || old == new {
        return verify_trivial(old, new, old_root, new_root, proof);
    }
    // RFC 9162 leaves the first hash out when the old tree is one complete subtree: it would be
    // the old root, which the verifier holds.
    let (start, rest) = match proof.split_first() {
        _ if old.is_power_of_two() => (old_root, proof),
        Some((first, rest)) => (*first, rest),
        None => return Err(VerifyError::TooShort),
    };
    let mut climb = Climb::from(old - 1, new - 1);
    climb.skip_complete();
    let (mut old_hash, mut new_hash) = (start, start);
    for beside in rest {
        match climb.step()? {
            Side::Left => {
                old_hash = node_hash(*beside, old_hash);
                new_hash = node_hash(*beside, new_hash);
            }
            // To the right of the old tree's last leaf lies only what was appended.
            Side::Right => new_hash = node_hash(new_hash, *beside),
        }
    }
    climb.end()?;
    if old_hash != old_root {
        return Err(VerifyError::OldRootDiffers);
    }
    if new_hash != new_root {
        return Err(VerifyError::NewRootDiffers);
    }
    Ok(())
}

/// Consistency where there is nothing to prove: from the empty tree, or of a tree with itself.
fn verify_trivial(old: u64, new: u64, old_root: Hash, new_root: Hash, proof: &[Hash]) -> Result<(), VerifyError> {
    if !proof.is_empty() {
        return Err(VerifyError::TooLong);
    }
    for (size, root) in [(old, old_root), (new, new_root)] {
        if size == 0 && root != empty_root() {
            return Err(VerifyError::NotTheEmptyRoot);
        }
    }
    if old == new && old_root != new_root {
        return Err(VerifyError::OldRootDiffers);
    }
    Ok(())
}

/// On which side of the way up the next hash of a proof lies.
enum Side {
    Left,
    Right,
}

/// The way from a node up to the root: `fn` and `sn` of RFC 9162 2.1.3.2.
struct Climb {
    /// Number of the node we stand on, in its level.
    node: u64,
    /// Number of the last node of that level; 0 is the root's level.
    last: u64,
}

impl Climb {
    fn from(node: u64, last: u64) -> Self {
        Self { node, last }
    }

    /// Climbs while the node is a right child: up to the complete subtree that ends with the leaf
    /// we started from (RFC 9162 2.1.4.2 step 4).
    fn skip_complete(&mut self) {
        // Ends: `node` becomes 0 after at most 64 shifts.
        while self.node & 1 == 1 {
            self.up();
        }
    }

    /// Uses up one hash of the proof and climbs past it.
    fn step(&mut self) -> Result<Side, VerifyError> {
        if self.last == 0 {
            return Err(VerifyError::TooLong);
        }
        let on_the_left = self.node & 1 == 1 || self.node == self.last;
        if on_the_left {
            // The last node of a level may have no sibling; it then stands unchanged on the
            // levels above until there is one to its left.
            while self.node & 1 == 0 && self.node != 0 {
                self.up();
            }
        }
        self.up();
        Ok(if on_the_left { Side::Left } else { Side::Right })
    }

    /// Checks that the root was reached.
    fn end(&self) -> Result<(), VerifyError> {
        if self.last == 0 { Ok(()) } else { Err(VerifyError::TooShort) }
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::leaf_hash;
    use super::*;

    #[test]
    fn a_single_leaf_is_its_own_root() {
        let leaf = leaf_hash(b"a");
        assert_eq!(verify_inclusion(leaf, 0, 1, &[], leaf), Ok(()));
        assert_eq!(verify_inclusion(leaf, 0, 1, &[leaf], leaf), Err(VerifyError::TooLong));
    }

    #[test]
    fn nothing_is_included_in_an_empty_tree() {
        let (index, size) = (0, 0);
        assert_eq!(
            verify_inclusion(leaf_hash(b""), index, size, &[], empty_root()),
            Err(VerifyError::NoSuchLeaf { index, size })
        );
    }

    #[test]
    fn everything_follows_the_empty_tree_but_only_with_its_root_and_no_proof() {
        let root = leaf_hash(b"a");
        let empty = empty_root();
        assert_eq!(verify_consistency(0, 1, empty, root, &[]), Ok(()));
        assert_eq!(verify_consistency(0, 0, empty, empty, &[]), Ok(()));
        assert_eq!(verify_consistency(0, 1, root, root, &[]), Err(VerifyError::NotTheEmptyRoot));
        assert_eq!(verify_consistency(0, 0, root, root, &[]), Err(VerifyError::NotTheEmptyRoot));
        assert_eq!(verify_consistency(0, 1, empty, root, &[root]), Err(VerifyError::TooLong));
    }

    #[test]
    fn a_tree_is_consistent_with_itself_only_under_the_same_root() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        assert_eq!(verify_consistency(7, 7, a, a, &[]), Ok(()));
        assert_eq!(verify_consistency(7, 7, a, b, &[]), Err(VerifyError::OldRootDiffers));
        assert_eq!(verify_consistency(7, 7, a, a, &[a]), Err(VerifyError::TooLong));
    }

    #[test]
    fn a_ledger_that_shrank_is_refused_by_name() {
        let a = leaf_hash(b"a");
        let err = verify_consistency(9, 8, a, a, &[]).unwrap_err();
        assert_eq!(err.to_string(), "The ledger had 9 leaves before and has 8 now: leaves were removed.");
    }

    #[test]
    fn the_largest_numbers_are_answered_without_overflow() {
        let a = leaf_hash(b"a");
        let long = vec![a; 200];
        let max = u64::MAX;
        assert!(verify_inclusion(a, max - 1, max, &long, a).is_err());
        assert!(verify_inclusion(a, max, max, &long, a).is_err());
        assert!(verify_inclusion(a, 0, max, &[], a).is_err());
        assert!(verify_consistency(max - 1, max, a, a, &long).is_err());
        assert!(verify_consistency(1 << 63, max, a, a, &long).is_err());
        assert!(verify_consistency(max, max, a, leaf_hash(b"b"), &[]).is_err());
    }
}
