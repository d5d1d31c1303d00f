//! What the journal has of the stream, as far as is known, and a call to it.

use edgefold_kernel::{Envelope, Timestamp, Version, limits};

use crate::{append::storage::Cursors, journal::Link};

/// Shortest pause after a call that has failed, in milliseconds …
const AGAIN_LEAST_MS: i64 = 1_000;

/// … and longest one: that long after an outage everything is journalled.
const AGAIN_MOST_MS: i64 = 5 * 60 * 1000;

/// What the journal has of the stream.
#[derive(Debug, Default)]
pub(super) struct Journalled {
    /// Of the events up to here it has those that are published.
    pub(super) at: Version,
    /// The last of them that is published; 0 when there is none.
    pub(super) last: Version,
    /// Its name, if it was looked up.
    pub(super) link: Option<Link>,
    /// Both versions as they are stored.
    pub(super) kept: (Version, Version),
    /// Instant of the event after `at`, if it was looked at.
    pub(super) since: Option<Timestamp>,
    /// Instant of the last call.
    pub(super) tried: Option<Timestamp>,
    /// No call before this instant: the last one has failed.
    pub(super) pause: Option<Timestamp>,
    /// True once a call has been answered.
    pub(super) answers: bool,
    /// The question which event is the last one that it has.
    pub(super) search: Option<Search>,
}

/// It has the event of one version, and none of those from another one on.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) has: Option<Link>,
    pub(super) lacks: Version,
    /// True if the last event before `lacks` is asked for first: it usually has that one.
    pub(super) is_doubt: bool,
}

impl Search {
    pub(super) fn has(&self) -> Version {
        self.has.as_ref().map_or(0, |link| link.version)
    }
}

/// A call to the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The text of an [`Append`](crate::journal::Append).
    pub text: String,
    pub(super) before: Option<Link>,
    /// It covers the events up to here …
    pub(super) through: Version,
    /// … of which this is the last one that is published. None in a question.
    pub(super) last: Option<Link>,
}

impl Journalled {
    pub(super) fn stored(cursors: &Cursors) -> Self {
        let (at, last) = (cursors.journalled, cursors.published);
        Self { at, last, kept: (at, last), ..Self::default() }
    }

    /// The two versions to store.
    pub(super) fn cursor(&self) -> (Version, Version) {
        (self.at, self.last)
    }

    /// This event was appended. Events come in their order.
    pub(super) fn waits(&mut self, event: &Envelope, is_published: bool) {
        if event.version == self.at + 1 {
            match is_published {
                true => self.since = Some(event.time),
                false => self.at = event.version,
            }
        }
    }

    pub(super) fn moves(&mut self, at: Version) {
        (self.at, self.since) = (at, None);
    }

    /// The last call has failed. Pauses grow with the age of what waits, so they are the same for an instance that was loaded
    /// again. `spread`: thousandths by which this instance's are longer.
    pub(super) fn fails(&mut self, now: Timestamp, spread: i64) {
        let age = self.since.map_or(0, |since| now.millis().saturating_sub(since.millis()));
        let pause = (age / 2).clamp(AGAIN_LEAST_MS, AGAIN_MOST_MS);
        self.pause = Some(now.plus_millis(pause + pause * spread / 1_000));
        self.answers = false;
    }
}

/// Events on their way into one call.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) through: Version,
    pub(super) since: Option<Timestamp>,
    pub(super) count: usize,
    pub(super) texts: String,
    pub(super) last: Option<Link>,
}

impl Gathered {
    /// Takes an event, unless it does not fit any more.
    pub(super) fn takes(&mut self, event: &Envelope, text: Option<&str>, limit: usize) -> bool {
        if let Some(text) = text {
            let is_full = self.texts.len() + text.len() >= limits::JOURNAL_APPEND_BYTES;
            if self.count > 0 && (is_full || self.count >= limit) {
                return false;
            }
            if self.count > 0 {
                self.texts.push(',');
            }
            self.texts.push_str(text);
            self.count += 1;
            self.last = Some(Link::of(event));
        }
        self.since = self.since.or(Some(event.time));
        self.through = event.version;
        true
    }
}
