//! Paper: the certificate of batch release as a PDF, and how to tell that one is genuine.
//!
//! Promises: what the paper says is what the record says ([`crate::domain::certificate`]); equal
//! records give equal bytes; a PDF carries all that is needed to check it, except the one thing
//! it must not carry: the reader's reason to trust the key. `docs/CERTIFICATE.md` describes it
//! for strangers.
//!
//! | file         | holds                                                                  |
//! |--------------|------------------------------------------------------------------------|
//! | [`mod@render`] | record in, PDF bytes out; what refuses to be printed                 |
//! | `sections`   | title, A product, B results, C certification                           |
//! | `integrity`  | D integrity: hashes, ledger, code                                      |
//! | `history`    | changes, test runs, notes, end mark                                    |
//! | `frame`      | what stands on every page                                              |
//! | `words`      | times, units, verdicts                                                 |
//! | `register`   | the register of certified batches                                      |
//! | `table`      | tables over pages                                                      |
//! | `page`       | the sheet: lines, rules, codes at exact places                         |
//! | `tags`       | the structure tree                                                     |
//! | `wrap`       | breaking text into lines                                               |
//! | [`fonts`]    | what can be drawn, and how wide it is                                  |
//! | [`archive`]  | PDF/A-3a and PDF/UA-1: metadata, attachments, structure                |
//! | [`label`]    | a container's label with its Data Matrix                               |
//! | [`attached`] | attachments and number out of a file that anybody may have made        |
//! | `notice`     | what only a conditional notice says: what is pending, who is told      |
//! | `content`    | what a record must not contradict: signers, results, what is pending   |
//! | [`mod@verify`] | seal text, the verdict on a file                                     |
//!
//! Read `render` first, then `sections`; `verify` stands alone.

pub mod archive;
pub mod attached;
pub mod fonts;
pub mod label;
pub mod render;
pub mod verify;

mod content;
mod frame;
mod history;
mod integrity;
mod notice;
mod page;
mod qr;
mod quality;
mod register;
mod sections;
mod table;
mod tags;
mod words;
mod wrap;

pub use attached::{ATTACHMENT_BYTES_MAX, PaperKind, Parts, PartsError, parts, printed_number};
pub use fonts::undrawable;
pub use qr::{QrCode, qr_code};
pub use register::{Imprint, register_pdf};
pub use render::{KEY_NAME, NOTICE_NAME, RECORD_NAME, RenderError, SEAL_NAME, render, render_notice};
pub use verify::{CheckReport, Outcome, Step, check, notice_seal_text, seal_text};
