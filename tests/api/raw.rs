//! Bytes over a socket, for what a well-behaved client would never send.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use crate::answer::Answer;
use crate::site::Site;

/// A request whose every byte is the test's own affair.
pub struct Raw {
    pub method: String,
    /// As it stands in the request line.
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Raw {
    pub fn new(method: &str, target: &str) -> Raw {
        Raw { method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Raw {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Raw {
        self.body = body.into();
        self.header("Content-Type", media_type)
    }

    /// The request as bytes, with the length that it has.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", self.method, self.target)
            .into_bytes();
        let length = format!("{}", self.body.len()).into_bytes();
        let length = [("Content-Length".to_owned(), length)];
        let own_length = self
            .headers
            .iter()
            .any(|(n, _)| n.eq_ignore_ascii_case("content-length") || n.eq_ignore_ascii_case("transfer-encoding"));
        let length = if own_length || self.body.is_empty() { &[][..] } else { &length[..] };
        for (name, value) in self.headers.iter().chain(length) {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Sends it and reads what comes back, also where the server answers before it has read all.
    pub fn sent_to(&self, site: &Site) -> Answer {
        let target: String = self.target.chars().take(120).collect();
        let body = String::from_utf8_lossy(self.body.get(..200).unwrap_or(&self.body)).into_owned();
        let headers: Vec<_> = self.headers.iter().filter(|(n, _)| n != "Authorization" && n != "Cookie").collect();
        let headers: String = format!("{headers:?}").chars().take(200).collect();
        send(site, self.bytes(), format!("{} {target} {headers} {body:?}", self.method))
    }
}

impl Raw {
    /// Sends it and hangs up on the sending side: nothing more will come.
    pub fn cut_off(&self, site: &Site) -> Answer {
        let address = site.url.strip_prefix("http://").expect("http");
        let mut stream = TcpStream::connect(address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
        stream.write_all(&self.bytes()).expect("sent");
        stream.shutdown(Shutdown::Write).expect("hung up");
        let mut received = Vec::new();
        let _ = stream.read_to_end(&mut received);
        parse(&received, format!("{} {} cut off", self.method, self.target))
    }
}

/// Sends bytes and reads the one answer; status 0 where the server says nothing at all.
pub fn send(site: &Site, bytes: Vec<u8>, asked: String) -> Answer {
    let address = site.url.strip_prefix("http://").expect("http");
    let mut reading = TcpStream::connect(address).expect("connected");
    reading.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    let mut writing = reading.try_clone().expect("cloned");
    let writer = std::thread::spawn(move || {
        // The server may close before it has read everything; its answer counts.
        let _ = writing.write_all(&bytes);
    });
    let mut received = Vec::new();
    let mut buffer = [0; 65536];
    while let Ok(count @ 1..) = reading.read(&mut buffer) {
        received.extend_from_slice(&buffer[..count]);
        // After an early answer the server keeps listening for a second; nothing more will be said.
        if is_complete(&received) {
            break;
        }
    }
    let _ = reading.shutdown(Shutdown::Both);
    writer.join().expect("written");
    parse(&received, asked)
}

fn is_complete(received: &[u8]) -> bool {
    let Some(end) = received.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
    let length = head.split("\r\n").find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok());
    length.is_some_and(|length| received.len() >= end + 4 + length)
}

fn parse(received: &[u8], asked: String) -> Answer {
    let end = received.windows(4).position(|w| w == b"\r\n\r\n");
    let (head, rest) = end.map_or((received, &[][..]), |at| (&received[..at], &received[at + 4..]));
    let head = String::from_utf8_lossy(head).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).unwrap_or(0);
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|l| l.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    let chunked = headers.get("transfer-encoding").is_some_and(|v| v == "chunked");
    let mut bytes = if chunked { joined(rest) } else { rest.to_vec() };
    if headers.get("content-encoding").is_some_and(|v| v == "gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).expect("gzip");
        bytes = plain;
    }
    Answer { asked, status, headers, bytes }
}

/// A chunked body in one piece.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(at) = rest.windows(2).position(|w| w == b"\r\n") {
        let size =
            std::str::from_utf8(&rest[..at]).ok().and_then(|s| usize::from_str_radix(s.trim(), 16).ok()).unwrap_or(0);
        let chunk = rest.get(at + 2..at + 2 + size).unwrap_or_default();
        whole.extend_from_slice(chunk);
        rest = rest.get(at + 4 + size..).unwrap_or_default();
        if size == 0 {
            break;
        }
    }
    whole
}
