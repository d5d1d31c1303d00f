//! The steps of a story, made from its seed.

use std::fmt;

use edgefold_testing::Way;
use serde_json::{Value, json};

use crate::way;

/// Something that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A command from outside.
    Send(&'static str, String, &'static str, Value),
    /// The queue brings so many batches.
    Bring(u8),
    /// Time passes, in milliseconds, and alarms ring in time.
    Pass(i64),
    /// Time passes, in milliseconds, and alarms ring at its end.
    Late(i64),
    /// Every instance falls asleep.
    Hibernate,
    /// The runtime ends, with everything in memory.
    Kill,
    /// The journals take nothing.
    JournalAway,
    /// The journals answer too late.
    JournalSlow,
    /// The journals are back.
    JournalBack,
    /// The journals are backed up.
    JournalKept,
    /// The journals become what they were when they were backed up.
    JournalRestored,
    /// The runtime ends in a call to a journal, after so many others: before it is committed, or after it.
    KillInAppend(u8, bool),
    /// Journals have so many partitions, unless they have more already.
    Partitions(u8),
    /// The administrators' list takes nothing.
    ListAway,
    /// The administrators' list is back.
    ListBack,
    /// An instance has too much to do.
    Overload(&'static str, String),
    /// An instance takes nothing of the queue, and that does not heal by itself.
    Break(&'static str, String),
    /// An instance takes calls again.
    Mend(&'static str, String),
    /// An instance runs older code.
    Older(&'static str, String),
    /// All instances run the code of today.
    Newer,
}

/// A step, and the seed of what is left to chance in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What happens.
    pub what: What,
    /// What is left to chance in it.
    pub dice: u64,
}

/// A story.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Its seed.
    pub seed: u64,
    /// How the queue brings messages.
    pub way: Way,
    /// True if no fault lasts long: then nothing expires that is answered.
    pub is_calm: bool,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// splitmix64 (Vigna 2015).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn instance(&mut self) -> (&'static str, String) {
        match self.below(4) {
            0 => ("room", self.one(&["12A", "12B"]).into()),
            1 => ("account", self.one(&["a", "b"]).into()),
            2 => ("reservation", format!("r{}", self.below(6))),
            _ => ("order", format!("o{}", self.below(6))),
        }
    }

    fn command(&mut self) -> What {
        let (reservation, order) = (format!("r{}", self.below(6)), format!("o{}", self.below(6)));
        let account: String = self.one(&["a", "b"]).into();
        let amount = json!({"amount": 1 + self.below(300)});
        match self.below(20) {
            0..=4 => {
                let (day, nights) = (1 + self.below(15), 1 + self.below(5));
                let room = self.one(&["12A", "12B"]);
                let claim = json!({
                    "userId": "ana", "roomId": room,
                    "dateStart": format!("2026-03-{day:02}"), "dateEnd": format!("2026-03-{:02}", day + nights),
                });
                What::Send("reservation", reservation, "CreateReservation", claim)
            }
            5 | 6 => What::Send("reservation", reservation, "CancelReservation", json!({})),
            7..=11 => {
                let line = json!({"sku": "tea", "quantity": 1, "unitPrice": 1 + self.below(600)});
                let goods = json!({"customerId": "ana", "accountId": account, "lines": [line]});
                What::Send("order", order, "PlaceOrder", goods)
            }
            12 | 13 => What::Send("order", order, "CancelOrder", json!({})),
            14 | 15 => {
                What::Send("order", order, "UpdateOrderStatus", json!({"status": "SHIPPED"}))
            }
            16 => What::Send("account", account, "Deposit", amount),
            17 => What::Send("account", account, "Withdraw", amount),
            18 => {
                let device = json!({"model": "m", "ownerId": "ana"});
                What::Send("device", "d".into(), "RegisterDevice", device)
            }
            _ => {
                let observed = "2026-01-01T00:00:00Z";
                let report =
                    json!({"status": "OK", "reading": self.below(9), "observedAt": observed});
                What::Send("device", "d".into(), "UpdateDeviceStatus", report)
            }
        }
    }

    fn calm(&mut self) -> What {
        match self.below(10) {
            0 => What::Hibernate,
            1 => What::Pass(self.below(20_000) as i64),
            _ => self.command(),
        }
    }

    fn wild(&mut self) -> What {
        match self.below(50) {
            0..=13 => self.command(),
            14..=23 => What::Bring(1 + self.below(6) as u8),
            24 | 25 => What::Pass(self.below(20_000) as i64),
            26 => What::Late(self.below(90_000) as i64),
            27 => What::Hibernate,
            28 => What::Kill,
            29 => What::JournalAway,
            30 => What::JournalSlow,
            31 => What::JournalBack,
            32 | 33 => {
                let (to, id) = self.instance();
                What::Overload(to, id)
            }
            34 | 35 => {
                let (to, id) = self.instance();
                What::Mend(to, id)
            }
            36 | 37 => {
                let (to, id) = self.instance();
                What::Older(to, id)
            }
            38 => What::Newer,
            39..=41 => What::KillInAppend(self.below(8) as u8, self.below(2) == 0),
            42 | 43 => What::JournalKept,
            44 | 45 => What::JournalRestored,
            46 => What::Partitions(2 + self.below(3) as u8),
            47 => What::ListAway,
            48 => What::ListBack,
            _ => match self.below(3) {
                0 => What::Pass(600_000),
                1 => {
                    let (to, id) = self.instance();
                    What::Break(to, id)
                }
                _ => What::Pass(8 * 24 * 60 * 60 * 1000),
            },
        }
    }
}

impl Story {
    /// The story of a seed. One in four is calm.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let is_calm = dice.below(4) == 0;
        let way = match is_calm {
            true => dice.one(&[Way::Lost, Way::Reordered, Way::Duplicate, Way::InOrder]),
            false => way(dice.below(16)),
        };
        let length = 5 + dice.below(40);
        let step = |_| {
            let what = if is_calm { dice.calm() } else { dice.wild() };
            Step { what, dice: dice.next() }
        };
        let steps = (0..length).map(step).collect();
        Self { seed, way, is_calm, steps }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(to, id, name, payload) => write!(f, "{name} to {to} {id} {payload}"),
            Self::Bring(batches) => write!(f, "the queue brings {batches} batches"),
            Self::Pass(millis) => write!(f, "{millis} ms pass"),
            Self::Late(millis) => write!(f, "{millis} ms pass, and alarms are late"),
            Self::Hibernate => f.write_str("every instance hibernates"),
            Self::Kill => f.write_str("the runtime ends, and the queue is lost"),
            Self::JournalAway => f.write_str("the journals are away"),
            Self::JournalSlow => f.write_str("the journals are slow"),
            Self::JournalBack => f.write_str("the journals are back"),
            Self::JournalKept => f.write_str("the journals are backed up"),
            Self::JournalRestored => f.write_str("the journals are restored"),
            Self::KillInAppend(calls, is_committed) => {
                let place = if *is_committed { "after" } else { "before" };
                write!(
                    f,
                    "the runtime ends {place} the commit of a journal, {calls} calls from now"
                )
            }
            Self::Partitions(number) => write!(f, "journals have {number} partitions"),
            Self::ListAway => f.write_str("the list is away"),
            Self::ListBack => f.write_str("the list is back"),
            Self::Overload(to, id) => write!(f, "{to} {id} is overloaded"),
            Self::Break(to, id) => write!(f, "{to} {id} is broken"),
            Self::Mend(to, id) => write!(f, "{to} {id} is mended"),
            Self::Older(to, id) => write!(f, "{to} {id} runs older code"),
            Self::Newer => f.write_str("all run the code of today"),
        }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mood = if self.is_calm { "a calm day" } else { "a bad day" };
        writeln!(f, "seed {}, {mood}, the queue brings messages {:?}", self.seed, self.way)?;
        for (number, step) in (1..).zip(&self.steps) {
            writeln!(f, "{number:>4}  {}", step.what)?;
        }
        Ok(())
    }
}
