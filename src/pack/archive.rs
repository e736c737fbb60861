//! Files to a zip archive and back.
//!
//! Promises: nothing is compressed, and no time or owner of a machine is in it, so equal files
//! give equal bytes; an archive that anybody may have made is read within limits that its own
//! size sets (no bomb), never to a path outside of it, and nothing in it stays unread.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::Files;

/// The most files a pack has.
pub const FILES_MAX: usize = 50_000;

/// Why an archive cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It is no zip archive, or one that is damaged.
    #[error("It cannot be read as a zip archive: {0}.")]
    Zip(String),
    /// A name that could lead out of the folder it is unpacked to, or that is there twice.
    #[error("It holds a file with the name {0:?}, which no pack has.")]
    Name(String),
    /// A file that is compressed, encrypted, a folder or a link.
    #[error("It holds {0}, which is not stored as the files of a pack are.")]
    Form(String),
    /// Too many files.
    #[error("It holds more than {FILES_MAX} files.")]
    TooMany,
    /// Bytes that belong to no file.
    #[error("Something is in the archive that belongs to none of its files.")]
    Hidden,
}

fn failed(e: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Zip(e.to_string())
}

/// Packs files, in order of their paths.
///
/// # Errors
/// [`ArchiveError::TooMany`], or the archive cannot be written.
pub fn zip(files: &Files) -> Result<Vec<u8>, ArchiveError> {
    if files.len() > FILES_MAX {
        return Err(ArchiveError::TooMany);
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (path, bytes) in files {
        writer.start_file(path, options).map_err(failed)?;
        writer.write_all(bytes).map_err(failed)?;
    }
    Ok(writer.finish().map_err(failed)?.into_inner())
}

/// A path of plain names, one below the other.
fn is_plain(path: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    path.len() <= 200 && path.split('/').all(plain)
}

/// Unpacks files.
///
/// # Errors
/// [`ArchiveError`].
pub fn unzip(bytes: &[u8]) -> Result<Files, ArchiveError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
    if archive.len() > FILES_MAX {
        return Err(ArchiveError::TooMany);
    }
    let mut files = Files::new();
    // What is stored as it is cannot be larger than what holds it.
    let mut left = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(failed)?;
        let name = file.name().map_err(failed)?.into_owned();
        if !is_plain(&name) {
            return Err(ArchiveError::Name(name.chars().take(200).collect()));
        }
        let stored = file.compression() == CompressionMethod::Stored && !file.encrypted();
        if !stored || file.is_dir() || file.is_symlink() || file.size() > left {
            return Err(ArchiveError::Form(name));
        }
        let size = file.size();
        left = left.saturating_sub(size);
        let mut content = Vec::new();
        file.by_ref().take(size.saturating_add(1)).read_to_end(&mut content).map_err(failed)?;
        if files.insert(name.clone(), content).is_some() {
            return Err(ArchiveError::Name(name));
        }
    }
    if zip(&files)?.len() != bytes.len() {
        return Err(ArchiveError::Hidden);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(named: &[(&str, &[u8])]) -> Files {
        named.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect()
    }

    /// An archive of these entries, each compressed or not, with what else a zip can hold.
    fn other(named: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (path, bytes) in named {
            writer.start_file(path, options).expect("started");
            writer.write_all(bytes).expect("written");
        }
        writer.finish().expect("finished").into_inner()
    }

    #[test]
    fn files_come_back_as_they_went_in_and_the_same_files_give_the_same_archive() {
        let files = files(&[("a.txt", b"a"), ("evidence/0f.pdf", &[0; 70_000]), ("empty.json", b"")]);
        let archive = zip(&files).expect("packed");
        assert_eq!(unzip(&archive), Ok(files.clone()));
        assert_eq!(zip(&files), Ok(archive));
    }

    #[test]
    fn a_name_that_leads_out_of_the_archive_is_refused() {
        for name in ["../a", "/etc/passwd", "a/../../b", "a\\b", ".hidden", "a//b", "C:a", "a/", "ä"] {
            let refused = unzip(&other(&[(name, b"x")]));
            assert!(refused.is_err(), "{name}: {refused:?}");
        }
    }

    #[test]
    fn what_belongs_to_no_file_is_noticed() {
        let archive = zip(&files(&[("a.txt", b"abc")])).expect("packed");
        let after = [archive.as_slice(), b"more"].concat();
        let before = [b"more", archive.as_slice()].concat();
        for changed in [after, before] {
            assert!(unzip(&changed).is_err());
        }
        assert!(unzip(b"no archive").is_err() && unzip(b"").is_err());
    }

    #[test]
    fn an_archive_that_claims_more_than_it_holds_is_refused() {
        let archive = zip(&files(&[("a.txt", b"abc")])).expect("packed");
        // The uncompressed size stands in the central directory, 24 bytes after its signature.
        let at = archive.windows(4).position(|w| w == b"PK\x01\x02").expect("a directory") + 24;
        let mut changed = archive;
        changed[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(unzip(&changed).is_err());
    }
}
