//! Reads a certificate as a stranger's program would: text by page, and where it stands.

use std::collections::BTreeMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Encoding, Object};

/// A piece of text on a page, lengths in points from the lower left corner.
#[derive(Debug, Clone)]
pub struct Piece {
    pub text: String,
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub size: f32,
}

/// All text of each page in the order of drawing.
pub fn pages(pdf: &[u8]) -> Vec<Vec<Piece>> {
    let document = Document::load_mem(pdf).expect("a PDF");
    let ids = document.get_pages();
    ids.values().map(|id| page(&document, *id)).collect()
}

/// The text of each page, without spaces: lines are broken where the layout wants.
pub fn squeezed(pdf: &[u8]) -> Vec<String> {
    let join = |page: &Vec<Piece>| page.iter().map(|p| squeeze(&p.text)).collect::<String>();
    pages(pdf).iter().map(join).collect()
}

pub fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn page(document: &Document, id: lopdf::ObjectId) -> Vec<Piece> {
    let fonts = document.get_page_fonts(id).expect("fonts");
    let content = document.get_page_content(id);
    let mut pieces = Vec::new();
    let (mut font, mut size, mut at) = (Vec::new(), 0.0, (0.0, 0.0));
    for operation in Content::decode(&content).expect("content").operations {
        let number = |i: usize| operation.operands[i].as_float().expect("number");
        match operation.operator.as_str() {
            "Tf" => {
                font = operation.operands[0].as_name().expect("name").to_vec();
                size = number(1);
            }
            "Tm" => at = (number(4), number(5)),
            "Tj" | "TJ" => {
                let items = match &operation.operands[0] {
                    Object::Array(items) => items.clone(),
                    single => vec![single.clone()],
                };
                let (text, milli) = show(document, fonts[&font], &items);
                pieces.push(Piece { text, x: at.0, y: at.1, width: milli * size / 1000.0, size });
            }
            _ => {}
        }
    }
    pieces
}

fn show(document: &Document, font: &Dictionary, items: &[Object]) -> (String, f32) {
    let encoding: Encoding = font.get_font_encoding(document).expect("encoding");
    let widths = widths(document, font);
    let (mut text, mut milli) = (String::new(), 0.0);
    for item in items {
        match item {
            Object::String(bytes, _) => {
                text += &Document::decode_text(&encoding, bytes).expect("text");
                for code in bytes.chunks_exact(2) {
                    let code = u16::from_be_bytes([code[0], code[1]]);
                    milli += widths.get(&i64::from(code)).copied().unwrap_or(1000.0);
                }
            }
            other => milli -= other.as_float().expect("number"),
        }
    }
    (text, milli)
}

fn widths(document: &Document, font: &Dictionary) -> BTreeMap<i64, f32> {
    let descendants = font.get(b"DescendantFonts").and_then(Object::as_array);
    let descendant = &descendants.expect("descendants")[0];
    let descendant = document.dereference(descendant).expect("font").1;
    let w = descendant.as_dict().and_then(|d| d.get(b"W")).expect("widths");
    let mut map = BTreeMap::new();
    for pair in w.as_array().expect("array").chunks_exact(2) {
        let first = pair[0].as_i64().expect("code");
        for (code, width) in (first..).zip(pair[1].as_array().expect("array")) {
            map.insert(code, width.as_float().expect("width"));
        }
    }
    map
}
