//! What a call does beside its guest.
//!
//! A future that an import polls runs on the guest's small stack, and a TLS handshake is deep. So an
//! import leaves such work here and waits, and the frame of the call does it: in the same task, on the
//! thread's own stack. The work ends with the call.

use std::fmt;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The work of one call. A guest waits in one import, so there is one piece of it at a time.
#[derive(Default)]
pub(crate) struct Aside(Mutex<Option<Work>>);

impl Aside {
    /// Goes on with what was left here. Ready: nothing is left to wait for, and the guest can go on.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let Some(mut work) = lock(&self.0).take() else { return Poll::Ready(()) };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            *lock(&self.0) = Some(work);
        }
        polled
    }

    /// Whether the guest waits for work that was left here.
    pub(crate) fn is_wanted(&self) -> bool {
        lock(&self.0).is_some()
    }
}

/// Has `work` done beside the guest, and waits for it. Work of a call that has ended is never done.
pub(crate) async fn beside<Done: Send + 'static>(
    aside: &Weak<Aside>,
    work: impl Future<Output = Done> + Send + 'static,
) -> Done {
    let Some(aside) = aside.upgrade() else { return pending().await };
    let waiting = Arc::new(Mutex::new(None));
    let done = Arc::clone(&waiting);
    *lock(&aside.0) = Some(Box::pin(async move {
        let answer = work.await;
        *lock(&done) = Some(answer);
    }));
    drop(aside);
    // The frame polls the guest when the work is done, so there is nobody to be woken.
    poll_fn(|_| lock(&waiting).take().map_or(Poll::Pending, Poll::Ready)).await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Aside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Aside").field(&self.is_wanted()).finish()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn work_is_done_by_whoever_polls_it_and_ends_with_the_call() {
        let aside = Arc::new(Aside::default());
        let weak = Arc::downgrade(&aside);
        let mut waiting = Box::pin(beside(&weak, async {
            yield_now().await;
            7
        }));
        let work = async || poll_fn(|context| Poll::Ready(aside.poll(context))).await;
        assert!(!aside.is_wanted() && work().await.is_ready(), "nothing is there before somebody asks");
        assert_eq!(waiting.as_mut().now_or_never(), None);
        assert!(aside.is_wanted());
        assert_eq!((work().await, waiting.as_mut().now_or_never()), (Poll::Pending, None));
        assert_eq!((work().await, waiting.as_mut().now_or_never()), (Poll::Ready(()), Some(7)));
        let held = Arc::new(());
        let of_the_work = Arc::clone(&held);
        let mut cut = Box::pin(beside(&weak, async move { drop(of_the_work) }));
        assert_eq!(cut.as_mut().now_or_never(), None);
        drop(aside);
        assert_eq!(Arc::strong_count(&held), 1, "the work outlives its call");
        assert_eq!(cut.as_mut().now_or_never(), None);
    }
}
