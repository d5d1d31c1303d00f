//! Flow control of all sockets of an object together: each [window](super::window) is bounded, and a thousand of them are
//! a thousand times as much.
//!
//! The object counts the bytes that none of its readers is known to have. When these fill its window, further events
//! wait, and it asks the readers that are furthest behind where they are, also those whose own window is not full. One that
//! does not answer soon holds up the others and is closed, until a quarter of the window is free; answers to commands do not wait,
//! so there is a bound that closes at once. The reader that is furthest behind goes first.

use edgefold_kernel::{Timestamp, limits};

use super::window::Window;

/// Part of the window that is made free for those who wait. Less would go to readers who have stopped as well, and each look would
/// close one more.
const ROOM: usize = 4;

/// What is to be done with the readers of a full window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Indexes of the readers to ask …
    pub ask: Vec<usize>,
    /// … and of those to close, the one that is furthest behind first.
    pub close: Vec<usize>,
}

/// The measures for these readers, of an object that has heard everything that came before this instant: an answer that lies
/// behind other work is none that is missing. There are none while the window, of so many bytes, is not full.
pub fn measures(readers: &[Window], heard: Timestamp, window: usize) -> Measures {
    let mut unread = total(readers);
    let mut measures = Measures::default();
    if unread < window {
        return measures;
    }
    let mut behind: Vec<_> = readers.iter().enumerate().filter(|(_, it)| it.unread() > 0).collect();
    // Of two that are equally far behind, the one that was asked earlier.
    behind.sort_by_key(|(_, it)| {
        (std::cmp::Reverse(it.unread()), it.asked_at().unwrap_or(Timestamp::MAX))
    });
    let mut rest = Vec::new();
    for (index, reader) in behind {
        let is_overdue = |at: Timestamp| heard >= at.plus_millis(limits::OBJECT_ANSWER_WITHIN_MS);
        let is_too_much = unread > window.saturating_mul(limits::OBJECT_UNREAD_WINDOWS);
        let lacks_room = unread > window - window / ROOM;
        if is_too_much || (lacks_room && reader.asked_at().is_some_and(is_overdue)) {
            unread = unread.saturating_sub(reader.unread());
            measures.close.push(index);
        } else {
            rest.push((index, reader));
        }
    }
    // As many are asked as have half of the window between them: then their answers make room.
    let mut expected = 0_usize;
    for (index, reader) in rest {
        if expected >= window / 2 {
            break;
        }
        expected = expected.saturating_add(reader.unread());
        if reader.asked_at().is_none() {
            measures.ask.push(index);
        }
    }
    measures
}

/// The bytes of all readers that are not known to be read.
pub fn total(readers: &[Window]) -> usize {
    readers.iter().fold(0, |sum, it| sum.saturating_add(it.unread()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: usize = limits::OBJECT_WINDOW_BYTES;
    const MOST: usize = FULL * limits::OBJECT_UNREAD_WINDOWS;
    const WITHIN: i64 = limits::OBJECT_ANSWER_WITHIN_MS;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn unread(bytes: usize) -> Window {
        let mut window = Window::default();
        window.sent(bytes);
        window
    }

    fn asked(bytes: usize, when: i64) -> Window {
        let mut window = unread(bytes);
        window.asked(1, at(when));
        window
    }

    #[test]
    fn nobody_is_asked_or_closed_while_all_together_have_little() {
        let readers = vec![unread(FULL / 1_000); 999];
        assert!(total(&readers) < FULL);
        assert_eq!(measures(&readers, at(i64::MAX / 2), FULL), Measures::default());
        assert_eq!(measures(&[asked(FULL - 1, 0)], at(WITHIN), FULL), Measures::default());
    }

    #[test]
    fn a_thousand_small_windows_fill_that_of_the_object_and_enough_of_them_are_asked() {
        let readers = vec![unread(FULL / 1_000 + 1); 1_000];
        assert!(total(&readers) >= FULL);
        let Measures { ask, close } = measures(&readers, at(0), FULL);
        assert_eq!((ask.len(), close.len()), (500, 0));
    }

    #[test]
    fn the_one_furthest_behind_is_asked_first_and_nobody_who_has_read_everything() {
        let readers = [unread(0), unread(FULL / 4), unread(FULL / 2), unread(FULL / 4)];
        assert_eq!(measures(&readers, at(0), FULL).ask, [2]);
    }

    #[test]
    fn who_was_asked_already_is_not_asked_again() {
        let readers = [asked(FULL / 4, 0), unread(FULL / 2), unread(FULL / 4)];
        assert_eq!(measures(&readers, at(1), FULL).ask, [1]);
        let readers = [asked(FULL / 2, 0), unread(FULL / 2)];
        assert_eq!(measures(&readers, at(1), FULL), Measures::default(), "its answer makes room");
    }

    #[test]
    fn who_does_not_answer_while_others_wait_is_closed_the_one_furthest_behind_first() {
        let readers = [asked(FULL / 8, 0), asked(FULL / 2, 0), unread(FULL / 2), asked(10, 0)];
        assert_eq!(measures(&readers, at(WITHIN - 1), FULL).close, [0; 0]);
        assert_eq!(
            measures(&readers, at(WITHIN), FULL).close,
            [1],
            "without it the others have room"
        );
        let readers =
            [asked(FULL / 4, 0), asked(FULL / 2, 0), asked(FULL / 4, 0), unread(FULL / 2)];
        assert_eq!(measures(&readers, at(WITHIN), FULL).close, [1, 0], "one is not enough");
    }

    #[test]
    fn what_cannot_wait_is_bounded_at_once_at_the_cost_of_the_one_furthest_behind() {
        let readers = [unread(FULL / 2), unread(MOST), asked(FULL / 2, 0)];
        let Measures { ask, close } = measures(&readers, at(1), FULL);
        assert_eq!((ask, close), (vec![], vec![1]));
    }
}
