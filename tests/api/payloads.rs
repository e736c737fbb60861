//! What an attacker, a broken instrument or a careless script sends, from a seed.

use serde_json::{Value, json};

/// Dice that fall the same way every time (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound.max(1)).expect("small")).expect("small")
    }
}

/// Markup that must never come back as markup.
pub const MARKUP: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

/// Texts for every field that takes text.
pub fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\u{0}",
        "a\u{0}b",
        "\u{202E}gnp.exe",
        "a\u{200B}b",
        "\u{FEFF}x",
        "\u{FFFF}",
        "\u{10FFFF}",
        "é\u{301}\u{301}\u{301}",
        "患者",
        "محمد",
        "😀",
        MARKUP,
        "{{7777*7777}}${7777*7777}#{7777*7777}<%= 7777*7777 %>",
        "'; DROP TABLE facts; --",
        "' OR '1'='1",
        "x\r\nX-Injected: yes\r\n\r\n<h1>x</h1>",
        "../../../../etc/passwd",
        "file:///etc/passwd",
        "%2e%2e%2f%00",
        "-1",
        "0",
        "1e400",
        "NaN",
        "99999999999999999999999999999999",
        "-170141183460469231731687303715884105729",
        "2026-02-30T25:61:61Z",
        "9999-12-31T23:59:59Z",
        "+262143-12-31T23:59:59Z",
        "null",
        "true",
        "[]",
        "=cmd|' /C calc'!A0",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(70_000));
    texts.push("\u{1F9EC}".repeat(5_000));
    texts.push("\u{0301}".repeat(3_000));
    texts
}

/// Values of every wrong type.
pub fn values() -> Vec<Value> {
    let mut values: Vec<Value> = texts().into_iter().map(Value::from).collect();
    values.extend([
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(98.7),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!({"value": {"value": "x"}}),
        json!(vec!["x"; 2000]),
        json!(vec![json!({"attribute": "CD105", "value": "98.7", "unit": "%"}); 150]),
    ]);
    values
}

/// Every text in which one value of the document was replaced by another.
pub fn replaced(document: &Value) -> Vec<String> {
    let mut places = Vec::new();
    pointers(document, String::new(), &mut places);
    let mut all = Vec::new();
    for place in places {
        for value in values() {
            let mut changed = document.clone();
            if let Some(there) = changed.pointer_mut(&place) {
                *there = value;
            }
            all.push(changed.to_string());
        }
    }
    all
}

fn pointers(value: &Value, here: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, v)| pointers(v, format!("{here}/{name}"), places)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| pointers(v, format!("{here}/{i}"), places)),
        _ => {}
    }
    if !here.is_empty() {
        places.push(here);
    }
}

/// Bodies that are no JSON, or too much of it, made from one that is.
pub fn broken(body: &[u8], dice: &mut Dice) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(body).into_owned();
    let mut all: Vec<Vec<u8>> = Vec::new();
    for _ in 0..12 {
        all.push(body[..dice.below(body.len())].to_vec());
        let mut flipped = body.to_vec();
        for _ in 0..3 {
            let at = dice.below(flipped.len());
            if let Some(byte) = flipped.get_mut(at) {
                *byte = u8::try_from(dice.below(256)).expect("a byte");
            }
        }
        all.push(flipped);
    }
    let doubled =
        text.replacen('{', &format!("{{{},", text.trim_matches(['{', '}']).split(',').next().unwrap_or_default()), 1);
    let extra = text.replacen('{', "{\"__proto__\":{\"admin\":true},", 1);
    let surrogate = text.replacen("\":\"", "\":\"\\ud800", 1);
    let escaped_nul = text.replacen("\":\"", "\":\"\\u0000", 1);
    all.extend([doubled, extra, surrogate, escaped_nul].map(String::into_bytes));
    all.push([b"\xEF\xBB\xBF", body].concat());
    all.push([body, b"{}"].concat());
    all.push([body, b"\0"].concat());
    all.push(vec![0xFF; 100]);
    all.push(Vec::new());
    for text in ["null", "0", "\"\"", "[]", "{}", "{", "[[", "\u{0}", "NaN", "'x'", "{\"a\":1,}", "// x"] {
        all.push(text.as_bytes().to_vec());
    }
    all.push("[".repeat(100_000).into_bytes());
    all.push(format!("{}{}", "{\"a\":".repeat(50_000), "}".repeat(50_000)).into_bytes());
    all.push(format!("{{\"lot\":{}1{}}}", "[".repeat(127), "]".repeat(127)).into_bytes());
    all.push(format!("{{{}}}", (0..5_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(",")).into_bytes());
    all.push(format!("{{\"password\":\"{}\"}}", "x".repeat(300_000)).into_bytes());
    all
}

/// Address parameters, encoded as an attacker would.
pub const PARAMETERS: [&str; 34] = [
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwindows",
    "%00",
    "L-1%00",
    "%ff%fe",
    "%c0%af",
    "%E6%82%A3%E8%80%85",
    "%E2%80%AE",
    "%F4%8F%BF%BF",
    "%27%20OR%201%3D1%20--",
    "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
    "%7B%7B7777*7777%7D%7D",
    "%0d%0aX-Injected:%20yes",
    "%250d%250aX-Injected:%20yes",
    "-1",
    "0",
    "%230",
    "99999999999999999999999999",
    "-9223372036854775809",
    "9223372036854775807",
    "1e9",
    "0x1",
    "1.0",
    "null",
    "undefined",
    "%20",
    "+",
    "~",
    "*",
    "a;b=c",
    "a,b",
    "RC-2026-999999999",
    "RC-9999-000000000",
];

/// Query strings.
pub fn queries() -> Vec<String> {
    let mut queries: Vec<String> = [
        "limit=-1",
        "limit=0",
        "limit=4294967296",
        "limit=1&limit=2",
        "limit=%00",
        "limit=%ff",
        "limit[]=1",
        "cursor=-1",
        "cursor=9223372036854775807",
        "cursor=9223372036854775808",
        "cursor=%27",
        "after=-1",
        "after=9223372036854775807",
        "after=1e3",
        "status=%00",
        "status=ready%20",
        "q=%00",
        "q=%ff%fe",
        "q=%25%25%25%25_%5C%5C",
        "q=%5C",
        "q=%27%22%3B--",
        "q=%E2%80%AE",
        "q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
        "lot=%00",
        "lot=%27",
        "lot=..",
        "assay=%00",
        "assay=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "token=%00",
        "next=%2F%2Fevil.example",
        "next=https%3A%2F%2Fevil.example",
        "next=%2F%0d%0aX-Injected:%20yes",
        "number=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "done=%3Cscript%3Ealert(1)%3C%2Fscript%3E&run=%3Cscript%3Ealert(1)",
        "made=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "&&&===&=",
        "%",
        "%zz",
        "a=b?c=d",
    ]
    .map(str::to_owned)
    .to_vec();
    queries.push(format!("q={}", "%25".repeat(15_000)));
    queries.push(format!("q={}", "x".repeat(60_000)));
    queries.push(format!("cursor={}", "9".repeat(60_000)));
    queries.push(vec!["q=x"; 5_000].join("&"));
    queries
}

/// Headers that a client has no business sending.
pub fn headers() -> Vec<(&'static str, Vec<u8>)> {
    let mut headers: Vec<(&str, Vec<u8>)> = Vec::new();
    let names = [
        "Authorization",
        "Cookie",
        "Idempotency-Key",
        "Origin",
        "Referer",
        "Sec-Fetch-Site",
        "Accept",
        "Accept-Encoding",
        "Content-Encoding",
        "If-None-Match",
        "Range",
        "X-Forwarded-For",
        "X-HTTP-Method-Override",
        "X-Request-Id",
    ];
    let odd: [&[u8]; 9] = [
        b"",
        b"\xFF\xFE\x80",
        b"'; DROP TABLE answers; --",
        b"gzip",
        b"bytes=0-1,99999999999-,-5",
        b"lotgate_session=; lotgate_session=\"\"; =; ;;; lotgate_session=%00",
        b"Bearer \xE6\x82\xA3",
        b"Bearer null",
        b"DELETE",
    ];
    for name in names {
        headers.extend(odd.iter().map(|value| (name, value.to_vec())));
        headers.push((name, vec![b'x'; 30_000]));
    }
    headers
}
