//! The part of a connection that survives hibernation. It is attached to the socket, which costs no row.

use std::collections::BTreeMap;

use edgefold_kernel::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    connection::{Action, Connection, Number, Phase},
    message::Close,
    operation::{Operation, Stage, Track},
};
use crate::{
    door::{allowance::Allowance, token::Caller},
    journal::Place,
    subscribe::{Source, window::Window},
};

/// The attachment of a socket, at most 16,384 bytes: it survives hibernation, as the kept operations do.
#[derive(Serialize, Deserialize)]
struct Attached {
    phase: Phase,
    waits_since: Timestamp,
    window: Window,
    asked: u64,
    last: Number,
    again_at: Option<Timestamp>,
    /// The caller that the upgrade has shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    upgraded: Option<Caller>,
    /// True until the client has shown a token that counts.
    #[serde(default)]
    is_stranger: bool,
    /// True if the session was working on an operation.
    busy: bool,
    /// The progress of each subscription.
    cursors: Vec<Progress>,
}

/// Number of a subscription, how far it is, and its progress in each source: position and check of its place, by how
/// much the source is ahead, and how much of that was there when it began.
#[derive(Serialize, Deserialize)]
struct Progress(Number, u8, Vec<(u64, String, u64, u64)>);

/// It has not caught up yet …
const BEHIND: u8 = 0;
/// … it has …
const CAUGHT_UP: u8 = 1;
/// … or its stream has not begun.
const AWAITS: u8 = 2;

impl Progress {
    fn of(number: Number, operation: &Operation) -> Self {
        let tracks = operation.tracks.iter().map(|Track { cursor, head, until, .. }| {
            let ahead = |of: u64| of.saturating_sub(cursor.position);
            (cursor.position, cursor.check.clone(), ahead(*head), ahead(*until))
        });
        let far = match (operation.awaits, operation.has_caught_up) {
            (true, _) => AWAITS,
            (false, true) => CAUGHT_UP,
            (false, false) => BEHIND,
        };
        Self(number, far, tracks.collect())
    }

    /// The operation of this name, which follows these sources.
    fn restored(self, id: String, sources: Vec<Source>, document: usize) -> Operation {
        let Self(_, far, progress) = self;
        let tracks = sources.into_iter().zip(progress);
        let tracks = tracks.map(|(source, (position, check, head, until))| Track {
            source,
            head: position + head,
            until: position + until,
            cursor: Place { position, check },
        });
        Operation {
            stage: Stage::Live,
            tracks: tracks.collect(),
            awaits: far == AWAITS,
            has_caught_up: far == CAUGHT_UP,
            ..Operation::new(id, document)
        }
    }
}

impl Connection {
    /// The text to attach to the socket.
    pub fn attachment(&self) -> String {
        let of_stage = |stage: Stage| move |it: &&Operation| it.stage == stage;
        let live = self.operations.iter().filter(|(_, it)| of_stage(Stage::Live)(it));
        let attached = Attached {
            phase: self.phase.clone(),
            waits_since: self.waits_since,
            window: self.window,
            asked: self.asked,
            last: self.last,
            again_at: self.again_at,
            upgraded: self.upgraded.clone(),
            is_stranger: self.is_stranger,
            busy: self.operations.values().any(|it| it.stage != Stage::Live),
            cursors: live.map(|(number, it)| Progress::of(*number, it)).collect(),
        };
        serde_json::to_string(&attached).unwrap_or_default()
    }

    /// The same socket after the session was evicted, from its attachment and the operations that were kept: each
    /// with its number, the client's id, its sources, and the bytes of its document. Operations that were being worked on
    /// are lost, and the client is told.
    ///
    /// # Errors
    /// The attachment was not written by this code.
    pub fn restore(
        attachment: &str,
        kept: impl IntoIterator<Item = (Number, String, Vec<Source>, usize)>,
    ) -> Result<(Self, Vec<Action>), serde_json::Error> {
        let attached: Attached = serde_json::from_str(attachment)?;
        let mut this = Self {
            phase: attached.phase,
            waits_since: attached.waits_since,
            window: attached.window,
            asked: attached.asked,
            last: attached.last,
            again_at: attached.again_at,
            operations: BTreeMap::new(),
            allowance: Allowance::default(),
            upgraded: attached.upgraded,
            idle: Default::default(),
            is_stranger: attached.is_stranger,
        };
        let mut kept: BTreeMap<_, _> = kept
            .into_iter()
            .map(|(number, id, sources, document)| (number, (id, sources, document)))
            .collect();
        for progress in attached.cursors {
            if let Some((id, sources, document)) = kept.remove(&progress.0) {
                this.operations.insert(progress.0, progress.restored(id, sources, document));
            }
        }
        let interrupted = attached.busy || this.phase == Phase::Verifying;
        let mut actions = match interrupted {
            true => this.close(Close::Restarted),
            false => this.pump(|_| true),
        };
        // An alarm is still set; what waits for a stranger has ended.
        if this.is_stranger && !interrupted {
            actions.extend(this.wake());
        }
        Ok((this, actions))
    }
}
