//! An operation of a client, and its progress in each of its sources.

use crate::{
    journal::Place,
    subscribe::{Begin, Source},
};

/// The stage of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is being examined, or it is a query or mutation that is being executed.
    Busy,
    /// Its sources are being asked for their heads.
    Joining,
    /// It follows its sources.
    Live,
}

/// One active operation of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The client's name for it.
    pub id: String,
    /// Bytes of its document.
    pub document: usize,
    /// Its stage.
    pub stage: Stage,
    /// Its progress in each source, once these are known.
    pub tracks: Vec<Track>,
    /// True while its stream, the first of its sources, has not begun: it follows the place where that would happen.
    pub awaits: bool,
    /// True if everything that was there when it began was sent, and the client was told so.
    pub has_caught_up: bool,
    /// Index of the source whose turn is next.
    pub turn: usize,
}

/// The progress of an operation in one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// The source.
    pub source: Source,
    /// Everything up to here was sent.
    pub cursor: Place,
    /// Position up to which the source is known to have come.
    pub head: u64,
    /// Position up to which it had come when the operation began.
    pub until: u64,
}

impl Track {
    /// No part of this source was sent yet.
    pub fn new(source: Source) -> Self {
        Self { source, cursor: Place::START, head: 0, until: 0 }
    }

    fn is_behind(&self) -> bool {
        self.cursor.position < self.head
    }

    fn has_caught_up(&self) -> bool {
        self.cursor.position >= self.until
    }
}

/// What an operation lacks: events of one source after its place there, or only the word that it has caught up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Index of the source.
    pub index: usize,
    /// The source.
    pub source: Source,
    /// The places in all sources.
    pub places: Vec<Place>,
    /// True if the source has more.
    pub is_behind: bool,
    /// True if everything that was there when it began was sent, and the client was told so.
    pub has_caught_up: bool,
    /// Position in this source from which on that is so; `None` if it lacks something older of another source, too.
    pub caught_up_at: Option<u64>,
}

impl Lack {
    /// The place in the source behind which it lacks something.
    pub fn after(&self) -> Place {
        self.places.get(self.index).cloned().unwrap_or_default()
    }

    /// True if the operation has caught up once it has come to this position of the source.
    pub fn has_caught_up_at(&self, position: u64) -> bool {
        self.has_caught_up || self.caught_up_at.is_some_and(|at| position >= at)
    }
}

/// A step of an operation in one of its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Index of the source.
    pub index: usize,
    /// From this position …
    pub from: u64,
    /// … to this place.
    pub to: Place,
}

impl Operation {
    /// A new operation, whose document has so many bytes.
    pub fn new(id: String, document: usize) -> Self {
        let (stage, tracks) = (Stage::Busy, Vec::new());
        Self { id, document, stage, tracks, awaits: false, has_caught_up: false, turn: 0 }
    }

    /// True if it follows this source.
    pub fn follows(&self, source: &Source) -> bool {
        self.tracks.iter().any(|track| track.source == *source)
    }

    /// The sources.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.tracks.iter().map(|track| &track.source)
    }

    /// The sources that know of it.
    pub fn followed(&self) -> impl Iterator<Item = &Source> {
        self.sources().skip(usize::from(self.awaits))
    }

    /// True if there is more to send, or to look at.
    pub fn is_behind(&self) -> bool {
        let mut tracks = self.tracks.iter().skip(usize::from(self.awaits));
        self.stage == Stage::Live
            && (!self.has_caught_up && !self.awaits || tracks.any(Track::is_behind))
    }

    /// What it lacks: of its sources in turn, so that a busy one does not hold up the others.
    pub fn lack(&self) -> Option<Lack> {
        if !self.is_behind() {
            return None;
        }
        let tracks = || self.tracks.iter().enumerate().skip(usize::from(self.awaits));
        let in_turn = tracks().filter(|(index, _)| *index >= self.turn);
        let in_turn = in_turn.chain(tracks().filter(|(index, _)| *index < self.turn));
        let behind = in_turn.clone().find(|(_, track)| track.is_behind());
        let (index, track) = behind.or_else(|| self.tracks.iter().enumerate().next())?;
        let mut others = self.tracks.iter().enumerate().filter(|(other, _)| *other != index);
        let caught_up_at = others.all(|(_, other)| other.has_caught_up()).then_some(track.until);
        Some(Lack {
            index,
            source: track.source.clone(),
            places: self.tracks.iter().map(|track| track.cursor.clone()).collect(),
            is_behind: behind.is_some(),
            has_caught_up: self.has_caught_up,
            caught_up_at,
        })
    }

    /// It begins, its sources have come to these places. Returns the first that has not come as far as it should begin.
    pub(super) fn begin(&mut self, begin: &Begin, heads: &[Place]) -> Option<u64> {
        for (index, track) in self.tracks.iter_mut().enumerate() {
            let head = heads.get(index).cloned().unwrap_or_default();
            let Some(cursor) = begin.cursor(index, &head) else { return Some(head.position) };
            track.cursor = cursor;
            track.head = track.head.max(head.position);
            track.until = head.position;
        }
        self.stage = Stage::Live;
        None
    }

    /// It waits for its stream, and follows the place where that would begin from here on.
    pub(super) fn waits(&mut self, from: Place) {
        if let Some(track) = self.tracks.get_mut(1) {
            track.head = track.head.max(from.position);
            track.cursor = from;
        }
        self.stage = Stage::Live;
    }

    /// The stream that it awaits has begun, and has come to this version: everything of it is still to come.
    pub(super) fn begun(&mut self, head: u64) {
        self.tracks.truncate(1);
        for track in &mut self.tracks {
            track.head = track.head.max(head);
            track.until = head;
        }
        (self.stage, self.awaits, self.has_caught_up, self.turn) = (Stage::Live, false, false, 0);
    }

    /// A source has come to this position.
    pub(super) fn told(&mut self, source: &Source, head: u64) {
        for track in self.tracks.iter_mut().filter(|track| track.source == *source) {
            track.head = track.head.max(head);
        }
    }

    /// Takes a step if it is the next one: then what belongs to it may be sent.
    pub(super) fn take(&mut self, step: Step) -> bool {
        let has_caught_up = self.tracks.iter().all(Track::has_caught_up);
        let Some(track) = self.tracks.get_mut(step.index) else { return false };
        let is_next = match step.from == step.to.position {
            // Nothing but the word that it has caught up.
            true => has_caught_up && !self.has_caught_up,
            false => track.is_behind(),
        };
        if track.cursor.position != step.from || !is_next {
            return false;
        }
        track.head = track.head.max(step.to.position);
        track.cursor = step.to;
        self.turn = step.index + 1;
        self.has_caught_up |= self.tracks.iter().all(Track::has_caught_up);
        true
    }
}
