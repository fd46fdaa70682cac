//! How is a list read to its end?

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use futures_core::Stream;

use crate::clock::BoxFuture;
use crate::error::Error;

/// Both of two parameters that a service wants together, or none: the one that is not set gets its default.
#[must_use]
pub fn together<A, B>((a, a_default): (Option<A>, A), (b, b_default): (Option<B>, B)) -> (Option<A>, Option<B>) {
    if a.is_none() && b.is_none() {
        return (None, None);
    }
    (Some(a.unwrap_or(a_default)), Some(b.unwrap_or(b_default)))
}

/// One page of a list.
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// Number of all items, where the service says it.
    pub total: Option<i64>,
}

type Fetch<T> = dyn FnMut(u64, u64) -> BoxFuture<Result<Page<T>, Error>> + Send;

/// The items of a list, fetched page by page while they are read.
///
/// It is a [`Stream`]; without any stream library it can be read with [`try_next`](Self::try_next). Items that are
/// created or deleted on the server meanwhile may be seen or not.
pub struct ItemStream<T> {
    fetch: Box<Fetch<T>>,
    pending: Option<BoxFuture<Result<Page<T>, Error>>>,
    items: vec::IntoIter<T>,
    offset: u64,
    limit: u64,
    ended: bool,
}

impl<T> ItemStream<T> {
    /// The items from `offset` on, `limit` at a time.
    pub fn new(
        offset: u64,
        limit: u64,
        fetch: impl FnMut(u64, u64) -> BoxFuture<Result<Page<T>, Error>> + Send + 'static,
    ) -> Self {
        Self { fetch: Box::new(fetch), pending: None, items: Vec::new().into_iter(), offset, limit, ended: false }
    }

    /// The next item; nothing at the end of the list.
    ///
    /// # Errors
    /// When a page cannot be fetched. The stream has ended then.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Takes a page over, and finds out whether it was the last.
    fn take(&mut self, page: Page<T>) {
        let count = page.items.len() as u64;
        self.offset = self.offset.saturating_add(count);
        // A short page alone is not the end where the service says that there is more: it may cap pages itself.
        self.ended = match page.total.and_then(|total| u64::try_from(total).ok()) {
            _ if count == 0 => true,
            Some(total) => self.offset >= total,
            None => count < self.limit,
        };
        self.items = page.items.into_iter();
    }
}

// Nothing in it is pinned.
impl<T> Unpin for ItemStream<T> {}

impl<T> Stream for ItemStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(item) = this.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            let pending = match &mut this.pending {
                Some(pending) => pending,
                None if this.ended => return Poll::Ready(None),
                None => this.pending.insert((this.fetch)(this.offset, this.limit)),
            };
            let Poll::Ready(result) = pending.as_mut().poll(context) else { return Poll::Pending };
            this.pending = None;
            match result {
                Ok(page) => this.take(page),
                Err(error) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<T> fmt::Debug for ItemStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemStream").field("offset", &self.offset).field("ended", &self.ended).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Reads a list of `length` items that the server hands out `cap` at a time; returns the items and what was asked.
    async fn read(length: u64, limit: u64, cap: u64, with_total: bool) -> (Vec<u64>, Vec<(u64, u64)>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let mut stream = ItemStream::new(0, limit, move |offset, limit| {
            seen.lock().unwrap().push((offset, limit));
            let items: Vec<u64> = (offset..length).take(limit.min(cap) as usize).collect();
            Box::pin(async move { Ok(Page { items, total: with_total.then_some(length as i64) }) })
        });
        let mut items = Vec::new();
        while let Some(item) = stream.try_next().await.unwrap() {
            items.push(item);
        }
        let asked = asked.lock().unwrap().clone();
        (items, asked)
    }

    #[tokio::test]
    async fn every_item_comes_once_and_no_page_is_asked_for_in_vain() {
        for (length, limit, cap, with_total, pages) in [
            (250, 100, 100, true, 3),
            (250, 100, 100, false, 3),
            (200, 100, 100, true, 2),
            (200, 100, 100, false, 3),
            (0, 100, 100, true, 1),
            (1, 100, 100, true, 1),
            // A server that hands out less than it is asked for.
            (120, 100, 50, true, 3),
        ] {
            let (items, asked) = read(length, limit, cap, with_total).await;
            assert_eq!(items, (0..length).collect::<Vec<_>>(), "{length} {limit} {cap} {with_total}");
            assert_eq!(asked.len(), pages, "{asked:?}");
        }
    }

    #[tokio::test]
    async fn an_error_ends_the_stream() {
        let mut stream = ItemStream::<u64>::new(0, 10, |_, _| Box::pin(async { Err(Error::configuration("x")) }));
        assert!(stream.try_next().await.is_err());
        assert!(stream.try_next().await.unwrap().is_none());
    }

    #[test]
    fn two_parameters_travel_together() {
        assert_eq!(together((None, 0), (None, 100)), (None, None));
        assert_eq!(together((Some(7), 0), (None, 100)), (Some(7), Some(100)));
        assert_eq!(together((None, 0), (Some(5), 100)), (Some(0), Some(5)));
    }
}
