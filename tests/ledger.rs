//! The ledger against the world: published vectors, three implementations nobody here wrote, and
//! above all the many ways a proof, a note or a checkpoint can be wrong.
//!
//! Promise: whatever passes here is understood by other people's tools, and nothing that differs
//! from it by one bit, one line or one number is accepted.

use std::collections::BTreeMap;

use lotgate::ledger::*;
use proptest::prelude::*;

// ---------------------------------------------------------------------------------------------
// A tree kept whole in memory, and the definition of a root, to compare with.

#[derive(Default)]
struct WholeTree {
    rows: BTreeMap<u8, Vec<Hash>>,
    edge: Frontier,
}

impl WholeTree {
    fn of(size: u64) -> Self {
        let mut tree = Self::default();
        for index in 0..size {
            tree.push(leaf_hash(&leaf_bytes(index)));
        }
        tree
    }

    fn push(&mut self, leaf: Hash) {
        for node in self.edge.push(leaf) {
            let row = self.rows.entry(node.level).or_default();
            assert_eq!(row.len() as u64, node.index, "nodes come in order");
            row.push(node.hash);
        }
    }
}

impl Nodes for WholeTree {
    fn node(&self, level: u8, index: u64) -> Result<Hash, MissingNode> {
        let row = self.rows.get(&level);
        let hash = row.and_then(|row| row.get(usize::try_from(index).ok()?));
        hash.copied().ok_or(MissingNode::at(level, index))
    }
}

/// What a database keeps of that tree: leaf hashes and the stored levels, nothing else.
struct Rows<'a>(&'a WholeTree);

impl StoredHashes for Rows<'_> {
    fn hashes(&self, level: u8, first: u64, count: u64) -> Result<Vec<Hash>, MissingNode> {
        assert!(level == 0 || STORED_LEVELS.contains(&level));
        assert!((1..=256).contains(&count));
        let row = self.0.rows.get(&level).map_or(&[][..], Vec::as_slice);
        let last = first.checked_add(count).unwrap();
        assert!(last <= MAX_TREE_SIZE);
        let range = first.try_into().unwrap()..last.try_into().unwrap();
        let found = row.get::<std::ops::Range<usize>>(range);
        found.map(<[Hash]>::to_vec).ok_or(MissingNode::at(level, first))
    }
}

fn leaf_bytes(index: u64) -> [u8; 8] {
    index.to_be_bytes()
}

/// RFC 6962 2.1, word for word.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(k);
            node_hash(root_by_definition(left), root_by_definition(right))
        }
    }
}

fn flip(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).unwrap().try_into().unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn hashes(texts: &[&str]) -> Vec<Hash> {
    texts.iter().map(|text| Hash::from_hex(text).unwrap()).collect()
}

// ---------------------------------------------------------------------------------------------
// The reference vectors of Certificate Transparency (RFC 6962), as in google/trillian.

const CT_LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

const CT_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const N01: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
const N23: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const N47: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const N03: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const N45: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const N67: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const L0: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
const L1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const L4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";

fn ct_tree() -> (WholeTree, Vec<Hash>) {
    let mut tree = WholeTree::default();
    for leaf in CT_LEAVES {
        tree.push(leaf_hash(&unhex(leaf)));
    }
    (tree, hashes(&CT_ROOTS))
}

#[test]
fn the_reference_roots_are_ours() {
    let (tree, roots) = ct_tree();
    let mut edge = Frontier::new();
    for (size, root) in (1..).zip(&roots) {
        edge.push(tree.node(0, size - 1).unwrap());
        assert_eq!(edge.root(), *root);
        assert_eq!(root_at(&tree, size), Ok(*root));
    }
}

#[test]
fn the_reference_inclusion_proofs_are_ours() {
    let (tree, roots) = ct_tree();
    let vectors: [(u64, u64, &[&str]); 6] = [
        (0, 1, &[]),
        (0, 8, &[L1, N23, N47]),
        (5, 8, &[L4, N67, N03]),
        (2, 3, &[N01]),
        (1, 5, &[L0, N23, L4]),
        (4, 5, &[N03]),
    ];
    for (index, size, proof) in vectors {
        let proof = hashes(proof);
        assert_eq!(inclusion_proof(&tree, index, size).as_ref(), Ok(&proof));
        let leaf = tree.node(0, index).unwrap();
        let root = roots[size as usize - 1];
        assert_eq!(verify_inclusion(leaf, index, size, &proof, root), Ok(()));
    }
}

#[test]
fn the_reference_consistency_proofs_are_ours() {
    let (tree, roots) = ct_tree();
    let vectors: [(u64, u64, &[&str]); 5] =
        [(1, 1, &[]), (1, 8, &[L1, N23, N47]), (6, 8, &[N45, N67, N03]), (2, 5, &[N23, L4]), (4, 8, &[N47])];
    for (old, new, proof) in vectors {
        let proof = hashes(proof);
        assert_eq!(consistency_proof(&tree, old, new).as_ref(), Ok(&proof));
        let (old_root, new_root) = (roots[old as usize - 1], roots[new as usize - 1]);
        let verdict = verify_consistency(old, new, old_root, new_root, &proof);
        assert_eq!(verdict, Ok(()));
    }
}

// ---------------------------------------------------------------------------------------------
// Other implementations. tlog_tiles: byte-equal proofs. ct-merkle: accepts them.

struct TlogRows(Vec<tlog_tiles::Hash>);

impl tlog_tiles::HashReader for TlogRows {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|&index| self.0[index as usize]).collect())
    }
}

fn tlog_rows(size: u64) -> TlogRows {
    let mut rows = TlogRows(Vec::new());
    for index in 0..size {
        let added = tlog_tiles::stored_hashes(index, &leaf_bytes(index), &rows).unwrap();
        rows.0.extend(added);
    }
    rows
}

fn bytes_of(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn tlog_bytes(proof: &[tlog_tiles::Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

fn ct_root(root: Hash, size: u64) -> ct_merkle::RootHash<sha2::Sha256> {
    ct_merkle::RootHash::new((*root.as_bytes()).into(), size)
}

const ORACLE_SIZE: u64 = 130;

#[test]
fn every_inclusion_proof_is_the_one_other_implementations_make_and_accept() {
    let (tree, rows) = (WholeTree::of(ORACLE_SIZE), tlog_rows(ORACLE_SIZE));
    for size in 1..=ORACLE_SIZE {
        let root = root_at(&tree, size).unwrap();
        let theirs = tlog_tiles::tree_hash(size, &rows).unwrap();
        assert_eq!(*root.as_bytes(), theirs.0);
        for index in 0..size {
            let proof = inclusion_proof(&tree, index, size).unwrap();
            let theirs = tlog_tiles::prove_record(size, index, &rows).unwrap();
            assert_eq!(bytes_of(&proof), tlog_bytes(&theirs), "{index} of {size}");
            let foreign = ct_merkle::InclusionProof::from_bytes(bytes_of(&proof));
            let verdict = ct_root(root, size).verify_inclusion(&leaf_bytes(index), index, &foreign);
            assert!(verdict.is_ok(), "{index} of {size}: {verdict:?}");
            let leaf = leaf_hash(&leaf_bytes(index));
            assert_eq!(verify_inclusion(leaf, index, size, &proof, root), Ok(()));
        }
    }
}

#[test]
fn every_consistency_proof_is_the_one_other_implementations_make_and_accept() {
    let (tree, rows) = (WholeTree::of(ORACLE_SIZE), tlog_rows(ORACLE_SIZE));
    let roots: Vec<Hash> = (0..=ORACLE_SIZE).map(|size| root_at(&tree, size).unwrap()).collect();
    for new in 1..=ORACLE_SIZE {
        for old in 1..=new {
            let proof = consistency_proof(&tree, old, new).unwrap();
            let theirs = tlog_tiles::prove_tree(new, old, &rows).unwrap();
            assert_eq!(bytes_of(&proof), tlog_bytes(&theirs), "{old} to {new}");
            let (old_root, new_root) = (roots[old as usize], roots[new as usize]);
            let verdict = verify_consistency(old, new, old_root, new_root, &proof);
            assert_eq!(verdict, Ok(()), "{old} to {new}");
            let foreign = ct_merkle::ConsistencyProof::try_from_bytes(bytes_of(&proof)).unwrap();
            let verdict = ct_root(new_root, new).verify_consistency(&ct_root(old_root, old), &foreign);
            assert!(verdict.is_ok(), "{old} to {new}: {verdict:?}");
        }
    }
}

// ---------------------------------------------------------------------------------------------
// The tree: storage, reloading, and what happens when something is missing.

#[test]
fn a_reloaded_edge_is_the_edge_that_was_pushed() {
    let tree = WholeTree::of(600);
    let leaves = tree.rows[&0].clone();
    let mut pushed = Frontier::new();
    for size in 0..=600 {
        assert_eq!(Frontier::load(&tree, size).as_ref(), Ok(&pushed));
        let sparse = SparseNodes::new(Rows(&tree));
        assert_eq!(Frontier::load(&sparse, size).as_ref(), Ok(&pushed));
        assert_eq!(pushed.root(), root_by_definition(&leaves[..size as usize]));
        if size < 600 {
            let mut reloaded = Frontier::load(&sparse, size).unwrap();
            let leaf = leaves[size as usize];
            assert_eq!(reloaded.push(leaf), pushed.push(leaf));
        }
    }
}

#[test]
fn the_sparse_tree_answers_like_the_whole_one() {
    let tree = WholeTree::of(70_001);
    let sparse = SparseNodes::new(Rows(&tree));
    for size in [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_001] {
        assert_eq!(root_at(&sparse, size), root_at(&tree, size));
        for index in [0, 1, 254, 255, 256, 257, 32_767, 65_535, 65_536, 70_000] {
            let index = index.min(size - 1);
            let proof = inclusion_proof(&sparse, index, size);
            assert_eq!(proof, inclusion_proof(&tree, index, size));
            let proof = consistency_proof(&sparse, index + 1, size);
            assert_eq!(proof, consistency_proof(&tree, index + 1, size));
        }
    }
    for (level, row) in &tree.rows {
        for index in [0, row.len() as u64 / 2, row.len() as u64 - 1] {
            assert_eq!(sparse.node(*level, index), tree.node(*level, index));
        }
        let beyond = row.len() as u64;
        assert!(sparse.node(*level, beyond).is_err());
    }
}

/// A ledger far larger than any test could store: every leaf is the same, so all subtrees of one
/// level are the same too.
struct Endless(Vec<Hash>);

impl Endless {
    fn new() -> Self {
        let mut levels = vec![leaf_hash(b"again")];
        while levels.len() < 64 {
            let below = levels[levels.len() - 1];
            levels.push(node_hash(below, below));
        }
        Self(levels)
    }
}

impl StoredHashes for &Endless {
    fn hashes(&self, level: u8, _: u64, count: u64) -> Result<Vec<Hash>, MissingNode> {
        assert!([0, 8, 16, 24].contains(&level) && (1..=256).contains(&count));
        Ok(vec![self.0[usize::from(level)]; count.try_into().unwrap()])
    }
}

#[test]
fn a_ledger_of_billions_is_read_through_its_highest_stored_level() {
    let endless = Endless::new();
    let sparse = SparseNodes::new(&endless);
    for level in 0..=36u8 {
        for index in [0, 1, 1000] {
            let expected = endless.0[usize::from(level)];
            assert_eq!(sparse.node(level, index), Ok(expected), "{level}/{index}");
        }
    }
    let leaf = endless.0[0];
    for size in [(1 << 24) - 1, 1 << 24, (1 << 32) + 1, (1 << 34) + 12_345] {
        let root = root_at(&sparse, size).unwrap();
        assert_eq!(Frontier::load(&sparse, size).unwrap().root(), root);
        for index in [0, size / 3, size - 1] {
            let path = inclusion_proof(&sparse, index, size).unwrap();
            assert_eq!(verify_inclusion(leaf, index, size, &path, root), Ok(()));
            let (old, old_root) = (index + 1, root_at(&sparse, index + 1).unwrap());
            let path = consistency_proof(&sparse, old, size).unwrap();
            assert_eq!(verify_consistency(old, size, old_root, root, &path), Ok(()));
        }
    }
}

#[test]
fn a_tree_that_is_not_there_is_missed_and_never_invented() {
    let tree = WholeTree::of(300);
    let sparse = SparseNodes::new(Rows(&tree));
    for size in [301, 302, 512, 65_536, 1 << 33, 1 << 60, MAX_TREE_SIZE] {
        assert!(matches!(root_at(&sparse, size), Err(ProofError::Missing(_))));
        assert!(matches!(Frontier::load(&sparse, size), Err(ProofError::Missing(_))));
        assert!(matches!(inclusion_proof(&sparse, 0, size), Err(ProofError::Missing(_))));
        assert!(matches!(consistency_proof(&sparse, 1, size), Err(ProofError::Missing(_))));
    }
    for level in 0..=u8::MAX {
        for index in [300, u64::MAX / 2, u64::MAX] {
            assert!(sparse.node(level, index).is_err(), "{level}/{index}");
        }
    }
}

#[test]
fn a_storage_that_returns_too_few_or_too_many_hashes_is_not_believed() {
    struct Lying(usize);
    impl StoredHashes for Lying {
        fn hashes(&self, _: u8, _: u64, _: u64) -> Result<Vec<Hash>, MissingNode> {
            Ok(vec![empty_root(); self.0])
        }
    }
    for count in [0, 1, 3, 5, 8] {
        let lying = SparseNodes::new(Lying(count));
        assert_eq!(lying.node(2, 7), Err(MissingNode::at(2, 7)));
    }
    assert!(SparseNodes::new(Lying(4)).node(2, 7).is_ok());
}

// ---------------------------------------------------------------------------------------------
// Wrong proofs.

#[test]
fn an_inclusion_proof_that_differs_anywhere_is_refused() {
    let tree = WholeTree::of(40);
    for size in [1u64, 2, 3, 4, 5, 7, 8, 13, 16, 40] {
        let root = root_at(&tree, size).unwrap();
        for index in 0..size {
            let leaf = leaf_hash(&leaf_bytes(index));
            let proof = inclusion_proof(&tree, index, size).unwrap();
            let refused = |leaf, index, proof: &[Hash], root| {
                let verdict = verify_inclusion(leaf, index, size, proof, root);
                assert!(verdict.is_err(), "{index} of {size}");
            };
            for bit in 0..256 {
                refused(flip(leaf, bit), index, &proof, root);
                refused(leaf, index, &proof, flip(root, bit));
                for at in 0..proof.len() {
                    let mut wrong = proof.clone();
                    wrong[at] = flip(wrong[at], bit);
                    refused(leaf, index, &wrong, root);
                }
            }
            for other in (0..=size).filter(|other| *other != index) {
                refused(leaf, other, &proof, root);
            }
            for length in 0..proof.len() {
                refused(leaf, index, &proof[..length], root);
                refused(leaf, index, &proof[length + 1..], root);
            }
            for extra in [leaf, root, empty_root()] {
                refused(leaf, index, &[&proof[..], &[extra]].concat(), root);
                refused(leaf, index, &[&[extra], &proof[..]].concat(), root);
            }
            if proof.len() > 1 {
                let mut wrong = proof.clone();
                wrong.reverse();
                refused(leaf, index, &wrong, root);
            }
        }
    }
}

#[test]
fn a_consistency_proof_that_differs_anywhere_is_refused() {
    let tree = WholeTree::of(33);
    let root = |size| root_at(&tree, size).unwrap();
    for (old, new) in [(1, 2), (1, 8), (2, 3), (3, 4), (4, 8), (6, 8), (7, 15), (16, 33), (31, 33)] {
        let (a, b) = (root(old), root(new));
        let proof = consistency_proof(&tree, old, new).unwrap();
        let refused = |old, new, a, b, proof: &[Hash]| {
            let verdict = verify_consistency(old, new, a, b, proof);
            assert!(verdict.is_err(), "{old} to {new}");
        };
        for bit in 0..256 {
            refused(old, new, flip(a, bit), b, &proof);
            refused(old, new, a, flip(b, bit), &proof);
            for at in 0..proof.len() {
                let mut wrong = proof.clone();
                wrong[at] = flip(wrong[at], bit);
                refused(old, new, a, b, &wrong);
            }
        }
        refused(old, new, b, a, &proof);
        refused(new, old, b, a, &proof);
        refused(old, new, a, b, &[]);
        refused(old, new, a, b, &proof[1..]);
        refused(old, new, a, b, &proof[..proof.len() - 1]);
        refused(old, new, a, b, &[&proof[..], &[a]].concat());
        refused(old, new, a, b, &[&[a], &proof[..]].concat());
        refused(old - 1, new, root(old - 1), b, &proof);
        refused(old + 1, new, a, b, &proof);
        if old > 1 {
            refused(old - 1, new, a, b, &proof);
        }
    }
}

#[test]
fn a_rewritten_history_has_no_consistency_proof() {
    let honest = WholeTree::of(100);
    let mut forged = WholeTree::default();
    for index in 0..120 {
        let leaf = if index == 41 { 4100 } else { index };
        forged.push(leaf_hash(&leaf_bytes(leaf)));
    }
    let kept = root_at(&honest, 100).unwrap();
    let shown = root_at(&forged, 120).unwrap();
    let proof = consistency_proof(&forged, 100, 120).unwrap();
    let verdict = verify_consistency(100, 120, kept, shown, &proof);
    assert_eq!(verdict, Err(VerifyError::OldRootDiffers));
    let honest_proof = consistency_proof(&WholeTree::of(120), 100, 120).unwrap();
    let verdict = verify_consistency(100, 120, kept, shown, &honest_proof);
    assert_eq!(verdict, Err(VerifyError::NewRootDiffers));
}

#[test]
fn only_sizes_of_the_same_shape_can_be_confused_and_then_only_without_a_checkpoint() {
    // Documented in `verify_inclusion`: leaf 0 has the same proof in trees of 3 and of 4 leaves if
    // somebody chose the hashes, because a root does not fix the size. The checkpoint does.
    let tree = WholeTree::of(4);
    let (leaf, root) = (leaf_hash(&leaf_bytes(0)), root_at(&tree, 4).unwrap());
    let proof = inclusion_proof(&tree, 0, 4).unwrap();
    assert_eq!(verify_inclusion(leaf, 0, 3, &proof, root), Ok(()));
    for size in [0, 1, 2, 5, 6, 7, 8, 9, 1 << 40, u64::MAX] {
        assert!(verify_inclusion(leaf, 0, size, &proof, root).is_err(), "{size}");
    }
}

// ---------------------------------------------------------------------------------------------
// Notes: the reference key and note of golang.org/x/mod/sumdb/note, and the signed_note crate.

const PETER_VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SKEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_SEED: &str = "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173";
const PETER_TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                          then you don't know what your problem is.\n";
const PETER_LINE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(KeyName::parse(name).unwrap(), &[seed; 32])
}

fn key(signer: &NoteSigner) -> VerifierKey {
    signer.verifier_key().clone()
}

fn open_with_oracle(note: &str, vkey: &str) -> Result<usize, signed_note::NoteError> {
    let verifier = signed_note::StandardVerifier::new(vkey).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let note = signed_note::Note::from_bytes(note.as_bytes())?;
    Ok(note.verify(&known)?.0.len())
}

#[test]
fn the_reference_key_gives_the_reference_note_byte_for_byte() {
    let seed: [u8; 32] = unhex(PETER_SEED).try_into().unwrap();
    let peter = NoteSigner::from_seed(KeyName::parse("PeterNeumann").unwrap(), &seed);
    assert_eq!(peter.verifier_key().to_string(), PETER_VKEY);
    let note = format!("{PETER_TEXT}\n{PETER_LINE}");
    assert_eq!(peter.sign(PETER_TEXT), Ok(note.clone()));
    let keys = [VerifierKey::parse(PETER_VKEY).unwrap()];
    let parsed = SignedNote::parse(&note).unwrap();
    let opened = parsed.open(&keys).unwrap();
    assert_eq!((opened.text, opened.signed_by), (PETER_TEXT, vec![&keys[0]]));
    assert_eq!(parsed.lines()[0].key_id, 0xc74f_20a3);
}

#[test]
fn the_example_notes_of_the_specifications_are_well_formed() {
    let sofa = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
                — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let poem = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\
                ed è subito sera.\n\n— quasimodo.example/salvatore \
                NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    for note in [sofa, poem] {
        let parsed = SignedNote::parse(note).unwrap();
        assert_eq!(parsed.to_string(), note);
        assert_eq!(parsed.lines()[0].signature.len(), 64);
        assert_eq!(parsed.open(&[]), Err(NoteError::NoKnownSigner));
    }
}

#[test]
fn notes_are_accepted_both_ways_by_the_signed_note_crate() {
    use signed_note::Signer as _;
    let ours = signer("lots.example.org/site-1/audit", 9);
    let vkey = ours.verifier_key().to_string();
    let theirs = signed_note::StandardVerifier::new(&vkey).unwrap();
    let id = signed_note::Verifier::key_id(&theirs);
    assert_eq!(id, ours.verifier_key().id());
    for text in ["a\n", "\n", "several\n\nparagraphs\n\n", "é — 漢字\n"] {
        let note = ours.sign(text).unwrap();
        assert_eq!(open_with_oracle(&note, &vkey).unwrap(), 1, "{text:?}");
        assert!(open_with_oracle(&note.replace('\n', "\n "), &vkey).is_err());
    }
    let peter = signed_note::StandardSigner::new(PETER_SKEY).unwrap();
    assert_eq!(peter.key_id(), 0xc74f_20a3);
    let mut note = signed_note::Note::new(b"from the other side\n", &[]).unwrap();
    note.add_sigs(&[&peter]).unwrap();
    let note = String::from_utf8(note.to_bytes()).unwrap();
    let keys = [VerifierKey::parse(PETER_VKEY).unwrap()];
    let note = SignedNote::parse(&note).unwrap();
    assert_eq!(note.open(&keys).unwrap().text, "from the other side\n");
}

#[test]
fn no_other_spelling_of_a_verifier_key_is_accepted() {
    assert_eq!(VerifierKey::parse(PETER_VKEY).unwrap().to_string(), PETER_VKEY);
    for from in 0..PETER_VKEY.len() {
        for to in from..=PETER_VKEY.len() {
            let part = &PETER_VKEY[from..to];
            assert!(part == PETER_VKEY || VerifierKey::parse(part).is_err(), "{part}");
        }
    }
    for at in 0..PETER_VKEY.len() {
        let mut wrong = PETER_VKEY.as_bytes().to_vec();
        wrong[at] += 1;
        let wrong = String::from_utf8(wrong).unwrap();
        assert!(VerifierKey::parse(&wrong).is_err(), "{wrong}");
    }
    let cases = [
        (PETER_VKEY.replace("c74f", "C74F"), KeyError::Form),
        (format!("{PETER_VKEY}\n"), KeyError::Form),
        (format!("{PETER_VKEY}="), KeyError::Form),
        (format!(" {PETER_VKEY}"), KeyError::Name),
        (PETER_VKEY.replace("Peter", "Pete"), KeyError::WrongId),
        // From the reference implementation: wrong length and unknown algorithm, ids adjusted.
        ("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==".into(), KeyError::Form),
        ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".into(), KeyError::NotEd25519),
    ];
    for (wrong, error) in cases {
        assert_eq!(VerifierKey::parse(&wrong), Err(error), "{wrong}");
    }
}

#[test]
fn a_malformed_note_is_refused_before_any_key_is_tried() {
    use NoteError::*;
    let (text, line) = (PETER_TEXT, PETER_LINE);
    let cut = line.trim_end();
    let cases = [
        (String::new(), Text),
        (text.into(), Unsigned),
        (format!("{text}\n"), Unsigned),
        (format!("{text}\n\n"), Unsigned),
        (format!("{text}{line}"), Unsigned),
        (format!("\n{line}"), Unsigned),
        (format!("{text}\n{cut}"), Text),
        (format!("{text}\n{line}\n"), Unsigned),
        (format!("{text}\n{line}x\n"), Line(2)),
        (format!("{text}\n {line}"), Line(1)),
        (format!("{text}\n{}", line.replace('—', "-")), Line(1)),
        (format!("{text}\n{}", line.replace("— ", "—")), Line(1)),
        (format!("{text}\n{}", line.replace("— ", "—  ")), Line(1)),
        (format!("{text}\n{}", line.replace("nn x0", "nn  x0")), Line(1)),
        (format!("{text}\n{}", line.replace('\n', " \n")), Line(1)),
        (format!("{text}\n{}", line.replace("Peter", "Peter+")), Line(1)),
        (format!("{text}\n{}", line.replace("Peter", "Peter\u{a0}")), Line(1)),
        (format!("{text}\n{}", line.replace('=', "")), Line(1)),
        (format!("{text}\n{}", line.replace("M=", "N=")), Line(1)),
        (format!("{text}\n— PeterNeumann x08gow==\n"), Line(1)),
        (format!("{text}\n— PeterNeumann \n"), Line(1)),
        (format!("{text}\n{line}").replace('\n', "\r\n"), Text),
        (format!("\t{text}\n{line}"), Text),
        (format!("{text}\0\n{line}"), Text),
        (format!("{text}\n{}", line.repeat(101)), TooLarge),
        (format!("{}\n{text}\n{line}", "a".repeat(MAX_NOTE_BYTES)), TooLarge),
    ];
    for (note, error) in cases {
        let shown: String = note.chars().take(200).collect();
        assert_eq!(SignedNote::parse(&note), Err(error), "{shown:?}");
    }
}

#[test]
fn as_many_signatures_as_allowed_are_read() {
    let note = format!("{PETER_TEXT}\n{}", PETER_LINE.repeat(MAX_NOTE_SIGNATURES));
    assert_eq!(SignedNote::parse(&note).unwrap().lines().len(), 100);
}

#[test]
fn lines_of_unknown_keys_are_ignored_and_lines_of_known_keys_must_hold() {
    let (log, next, witness) = (signer("log", 1), signer("log", 2), signer("witness", 3));
    let text = "hello\n";
    let line_of = |signer: &NoteSigner, text: &str| {
        let note = signer.sign(text).unwrap();
        note.rsplit_once("\n\n").unwrap().1.to_owned()
    };
    let note = |lines: &[String]| SignedNote::parse(&format!("{text}\n{}", lines.concat())).unwrap();
    let [a, b, c] = [&log, &next, &witness].map(|signer| line_of(signer, text));
    let all = note(&[c.clone(), a.clone(), b.clone(), "— who YWJjZGVmZw==\n".into()]);

    let keys = [key(&log)];
    assert_eq!(all.open(&keys).unwrap().signed_by, [&keys[0]]);
    let keys = [key(&next), key(&log)];
    assert_eq!(all.open(&keys).unwrap().signed_by, [&keys[1], &keys[0]]);
    assert_eq!(all.open(&[key(&signer("log", 4))]), Err(NoteError::NoKnownSigner));
    assert_eq!(all.open(&[key(&signer("other", 1))]), Err(NoteError::NoKnownSigner));

    let keys = [key(&log), key(&witness)];
    let forged = line_of(&witness, "hullo\n");
    let bad = NoteError::BadSignature("witness".into());
    assert_eq!(note(&[a.clone(), forged.clone()]).open(&keys), Err(bad));
    assert!(note(&[a.clone(), forged]).open(&keys[..1]).is_ok());
    let twice = NoteError::Duplicate("log".into());
    assert_eq!(note(&[a.clone(), c.clone(), a.clone()]).open(&keys), Err(twice));
    assert!(note(&[a, c.clone(), c]).open(&keys[..1]).is_ok());
}

#[test]
fn a_note_altered_anywhere_never_opens_with_another_text() {
    let log = signer("log", 1);
    let note = log.sign("hello world\n").unwrap();
    let keys = [key(&log)];
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut wrong = note.clone().into_bytes();
            wrong[at] ^= 1 << bit;
            let Ok(wrong) = String::from_utf8(wrong) else {
                continue;
            };
            let opened = SignedNote::parse(&wrong).map(|note| note.open(&keys).is_ok());
            assert_ne!(opened, Ok(true), "{wrong:?}");
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Checkpoints.

const ORIGIN: &str = "lots.example.org/site-1/audit";

fn checkpoint(size: u64) -> Checkpoint {
    let root = root_at(&WholeTree::of(size), size).unwrap();
    Checkpoint::new(ORIGIN, size, root).unwrap()
}

#[test]
fn a_checkpoint_is_read_as_it_was_written_and_by_the_oracle_too() {
    let log = signer(ORIGIN, 1);
    let keys = [key(&log)];
    for size in [0, 1, 5, 300] {
        let checkpoint = checkpoint(size);
        let note = checkpoint.sign(&log).unwrap();
        assert_eq!(Checkpoint::open(&note, &keys, ORIGIN).as_ref(), Ok(&checkpoint));
        let vkey = log.verifier_key().to_string();
        assert_eq!(open_with_oracle(&note, &vkey).unwrap(), 1);
        let theirs = tlog_tiles::Checkpoint::from_bytes(checkpoint.to_body().as_bytes()).unwrap();
        assert_eq!((theirs.origin(), theirs.size()), (ORIGIN, size));
        assert_eq!(theirs.hash().0, *checkpoint.root().as_bytes());
    }
}

#[test]
fn a_checkpoint_body_has_one_spelling() {
    use CheckpointError::*;
    let root = checkpoint(5).root().to_base64();
    let good = checkpoint(5).to_body();
    assert_eq!(good, format!("{ORIGIN}\n5\n{root}\n"));
    let extended = format!("{good}an extension\nanother\n");
    assert_eq!(Checkpoint::parse_body(&extended), Ok(checkpoint(5)));
    let bad_root = Root(HashTextError::Base64);
    let cases = [
        (String::new(), Lines),
        ("\n".into(), Lines),
        (format!("{ORIGIN}\n5\n{root}"), Lines),
        (format!("{ORIGIN}\n5\n"), Lines),
        (format!("\n5\n{root}\n"), Lines),
        (format!("{ORIGIN}\n\n{root}\n"), Lines),
        (format!("{ORIGIN}\n5\n{root}\n\n"), Lines),
        (format!("{ORIGIN}\n5\n{root}\n\nextension\n"), Lines),
        (format!("{ORIGIN}\n05\n{root}\n"), Size),
        (format!("{ORIGIN}\n+5\n{root}\n"), Size),
        (format!("{ORIGIN}\n-5\n{root}\n"), Size),
        (format!("{ORIGIN}\n5 \n{root}\n"), Size),
        (format!("{ORIGIN}\n0x5\n{root}\n"), Size),
        (format!("{ORIGIN}\n9223372036854775808\n{root}\n"), Size),
        (format!("{ORIGIN}\n99999999999999999999\n{root}\n"), Size),
        (format!("{ORIGIN}\n0\n{root}\n"), NotTheEmptyRoot),
        (format!("{ORIGIN}\n5\n{root} \n"), bad_root.clone()),
        (format!("{ORIGIN}\n5\n{}\n", &root[1..]), bad_root.clone()),
        (format!("{ORIGIN}\n5\n{}\n", checkpoint(5).root().to_hex()), bad_root),
        (format!("{ORIGIN}\r\n5\n{root}\n"), Origin),
    ];
    for (body, error) in cases {
        assert_eq!(Checkpoint::parse_body(&body), Err(error), "{body:?}");
    }
}

#[test]
fn a_checkpoint_of_another_ledger_or_by_another_key_is_refused() {
    let (log, other) = (signer(ORIGIN, 1), signer("other.example/log", 1));
    let note = checkpoint(5).sign(&log).unwrap();
    let open = |note: &str, keys: &[VerifierKey], origin| Checkpoint::open(note, keys, origin);
    let keys = [key(&log), key(&other)];
    let (expected, found) = ("other.example/log".to_owned(), ORIGIN.to_owned());
    assert_eq!(open(&note, &keys, "other.example/log"), Err(CheckpointError::OtherOrigin { expected, found }));
    let unknown = Err(CheckpointError::Note(NoteError::NoKnownSigner));
    assert_eq!(open(&note, &[], ORIGIN), unknown);
    assert_eq!(open(&note, &[key(&signer(ORIGIN, 2))], ORIGIN), unknown);
    // A trusted key of another ledger signs this one's text: it cannot speak for it.
    let usurped = other.sign(&checkpoint(5).to_body()).unwrap();
    let origin = ORIGIN.to_owned();
    assert_eq!(open(&usurped, &keys, ORIGIN), Err(CheckpointError::OtherSigner { origin }));
    // Nor does a proper signature over something that is no checkpoint.
    let letter = log.sign("dear auditor\n").unwrap();
    assert_eq!(open(&letter, &keys, ORIGIN), Err(CheckpointError::Lines));
}

#[test]
fn a_checkpoint_with_another_number_or_root_is_refused() {
    let log = signer(ORIGIN, 1);
    let note = checkpoint(5).sign(&log).unwrap();
    let keys = [key(&log)];
    let root = checkpoint(5).root().to_base64();
    for wrong in [
        note.replace("\n5\n", "\n4\n"),
        note.replace("\n5\n", "\n50\n"),
        note.replace(&root, &checkpoint(4).root().to_base64()),
        note.replace(&format!("{root}\n"), &format!("{root}\nextension\n")),
    ] {
        let bad = NoteError::BadSignature(ORIGIN.into());
        let opened = Checkpoint::open(&wrong, &keys, ORIGIN);
        assert_eq!(opened, Err(CheckpointError::Note(bad)));
    }
}

// ---------------------------------------------------------------------------------------------
// Proof files.

fn proof_of(index: u64, size: u64, log: &NoteSigner) -> TlogProof {
    let path = inclusion_proof(&WholeTree::of(size), index, size).unwrap();
    let note = checkpoint(size).sign(log).unwrap();
    let proof = TlogProof::new(index, path, &note).unwrap();
    proof.with_extra(leaf_bytes(index).to_vec()).unwrap()
}

#[test]
fn a_proof_file_proves_its_own_leaf_and_no_other() {
    let log = signer(ORIGIN, 1);
    let keys = [key(&log)];
    for (index, size) in [(0, 1), (0, 2), (6, 7), (3, 300), (299, 300)] {
        let proof = TlogProof::parse(&proof_of(index, size, &log).to_string()).unwrap();
        let verdict = proof.verify(proof.extra(), &keys, ORIGIN);
        assert_eq!(verdict, Ok(checkpoint(size)));
        let other = leaf_bytes(index + 1);
        let verdict = proof.verify(&other, &keys, ORIGIN);
        assert_eq!(verdict, Err(TlogProofError::Inclusion(VerifyError::RootDiffers)));
        assert!(proof.verify(b"", &keys, ORIGIN).is_err());
        let verdict = proof.verify(proof.extra(), &[], ORIGIN);
        assert!(matches!(verdict, Err(TlogProofError::Checkpoint(_))));
        let verdict = proof.verify(proof.extra(), &keys, "other.example/log");
        assert!(matches!(verdict, Err(TlogProofError::Checkpoint(_))));
    }
}

#[test]
fn a_proof_file_altered_in_any_bit_is_refused() {
    let log = signer(ORIGIN, 1);
    let keys = [key(&log)];
    let proof = proof_of(4, 7, &log);
    let (text, leaf) = (proof.to_string(), leaf_bytes(4));
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut wrong = text.clone().into_bytes();
            wrong[at] ^= 1 << bit;
            let Ok(wrong) = String::from_utf8(wrong) else {
                continue;
            };
            let Ok(read) = TlogProof::parse(&wrong) else {
                continue;
            };
            // The extra data is outside the proof; used as the leaf, it is inside.
            assert!(read.verify(read.extra(), &keys, ORIGIN).is_err(), "{wrong}");
            let harmless = read.extra() != leaf;
            assert_eq!(read.verify(&leaf, &keys, ORIGIN).is_ok(), harmless, "{wrong}");
        }
    }
}

#[test]
fn a_proof_file_with_lines_moved_removed_or_added_is_refused() {
    let log = signer(ORIGIN, 1);
    let keys = [key(&log)];
    let text = proof_of(4, 7, &log).to_string();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let refused = |lines: &[&str]| {
        let text = lines.concat();
        let leaf = leaf_bytes(4);
        let verdict = TlogProof::parse(&text).and_then(|read| read.verify(&leaf, &keys, ORIGIN));
        assert!(verdict.is_err(), "{text}");
    };
    for at in 0..lines.len() {
        let without = [&lines[..at], &lines[at + 1..]].concat();
        if !lines[at].starts_with("extra ") {
            refused(&without);
        }
        refused(&[&lines[..=at], &lines[at..]].concat());
        for to in (0..without.len()).filter(|to| *to != at) {
            refused(&[&without[..to], &[lines[at]], &without[to..]].concat());
        }
        refused(&lines[..at]);
    }
}

#[test]
fn a_malformed_proof_file_is_refused_with_the_reason() {
    use TlogProofError::*;
    let log = signer(ORIGIN, 1);
    let good = proof_of(0, 2, &log).to_string();
    assert!(TlogProof::parse(&good).is_ok());
    let extra = good.lines().nth(1).unwrap();
    let hash = good.lines().nth(3).unwrap();
    let error = HashTextError::Base64;
    let cases = [
        (String::new(), FirstLine),
        (good.replace("@v1", "@v2"), FirstLine),
        (good.replace("@v1", "@v1 "), FirstLine),
        (format!("\n{good}"), FirstLine),
        (good.replacen("\n\n", "\n", 1), Hash { line: 5, error }),
        (good.split("\n\n").next().unwrap().into(), NoCheckpoint),
        (good.replace(extra, "extra "), Extra),
        (good.replace(extra, "extra  AAAA"), Extra),
        (good.replace(extra, "extra AAB="), Extra),
        (good.replace(extra, &format!("extra {}", "A".repeat(87_384))), Extra),
        (good.replace(extra, &format!("{extra}\n{extra}")), Index),
        (good.replace(extra, "Extra AAAA"), Index),
        (good.replace("index 0", "index 00"), Index),
        (good.replace("index 0", "index  0"), Index),
        (good.replace("index 0", "index"), Index),
        (good.replace("index 0", "index -0"), Index),
        (good.replace("index 0", "index 9223372036854775807"), Index),
        (good.replace("index 0\n", ""), Index),
        (good.replace(hash, &hash[1..]), Hash { line: 4, error }),
        (good.replace(hash, &format!("{hash}\n{hash} ")), Hash { line: 5, error }),
        (good.replace(hash, &[hash; 64].join("\n")), TooManyHashes),
        (good.replace('—', "-"), Note(NoteError::Line(1))),
    ];
    for (text, error) in cases {
        let shown: String = text.chars().take(300).collect();
        assert_eq!(TlogProof::parse(&text), Err(error), "{shown}");
    }
}

// ---------------------------------------------------------------------------------------------
// Properties.

fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::from_bytes)
}

proptest! {
    #![proptest_config(settings(256))]

    #[test]
    fn hashes_read_back_as_written(hash in any_hash()) {
        prop_assert_eq!(Hash::from_hex(&hash.to_hex()), Ok(hash));
        prop_assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
    }

    #[test]
    fn whatever_reads_as_a_hash_is_written_the_same(text in "[0-9A-Za-z+/]{43}=") {
        if let Ok(hash) = Hash::from_base64(&text) {
            prop_assert_eq!(hash.to_base64(), text);
        }
    }

    #[test]
    fn keys_read_back_as_written(name in "[^ \\pZ\\pC+]{1,40}", seed in any::<[u8; 32]>()) {
        let signer = NoteSigner::from_seed(KeyName::parse(&name).unwrap(), &seed);
        let text = signer.verifier_key().to_string();
        prop_assert_eq!(VerifierKey::parse(&text), Ok(key(&signer)));
        let theirs = signed_note::StandardVerifier::new(&text).unwrap();
        prop_assert_eq!(signed_note::Verifier::key_id(&theirs), signer.verifier_key().id());
    }

    #[test]
    fn signed_texts_open_as_they_were(text in "[^\\x00-\\x1f]{0,60}\n{1,3}[^\\x00-\\x1f]{0,9}\n") {
        let log = signer("log", 5);
        let note = log.sign(&text).unwrap();
        let parsed = SignedNote::parse(&note).unwrap();
        prop_assert_eq!(parsed.to_string(), note);
        let keys = [key(&log)];
        prop_assert_eq!(parsed.open(&keys).unwrap().text, text);
    }

    #[test]
    fn whatever_reads_as_a_note_is_written_the_same_and_reads_so_elsewhere(
        text in "([a—\n ]{0,12}\n){0,3}\n(— [a+ ]{1,3} [AQgw=]{4,12}\n){0,3}"
    ) {
        let theirs = signed_note::Note::from_bytes(text.as_bytes());
        let ours = SignedNote::parse(&text);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok());
        if let Ok(note) = ours {
            prop_assert_eq!(note.to_string(), text);
        }
    }

    #[test]
    fn checkpoints_read_back_as_written(
        origin in "[a-z][a-z./ é-]{0,30}", size in 1..=MAX_TREE_SIZE, root in any_hash()
    ) {
        let checkpoint = Checkpoint::new(&origin, size, root).unwrap();
        let body = checkpoint.to_body();
        prop_assert_eq!(Checkpoint::parse_body(&body), Ok(checkpoint));
    }

    #[test]
    fn whatever_reads_as_a_checkpoint_is_written_the_same(
        body in "[a\n]{1,3}\n[0-9+ ]{1,3}\n[A-D]{42}[AEQg]=\n"
    ) {
        if let Ok(checkpoint) = Checkpoint::parse_body(&body) {
            prop_assert_eq!(checkpoint.to_body(), body);
        }
    }

    #[test]
    fn proof_files_read_back_as_written(
        index in 0..MAX_TREE_SIZE,
        path in prop::collection::vec(any_hash(), 0..=MAX_PROOF_HASHES),
        extra in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let note = signer("log", 5).sign("text\n\nmore\n").unwrap();
        let proof = TlogProof::new(index, path, &note).unwrap().with_extra(extra).unwrap();
        let text = proof.to_string();
        let read = TlogProof::parse(&text).unwrap();
        prop_assert_eq!(read.to_string(), text);
        prop_assert_eq!(read, proof);
    }

    #[test]
    fn nothing_a_stranger_sends_makes_a_reader_panic(text in "\\PC{0,80}|[ -~\n—]{0,200}") {
        let _ = SignedNote::parse(&text);
        let _ = VerifierKey::parse(&text);
        let _ = Checkpoint::parse_body(&text);
        let _ = TlogProof::parse(&format!("c2sp.org/tlog-proof@v1\n{text}"));
        let _ = Hash::from_hex(&text);
        let _ = Hash::from_base64(&text);
    }

    #[test]
    fn no_numbers_and_no_path_make_a_verifier_panic(
        (a, b) in prop_oneof![any::<(u64, u64)>(), (0..40u64, 0..40u64)],
        path in prop::collection::vec(any_hash(), 0..70),
        root in any_hash(),
    ) {
        prop_assert!(verify_inclusion(root, a, b, &path, root).is_err() || (a, b) == (0, 1));
        let _ = verify_consistency(a, b, root, root, &path);
        let _ = verify_consistency(a, b, root, empty_root(), &path);
    }

    #[test]
    fn any_leaf_and_any_prefix_of_a_large_tree_can_be_proved(
        size in 1..3000u64, index in any::<u64>(), old in any::<u64>()
    ) {
        thread_local!(static TREE: WholeTree = WholeTree::of(3000));
        let (index, old) = (index % size, old % (size + 1));
        TREE.with(|tree| {
            let sparse = SparseNodes::new(Rows(tree));
            let root = root_at(&sparse, size).unwrap();
            let path = inclusion_proof(&sparse, index, size).unwrap();
            let leaf = leaf_hash(&leaf_bytes(index));
            prop_assert_eq!(verify_inclusion(leaf, index, size, &path, root), Ok(()));
            let path = consistency_proof(&sparse, old, size).unwrap();
            let old_root = root_at(&sparse, old).unwrap();
            prop_assert_eq!(verify_consistency(old, size, old_root, root, &path), Ok(()));
            Ok(())
        })?;
    }
}

// ---------------------------------------------------------------------------------------------
// The document: its worked example is what the code produces, and its Python agrees.

const DOCUMENT: &str = include_str!("../docs/LEDGER.md");

/// The fenced block whose first line names this file.
fn block(name: &str) -> &'static str {
    let start = DOCUMENT
        .lines()
        .find(|line| line.starts_with("```") && line.ends_with(&format!(" {name}")))
        .unwrap_or_else(|| panic!("docs/LEDGER.md has no block {name}"));
    let (_, rest) = DOCUMENT.split_once(&format!("{start}\n")).unwrap();
    &rest[..rest.find("```").unwrap()]
}

#[test]
fn the_worked_example_in_the_document_is_what_the_code_produces() {
    let facts: Vec<&str> = block("facts.jsonl").lines().collect();
    let mut tree = WholeTree::default();
    let in_document = |text: String| assert!(DOCUMENT.contains(&text), "missing: {text}");
    in_document(format!("| 0 | `{}` |", empty_root().to_hex()));
    for (index, fact) in facts.iter().enumerate() {
        let leaf = leaf_hash(fact.as_bytes());
        in_document(format!("| {index} | {} | `{}` |", fact.len(), leaf.to_hex()));
        tree.push(leaf);
        let (size, root) = (tree.edge.size(), tree.edge.root());
        in_document(format!("| {size} | `{}` |", root.to_hex()));
    }
    let seed: [u8; 32] = std::array::from_fn(|at| at.try_into().unwrap());
    let log = NoteSigner::from_seed(KeyName::parse(ORIGIN).unwrap(), &seed);
    let public = Hash::from_bytes(log.verifier_key().public_key());
    in_document(format!("`{}`", public.to_hex()));
    assert_eq!(block("vkey"), format!("{}\n", log.verifier_key()));

    let note = Checkpoint::new(ORIGIN, 3, tree.edge.root()).unwrap();
    let note = note.sign(&log).unwrap();
    assert_eq!(block("checkpoint"), note);
    let path = inclusion_proof(&tree, 1, 3).unwrap();
    let proof = TlogProof::new(1, path, &note).unwrap();
    let proof = proof.with_extra(facts[1].into()).unwrap();
    assert_eq!(block("example.tlog-proof"), proof.to_string());
    let path = consistency_proof(&tree, 2, 3).unwrap();
    let path: String = path.iter().map(|hash| hash.to_base64() + "\n").collect();
    assert_eq!(block("consistency"), path);

    // And the other way round: what the document shows is what a reader accepts.
    let keys = [VerifierKey::parse(block("vkey").trim_end()).unwrap()];
    let read = TlogProof::parse(block("example.tlog-proof")).unwrap();
    assert_eq!(read.verify(read.extra(), &keys, ORIGIN).unwrap().size(), 3);
}

#[test]
fn the_python_in_the_document_agrees_with_its_numbers() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("ledger-document");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["facts.jsonl", "vkey", "checkpoint", "example.tlog-proof", "check.py"] {
        std::fs::write(folder.join(name), block(name)).unwrap();
    }
    let mut python = std::process::Command::new("python3");
    match python.arg("check.py").current_dir(&folder).output() {
        Err(error) => eprintln!("skipped, no python3 here: {error}"),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{output:?}");
            assert_eq!(said.matches(" is right: ").count(), 3, "{said}");
        }
    }
}
