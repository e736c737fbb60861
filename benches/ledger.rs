//! What the ledger costs, as ratios within one run: figures of different runs or machines say
//! little about each other, a ratio says whether something got out of proportion.
//!
//! `cargo bench` takes about 15 seconds. Without `--bench` (as `cargo test --benches` starts it)
//! it does a little of everything once, so that it stays working.

#[path = "../tests/replay/laboratory.rs"]
mod laboratory;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use laboratory::Laboratory;
use lotgate::ledger::{
    Frontier, Hash, MissingNode, Nodes, SparseNodes, StoredHashes, inclusion_proof, leaf_hash, verify_inclusion,
};
use lotgate::store::FactFilter;

/// How much of everything is done.
struct Size {
    facts: usize,
    leaves: u64,
    writing: Duration,
}

fn main() {
    let size = if std::env::args().any(|a| a == "--bench") {
        Size { facts: 6000, leaves: 100_000, writing: Duration::from_secs(3) }
    } else {
        Size { facts: 60, leaves: 300, writing: Duration::from_millis(50) }
    };
    verifying(&size);
    proving(&size);
    committing(&size);
}

fn line(what: &str, value: f64, unit: &str) {
    println!("{what:<58} {value:>10.2} {unit}");
}

/// Seconds that `f` takes, the best of three.
fn seconds(mut f: impl FnMut()) -> f64 {
    let mut once = || {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64()
    };
    (0..3).map(|_| once()).fold(f64::INFINITY, f64::min)
}

/// `ledger verify` against nothing but hashing the same bytes.
fn verifying(size: &Size) {
    let folder = laboratory::folder();
    let lab = Laboratory::new(folder.path(), "2026-01-05T08:00:00Z", 1);
    // From several threads, so that writing takes less of the time.
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(2, Ordering::Relaxed);
                    if number >= size.facts {
                        break;
                    }
                    lab.register_ordinary("ana", &format!("L-{number}"), Some("4")).expect("registered");
                }
            });
        }
    });
    let filter = FactFilter { limit: i64::MAX, ..FactFilter::default() };
    let facts = lab.app.read(|view| Ok(view.facts(&filter)?)).expect("readable");
    let text = |fact| lotgate::ledger::canonical::text(fact).expect("canonical");
    let bytes: Vec<String> = facts.iter().map(|entry| text(&entry.fact)).collect();
    let count = bytes.len() as f64;
    let hashing = seconds(|| {
        bytes.iter().for_each(|b| {
            std::hint::black_box(leaf_hash(b.as_bytes()));
        });
    });
    let building = seconds(|| {
        let mut tree = Frontier::new();
        bytes.iter().for_each(|b| {
            tree.push(leaf_hash(b.as_bytes()));
        });
        std::hint::black_box(tree.root());
    });
    let verifying = seconds(|| {
        lab.app.verify_ledger().expect("readable").expect("whole");
    });
    println!("{} facts, {} bytes each", bytes.len(), bytes.iter().map(String::len).sum::<usize>() / bytes.len());
    line("SHA-256 of a fact", hashing / count * 1e6, "µs");
    line("building the tree, against SHA-256 alone", building / hashing, "x");
    line("verify (checkpoints, tables, all), against SHA-256 alone", verifying / hashing, "x");
    line("verify, per fact", verifying / count * 1e6, "µs");
}

/// Every stored hash of a tree in memory.
struct Kept(Vec<Vec<Hash>>);

impl StoredHashes for Kept {
    fn hashes(&self, level: u8, first: u64, count: u64) -> Result<Vec<Hash>, MissingNode> {
        let row = self.0.get(usize::from(level)).ok_or_else(|| MissingNode::at(level, first))?;
        Ok(row.iter().skip(first as usize).take(count as usize).copied().collect())
    }
}

/// A proof for a stranger, against hashing one fact.
fn proving(size: &Size) {
    let mut kept = Kept(vec![Vec::new(); 64]);
    let mut tree = Frontier::new();
    let leaves: Vec<Hash> = (0..size.leaves).map(|i| leaf_hash(&i.to_be_bytes())).collect();
    let appending = seconds(|| {
        tree = Frontier::new();
        kept.0.iter_mut().for_each(Vec::clear);
        for leaf in &leaves {
            for node in tree.push(*leaf) {
                kept.0[usize::from(node.level)].push(node.hash);
            }
        }
    });
    let (nodes, root) = (SparseNodes::new(kept), tree.root());
    let indexes: Vec<u64> = (0..200).map(|i| i * 7919 % size.leaves).collect();
    let prove = |index: u64| inclusion_proof(&nodes as &dyn Nodes, index, size.leaves).expect("a proof");
    let proving = seconds(|| {
        indexes.iter().for_each(|index| {
            std::hint::black_box(prove(*index));
        });
    });
    let proofs: Vec<(u64, Vec<Hash>)> = indexes.iter().map(|index| (*index, prove(*index))).collect();
    let checking = seconds(|| {
        for (index, proof) in &proofs {
            verify_inclusion(leaves[*index as usize], *index, size.leaves, proof, root).expect("it holds");
        }
    });
    let each = |total: f64, count: usize| total / count as f64 * 1e6;
    println!("\n{} leaves", size.leaves);
    line("appending a leaf", each(appending, leaves.len()), "µs");
    line("making a proof of inclusion", each(proving, proofs.len()), "µs");
    line("making it, against checking it", proving / checking, "x");
}

/// Many writes in one commit, against one commit for each.
fn committing(size: &Size) {
    // On the disk, unlike the tests: here the disk is what is measured.
    let folder = tempfile::tempdir().expect("a folder");
    let lab = Laboratory::new(folder.path(), "2026-01-05T08:00:00Z", 2);
    let rate = |threads: usize| {
        let (done, start) = (AtomicUsize::new(0), Instant::now());
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let (lab, done) = (&lab, &done);
                scope.spawn(move || {
                    let mut number = 0;
                    while start.elapsed() < size.writing {
                        let lot = format!("T{threads}-{thread}-{number}");
                        lab.register_ordinary("ana", &lot, None).expect("registered");
                        number += 1;
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        done.into_inner() as f64 / start.elapsed().as_secs_f64()
    };
    let (one, many) = (rate(1), rate(32));
    println!("\nwrites to SQLite on {}", folder.path().display());
    line("one after the other: each its own commit", one, "/s");
    line("from 32 threads: many in one commit", many, "/s");
    line("group commit, against single commits", many / one, "x");
    lab.app.verify_ledger().expect("readable").expect("whole after all that");
}
