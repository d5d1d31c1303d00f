//! The part of a connection that survives hibernation. It is attached to the socket, which costs no row.

use std::collections::BTreeMap;

use edgefold_kernel::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    connection::{Action, Connection, Number, Phase},
    message::Close,
    operation::{Operation, Stage},
};
use crate::{
    door::{allowance::Allowance, token::Caller},
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
    /// True if the session was working on an operation.
    busy: bool,
    /// Number, cursor and head of each subscription.
    cursors: Vec<(Number, u64, u64)>,
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
            busy: self.operations.values().any(|it| it.stage != Stage::Live),
            cursors: live.map(|(number, it)| (*number, it.cursor, it.head)).collect(),
        };
        serde_json::to_string(&attached).unwrap_or_default()
    }

    /// The same socket after the session was evicted, from its attachment and the operations that were kept: each
    /// with its number, the client's id and its source. Operations that were being worked on are lost, and the client
    /// is told.
    ///
    /// # Errors
    /// The attachment was not written by this code.
    pub fn restore(
        attachment: &str,
        kept: impl IntoIterator<Item = (Number, String, Source)>,
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
        };
        for (number, id, source) in kept {
            let cursor = attached.cursors.iter().find(|(known, ..)| *known == number);
            if let Some((_, cursor, head)) = cursor.copied() {
                let source = Some(source);
                let operation = Operation { id, stage: Stage::Live, source, cursor, head };
                this.operations.insert(number, operation);
            }
        }
        let interrupted = attached.busy || this.phase == Phase::Verifying;
        let actions = if interrupted { this.close(Close::Restarted) } else { this.pump(|_| true) };
        Ok((this, actions))
    }
}
