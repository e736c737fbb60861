//! The product's files as the rules read them: code without comments and without its tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of `src/`.
pub struct Source {
    /// `src/store/lots.rs`
    pub path: String,
    /// Everything, as it stands in the file.
    pub text: String,
    /// Without comments and `#[cfg(test)]` items; lines keep their numbers.
    pub code: Vec<String>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Source { path: path.to_owned(), text: text.to_owned(), code: code(text) }
    }

    /// The first-level module: `store` for `src/store/lots.rs`, `keys` for `src/keys.rs`.
    pub fn module(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }

    /// How deep the file's module lies: 1 for `keys`, 2 for `store::lots`.
    fn depth(&self) -> usize {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').filter(|part| *part != "mod.rs").count()
    }

    /// Lines of code that do not belong to a test.
    pub fn lines_of_product(&self) -> usize {
        let in_tests: usize = test_items(&self.text).iter().map(|(first, last)| last - first + 1).sum();
        self.text.lines().count() - in_tests
    }

    /// The crate's own things that the code names: first-level module and what follows it, with
    /// the number of the line.
    pub fn named(&self) -> Vec<(usize, String, String)> {
        // Joined, so that a list of imports over several lines reads as one.
        let mut joined = String::new();
        let mut starts = Vec::new();
        for line in &self.code {
            starts.push(joined.len());
            joined.push_str(line.trim());
            joined.push(' ');
        }
        let root = format!("{}::", vec!["super"; self.depth()].join("::"));
        let mut found = Vec::new();
        for way in ["crate::", "lotgate::", root.as_str()] {
            for (at, _) in joined.match_indices(way) {
                let before = joined[..at].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '$')) {
                    continue;
                }
                let line = starts.partition_point(|start| *start <= at);
                for (module, item) in paths(&joined[at + way.len()..]) {
                    found.push((line, module, item));
                }
            }
        }
        found
    }

    /// Numbers of the lines that use this foreign crate.
    pub fn lines_with_crate(&self, name: &str) -> Vec<usize> {
        let uses = |line: &&String| {
            line.match_indices(name).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = &line[at + name.len()..];
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
                    && (after.starts_with("::") || after.starts_with(';'))
            })
        };
        (1..).zip(&self.code).filter(|(_, line)| uses(line)).map(|(number, _)| number).collect()
    }
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// `store::{Entry, Finding}` as its pairs: (store, Entry), (store, Finding).
fn paths(text: &str) -> Vec<(String, String)> {
    match text.strip_prefix('{') {
        Some(inner) => parts(inner).iter().flat_map(|part| paths(part)).collect(),
        None => {
            let module = word(text);
            let rest = text[module.len()..].strip_prefix("::");
            match rest {
                Some(rest) if rest.starts_with('{') => {
                    parts(&rest[1..]).iter().map(|part| (module.clone(), word(part))).collect()
                }
                Some(rest) => vec![(module, word(rest))],
                None => vec![(module, String::new())],
            }
        }
    }
}

/// The parts of a list in braces, up to its closing brace.
fn parts(inner: &str) -> Vec<String> {
    let (mut depth, mut parts, mut part) = (0, Vec::new(), String::new());
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part.trim().to_owned());
    parts.retain(|p| !p.is_empty());
    parts
}

/// First and last line (from 0) of every `#[cfg(test)]` item.
fn test_items(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut items = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].trim() == "#[cfg(test)]" {
            let indent = &lines[at][..lines[at].len() - lines[at].trim_start().len()];
            let close = format!("{indent}}}");
            // A block ends with its brace, `mod samples;` with its own line.
            let is_short =
                |line: &str| line.ends_with(';') && line.strip_prefix(indent).is_some_and(|l| !l.starts_with(' '));
            let ends = |line: &str| line == close || is_short(line);
            let length = lines[at + 1..].iter().position(|line| ends(line.trim_end())).unwrap_or(lines.len() - at - 2);
            items.push((at, at + 1 + length));
            at += length + 1;
        }
        at += 1;
    }
    items
}

fn code(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(without_comment).collect();
    for (first, last) in test_items(text) {
        lines[first..=last].iter_mut().for_each(String::clear);
    }
    lines
}

/// A line up to its comment; `//` inside a text such as an address does not begin one.
fn without_comment(line: &str) -> String {
    let comment = line.match_indices("//").find(|(at, _)| line[..*at].matches('"').count().is_multiple_of(2));
    comment.map_or(line, |(at, _)| &line[..at]).to_owned()
}

/// All files below a folder of the project, as paths from its root.
pub fn files(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut folders) = (Vec::new(), vec![root.join(folder)]);
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        let entries: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        let (deeper, here): (Vec<PathBuf>, Vec<PathBuf>) = entries.into_iter().partition(|p| p.is_dir());
        folders.extend(deeper);
        found.extend(here.iter().map(|p| p.strip_prefix(root).expect("below").display().to_string()));
    }
    found.sort();
    found
}

pub fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every file of the product, except those that are tests as a whole.
pub fn product() -> Vec<Source> {
    let paths = files("src").into_iter().filter(|p| p.ends_with(".rs"));
    let all: Vec<Source> = paths.map(|p| Source::new(&p, &read(&p))).collect();
    let tests: Vec<String> = all.iter().flat_map(test_files).collect();
    all.into_iter().filter(|s| !tests.contains(&s.path)).collect()
}

/// The files that `#[cfg(test)] mod samples;` brings in.
fn test_files(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let folder = match source.path.strip_suffix("/mod.rs") {
        Some(folder) => folder.to_owned(),
        None => source.path.trim_end_matches(".rs").to_owned(),
    };
    let modules = test_items(&source.text).into_iter().filter_map(|(_, last)| {
        let name = lines.get(last)?.trim().trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')?;
        Some(format!("{folder}/{name}.rs"))
    });
    modules.collect()
}
