//! What turns printpdf's document into an archivable and accessible one: PDF/A-3a (ISO 19005-3)
//! and PDF/UA-1 (ISO 14289-1), with the record, seal and key as attached files.
//!
//! Promises: every date comes from the record and every identifier from a hash, so that equal
//! records give equal bytes; nothing is compressed.
//!
//! Why nothing is compressed: checking a certificate means making it again and comparing the
//! bytes, and deflate libraries give other bytes from one version (or Cargo feature) to the next.
//! It doubles the size to some 190 kB, and lets number and data be read out of a damaged file with
//! a text editor.

use chrono::{DateTime, Utc};
use lopdf::{Dictionary, Document, Object, ObjectId, Result, Stream, StringFormat, dictionary};
use sha2::{Digest, Sha256};

use super::tags::{Kid, Node, Tags};

/// The sRGB profile the colours are meant in (Compact-ICC-Profiles, CC0).
const SRGB: &[u8] = include_bytes!("fonts/sRGB-v2-magic.icc");

/// A file inside the PDF.
pub struct Attachment<'a> {
    /// Its name.
    pub name: &'static str,
    /// Its type, `application/json`.
    pub mime: &'static str,
    /// Its relation to the document, `Data` or `Supplement`.
    pub relationship: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// What the document says of itself.
pub struct Envelope<'a> {
    /// Layout of the pages; named as the producer.
    pub layout: u32,
    /// Title, with certificate and lot number.
    pub title: &'a str,
    /// Who issues it.
    pub author: &'a str,
    /// What it is.
    pub subject: &'a str,
    /// The software that made the record.
    pub creator: &'a str,
    /// When it was issued: the only date in the file.
    pub issued: DateTime<Utc>,
    /// Its attachments, in order of their names.
    pub attachments: &'a [Attachment<'a>],
}

impl Envelope<'_> {
    /// What made the file; not the software's version, which would change the bytes.
    fn producer(&self) -> String {
        format!("Lotgate certificate layout {}", self.layout)
    }
}

/// Adds all that PDF/A-3a and PDF/UA-1 ask for.
///
/// # Errors
/// What lopdf finds missing in the document, which printpdf always writes.
pub fn archive(document: &mut Document, tags: &Tags, envelope: &Envelope<'_>) -> Result<()> {
    document.version = "1.7".to_owned();
    let pages: Vec<ObjectId> = document.get_pages().into_values().collect();
    for (at, page) in pages.iter().enumerate() {
        let page = document.get_dictionary_mut(*page)?;
        page.remove(b"Annots");
        page.set("StructParents", integer(at));
        page.set("Tabs", "S");
    }
    let structure = add_structure(document, tags, &pages);
    let intent = add_output_intent(document);
    let metadata = add_metadata(document, envelope);
    let (names, files) = add_attachments(document, envelope);
    let catalog = document.catalog_mut()?;
    catalog.set("Lang", Object::string_literal("en"));
    catalog.set("MarkInfo", dictionary! { "Marked" => true });
    catalog.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    catalog.set("StructTreeRoot", structure);
    catalog.set("OutputIntents", vec![Object::Reference(intent)]);
    catalog.set("Metadata", metadata);
    catalog.set("Names", dictionary! { "EmbeddedFiles" => names });
    catalog.set("AF", files);
    set_info(document, envelope)?;
    set_id(document, envelope);
    Ok(())
}

fn integer(n: usize) -> Object {
    Object::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A text string: PDFDocEncoding where that is plain ASCII, UTF-16 otherwise.
fn text(value: &str) -> Object {
    if value.is_ascii() {
        return Object::String(value.as_bytes().to_vec(), StringFormat::Literal);
    }
    let mut bytes = vec![0xFE, 0xFF];
    bytes.extend(value.encode_utf16().flat_map(u16::to_be_bytes));
    Object::String(bytes, StringFormat::Literal)
}

fn pdf_date(at: DateTime<Utc>) -> Object {
    Object::string_literal(at.format("D:%Y%m%d%H%M%SZ").to_string())
}

fn add_structure(document: &mut Document, tags: &Tags, pages: &[ObjectId]) -> ObjectId {
    let root = document.new_object_id();
    let ids: Vec<ObjectId> = tags.nodes().iter().map(|_| document.new_object_id()).collect();
    let mut parents = vec![root; ids.len()];
    for (at, node) in tags.nodes().iter().enumerate() {
        for kid in &node.kids {
            if let Kid::Node(child) = kid {
                parents[*child] = ids[at];
            }
        }
    }
    for (at, node) in tags.nodes().iter().enumerate() {
        let element = element(node, parents[at], &ids, pages);
        document.set_object(ids[at], element);
    }
    let mut numbers = Vec::new();
    for page in 0..pages.len() {
        let owners = tags.owners(page).iter().map(|at| Object::Reference(ids[*at]));
        numbers.push(integer(page));
        numbers.push(Object::Array(owners.collect()));
    }
    let parent_tree = document.add_object(dictionary! { "Nums" => numbers });
    document.set_object(
        root,
        dictionary! {
            "Type" => "StructTreeRoot",
            "K" => ids.first().map_or(Object::Null, |id| Object::Reference(*id)),
            "ParentTree" => parent_tree,
            "ParentTreeNextKey" => integer(pages.len()),
        },
    );
    root
}

fn element(node: &Node, parent: ObjectId, ids: &[ObjectId], pages: &[ObjectId]) -> Dictionary {
    let mut element = dictionary! { "Type" => "StructElem", "S" => node.kind, "P" => parent };
    let mut kids = Vec::new();
    for kid in &node.kids {
        kids.push(match kid {
            Kid::Node(child) => Object::Reference(ids[*child]),
            Kid::Content { page, mcid } => {
                // The first page is the element's own; content elsewhere names its page.
                let own = pages[*page];
                match element.get(b"Pg").and_then(Object::as_reference) {
                    Ok(first) if first == own => integer(*mcid),
                    Ok(_) => Object::Dictionary(dictionary! { "Type" => "MCR", "Pg" => own, "MCID" => integer(*mcid) }),
                    Err(_) => {
                        element.set("Pg", own);
                        integer(*mcid)
                    }
                }
            }
        });
    }
    element.set("K", kids);
    let mut table = dictionary! { "O" => "Table" };
    if let Some(scope) = node.scope {
        table.set("Scope", scope);
    }
    if node.span > 1 {
        table.set("ColSpan", integer(node.span));
    }
    if table.len() > 1 {
        element.set("A", table);
    }
    if let Some((alt, place)) = &node.figure {
        let place: Vec<Object> = place.iter().map(|length| Object::Real(*length)).collect();
        element.set("Alt", text(alt));
        element.set("A", dictionary! { "O" => "Layout", "BBox" => place });
    }
    element
}

fn add_output_intent(document: &mut Document) -> ObjectId {
    let profile = Stream::new(dictionary! { "N" => 3 }, SRGB.to_vec());
    let profile = document.add_object(profile);
    document.add_object(dictionary! {
        "Type" => "OutputIntent",
        "S" => "GTS_PDFA1",
        "OutputConditionIdentifier" => Object::string_literal("sRGB"),
        "RegistryName" => Object::string_literal("http://www.color.org"),
        "Info" => Object::string_literal("sRGB IEC61966-2.1"),
        "DestOutputProfile" => profile,
    })
}

fn add_metadata(document: &mut Document, envelope: &Envelope<'_>) -> ObjectId {
    let dictionary = dictionary! { "Type" => "Metadata", "Subtype" => "XML" };
    document.add_object(Stream::new(dictionary, xmp(envelope).into_bytes()))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The metadata packet. The last description declares the `pdfuaid` schema, which PDF/A does not
/// know by itself (ISO 19005-3, 6.6.2.3).
fn xmp(envelope: &Envelope<'_>) -> String {
    let date = envelope.issued.format("%Y-%m-%dT%H:%M:%SZ");
    let (title, author) = (escape(envelope.title), escape(envelope.author));
    let (subject, creator) = (escape(envelope.subject), escape(envelope.creator));
    let producer = escape(&envelope.producer());
    format!(
        r#"<?xpacket begin="{bom}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>en</rdf:li></rdf:Bag></dc:language>
<dc:format>application/pdf</dc:format>
<xmp:CreatorTool>{creator}</xmp:CreatorTool>
<xmp:CreateDate>{date}</xmp:CreateDate>
<xmp:ModifyDate>{date}</xmp:ModifyDate>
<xmp:MetadataDate>{date}</xmp:MetadataDate>
<pdf:Producer>{producer}</pdf:Producer>
<pdfaid:part>3</pdfaid:part>
<pdfaid:conformance>A</pdfaid:conformance>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 to which the document conforms</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"#,
        bom = '\u{feff}'
    )
}

/// Embeds the files; returns the name tree and the list of associated files.
fn add_attachments(document: &mut Document, envelope: &Envelope<'_>) -> (Dictionary, Vec<Object>) {
    let mut names = Vec::new();
    let mut files = Vec::new();
    for attachment in envelope.attachments {
        let dictionary = dictionary! {
            "Type" => "EmbeddedFile",
            "Subtype" => attachment.mime,
            "Params" => dictionary! {
                "Size" => integer(attachment.bytes.len()),
                "ModDate" => pdf_date(envelope.issued),
            },
        };
        let stream = Stream::new(dictionary, attachment.bytes.to_vec());
        let stream = document.add_object(stream);
        let file = document.add_object(dictionary! {
            "Type" => "Filespec",
            "F" => text(attachment.name),
            "UF" => text(attachment.name),
            "Desc" => text(attachment.about),
            "AFRelationship" => attachment.relationship,
            "EF" => dictionary! { "F" => stream, "UF" => stream },
        });
        names.push(text(attachment.name));
        names.push(Object::Reference(file));
        files.push(Object::Reference(file));
    }
    (dictionary! { "Names" => names }, files)
}

/// Replaces printpdf's information, which has dates of 1970 and keys of PDF/X.
fn set_info(document: &mut Document, envelope: &Envelope<'_>) -> Result<()> {
    let info = dictionary! {
        "Title" => text(envelope.title),
        "Author" => text(envelope.author),
        "Subject" => text(envelope.subject),
        "Creator" => text(envelope.creator),
        "Producer" => text(&envelope.producer()),
        "CreationDate" => pdf_date(envelope.issued),
        "ModDate" => pdf_date(envelope.issued),
    };
    let id = document.trailer.get(b"Info")?.as_reference()?;
    document.set_object(id, info);
    Ok(())
}

/// The file identifier. printpdf's comes from a counter of the process.
fn set_id(document: &mut Document, envelope: &Envelope<'_>) {
    let mut hash = Sha256::new();
    let producer = envelope.producer();
    let parts = [envelope.title.as_bytes(), producer.as_bytes()];
    let attached = envelope.attachments.iter().map(|a| a.bytes);
    for part in parts.into_iter().chain(attached) {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let id = hash.finalize()[..16].to_vec();
    let id = Object::String(id, StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![id.clone(), id]);
}
