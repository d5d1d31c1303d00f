//! The queue of the simulator: messages that wait, and the way in which they are brought.

use std::collections::BTreeSet;

/// The way in which messages are brought. In every way, what was lost is sent again, and everything arrives in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Out of order; now and then twice or not at all, or while another one is under way; and now and then every instance has
    /// hibernated before.
    #[default]
    Any,
    /// In the order in which they were sent, each once.
    InOrder,
    /// Each twice.
    Duplicate,
    /// In any order.
    Reordered,
    /// Many are lost once, on their way or with the receipts for them.
    Lost,
    /// Several together, some of them repeats.
    Overlapping,
    /// Each so late that deadlines pass before it, some of them after the records of commands have expired.
    Delayed,
}

/// Every way that has a name.
pub const WAYS: [Way; 6] =
    [Way::InOrder, Way::Duplicate, Way::Reordered, Way::Lost, Way::Overlapping, Way::Delayed];

/// Most messages that are brought together.
const TOGETHER: usize = 4;

/// The next batch.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    /// Texts of messages, each group in one batch. None when they got lost.
    pub(crate) groups: Vec<Vec<String>>,
    /// True if every instance has hibernated before it.
    pub(crate) evicts: bool,
    /// True if the receipts for it get lost.
    pub(crate) unheard: bool,
    /// Milliseconds that it takes.
    pub(crate) takes: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Bus {
    pub(crate) way: Way,
    waiting: Vec<String>,
    sent: Vec<String>,
    lost: BTreeSet<String>,
}

impl Bus {
    pub(crate) fn push(&mut self, text: String) {
        self.sent.push(text.clone());
        self.waiting.push(text);
    }

    /// True if no message waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Forgets all messages that wait, as a queue in memory does when it is killed.
    pub(crate) fn forget(&mut self) {
        self.waiting.clear();
    }

    /// Brings every message once more that was ever sent.
    pub(crate) fn repeat(&mut self) {
        self.waiting = self.sent.clone();
    }

    /// Number of messages that were ever sent.
    pub(crate) fn count(&self) -> usize {
        self.sent.len()
    }

    /// The next batch, if a message waits. `roll` gives a number below its argument.
    pub(crate) fn next(&mut self, roll: impl Fn(usize) -> usize) -> Brought {
        let mut brought = Brought::default();
        if self.waiting.is_empty() {
            return brought;
        }
        let index = match self.way {
            Way::Any | Way::Reordered | Way::Overlapping | Way::Delayed => roll(self.waiting.len()),
            Way::InOrder | Way::Duplicate | Way::Lost => 0,
        };
        let stays = self.way == Way::Any && roll(4) == 0;
        let text = if stays { self.waiting[index].clone() } else { self.waiting.remove(index) };
        match self.way {
            Way::Any => {
                (brought.evicts, brought.unheard) = (roll(4) == 0, roll(8) == 0);
                let mut group = vec![text];
                while !self.waiting.is_empty() && group.len() < TOGETHER && roll(3) == 0 {
                    group.push(self.waiting.remove(roll(self.waiting.len())));
                }
                if roll(8) > 0 {
                    brought.groups.push(group);
                }
            }
            Way::InOrder | Way::Reordered => brought.groups.push(vec![text]),
            Way::Duplicate => brought.groups.extend([vec![text.clone()], vec![text]]),
            Way::Lost => {
                let fate = if self.lost.insert(text.clone()) { roll(4) } else { 3 };
                brought.unheard = fate == 1;
                brought.groups.extend((fate > 0).then(|| vec![text]));
            }
            Way::Overlapping => {
                let mut group = vec![text];
                for _ in 0..roll(TOGETHER) {
                    group.push(self.sent[roll(self.sent.len())].clone());
                }
                brought.groups.push(group);
            }
            Way::Delayed => {
                brought.takes =
                    if roll(4) == 0 { 25 * 60 * 60 * 1000 } else { roll(90_000) as i64 };
                brought.groups.push(vec![text]);
            }
        }
        brought
    }
}
