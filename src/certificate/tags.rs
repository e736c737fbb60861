//! The structure tree of a tagged PDF while the pages are being laid out: which piece of which
//! page is which part of which table, heading or paragraph.
//!
//! Promises: every piece of content gets a number that is unique on its page (its MCID), in the
//! order of reading; an element may have pieces on several pages, as a row does that a page
//! break cuts.

/// A part of the document.
#[derive(Debug, Clone)]
pub struct Node {
    /// Standard structure type: `H1`, `P`, `Table`, `TD`, ...
    pub kind: &'static str,
    /// What it contains, in reading order.
    pub kids: Vec<Kid>,
    /// For a header cell: whether it heads a `Row` or a `Column`.
    pub scope: Option<&'static str>,
    /// How many columns a cell spans.
    pub span: usize,
    /// For a figure: what it shows, and where it stands on its page
    /// (left, bottom, right, top in points).
    pub figure: Option<(String, [f32; 4])>,
}

/// A part of a part.
#[derive(Debug, Clone, Copy)]
pub enum Kid {
    /// Another element, by its place in [`Tags::nodes`].
    Node(usize),
    /// Marked content on a page.
    Content {
        /// Page, from 0.
        page: usize,
        /// Its number on that page.
        mcid: usize,
    },
}

/// The tree being built. Element 0 is the document.
#[derive(Debug)]
pub struct Tags {
    nodes: Vec<Node>,
    open: Vec<usize>,
    /// For each page the elements its pieces of content belong to, by MCID.
    owners: Vec<Vec<usize>>,
}

impl Node {
    fn new(kind: &'static str) -> Self {
        Self { kind, kids: Vec::new(), scope: None, span: 1, figure: None }
    }

    /// A header cell over `span` columns or beside a row.
    pub fn header(scope: &'static str, span: usize) -> Self {
        Self { scope: Some(scope), span, ..Self::new("TH") }
    }

    /// A cell over `span` columns.
    pub fn cell(span: usize) -> Self {
        Self { span, ..Self::new("TD") }
    }

    /// A figure with its description.
    pub fn figure(alt: String, place: [f32; 4]) -> Self {
        Self { figure: Some((alt, place)), ..Self::new("Figure") }
    }
}

impl From<&'static str> for Node {
    fn from(kind: &'static str) -> Self {
        Self::new(kind)
    }
}

impl Default for Tags {
    fn default() -> Self {
        Self { nodes: vec![Node::new("Document")], open: vec![0], owners: Vec::new() }
    }
}

impl Tags {
    /// Begins an element inside the innermost open one; returns its place.
    pub fn open(&mut self, node: impl Into<Node>) -> usize {
        let at = self.nodes.len();
        self.nodes.push(node.into());
        let parent = self.current();
        self.nodes[parent].kids.push(Kid::Node(at));
        self.open.push(at);
        at
    }

    /// Goes on with an element that was closed before: a row that continues on the next page.
    pub fn reopen(&mut self, at: usize) {
        self.open.push(at);
    }

    /// Ends the innermost element. The document itself stays open.
    pub fn close(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    fn current(&self) -> usize {
        self.open.last().copied().unwrap_or(0)
    }

    /// Takes the next number on a page for a piece of the innermost element; returns the
    /// element's type and the number.
    pub fn content(&mut self, page: usize) -> (&'static str, usize) {
        while self.owners.len() <= page {
            self.owners.push(Vec::new());
        }
        let at = self.current();
        let mcid = self.owners[page].len();
        self.owners[page].push(at);
        self.nodes[at].kids.push(Kid::Content { page, mcid });
        (self.nodes[at].kind, mcid)
    }

    /// All elements; the first is the document.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The elements the content of a page belongs to, by MCID.
    pub fn owners(&self, page: usize) -> &[usize] {
        self.owners.get(page).map_or(&[], Vec::as_slice)
    }
}
