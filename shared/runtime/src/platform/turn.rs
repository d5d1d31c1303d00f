//! Messages on the sockets of an object are looked at in the order in which they came, although each is counted first, and
//! counting takes a while. They are counted side by side: what one has to wait for is the slowest of those before it, not
//! all of them together.

use std::cell::RefCell;

use futures_channel::oneshot::{Receiver, Sender, channel};

/// The turns of an object. Holds what tells that the last one is over.
#[derive(Default)]
pub(crate) struct Turns(RefCell<Option<Receiver<()>>>);

/// The turn of one message. It is over when this is dropped.
pub(crate) struct Turn {
    before: Option<Receiver<()>>,
    _over: Sender<()>,
}

impl Turns {
    /// The turn after the last one that was taken. To be taken before anything is awaited.
    pub(crate) fn next(&self) -> Turn {
        let (over, told) = channel();
        Turn { before: self.0.replace(Some(told)), _over: over }
    }
}

impl Turn {
    /// Waits until the one before is over.
    pub(crate) async fn comes(&mut self) {
        if let Some(before) = &mut self.before {
            // Nothing is ever sent: the other end says it by going away.
            before.await.unwrap_or(());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_turn_comes_when_the_one_before_is_over_and_not_earlier() {
        let turns = Turns::default();
        let [mut first, mut second, mut third] = [turns.next(), turns.next(), turns.next()];
        assert_eq!(first.comes().now_or_never(), Some(()));
        assert_eq!(second.comes().now_or_never(), None);
        assert_eq!(third.comes().now_or_never(), None);
        drop(first);
        assert_eq!(third.comes().now_or_never(), None, "the second is not over");
        assert_eq!(second.comes().now_or_never(), Some(()));
        drop(second);
        assert_eq!(third.comes().now_or_never(), Some(()));
        drop(third);
        assert_eq!(turns.next().comes().now_or_never(), Some(()));
    }
}
