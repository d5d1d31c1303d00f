//! Whole instances over a bus that loses, doubles and reorders: a run is one seed, and the same seed is the same run.
//!
//! The steps are those of the deployed system (`Instance`, `Catalogue`, the letters as JSON text); only the shell around
//! them is other: a loop instead of objects and a queue.

use std::{cell::Cell, collections::BTreeMap};

use edgefold_flow::{
    Accepted, Catalogue, Instance, Message, Participant, Stamp,
    append::storage::{Slice, Storage},
    door::Asker,
    instance::{Received, When},
    publish::Batch,
    receive::{Delivery, Span, parcel::RefusedErrand},
};
use edgefold_kernel::{Envelope, Failure, Fault, ForeignStream, Id, StreamId, Timestamp, Version};

use crate::{
    MemoryStorage,
    bus::{Brought, Bus, Way},
    parking::Parking,
};

/// An instance with its type erased, and its storage, which survives when it is evicted.
pub(crate) trait Object {
    fn handle(
        &self,
        message: &Message,
        copies: &[Delivery],
        stamp: &Stamp<'_>,
    ) -> Result<Accepted, Failure>;
    fn handle_all(
        &self,
        sequences: &[&[Message]],
        stamp: &Stamp<'_>,
    ) -> Vec<Vec<Result<Accepted, Failure>>>;
    fn rests_on(
        &self,
        message: &Message,
        now: Timestamp,
    ) -> Result<Vec<(StreamId, Version)>, Fault>;
    fn receive(&self, delivery: &Delivery, stamp: &Stamp<'_>) -> Result<Received, Failure>;
    fn refused(&self, errand: &RefusedErrand, stamp: &Stamp<'_>) -> Result<(), Failure>;
    fn pass_deadline(&self, stamp: &Stamp<'_>) -> Result<bool, Failure>;
    fn outbox(&self) -> Result<Batch, Fault>;
    fn published(&self, through: Version) -> Result<(), Fault>;
    fn confirm(&self, versions: &[Version]) -> Result<(), Fault>;
    fn overdue(&self) -> Result<Batch, Fault>;
    fn compact(&self) -> Result<(), Fault>;
    fn remembered(&self, source: &StreamId) -> Result<ForeignStream, Fault>;
    fn state(&self) -> Result<serde_json::Value, Failure>;
}

impl<A: Participant> Object for Instance<A, MemoryStorage> {
    fn handle(
        &self,
        message: &Message,
        copies: &[Delivery],
        stamp: &Stamp<'_>,
    ) -> Result<Accepted, Failure> {
        Instance::handle(self, message, copies, stamp)
    }
    fn handle_all(
        &self,
        sequences: &[&[Message]],
        stamp: &Stamp<'_>,
    ) -> Vec<Vec<Result<Accepted, Failure>>> {
        Instance::handle_all(self, sequences, stamp)
    }
    fn rests_on(
        &self,
        message: &Message,
        now: Timestamp,
    ) -> Result<Vec<(StreamId, Version)>, Fault> {
        Instance::rests_on(self, message, &Asker::System, now)
    }
    fn receive(&self, delivery: &Delivery, stamp: &Stamp<'_>) -> Result<Received, Failure> {
        Instance::receive(self, delivery, stamp)
    }
    fn refused(&self, errand: &RefusedErrand, stamp: &Stamp<'_>) -> Result<(), Failure> {
        Instance::refused(self, errand, stamp)
    }
    fn pass_deadline(&self, stamp: &Stamp<'_>) -> Result<bool, Failure> {
        Instance::pass_deadline(self, stamp)
    }
    fn outbox(&self) -> Result<Batch, Fault> {
        Instance::outbox(self)
    }
    fn published(&self, through: Version) -> Result<(), Fault> {
        Instance::published(self, through)
    }
    fn confirm(&self, versions: &[Version]) -> Result<(), Fault> {
        Instance::confirm(self, versions)?;
        self.keep_confirmed(Version::MAX)
    }
    fn overdue(&self) -> Result<Batch, Fault> {
        Instance::overdue(self, 0, Timestamp::MAX)
    }
    fn compact(&self) -> Result<(), Fault> {
        Instance::compact(self)
    }
    fn remembered(&self, source: &StreamId) -> Result<ForeignStream, Fault> {
        self.storage().remembered(source)
    }
    fn state(&self) -> Result<serde_json::Value, Failure> {
        self.view(When::Now).map(|view| view.state)
    }
}

type Make = fn(Id, MemoryStorage) -> Box<dyn Object>;

/// The whole system in one thread.
pub struct Simulator {
    pub(crate) catalogue: Catalogue,
    makers: BTreeMap<&'static str, Make>,
    storages: BTreeMap<StreamId, MemoryStorage>,
    objects: BTreeMap<StreamId, Box<dyn Object>>,
    pub(crate) bus: Bus,
    pub(crate) parking: Parking,
    dice: Cell<u64>,
    fresh: Cell<u64>,
    pub(crate) now: Timestamp,
    /// Number of further letters after which the runtime ends.
    kill_after: Option<usize>,
}

impl Simulator {
    /// A system without instances. The seed decides everything that is left to chance.
    pub fn new(catalogue: Catalogue, seed: u64) -> Self {
        Self {
            catalogue,
            makers: BTreeMap::new(),
            storages: BTreeMap::new(),
            objects: BTreeMap::new(),
            bus: Bus::default(),
            parking: Parking::default(),
            dice: Cell::new(seed | 1),
            fresh: Cell::new(0),
            now: Timestamp::from_millis(1_767_225_600_000),
            kill_after: None,
        }
    }

    /// Lets instances of this type exist.
    #[must_use]
    pub fn with<A: Participant>(mut self) -> Self {
        self.makers.insert(A::TYPE, |id, storage| Box::new(Instance::<A, _>::new(id, storage)));
        self
    }

    /// A number below `bound`.
    pub fn roll(&self, bound: usize) -> usize {
        roll(&self.dice, bound)
    }

    /// Lets time pass.
    pub fn wait(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
    }

    /// Sends a command from outside.
    ///
    /// # Errors
    /// The refusal or fault of the instance.
    #[track_caller]
    pub fn send(
        &mut self,
        aggregate_type: &str,
        id: &str,
        name: &str,
        payload: serde_json::Value,
    ) -> Result<Accepted, Failure> {
        let parse = |text: String| Id::parse(text).expect("a well-formed id");
        let message = Message {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: Some(parse(id.to_owned())),
            name: name.to_owned(),
            payload,
            command_id: Some(parse(self.fresh_id())),
            expected_version: None,
            metadata: None,
        };
        self.command(&message)
    }

    /// Sends a complete message.
    ///
    /// # Errors
    /// The refusal or fault of the instance.
    pub fn command(&mut self, message: &Message) -> Result<Accepted, Failure> {
        let target = StreamId::new(
            &message.aggregate_type,
            message.aggregate_id.clone().expect("a complete message"),
        );
        let now = self.now;
        let needed = self.object(&target).rests_on(message, now)?;
        let copies: Vec<Delivery> = needed
            .into_iter()
            .map(|(stream, after)| self.copy(&stream, after, Version::MAX))
            .collect();
        let answer =
            self.with_stamp(&target, |object, stamp| object.handle(message, &copies, stamp));
        self.publish(&target);
        answer
    }

    /// Lets the bus deliver its letters in this way.
    #[must_use]
    pub fn over(mut self, way: Way) -> Self {
        self.bus.way = way;
        self
    }

    /// Ends the runtime as a power cut does, and starts it again. Everything in memory is lost, the queue included.
    pub fn restart(&mut self) {
        self.objects.clear();
        self.bus.forget();
    }

    /// Ends the runtime once, after this many further letters.
    #[must_use]
    pub fn killed_after(mut self, letters: usize) -> Self {
        self.kill_after = Some(letters);
        self
    }

    /// Delivers every letter once more that was ever sent.
    pub fn repeat(&mut self) {
        self.bus.repeat();
    }

    /// Number of letters that were sent, repeats included.
    pub fn letters(&self) -> usize {
        self.bus.count()
    }

    /// Takes the next delivery from the bus. Nothing arrives if the bus is empty or loses it. If all letters come
    /// later, time passes until then.
    pub fn deliver_one(&mut self) {
        if self.bus.is_empty()
            && let Some(at) = self.bus.pass()
        {
            self.now = self.now.max(at);
        }
        let dice = self.dice.clone();
        let Brought { groups, evicts, takes } = self.bus.next(|bound| roll(&dice, bound));
        self.dice = dice;
        if evicts {
            self.objects.clear();
        }
        if takes > 0 {
            self.wait(takes);
            self.pass_deadlines();
        }
        for group in groups {
            match self.kill_after {
                Some(0) => {
                    self.kill_after = None;
                    return self.restart();
                }
                more => self.kill_after = more.map(|letters| letters - 1),
            }
            self.deliver(group);
        }
    }

    /// Delivers until the bus is empty and everything has reached its destinations. Lost letters are sent again.
    pub fn settle(&mut self) {
        loop {
            while !self.bus.is_empty() {
                self.deliver_one();
            }
            let streams: Vec<_> = self.storages.keys().cloned().collect();
            for stream in streams {
                self.publish(&stream);
                let mut again = self.object(&stream).overdue().expect("a readable instance");
                again.texts.retain(|text| !self.bus.keeps(text));
                self.bus.extend(again.texts);
            }
            if self.bus.is_empty() && self.bus.is_done() {
                return;
            }
            self.deliver_one();
        }
    }

    /// Lets every deadline that has passed take effect.
    pub fn pass_deadlines(&mut self) {
        for stream in self.storages.keys().cloned().collect::<Vec<_>>() {
            while self
                .with_stamp(&stream, |object, stamp| object.pass_deadline(stamp))
                .expect("a deadline that can be met")
            {}
            self.publish(&stream);
        }
    }

    /// The state of an instance, as its door shows it.
    #[track_caller]
    pub fn state(&mut self, aggregate_type: &str, id: &str) -> serde_json::Value {
        let stream = StreamId::new(aggregate_type, Id::parse(id).expect("a well-formed id"));
        self.object(&stream).state().expect("an instance with a stream")
    }

    /// Stored names of the events of an instance; none when there is no such stream.
    #[track_caller]
    pub fn types(&mut self, aggregate_type: &str, id: &str) -> Vec<String> {
        let stream = StreamId::new(aggregate_type, Id::parse(id).expect("a well-formed id"));
        let events = self.storage(&stream).events(&Slice::after(0)).expect("memory does not fail");
        events.into_iter().map(|event| event.event_type).collect()
    }

    /// An instance's copy of a foreign stream.
    #[track_caller]
    pub fn remembered(
        &mut self,
        aggregate_type: &str,
        id: &str,
        source: &StreamId,
    ) -> ForeignStream {
        let stream = StreamId::new(aggregate_type, Id::parse(id).expect("a well-formed id"));
        self.object(&stream).remembered(source).expect("memory does not fail")
    }

    /// Every event of every instance, in the order in which they were decided.
    pub fn events(&mut self) -> Vec<Envelope> {
        let storages = self.storages.values();
        let stored = storages
            .flat_map(|storage| storage.events(&Slice::after(0)).expect("memory does not fail"));
        let mut events: Vec<_> = stored.collect();
        events.sort_by(|one, other| one.id.cmp(&other.id));
        events
    }

    pub(crate) fn copy(&mut self, stream: &StreamId, after: Version, through: Version) -> Delivery {
        let storage = self.storage(stream);
        let head = storage.head().expect("memory does not fail").version.min(through);
        let events = storage
            .events(&Slice { through: head, ..Slice::after(after) })
            .expect("memory does not fail");
        let spans =
            if head > after { vec![Span { after, through: head, events }] } else { Vec::new() };
        Delivery {
            source_type: stream.aggregate_type.clone(),
            source_id: stream.aggregate_id.clone(),
            spans,
            discarded: Vec::new(),
        }
    }

    /// Publishes, as an object does after every call.
    pub(crate) fn publish(&mut self, stream: &StreamId) {
        self.object(stream).compact().expect("a readable copy");
        loop {
            let batch = self.object(stream).outbox().expect("a readable instance");
            if batch.texts.is_empty() {
                return;
            }
            self.bus.extend(batch.texts);
            self.object(stream).published(batch.through).expect("memory does not fail");
        }
    }

    pub(crate) fn with_stamp<T>(
        &mut self,
        stream: &StreamId,
        work: impl FnOnce(&dyn Object, &Stamp<'_>) -> T,
    ) -> T {
        let now = self.now;
        self.object(stream);
        let fresh = || self.fresh_id();
        work(&*self.objects[stream], &Stamp { now, fresh: &fresh, by: &Asker::System })
    }

    fn fresh_id(&self) -> String {
        self.fresh.set(self.fresh.get() + 1);
        format!("00000000-0000-7000-8000-{:012}", self.fresh.get())
    }

    fn storage(&mut self, stream: &StreamId) -> MemoryStorage {
        self.storages.entry(stream.clone()).or_default().clone()
    }

    pub(crate) fn object(&mut self, stream: &StreamId) -> &dyn Object {
        let storage = self.storage(stream);
        let make = self.makers[stream.aggregate_type.as_str()];
        let id = stream.aggregate_id.clone();
        &**self.objects.entry(stream.clone()).or_insert_with(|| make(id, storage))
    }
}

/// A number below `bound` (xorshift64*, Vigna 2016).
fn roll(dice: &Cell<u64>, bound: usize) -> usize {
    let mut x = dice.get();
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    dice.set(x);
    (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
}
