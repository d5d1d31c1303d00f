//! The memory of a journal's object while it is awake.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use edgefold_flow::{
    Catalogue,
    contract::journal_place,
    journal::{Appended, Partition, Partitions, Runner, status::Board},
};
use edgefold_kernel::{Fault, Timestamp};
use futures_channel::oneshot::{Receiver, Sender, channel};
use worker::{
    Env, State, console_error, console_warn,
    js_sys::{Date, Object as JsObject},
    wasm_bindgen::JsValue,
};

use super::{
    follow::Follows,
    ports::{D1, Objects},
    sqlite::SqliteJournal,
};
use crate::platform::{bindings, clock, turn::Turns};

/// An append on its way into a commit: its text, and who waits for the answer.
pub(super) type Pending = (String, Sender<Result<Appended, Fault>>);

pub(super) struct Object {
    pub(super) state: State,
    pub(super) env: Env,
    pub(super) catalogue: &'static Catalogue,
    /// Category and number of the partition. `None` if the object was addressed by something else: then it serves nothing.
    pub(super) place: Option<(String, u16)>,
    /// How many partitions each category has.
    partitions: Partitions,
    pub(super) partition: Rc<Partition<SqliteJournal>>,
    pub(super) follows: Rc<Follows>,
    /// What waits for the next commit.
    pub(super) pending: RefCell<Vec<Pending>>,
    pub(super) is_committing: Cell<bool>,
    /// The runner, while it does not run.
    pub(super) runner: RefCell<Option<Runner<D1, Objects>>>,
    /// Whoever needs the runner waits for its turn.
    pub(super) turns: Turns,
    pub(super) is_running: Cell<bool>,
    /// True if there is more to do than the runner knew when it began.
    pub(super) runs_again: Cell<bool>,
    /// How far the processors are. `None` before the first round.
    pub(super) board: RefCell<Option<Board>>,
    /// Whatever was appended up to this position is processed, or an alarm is set for it.
    pub(super) safe: Cell<u64>,
    /// Those who wait for the processors to come further.
    watchers: RefCell<Vec<Sender<()>>>,
    /// Instant of the alarm, as far as this object knows since it was loaded.
    pub(super) alarm_at: Cell<Option<Timestamp>>,
    pub(super) alarms_set: Cell<usize>,
}

impl Object {
    pub(super) fn new(state: State, env: Env, catalogue: &'static Catalogue) -> Self {
        let (storage, name) = SqliteJournal::new(state.id().name(), &state.storage());
        let place = name.as_deref().and_then(journal_place);
        let place = place.filter(|(category, _)| catalogue.entry(category).is_ok());
        let of = place.clone().unwrap_or_default();
        let partitions = partitions(&env);
        let follows = Follows::new(env.clone(), catalogue, of, &state.storage());
        Self {
            state,
            env,
            catalogue,
            place,
            partitions,
            partition: Rc::new(Partition::new(storage)),
            follows: Rc::new(follows),
            pending: RefCell::default(),
            is_committing: Cell::default(),
            runner: RefCell::default(),
            turns: Turns::default(),
            is_running: Cell::default(),
            runs_again: Cell::default(),
            board: RefCell::default(),
            safe: Cell::default(),
            watchers: RefCell::default(),
            alarm_at: Cell::default(),
            alarms_set: Cell::default(),
        }
    }

    /// A new runner. It knows nothing yet.
    pub(super) fn new_runner(&self) -> Runner<D1, Objects> {
        let (category, number) = self.place.clone().unwrap_or_default();
        let objects = Objects { env: self.env.clone(), catalogue: self.catalogue };
        let (place, partitions) = ((category.as_str(), number), self.partitions.clone());
        Runner::new(place, self.catalogue, partitions, D1(self.env.clone()), objects)
    }

    /// True if this partition exists.
    pub(super) fn exists(&self) -> Result<bool, Fault> {
        let Some((category, number)) = &self.place else { return Ok(false) };
        Ok(self.partitions.has(category, *number, self.partition.head()?))
    }

    /// Does something with the runner, in turn with others. A panic loses what it knew in memory, and nothing else.
    pub(super) async fn with_runner<T>(
        &self,
        work: impl AsyncFnOnce(&mut Runner<D1, Objects>) -> T,
    ) -> T {
        let mut turn = self.turns.next();
        turn.comes().await;
        let kept = self.runner.take();
        let mut runner = kept.unwrap_or_else(|| self.new_runner());
        let done = work(&mut runner).await;
        self.board.replace(Some(runner.board()));
        self.runner.replace(Some(runner));
        done
    }

    /// Tells those who wait that the processors have come further, or that an alarm is set.
    pub(super) fn tell_watchers(&self) {
        for watcher in self.watchers.take() {
            // Who does not wait any more need not be told.
            watcher.send(()).unwrap_or(());
        }
    }

    /// The next time that [`tell_watchers`](Self::tell_watchers) is called.
    pub(super) fn watch(&self) -> Receiver<()> {
        let (sender, receiver) = channel();
        let mut watchers = self.watchers.borrow_mut();
        watchers.retain(|watcher| !watcher.is_canceled());
        watchers.push(sender);
        receiver
    }

    /// The one setter of the alarm: never later than it is set already.
    pub(super) fn set_alarm_at(&self, at: Timestamp) {
        if self.alarm_at.get().is_some_and(|set| set <= at) {
            return;
        }
        let at = at.max(clock::now());
        let date = Date::new(&JsValue::from_f64(at.millis() as f64));
        match self.state.storage().as_raw().set_alarm(date, JsObject::new()) {
            // The promise only says that the output gate opened: nothing waits for it.
            Ok(_) => {
                self.alarm_at.set(Some(at));
                self.alarms_set.set(self.alarms_set.get() + 1);
            }
            Err(error) => console_error!("the alarm cannot be set: {error:?}"),
        }
    }
}

/// The partitions of all categories, as they are set.
fn partitions(env: &Env) -> Partitions {
    let setting = env.var(bindings::JOURNAL_PARTITIONS).ok();
    let setting = setting.map(|value| value.to_string()).unwrap_or_default();
    let (partitions, wrong) = Partitions::parse(&setting);
    for part in wrong {
        console_warn!("JOURNAL_PARTITIONS: {part:?} is ignored; expected, for example, order=4");
    }
    partitions
}
