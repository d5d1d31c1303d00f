//! Flow control of a socket: how far a sender may be ahead of its reader.
//!
//! The runtime takes every message and does not tell when the reader has it, so the sender asks the reader. The sender
//! counts the bytes that it has sent. When the window is full it sends a question with a number, and no more events
//! until the same number comes back: messages arrive in order, so everything before the question has arrived by then. A
//! socket that carries little is never asked.
//!
//! Only numbers are kept, so that they fit into the attachment, which survives hibernation. Asking and sending is the
//! caller's part.

use edgefold_kernel::{Timestamp, limits};
use serde::{Deserialize, Serialize};

/// A sender's knowledge of one reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Bytes sent since the last question, or since the beginning.
    sent: usize,
    /// The question that waits for its answer.
    open: Option<Question>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Question {
    number: u64,
    asked_at: Timestamp,
    /// Bytes before it, which the reader may not have yet.
    #[serde(default)]
    before: usize,
}

/// The next step with a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send on: this many bytes fit into the window. A message may begin within it and end beyond it.
    Send {
        /// At least 1.
        room: usize,
    },
    /// The window is full: [ask](Window::asked) where the reader is.
    Ask,
    /// The reader has not answered yet: send nothing that can wait.
    Wait,
    /// The reader is too slow: it has not answered in time, or too many answers to its commands were sent meanwhile.
    GiveUp,
}

impl Window {
    /// The next step, for a sender that has heard everything that came before this instant, with a window of so many bytes.
    pub fn next(&self, heard: Timestamp, window: usize) -> Next {
        match self.open {
            Some(Question { asked_at, .. }) => {
                let overdue = heard >= asked_at.plus_millis(limits::SOCKET_ANSWER_WITHIN_MS);
                let flooded = self.sent >= window.saturating_mul(limits::SOCKET_UNANSWERED_WINDOWS);
                if overdue || flooded { Next::GiveUp } else { Next::Wait }
            }
            None => match window.saturating_sub(self.sent) {
                0 => Next::Ask,
                room => Next::Send { room },
            },
        }
    }

    /// Instant at which a reader that was asked and does not answer is given up.
    pub fn until(&self) -> Option<Timestamp> {
        self.open.map(|question| question.asked_at.plus_millis(limits::SOCKET_ANSWER_WITHIN_MS))
    }

    /// Instant at which the reader was asked, while its answer is missing.
    pub fn asked_at(&self) -> Option<Timestamp> {
        self.open.map(|question| question.asked_at)
    }

    /// Bytes that were sent and of which it is not known that the reader has them.
    pub fn unread(&self) -> usize {
        self.sent.saturating_add(self.open.map_or(0, |question| question.before))
    }

    /// Counts bytes that were sent.
    pub fn sent(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes);
    }

    /// Notes that the reader was asked, with this number. The answer does not cover bytes that are sent from here on.
    pub fn asked(&mut self, number: u64, now: Timestamp) {
        let before = self.unread();
        *self = Self { sent: 0, open: Some(Question { number, asked_at: now, before }) };
    }

    /// Notes that the reader has sent this number back. Returns true if that is the expected answer; any other number
    /// changes nothing.
    pub fn answered(&mut self, number: u64) -> bool {
        let answered = self.open.is_some_and(|question| question.number == number);
        if answered {
            self.open = None;
        }
        answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: usize = limits::SOCKET_WINDOW_BYTES;
    const WITHIN: i64 = limits::SOCKET_ANSWER_WITHIN_MS;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn asked() -> Window {
        let mut window = Window::default();
        window.sent(FULL);
        window.asked(7, at(0));
        window
    }

    #[test]
    fn under_the_window_nobody_is_asked_however_long_it_takes() {
        let mut window = Window::default();
        assert_eq!(window.next(at(0), FULL), Next::Send { room: FULL });
        window.sent(FULL - 1);
        assert_eq!(window.next(at(i64::MAX / 2), FULL), Next::Send { room: 1 });
    }

    #[test]
    fn a_full_window_is_asked_about_and_an_overdrawn_one_too() {
        for bytes in [FULL, FULL + 1, usize::MAX] {
            let mut window = Window::default();
            window.sent(bytes);
            assert_eq!(window.next(at(0), FULL), Next::Ask);
        }
    }

    #[test]
    fn after_a_question_nothing_is_sent_until_its_answer() {
        let mut window = asked();
        assert_eq!(window.next(at(WITHIN - 1), FULL), Next::Wait);
        assert!(!window.answered(6) && !window.answered(8), "another number is no answer");
        assert_eq!(window.next(at(WITHIN - 1), FULL), Next::Wait);
        assert!(window.answered(7));
        assert_eq!(window.next(at(WITHIN), FULL), Next::Send { room: FULL });
        assert!(!window.answered(7), "a question is answered once");
    }

    #[test]
    fn whoever_does_not_answer_in_time_is_given_up() {
        assert_eq!(asked().next(at(WITHIN), FULL), Next::GiveUp);
    }

    #[test]
    fn what_cannot_wait_counts_against_the_next_window() {
        let mut window = asked();
        window.sent(FULL - 10);
        assert_eq!(window.next(at(1), FULL), Next::Wait);
        assert!(window.answered(7));
        assert_eq!(window.next(at(1), FULL), Next::Send { room: 10 });
    }

    #[test]
    fn what_cannot_wait_is_bounded_too() {
        let mut window = asked();
        window.sent(FULL * limits::SOCKET_UNANSWERED_WINDOWS);
        assert_eq!(window.next(at(1), FULL), Next::GiveUp);
    }

    #[test]
    fn what_was_sent_before_a_question_is_unread_until_its_answer() {
        let mut window = asked();
        window.sent(10);
        assert_eq!(window.unread(), FULL + 10);
        window.answered(7);
        assert_eq!(window.unread(), 10, "the answer does not cover it");
    }

    #[test]
    fn an_unasked_answer_changes_nothing() {
        let mut window = Window::default();
        window.sent(FULL);
        assert!(!window.answered(0));
        assert_eq!(window.next(at(0), FULL), Next::Ask);
    }

    #[test]
    fn it_is_the_same_after_it_was_put_away() {
        for window in [Window::default(), asked()] {
            let text = serde_json::to_string(&window).unwrap();
            assert_eq!(serde_json::from_str::<Window>(&text).unwrap(), window);
            assert!(text.len() < 140, "{text}");
        }
    }
}
