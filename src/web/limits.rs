//! How often somebody may ask: by address, by session or token, and by account where passwords
//! are tried.
//!
//! Promises: a request over its limit does nothing and is told when to come again; what is
//! counted holds no secret, is kept in memory only, and cannot grow beyond a fixed number of keys.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::pages::visit;
use super::problem::Problem;
use super::proxy::client_address;
use super::routes::{ROUTES, Who};
use super::session::token_of;
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::workflow::{App, Error};

/// The most keys one counter remembers.
const KEYS_MAX: usize = 50_000;
/// Keys that everybody else shares once a counter is full.
const SHARED_KEYS: u64 = 256;
/// After so many requests, keys that are as good as new are forgotten.
const SWEEP_EVERY: u32 = 4096;

/// Where passwords, codes and links are tried, whoever tries them, besides everything that
/// strangers may send.
const TRIED: [&str; 4] = ["/sign-in", "/api/v1/session", "/unlock", "/first-administrator"];
/// Where strangers send files.
const UPLOADS: [&str; 2] = ["/verify", "/api/v1/verify"];
/// What costs nothing and is asked often.
const FREE: [&str; 3] = ["/static/", "/healthz", "/readyz"];

/// So many at once, and then so many in each minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In a minute.
    pub per_minute: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

impl Rate {
    /// So many in a minute, and twice as many at once.
    pub fn per_minute(per_minute: NonZeroU32) -> Rate {
        Rate { per_minute, burst: per_minute.saturating_mul(NonZeroU32::MIN.saturating_add(1)) }
    }

    fn quota(self) -> Quota {
        Quota::per_minute(self.per_minute).allow_burst(self.burst)
    }
}

/// The limits of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Tries to sign in or unlock, by address and by account.
    pub tries: Rate,
    /// Files that strangers have checked, by address.
    pub uploads: Rate,
    /// Requests of one session or token.
    pub requests: Rate,
    /// Requests from one address, which may be a whole laboratory's.
    pub requests_of_address: Rate,
}

impl Limits {
    /// Limits from the two that an operator sets.
    pub fn of(tries_per_minute: NonZeroU32, requests_per_minute: NonZeroU32) -> Limits {
        let times = |n: NonZeroU32, factor: u32| n.saturating_mul(NonZeroU32::MIN.saturating_add(factor - 1));
        Limits {
            tries: Rate::per_minute(tries_per_minute),
            uploads: Rate::per_minute(times(tries_per_minute, 3)),
            requests: Rate::per_minute(requests_per_minute),
            requests_of_address: Rate::per_minute(times(requests_per_minute, 5)),
        }
    }
}

/// Tries to sign in a minute, unless told otherwise.
pub const TRIES_PER_MINUTE: u32 = 10;
/// Requests of one session a minute, unless told otherwise.
pub const REQUESTS_PER_MINUTE: u32 = 600;

impl Default for Limits {
    fn default() -> Self {
        let at_least_one = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Limits::of(at_least_one(TRIES_PER_MINUTE), at_least_one(REQUESTS_PER_MINUTE))
    }
}

/// The product's clock as one that never goes back: where it is set back, time stands still once.
struct Ticks {
    app: App,
    seen: Mutex<(Moment, Duration)>,
}

impl Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let now = self.app.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, elapsed) = *seen;
        let more = (now.utc() - last.utc()).to_std().unwrap_or_default();
        *seen = (now, elapsed.saturating_add(more));
        seen.1
    }
}

type Limiter = RateLimiter<u64, HashMapStateStore<u64>, Ticks, NoOpMiddleware<Duration>>;

/// One kind of counting.
struct Counter {
    limiter: Limiter,
    hasher: RandomState,
    asked: AtomicU32,
}

impl Counter {
    fn new(app: &App, rate: Rate) -> Counter {
        let clock = Ticks { app: app.clone(), seen: Mutex::new((app.now(), Duration::ZERO)) };
        let limiter = Limiter::new(rate.quota(), HashMapStateStore::default(), clock);
        Counter { limiter, hasher: RandomState::new(), asked: AtomicU32::new(0) }
    }

    /// Counts one; where it is too many, how long to wait.
    fn count(&self, what: &str) -> Result<(), Duration> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let mut key = self.hasher.hash_one(what);
        let full = self.limiter.len() >= KEYS_MAX;
        if full || asked.is_multiple_of(SWEEP_EVERY) {
            self.limiter.retain_recent();
        }
        if full && self.limiter.len() >= KEYS_MAX {
            key %= SHARED_KEYS;
        }
        let now = self.limiter.clock().now();
        self.limiter.check_key(&key).map_err(|not_until| not_until.wait_time_from(now))
    }
}

/// What has been counted since the start.
pub struct Counters {
    tries: Counter,
    uploads: Counter,
    requests: Counter,
    addresses: Counter,
}

impl Counters {
    /// Nothing yet.
    pub fn new(app: &App, limits: &Limits) -> Counters {
        Counters {
            tries: Counter::new(app, limits.tries),
            uploads: Counter::new(app, limits.uploads),
            requests: Counter::new(app, limits.requests),
            addresses: Counter::new(app, limits.requests_of_address),
        }
    }

    fn count(&self, req: &HttpRequest) -> Result<(), Duration> {
        let path = req.path();
        if FREE.iter().any(|free| path.starts_with(free)) {
            return Ok(());
        }
        let address = neighbourhood(client_address(req));
        self.addresses.count(&address)?;
        if let Some((token, _)) = token_of(req) {
            self.requests.count(&token)?;
        }
        if is_upload(req) {
            self.uploads.count(&address)
        } else if is_tried(req) {
            self.tries.count(&address)
        } else {
            Ok(())
        }
    }
}

/// Who shares a limit: an address, or the network that a single subscriber of IPv6 gets.
fn neighbourhood(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).to_string(),
    }
}

fn is_upload(req: &HttpRequest) -> bool {
    req.method() == Method::POST && UPLOADS.contains(&req.path())
}

/// True where a stranger may send something that is more than a question, or where somebody
/// comes back from a provider.
fn is_tried(req: &HttpRequest) -> bool {
    let path = req.path();
    if matches!(*req.method(), Method::GET | Method::HEAD) {
        return path.starts_with("/sign-in/");
    }
    // Nobody is kept from leaving.
    if req.method() == Method::DELETE {
        return false;
    }
    let pattern = req.match_pattern().unwrap_or_default();
    let for_anyone = |r: &&super::routes::Route| r.path == pattern && r.method == req.method() && r.who == Who::Anyone;
    TRIED.iter().any(|tried| path.starts_with(tried)) || ROUTES.iter().any(|route| for_anyone(&route))
}

fn refusal(wait: Duration) -> Refusal {
    let seconds = seconds(wait);
    let detail = format!("That was too often in a short time, so nothing was done. Try again in {seconds} seconds.");
    Refusal::new(Code::TooManyRequests, detail)
}

/// Whole seconds, never less than is needed.
fn seconds(wait: Duration) -> u64 {
    let more = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(more).max(1)
}

/// Counts a try for an account, before its password is looked at.
///
/// # Errors
/// The account was tried too often, from wherever.
pub fn count_account(req: &HttpRequest, username: &str) -> Result<(), Refusal> {
    let Some(counters) = req.app_data::<Data<Counters>>() else { return Ok(()) };
    // What is no user name has no account; its address is counted all the same.
    let Ok(username) = Username::parse(username) else { return Ok(()) };
    counters.tries.count(&format!("account {username}")).map_err(refusal)
}

/// Lets a request through, or tells when to come again.
pub(super) async fn limited(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    let counted = req.app_data::<Data<Counters>>().map_or(Ok(()), |counters| counters.count(req.request()));
    let Err(wait) = counted else {
        let mut answer = next.call(req).await?;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS && !answer.headers().contains_key(RETRY_AFTER) {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
        }
        return Ok(answer.map_into_left_body());
    };
    let answer = too_often(req.request(), wait);
    Ok(req.into_response(answer).map_into_right_body())
}

fn too_often(req: &HttpRequest, wait: Duration) -> HttpResponse {
    let error = Error::from(refusal(wait));
    let mut answer = match req.path().starts_with("/api/") {
        true => Problem(error).error_response(),
        false => visit::problem(req, None, &error),
    };
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
    answer
}
