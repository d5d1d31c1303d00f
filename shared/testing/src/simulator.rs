//! Whole instances over a queue that loses, doubles and reorders, and over journals: a run is one seed, and the same seed is the same run.
//!
//! The steps are those of the deployed system (`Instance`, `Catalogue`, messages as JSON text); only the shell around them is
//! other: a loop instead of objects and a queue. Where the deployed shell waits for something, another message may be served
//! meanwhile. Each instance has one alarm, which outlives everything.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use edgefold_flow::{
    Accepted, Catalogue, Message, Participant, Stamp,
    append::storage::{Slice, Storage},
    door::Asker,
    instance::When,
    publish::Hold,
};
use edgefold_kernel::{
    Envelope, Failure, Fault, Foreign, Id, StreamId, Timestamp, Version, limits,
};

use crate::{
    Journal, MemoryStorage,
    bus::{Brought, Bus, Way},
    object::{Make, Object, make},
};

/// Where the deliveries that an instance holds back come from, and for whom they are.
pub type Sequence = (StreamId, StreamId);

/// Messages that are served while another one is under way, one within the other.
const WITHIN: usize = 3;

/// Milliseconds until something is sent again.
pub(crate) const BOUND: i64 = limits::SEND_AGAIN_MS;

/// Steps after which a system should have settled.
const STEPS: usize = 4_000;

/// The whole system in one thread.
pub struct Simulator {
    /// The journals.
    pub journal: Journal,
    /// True while the administrators' list takes nothing.
    pub list_away: bool,
    pub(crate) catalogue: Catalogue,
    /// The code of each type, and of each instance that runs other code.
    code: (BTreeMap<&'static str, Make>, BTreeMap<StreamId, Make>),
    pub(crate) storages: BTreeMap<StreamId, MemoryStorage>,
    pub(crate) objects: BTreeMap<StreamId, Object>,
    pub(crate) alarms: BTreeMap<StreamId, Timestamp>,
    /// Instances whose cursors are about to be stored.
    pub(crate) unkept: BTreeSet<StreamId>,
    /// Instances that are publishing, on the bus or to the journal.
    pub(crate) publishing: BTreeSet<(StreamId, bool)>,
    /// Destinations that are being tried.
    pub(crate) attempting: BTreeSet<Sequence>,
    /// Instances in the middle of a call: they do not hibernate.
    pub(crate) busy: Vec<StreamId>,
    /// Instances whose alarm rings.
    pub(crate) ringing: Vec<StreamId>,
    /// Instances that fail.
    pub(crate) failing: BTreeMap<StreamId, Fault>,
    /// What the administrators see.
    pub(crate) listed: BTreeMap<Sequence, Hold>,
    /// Instances whose journal was restored, and which do not know yet what it has.
    pub(crate) doubted: BTreeSet<StreamId>,
    /// The versions of each source that each destination was given, when its mark moved over them.
    pub(crate) given: BTreeMap<Sequence, BTreeSet<Version>>,
    pub(crate) bus: Bus,
    pub(crate) now: Timestamp,
    /// The number of times that everything in memory was lost.
    pub(crate) lives: usize,
    pub(crate) dice: Cell<u64>,
    fresh: Cell<u64>,
    within: usize,
    /// Number of further messages after which the runtime ends.
    kill_after: Option<usize>,
    /// Number of further calls to journals after which the runtime ends, and whether that call is committed.
    pub(crate) kill_in_append: Option<(usize, bool)>,
}

impl Simulator {
    /// A system without instances. The seed decides everything that is left to chance.
    pub fn new(catalogue: Catalogue, seed: u64) -> Self {
        Self {
            journal: Journal::default(),
            list_away: false,
            catalogue,
            code: Default::default(),
            storages: BTreeMap::new(),
            objects: BTreeMap::new(),
            alarms: BTreeMap::new(),
            ringing: Vec::new(),
            unkept: BTreeSet::new(),
            publishing: BTreeSet::new(),
            attempting: BTreeSet::new(),
            busy: Vec::new(),
            failing: BTreeMap::new(),
            listed: BTreeMap::new(),
            doubted: BTreeSet::new(),
            given: BTreeMap::new(),
            bus: Bus::default(),
            now: Timestamp::from_millis(1_767_225_600_000),
            lives: 0,
            dice: Cell::new(seed | 1),
            fresh: Cell::new(0),
            within: 0,
            kill_after: None,
            kill_in_append: None,
        }
    }

    /// Lets instances of this type exist.
    #[must_use]
    pub fn with<A: Participant>(mut self) -> Self {
        self.deploy::<A>();
        self
    }

    /// Lets every instance of this type run this code from now on.
    pub fn deploy<A: Participant>(&mut self) {
        self.code.0.insert(A::TYPE, make::<A>);
        self.code.1.retain(|stream, _| stream.aggregate_type != A::TYPE);
        self.objects.retain(|stream, _| stream.aggregate_type != A::TYPE);
    }

    /// Lets one instance run this code from now on, whatever the others run.
    #[track_caller]
    pub fn deploy_at<A: Participant>(&mut self, id: &str) {
        let stream = stream(A::TYPE, id);
        self.objects.remove(&stream);
        self.code.1.insert(stream, make::<A>);
    }

    /// Lets the queue bring its messages in this way.
    #[must_use]
    pub fn over(mut self, way: Way) -> Self {
        self.bus.way = way;
        self
    }

    /// Ends the runtime once, after this many further messages.
    #[must_use]
    pub fn killed_after(mut self, messages: usize) -> Self {
        self.kill_after = Some(messages);
        self
    }

    /// A number below `bound`.
    pub fn roll(&self, bound: usize) -> usize {
        roll(&self.dice, bound)
    }

    /// Lets another seed decide from now on.
    pub fn reseed(&mut self, seed: u64) {
        self.dice.set(seed | 1);
    }

    /// The instant that it is.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets time pass. Alarms are late: they ring at the next [`ring`](Self::ring).
    pub fn wait(&mut self, millis: i64) {
        self.pass_to(self.now.plus_millis(millis));
    }

    /// Lets time pass, and every alarm ring in time.
    pub fn pass(&mut self, millis: i64) {
        let end = self.now.plus_millis(millis);
        while let Some(at) = self.alarms.values().copied().min().filter(|at| *at <= end) {
            self.pass_to(at);
            self.ring();
        }
        self.pass_to(end);
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
        self.check_reachable(&target)?;
        let needed = self
            .with_stamp(&target, |object, stamp| object.rests_on(&object.wanted(message), stamp))?;
        let foreign = self.ask(needed)?;
        let answer = self.with_stamp(&target, |object, stamp| {
            object.handle(&object.wanted(message), &foreign, stamp)
        });
        self.tell(&target);
        self.set_alarm(&target);
        answer
    }

    /// The states of other instances.
    pub(crate) fn ask(&mut self, streams: Vec<StreamId>) -> Result<Foreign, Fault> {
        let ask = |stream: StreamId| {
            self.check_reachable(&stream)?;
            let state = self.object(&stream).foreign()?;
            Ok((stream, state))
        };
        streams.into_iter().map(ask).collect()
    }

    /// Ends the runtime as a power cut does, and starts it again. Everything in memory is lost, the queue included.
    pub fn restart(&mut self) {
        self.objects.clear();
        self.unkept.clear();
        self.publishing.clear();
        self.attempting.clear();
        self.busy.clear();
        self.bus.forget();
        self.journal.restart();
        self.lives += 1;
    }

    /// Lets every instance hibernate that is not in the middle of a call.
    pub fn hibernate(&mut self) {
        self.keep_cursors();
        let busy = &self.busy;
        self.objects.retain(|stream, _| busy.contains(stream));
    }

    /// Brings every message once more that was ever sent.
    pub fn repeat(&mut self) {
        self.bus.repeat();
    }

    /// Number of messages that were sent, repeats included.
    pub fn letters(&self) -> usize {
        self.bus.count()
    }

    /// Brings the next batch of the queue. Nothing arrives if the queue is empty or loses it. If nothing waits there, time
    /// passes until something is sent or tried again.
    pub fn deliver_one(&mut self) {
        if self.bus.is_empty()
            && let Some(at) = self.next_again()
        {
            self.pass_to(at);
            self.ring();
        }
        self.bring();
    }

    /// Brings the next batch of the queue, if a message waits there.
    pub fn bring(&mut self) {
        let dice = self.dice.clone();
        let Brought { groups, evicts, unheard, takes } = self.bus.next(|bound| roll(&dice, bound));
        self.dice = dice;
        if evicts {
            self.hibernate();
        }
        if takes > 0 {
            self.wait(takes);
            self.ring();
        }
        for group in groups {
            match self.kill_after {
                Some(0) => {
                    self.kill_after = None;
                    return self.restart();
                }
                more => self.kill_after = more.map(|messages| messages - 1),
            }
            self.serve(group, unheard);
        }
    }

    /// Something is waited for: others may be served meanwhile.
    pub(crate) fn meanwhile(&mut self) {
        if self.bus.way != Way::Any || self.within >= WITHIN || self.roll(8) > 0 {
            return;
        }
        self.within += 1;
        match self.roll(4) {
            0 => self.ring(),
            _ => self.bring(),
        }
        self.within -= 1;
    }

    /// Brings what the queue has until it is empty and everything has reached its destinations, or waits for one that fails
    /// by our doing. Time passes only until something is sent or tried again.
    ///
    /// # Panics
    /// When it comes to no end.
    pub fn settle(&mut self) {
        for _ in 0..STEPS {
            if !self.doubted.is_empty() && !self.journal.away && !self.journal.slow {
                self.resend();
            }
            if !self.bus.is_empty() {
                self.bring();
            } else if let Some(at) = self.next_again() {
                self.pass_to(at);
                self.ring();
            } else if self.doubted.is_empty() || self.journal.away || self.journal.slow {
                return;
            }
        }
        panic!("it comes to no end: {:?}, {:?}", self.alarms, self.held());
    }

    /// Lets every alarm ring that is due.
    pub fn ring(&mut self) {
        let due = self.alarms.iter().filter(|(_, at)| **at <= self.now);
        let mut due: Vec<_> = due.map(|(stream, at)| (*at, stream.clone())).collect();
        due.sort();
        for (at, stream) in due {
            if self.alarms.get(&stream) == Some(&at) && !self.busy.contains(&stream) {
                self.ring_one(&stream);
            }
        }
    }

    /// The next instant at which some instance sends or tries something again, but for what waits for an instance, or the
    /// journal, that fails.
    fn next_again(&mut self) -> Option<Timestamp> {
        let now = self.now;
        let streams: Vec<_> = self.storages.keys().cloned().collect();
        let is_journal_well = !self.journal.away && !self.journal.slow;
        let mut next = None;
        for stream in streams {
            let holds = self.holds_of(&stream);
            let tried = holds.iter().filter(|hold| hold.next < Timestamp::MAX && self.heals(hold));
            let tried = tried.map(|hold| hold.next).min();
            let sent = match self.failing.contains_key(&stream) {
                true => None,
                false => self.object(&stream).next_again(BOUND, now).expect("memory"),
            };
            let told = match is_journal_well {
                true => self.object(&stream).next_to_journal(BOUND, now).expect("memory"),
                false => None,
            };
            next = next.into_iter().chain(tried).chain(sent).chain(told).min();
        }
        next.map(|at| {
            // An object rings at its alarm, which may be a moment later than what it is set for.
            let rung = self.alarms.values().copied().min().unwrap_or(at);
            at.max(rung).max(now)
        })
    }

    /// The state of an instance, as its door shows it.
    #[track_caller]
    pub fn state(&mut self, aggregate_type: &str, id: &str) -> serde_json::Value {
        let shown = self.object(&stream(aggregate_type, id)).view(When::Now);
        shown.expect("an instance with a stream").state
    }

    /// Stored names of the events of an instance; none when there is no such stream.
    #[track_caller]
    pub fn types(&mut self, aggregate_type: &str, id: &str) -> Vec<String> {
        let stream = stream(aggregate_type, id);
        let events = self.storage(&stream).events(&Slice::after(0)).expect("memory does not fail");
        events.into_iter().map(|event| event.event_type).collect()
    }

    /// Every event of every instance, in the order in which they were decided.
    pub fn events(&self) -> Vec<Envelope> {
        let storages = self.storages.values();
        let stored = storages
            .flat_map(|storage| storage.events(&Slice::after(0)).expect("memory does not fail"));
        let mut events: Vec<_> = stored.collect();
        events.sort_by(|one, other| one.id.cmp(&other.id));
        events
    }

    pub(crate) fn with_stamp<T>(
        &mut self,
        stream: &StreamId,
        work: impl FnOnce(&Object, &Stamp<'_>) -> T,
    ) -> T {
        let now = self.now;
        self.object(stream);
        let fresh = || self.fresh_id();
        work(&self.objects[stream], &Stamp { now, fresh: &fresh, by: &Asker::System })
    }

    fn fresh_id(&self) -> String {
        self.fresh.set(self.fresh.get() + 1);
        format!("00000000-0000-7000-8000-{:012}", self.fresh.get())
    }

    fn storage(&mut self, stream: &StreamId) -> MemoryStorage {
        self.storages.entry(stream.clone()).or_default().clone()
    }

    pub(crate) fn object(&mut self, stream: &StreamId) -> &Object {
        if !self.objects.contains_key(stream) {
            let storage = self.storage(stream);
            let of_type = || self.code.0[stream.aggregate_type.as_str()];
            let make = self.code.1.get(stream).copied().unwrap_or_else(of_type);
            let partitions = &self.journal.partitions;
            let object = make(stream.aggregate_id.clone(), storage, &self.catalogue, partitions);
            if !self.alarms.contains_key(stream) && !self.ringing.contains(stream) {
                drop(object.nothing_waits(BOUND, self.now));
                // What cannot be read is asked for later.
                let due = object.next_due(BOUND, self.now).unwrap_or_default();
                self.alarms.extend(due.map(|at| (stream.clone(), at)));
            }
            self.objects.insert(stream.clone(), object);
        }
        &self.objects[stream]
    }

    pub(crate) fn pass_to(&mut self, at: Timestamp) {
        if at.millis() - self.now.millis() >= KEEP_AFTER_MS {
            self.keep_cursors();
        }
        self.now = self.now.max(at);
    }

    fn keep_cursors(&mut self) {
        for stream in std::mem::take(&mut self.unkept) {
            if self.object(&stream).is_worth_keeping() == Ok(true) {
                self.object(&stream).keep_cursors(u64::MAX).expect("memory does not fail");
            }
        }
    }
}

/// Milliseconds by which the stored cursors may lag behind.
const KEEP_AFTER_MS: i64 = 1_000;

/// The stream of an instance.
#[track_caller]
pub(crate) fn stream(aggregate_type: &str, id: &str) -> StreamId {
    StreamId::new(aggregate_type, Id::parse(id).expect("a well-formed id"))
}

/// A number below `bound` (xorshift64*, Vigna 2016).
pub(crate) fn roll(dice: &Cell<u64>, bound: usize) -> usize {
    let mut x = dice.get();
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    dice.set(x);
    (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
}
