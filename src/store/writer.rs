//! The one write door: a thread that carries out queued writes, many in one commit.
//!
//! Promises: each write runs alone in its own savepoint and sees what it commits against; its
//! answer goes out only after COMMIT; a write that is refused or panics leaves nothing behind;
//! facts are never committed without a signed checkpoint over them, nor on top of a database that
//! was shortened or added to meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use diesel::connection::TransactionManager;
use diesel::{Connection, ExpressionMethods, RunQueryDsl};

use super::connection::{Conn, Purpose, begin_write};
use super::error::StoreError;
use super::outside::OutsideCheckpoint;
use super::schema::checkpoints;
use super::{Site, Tx, facts, guard};
use crate::ledger::{Checkpoint, Frontier};

/// How many writes may wait before new ones are turned away.
const QUEUE_LENGTH_MAX: usize = 1024;
/// How many writes share one commit.
const BATCH_MAX: usize = 64;

type Manager = <Conn as Connection>::TransactionManager;
type Reply = Box<dyn FnOnce(Result<(), String>) + Send>;
type Job = Box<dyn FnOnce(&mut Conn, &mut Frontier) -> (Reply, bool) + Send>;

/// The handle to the writer thread; dropping it finishes what is queued and stops.
pub(super) struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread needs besides the jobs.
pub(super) struct Desk {
    pub site: Site,
    pub outside: OutsideCheckpoint,
}

/// Lets a refusal roll the savepoint back through diesel's transaction.
enum Abort<E> {
    Refused(E),
    Database(diesel::result::Error),
}

impl<E> From<diesel::result::Error> for Abort<E> {
    fn from(e: diesel::result::Error) -> Self {
        Abort::Database(e)
    }
}

impl Writer {
    pub fn start(desk: Desk, conn: Conn, tree: Frontier) -> Result<Self, StoreError> {
        let (queue, jobs) = sync_channel(QUEUE_LENGTH_MAX);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || work(desk, conn, tree, &jobs))
            .map_err(|e| StoreError::Connection(format!("the writer thread: {e}")))?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues a write and waits until it is committed.
    pub fn write<T, E>(&self, f: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = sync_channel::<Result<T, E>>(1);
        let job: Job = Box::new(move |conn, tree| {
            let before = tree.clone();
            let ran = catch_unwind(AssertUnwindSafe(|| {
                conn.transaction::<T, Abort<E>, _>(|conn| f(&mut Tx { conn, tree }).map_err(Abort::Refused))
            }));
            let panicked = ran.is_err();
            let outcome = match ran {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(Abort::Refused(refusal))) => Err(refusal),
                Ok(Err(Abort::Database(e))) => Err(E::from(StoreError::from(e))),
                Err(_) => Err(E::from(StoreError::NotCarriedOut("an internal error; it has been logged".into()))),
            };
            if outcome.is_err() {
                *tree = before;
            }
            let reply: Reply = Box::new(move |committed| {
                let _ = answer.send(match (outcome, committed) {
                    (Ok(_), Err(why)) => Err(E::from(StoreError::NotCarriedOut(why))),
                    (outcome, _) => outcome,
                });
            });
            (reply, panicked)
        });
        let gone = || {
            E::from(StoreError::NotCarriedOut("the database could not be written, or the service is stopping".into()))
        };
        match self.queue.as_ref().map(|q| q.try_send(job)) {
            Some(Ok(())) => answered.recv().unwrap_or_else(|_| Err(gone())),
            Some(Err(TrySendError::Full(_))) => Err(E::from(StoreError::Busy)),
            _ => Err(gone()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `seen` is the tree as this process last saw it committed: what is less or other is not
/// written on.
fn work(desk: Desk, mut conn: Conn, mut seen: Frontier, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        match batch(&desk, &mut conn, &seen, first, jobs) {
            Ok(tree) => seen = tree,
            Err((replies, error)) => {
                tracing::error!(%error, "a batch of writes was given up");
                // Reconnect before anybody is answered, so that a retry finds a working door.
                match desk.site.target.connect(Purpose::Write) {
                    Ok(fresh) => conn = fresh,
                    Err(error) => tracing::error!(%error, "no new connection yet"),
                }
                for reply in replies {
                    reply(Err(error.to_string()));
                }
            }
        }
    }
}

type Given = (Vec<Reply>, StoreError);

/// Carries out queued writes in one commit; returns the tree as it then is.
fn batch(desk: &Desk, conn: &mut Conn, seen: &Frontier, first: Job, jobs: &Receiver<Job>) -> Result<Frontier, Given> {
    let mut replies: Vec<Reply> = Vec::new();
    let (tree, note) = match batch_in_transaction(desk, conn, seen, first, jobs, &mut replies) {
        Ok(committed) => committed,
        Err(error) => {
            let _ = Manager::rollback_transaction(conn);
            return Err((replies, error));
        }
    };
    if let Some(note) = note
        && let Err(error) = desk.outside.replace(&note, tree.size())
    {
        // The facts are safe and signed inside the database; the copy follows with the next write,
        // unless the file is gone: then every verification says so, and so does the next start.
        tracing::error!(%error, "the checkpoint outside the database could not be written");
    }
    for reply in replies {
        reply(Ok(()));
    }
    Ok(tree)
}

/// Runs queued jobs and commits; returns the tree and, if it grew, the checkpoint that now counts.
fn batch_in_transaction(
    desk: &Desk,
    conn: &mut Conn,
    seen: &Frontier,
    first: Job,
    jobs: &Receiver<Job>,
    replies: &mut Vec<Reply>,
) -> Result<(Frontier, Option<String>), StoreError> {
    // A job that never ran is dropped here, and its caller is told that nothing was recorded.
    begin_write(conn)?;
    let mut tree = guard::follow(conn, &desk.site, seen)?;
    let size_before = tree.size();
    let mut next = Some(first);
    while let Some(job) = next {
        let (reply, panicked) = job(conn, &mut tree);
        replies.push(reply);
        if panicked {
            return Err(StoreError::NotCarriedOut("another write of the same batch failed inside".into()));
        }
        next = if replies.len() < BATCH_MAX { jobs.try_recv().ok() } else { None };
    }
    let mut note = None;
    if tree.size() > size_before {
        let signed = sign(&desk.site, &tree)?;
        let row = (checkpoints::size.eq(facts::as_i64(tree.size())?), checkpoints::note.eq(&signed));
        diesel::insert_into(checkpoints::table).values(row).execute(conn)?;
        note = Some(signed);
    }
    Manager::commit_transaction(conn)?;
    Ok((tree, note))
}

fn sign(site: &Site, tree: &Frontier) -> Result<String, StoreError> {
    let broken = |e: crate::ledger::CheckpointError| StoreError::LedgerBroken(e.to_string());
    Checkpoint::new(&site.origin, tree.size(), tree.root()).and_then(|c| c.sign(&site.signer)).map_err(broken)
}
