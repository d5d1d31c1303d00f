//! A story: random commands on the samples, random faults; then everything heals, time passes until nothing is due, and the
//! invariants are checked. One seed is one story.

// A story fails by panicking, as a test does.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing)]

mod invariants;
pub mod shortest;
mod steps;

use std::panic::{AssertUnwindSafe, catch_unwind};

use edgefold_account::{Account, process::HELD_FOR_MS};
use edgefold_core::CATALOGUE;
use edgefold_device::Device;
use edgefold_flow::Accepted;
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_room::Room;
use edgefold_testing::{Older, Release, Simulator, Way};
use serde_json::json;

pub use steps::{Step, Story, What};

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub invariant: &'static str,
    /// What is wrong.
    pub said: String,
}

/// Declares what the release before this one did not know of an aggregate.
macro_rules! release {
    ($name:ident of $of:ty: $commands:expr, $fields:expr, $events:expr) => {
        struct $name;
        impl Release for $name {
            type Of = $of;
            const COMMANDS: &'static [&'static str] = &$commands;
            const FIELDS: &'static [&'static str] = &$fields;
            const EVENTS: &'static [&'static str] = &$events;
        }
    };
}

release!(OldRoom of Room: ["HoldRoom"], [], []);
release!(OldReservation of Reservation: [], [], ["RoomHeld"]);
release!(OldAccount of Account: ["CapturePayment"], ["answerBy"], []);
release!(OldOrder of Order: [], [], ["PaymentAuthorised"]);

/// Tells a story to its end.
///
/// # Errors
/// The first invariant that does not hold.
pub fn run(story: &Story) -> Result<(), Broken> {
    let told = catch_unwind(AssertUnwindSafe(|| Telling::new(story).tell()));
    told.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let said: String = said.unwrap_or_default().chars().take(500).collect();
        let invariant = match said.contains("a gap in the journal") {
            true => "everything is journalled once and in order",
            false => "it comes to an end",
        };
        Err(Broken { invariant, said })
    })
}

/// A story that is being told.
struct Telling<'a> {
    story: &'a Story,
    simulator: Simulator,
    accepted: Vec<Accepted>,
    /// True if something failed that cannot heal by itself.
    is_poisoned: bool,
    /// Partitions of each journal.
    partitions: u8,
}

impl<'a> Telling<'a> {
    fn new(story: &'a Story) -> Self {
        let simulator = Simulator::new(*CATALOGUE, story.seed)
            .with::<Account>()
            .with::<Order>()
            .with::<Room>()
            .with::<Reservation>()
            .with::<Device>()
            .over(story.way);
        Self { story, simulator, accepted: Vec::new(), is_poisoned: false, partitions: 1 }
    }

    fn tell(mut self) -> Result<(), Broken> {
        for (room, account) in [("12A", "a"), ("12B", "b")] {
            let add =
                json!({"hotelId": "grand", "number": room, "capacity": 2, "nightlyRate": 9900});
            self.send("room", room, "AddRoom", add);
            let open = json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 0});
            self.send("account", account, "OpenAccount", open);
            self.send("account", account, "Deposit", json!({"amount": 1_000}));
        }
        self.simulator.settle();
        self.simulator.wait(1_000);
        for Step { what, dice } in &self.story.steps {
            self.simulator.reseed(*dice);
            self.step(what);
            if self.story.is_calm {
                self.simulator.settle();
            }
        }
        self.heal();
        invariants::check_held(&self.simulator, self.is_poisoned)?;
        for _ in 0..3 {
            self.simulator.retry();
            self.simulator.settle();
        }
        self.simulator.pass(15 * 60_000);
        self.simulator.settle();
        invariants::check(&mut self.simulator, &self.accepted, self.story.is_calm)?;
        self.simulator.pass(HELD_FOR_MS + 60_000);
        self.simulator.settle();
        invariants::check(&mut self.simulator, &self.accepted, self.story.is_calm)?;
        invariants::check_nothing_is_held_for_ever(&mut self.simulator)
    }

    fn send(&mut self, to: &str, id: &str, name: &str, payload: serde_json::Value) {
        self.accepted.extend(self.simulator.send(to, id, name, payload));
    }

    fn step(&mut self, what: &What) {
        let simulator = &mut self.simulator;
        match what {
            What::Send(to, id, name, payload) => self.send(to, id, name, payload.clone()),
            What::Bring(batches) => (0..*batches).for_each(|_| simulator.bring()),
            What::Pass(millis) => simulator.pass(*millis),
            What::Late(millis) => {
                simulator.wait(*millis);
                simulator.ring();
            }
            What::Hibernate => simulator.hibernate(),
            What::Kill => simulator.restart(),
            What::JournalAway => simulator.journal.away = true,
            What::JournalSlow => simulator.journal.slow = true,
            What::JournalBack => {
                (simulator.journal.away, simulator.journal.slow) = (false, false);
            }
            What::JournalKept => simulator.journal.back_up(),
            What::JournalRestored => simulator.restore_journals(),
            What::KillInAppend(calls, is_committed) => {
                simulator.kill_in_append(usize::from(*calls), *is_committed);
            }
            What::Partitions(number) => {
                self.partitions = self.partitions.max(*number);
                let of = |category: &str| format!("{category}={}", self.partitions);
                let all = ["room", "account", "reservation", "order", "device"].map(of);
                simulator.partition(&all.join(","));
            }
            What::ListAway => simulator.list_away = true,
            What::ListBack => simulator.list_away = false,
            What::Overload(to, id) => simulator.overload(to, id),
            What::Break(to, id) => {
                self.is_poisoned = true;
                simulator.break_down(to, id);
            }
            What::Mend(to, id) => simulator.mend(to, id),
            What::Older(to, id) => match *to {
                "room" => simulator.deploy_at::<Older<OldRoom>>(id),
                "reservation" => simulator.deploy_at::<Older<OldReservation>>(id),
                "account" => simulator.deploy_at::<Older<OldAccount>>(id),
                _ => simulator.deploy_at::<Older<OldOrder>>(id),
            },
            What::Newer => self.newer(),
        }
    }

    fn newer(&mut self) {
        self.simulator.deploy::<Room>();
        self.simulator.deploy::<Reservation>();
        self.simulator.deploy::<Account>();
        self.simulator.deploy::<Order>();
    }

    /// Everything heals, and what waits has its turn.
    fn heal(&mut self) {
        self.newer();
        self.simulator.heal();
        self.simulator.settle();
    }
}

/// The way in which the queue brings the messages of a story.
fn way(roll: u64) -> Way {
    match roll {
        0 => Way::Lost,
        1 => Way::Reordered,
        2 => Way::Overlapping,
        3 => Way::Duplicate,
        _ => Way::Any,
    }
}
