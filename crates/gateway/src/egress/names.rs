//! From a host's name to its addresses, by the system's resolver.
//!
//! The resolver blocks a thread for as long as it pleases, whoever has stopped waiting meanwhile, and the pool of
//! such threads is shared with the store, which every login needs. So each lookup has a place, of its account's and
//! of all, that it keeps until it *ends*; who finds no place in time is refused. Nothing is cached here.

use std::{
    fmt, io,
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use super::{connect::Failure, ledger::Account};

/// Lookups at the same time. The runtime has 512 threads for blocking work; the store's must never wait for these.
const LOOKUPS_MAX: usize = 64;

/// What resolves: the system's resolver, outside tests.
type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Resolves names, so many at a time.
pub(super) struct Names {
    lookup: Arc<Lookup>,
    places: Arc<Semaphore>,
}

impl fmt::Debug for Names {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Names").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::by(|name, port| Ok((name, port).to_socket_addrs()?.collect()))
    }
}

impl Names {
    /// Resolves by this function, which may block.
    pub(super) fn by(
        lookup: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self { lookup: Arc::new(lookup), places: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }

    /// The addresses of a name. The limit is for the place and the lookup together.
    pub(super) async fn resolve(
        &self,
        account: &Account,
        name: &str,
        port: u16,
        limit: Duration,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let deadline = Instant::now() + limit;
        let places = timeout_at(deadline, self.places_for(account)).await;
        let gone = |error: AcquireError| Failure::Unresolved(io::Error::other(error));
        let places = places.map_err(|_| Failure::Exhausted("lookups"))?.map_err(gone)?;
        let (lookup, name) = (Arc::clone(&self.lookup), name.to_owned());
        let looking = spawn_blocking(move || {
            let found = lookup(&name, port);
            drop(places);
            found
        });
        let found = timeout_at(deadline, looking).await;
        let found = found.map_err(|_| Failure::TimedOut("resolving the name"))?;
        found.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(Failure::Unresolved)
    }

    /// The account's place comes first: its queue is its own.
    async fn places_for(&self, account: &Account) -> Result<[OwnedSemaphorePermit; 2], AcquireError> {
        let own = account.lookup().await?;
        Ok([own, Arc::clone(&self.places).acquire_owned().await?])
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        thread,
    };

    use super::{
        super::{Access, ledger::Ledger},
        *,
    };

    /// Lookups that last until they are let go, and how many there are.
    struct Slow {
        names: Arc<Names>,
        running: Arc<AtomicUsize>,
        let_go: mpsc::Sender<()>,
    }

    fn slow() -> Slow {
        let (let_go, held) = mpsc::channel::<()>();
        let (held, running) = (Mutex::new(held), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&running);
        let names = Names::by(move |name, port| {
            if name == "quick" {
                return Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))]);
            }
            count.fetch_add(1, Ordering::SeqCst);
            // Until one is let go, or all are.
            while matches!(held.lock().unwrap().try_recv(), Err(mpsc::TryRecvError::Empty)) {
                thread::sleep(Duration::from_millis(2));
            }
            count.fetch_sub(1, Ordering::SeqCst);
            Err(io::Error::other("slow"))
        });
        Slow { names: Arc::new(names), running, let_go }
    }

    const SHORT: Duration = Duration::from_millis(100);

    async fn ask(slow: &Slow, account: &Arc<Account>, count: usize) -> Vec<Result<Vec<SocketAddr>, Failure>> {
        let asking: Vec<_> = (0..count)
            .map(|_| {
                let (names, account) = (Arc::clone(&slow.names), Arc::clone(account));
                tokio::spawn(async move { names.resolve(&account, "slow", 80, SHORT).await })
            })
            .collect();
        let mut answers = Vec::new();
        for answer in asking {
            answers.push(answer.await.unwrap());
        }
        answers
    }

    #[tokio::test]
    async fn a_lookup_keeps_its_place_when_nobody_waits_for_it_any_longer() {
        let slow = slow();
        let (ledger, access) = (Ledger::default(), Access::default());
        let (ann, bob) = (ledger.account("ann", &access), ledger.account("bob", &access));
        let answers = ask(&slow, &ann, 40).await;
        let late = answers.iter().filter(|answer| matches!(answer, Err(Failure::TimedOut(_)))).count();
        let refused = answers.iter().filter(|answer| matches!(answer, Err(Failure::Exhausted(_)))).count();
        assert_eq!((late, refused), (8, 32), "{answers:?}");
        assert_eq!(slow.running.load(Ordering::SeqCst), 8);
        let again = slow.names.resolve(&ann, "quick", 80, SHORT).await;
        assert!(matches!(again, Err(Failure::Exhausted("lookups"))), "{again:?}");
        let others = slow.names.resolve(&bob, "quick", 80, SHORT).await.unwrap();
        assert_eq!(others, [SocketAddr::from(([192, 0, 2, 1], 80))]);
        slow.let_go.send(()).unwrap();
        let patient = slow.names.resolve(&ann, "quick", 80, Duration::from_secs(10)).await;
        assert_eq!(patient.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn all_lookups_together_leave_threads_for_other_work() {
        let slow = slow();
        let ledger = Ledger::default();
        for account in 0..20 {
            ask(&slow, &ledger.account(&account.to_string(), &Access::default()), 8).await;
        }
        assert_eq!(slow.running.load(Ordering::SeqCst), LOOKUPS_MAX);
        let work = spawn_blocking(|| 7);
        assert_eq!(tokio::time::timeout(Duration::from_secs(10), work).await.unwrap().unwrap(), 7);
    }
}
