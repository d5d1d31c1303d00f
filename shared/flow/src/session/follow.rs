//! A subscription finds its sources, waits for one that has not begun, and goes on in each of them.

use std::collections::BTreeSet;

use edgefold_kernel::Timestamp;

use super::{
    connection::{Action, Connection, Number},
    message,
    operation::{Stage, Step, Track},
};
use crate::{
    journal::Place,
    subscribe::{Begin, Source},
};

impl Connection {
    pub(super) fn joining(
        &mut self,
        now: Timestamp,
        number: Number,
        sources: Vec<Source>,
    ) -> Vec<Action> {
        if let Err(errors) = self.has_room(sources.len()) {
            return self.failed(now, number, &errors);
        }
        if let Some(operation) = self.operations.get_mut(&number) {
            operation.stage = Stage::Joining;
            operation.tracks = sources.into_iter().map(Track::new).collect();
        }
        Vec::new()
    }

    /// Checks that the subscriptions may have so many sources more.
    fn has_room(&self, sources: usize) -> Result<(), String> {
        let followed: usize = self.operations.values().map(|it| it.tracks.len()).sum();
        let most = self.allowance.sources;
        if followed + sources <= most {
            return Ok(());
        }
        let detail = format!(
            "the subscriptions of a socket may have at most {most} sources; one to a category has {sources}"
        );
        Err(message::errors("TOO_MANY_OPERATIONS", &detail))
    }

    pub(super) fn awaiting(
        &mut self,
        now: Timestamp,
        number: Number,
        source: Source,
    ) -> Vec<Action> {
        if let Err(errors) = self.has_room(1) {
            return self.failed(now, number, &errors);
        }
        if let Some(operation) = self.operations.get_mut(&number) {
            operation.tracks.push(Track::new(source));
            operation.awaits = true;
        }
        Vec::new()
    }

    pub(super) fn waits(&mut self, number: Number, from: Place) -> Vec<Action> {
        let Some(operation) = self.operations.get_mut(&number) else { return Vec::new() };
        let position = from.position;
        operation.waits(from);
        let followed: Vec<_> = operation.followed().cloned().collect();
        let mut actions = vec![Action::Keep(number)];
        // The source counts this session as told up to here, whichever of its operations has asked.
        let mut pumped = BTreeSet::from([number]);
        for source in followed {
            pumped.extend(self.informed(&source, position));
        }
        actions.extend(self.pump(|number| pumped.contains(&number)));
        actions
    }

    pub(super) fn begun(&mut self, number: Number, head: &Place) -> Vec<Action> {
        let Some(operation) = self.operations.get_mut(&number) else { return Vec::new() };
        let before: Vec<_> = operation.sources().cloned().collect();
        operation.begun(head.position);
        let mut actions = vec![Action::Keep(number)];
        let left = before.iter().filter(|source| !self.follows(source).0);
        actions.extend(left.cloned().map(Action::Leave));
        let mut pumped = BTreeSet::from([number]);
        if let Some(source) = before.first() {
            pumped.extend(self.informed(source, head.position));
        }
        actions.extend(self.pump(|number| pumped.contains(&number)));
        actions
    }

    pub(super) fn joined(
        &mut self,
        now: Timestamp,
        number: Number,
        begin: &Begin,
        heads: &[Place],
    ) -> Vec<Action> {
        let Some(operation) = self.operations.get_mut(&number) else { return Vec::new() };
        let sources: Vec<_> = operation.sources().cloned().collect();
        let mut actions = match operation.begin(begin, heads) {
            None => vec![Action::Keep(number)],
            Some(head) => {
                let detail = format!("after is ahead of the stream: its last cursor is {head}");
                self.failed(now, number, &message::errors("INVALID_CURSOR", &detail))
            }
        };
        // A source counts this session as told up to the head, whichever of its operations has asked.
        let mut pumped = BTreeSet::from([number]);
        for (source, head) in sources.iter().zip(heads) {
            pumped.extend(self.informed(source, head.position));
        }
        actions.extend(self.pump(|number| pumped.contains(&number)));
        actions
    }

    pub(super) fn told(&mut self, source: &Source, head: u64) -> Vec<Action> {
        let followers = self.informed(source, head);
        self.pump(|number| followers.contains(&number))
    }

    /// A source has come to this position. Returns the operations that follow it.
    fn informed(&mut self, source: &Source, head: u64) -> Vec<Number> {
        let followers = self.operations.iter_mut().filter(|(_, it)| it.follows(source));
        followers
            .map(|(number, operation)| {
                operation.told(source, head);
                *number
            })
            .collect()
    }

    pub(super) fn event(
        &mut self,
        now: Timestamp,
        number: Number,
        step: Step,
        text: Option<String>,
    ) -> Vec<Action> {
        if !self.may_send(now) {
            return Vec::new();
        }
        let Some(operation) = self.operations.get_mut(&number) else { return Vec::new() };
        if operation.stage != Stage::Live || !operation.take(step) {
            return Vec::new();
        }
        let frame = text.map(|text| message::next(&operation.id, &text));
        frame.map(|frame| self.send(now, frame)).unwrap_or_default()
    }
}
