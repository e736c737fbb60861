//! Evidence files: what they are known by, which types are taken, and how large they may be.
//!
//! Promises: a [`FileHash`] is 64 lower-case hex digits and nothing else, so it can stand in a
//! path; a file's type is one of [`MediaType`]; its name is one line without a folder.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::refusal::{Code, Refusal};
use super::text::Line;

/// The largest evidence file, in bytes.
pub const FILE_BYTES_MAX: usize = 25_000_000;

/// What a file without a name is called.
const UNNAMED: &str = "unnamed";

/// The SHA-256 of a file's bytes: what the file is known by everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileHash(String);

impl FileHash {
    /// Reads a hash as typed, in any case.
    ///
    /// # Errors
    /// Anything but 64 hex digits: there is no such file.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            let detail = "There is no such file: a file is known by its SHA-256, 64 digits and letters a to f.";
            return Err(Refusal::new(Code::NoSuchFile, detail));
        }
        Ok(FileHash(text.to_ascii_lowercase()))
    }

    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FileHash {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        FileHash::parse(&text)
    }
}

impl From<FileHash> for String {
    fn from(hash: FileHash) -> String {
        hash.0
    }
}

/// The types of file that are kept as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MediaType {
    /// A report.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// A picture without loss.
    #[serde(rename = "image/png")]
    Png,
    /// A photograph.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A table as UTF-8 text.
    #[serde(rename = "text/csv")]
    Csv,
    /// Flow cytometry data (ISAC Flow Cytometry Standard).
    #[serde(rename = "application/vnd.isac.fcs")]
    Fcs,
}

impl MediaType {
    /// Every type, in the order in which sentences name them.
    pub const ALL: [MediaType; 5] = [MediaType::Pdf, MediaType::Png, MediaType::Jpeg, MediaType::Csv, MediaType::Fcs];

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            MediaType::Pdf => "application/pdf",
            MediaType::Png => "image/png",
            MediaType::Jpeg => "image/jpeg",
            MediaType::Csv => "text/csv",
            MediaType::Fcs => "application/vnd.isac.fcs",
        }
    }

    /// The word a person uses for it.
    pub fn word(self) -> &'static str {
        match self {
            MediaType::Pdf => "PDF",
            MediaType::Png => "PNG",
            MediaType::Jpeg => "JPEG",
            MediaType::Csv => "CSV",
            MediaType::Fcs => "FCS",
        }
    }

    /// The endings that a name of this type has, the usual one first.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            MediaType::Pdf => &["pdf"],
            MediaType::Png => &["png"],
            MediaType::Jpeg => &["jpg", "jpeg"],
            MediaType::Csv => &["csv"],
            MediaType::Fcs => &["fcs", "lmd"],
        }
    }

    /// Reads a registered name; `None` for a type that is not kept.
    pub fn parse(text: &str) -> Option<Self> {
        MediaType::ALL.into_iter().find(|t| t.as_str() == text)
    }

    /// A name that tells this type by its ending, whatever it ended in before.
    fn named(self, name: &str) -> String {
        if self.endings().iter().any(|ending| ends_in(name, ending)) {
            return name.to_owned();
        }
        format!("{name}.{}", self.endings().first().unwrap_or(&"bin"))
    }
}

/// A file as it is on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDetails {
    /// SHA-256 of its bytes.
    pub sha256: FileHash,
    /// Its type, as its bytes tell.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub bytes: u64,
    /// The name it came with, without a folder.
    pub name: Line,
}

/// True for a name with this ending, in any case.
pub fn ends_in(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, last)| last.eq_ignore_ascii_case(ending))
}

/// The name a file is recorded under: as given, without any folder before it.
///
/// # Errors
/// Too long, or with characters that do not show.
pub fn recorded_name(given: Option<&str>, media_type: MediaType) -> Result<Line, Refusal> {
    let last = given.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let says_something = last.chars().any(|c| c != '.');
    let name = if says_something { last.to_owned() } else { media_type.named(UNNAMED) };
    Line::parse("name", &name)
}

/// The name a file is offered under for saving: no character that a file system or a shell
/// takes for its own, and an ending that is the file's type, so that nothing opens it as another.
pub fn saving_name(name: &Line, media_type: MediaType) -> String {
    let plain = |c: char| if c.is_control() || "/\\:*?\"<>|%".contains(c) { '_' } else { c };
    let name: String = name.as_str().chars().map(plain).collect();
    let name = name.trim_start_matches(['.', '-', ' ']).trim_end_matches(['.', ' ']);
    media_type.named(if name.is_empty() { UNNAMED } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_one_spelling_and_no_path_in_it() {
        let hash = "AB".repeat(32);
        assert_eq!(FileHash::parse(&hash).map(String::from), Ok("ab".repeat(32)));
        for bad in ["", "ab", "../../etc/passwd", &"g".repeat(64), &"a".repeat(63), &"a".repeat(65), &"患".repeat(64)]
        {
            assert_eq!(FileHash::parse(bad).map_err(|e| e.code), Err(Code::NoSuchFile), "{bad}");
        }
    }

    #[test]
    fn a_recorded_name_has_no_folder() {
        let recorded = |given| recorded_name(given, MediaType::Pdf).map(|l| l.as_str().to_owned());
        for (given, expected) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\mei\\结果 “A”.pdf", "结果 “A”.pdf"),
            ("..", "unnamed.pdf"),
            ("a/", "unnamed.pdf"),
            ("", "unnamed.pdf"),
        ] {
            assert_eq!(recorded(Some(given)).as_deref(), Ok(expected), "{given}");
        }
        assert_eq!(recorded(None).as_deref(), Ok("unnamed.pdf"));
        for bad in ["a\u{202E}fdp.exe", "a\0.pdf", "a\nb.pdf", &"x".repeat(201)] {
            assert_eq!(
                recorded_name(Some(bad), MediaType::Pdf).map_err(|e| e.code),
                Err(Code::InvalidField),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_file_is_saved_under_the_ending_of_its_type() {
        for (name, media_type, expected) in [
            ("plot.JPEG", MediaType::Jpeg, "plot.JPEG"),
            ("plot.png", MediaType::Jpeg, "plot.png.jpg"),
            ("evil.html", MediaType::Pdf, "evil.html.pdf"),
            (".htaccess", MediaType::Csv, "htaccess.csv"),
            ("a\"b;c|d.fcs", MediaType::Fcs, "a_b;c_d.fcs"),
            ("run.lmd", MediaType::Fcs, "run.lmd"),
            ("-.", MediaType::Csv, "unnamed.csv"),
        ] {
            let name = Line::parse("name", name).expect("a name");
            assert_eq!(saving_name(&name, media_type), expected, "{name:?}");
        }
    }

    #[test]
    fn a_type_is_written_as_it_is_registered() {
        for media_type in MediaType::ALL {
            assert_eq!(serde_json::to_string(&media_type).expect("JSON"), format!("\"{}\"", media_type.as_str()));
            assert_eq!(MediaType::parse(media_type.as_str()), Some(media_type));
        }
    }
}
