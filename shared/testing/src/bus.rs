//! The bus of the simulator: letters that wait, and the way in which they are brought.

use edgefold_kernel::Timestamp;

/// The way in which letters are delivered. In every way, lost letters are sent again, and all of them arrive in the
/// end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Out of order; now and then twice or not at all; and now and then every instance is evicted before.
    #[default]
    Any,
    /// In the order in which they were sent, each once.
    InOrder,
    /// Each twice.
    Duplicate,
    /// In any order.
    Reordered,
    /// Every other one is lost.
    Lost,
    /// Several letters of one source together, some of them repeats.
    Overlapping,
    /// Each so late that deadlines pass before it, some of them after the records of commands have expired.
    Delayed,
}

/// Every way that has a name.
pub const WAYS: [Way; 6] =
    [Way::InOrder, Way::Duplicate, Way::Reordered, Way::Lost, Way::Overlapping, Way::Delayed];

/// Most letters that are brought together on an overlapping delivery.
const TOGETHER: usize = 4;

/// The next delivery.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    /// Texts of letters, each group in one delivery. None when they got lost.
    pub(crate) groups: Vec<Vec<String>>,
    /// True if every instance is evicted before the delivery.
    pub(crate) evicts: bool,
    /// Milliseconds that the delivery takes.
    pub(crate) takes: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Bus {
    pub(crate) way: Way,
    waiting: Vec<String>,
    /// Letters that could not be delivered yet, each with the instant at which it comes again.
    later: Vec<(Timestamp, String)>,
    sent: Vec<String>,
}

impl Bus {
    pub(crate) fn extend(&mut self, texts: Vec<String>) {
        self.sent.extend(texts.iter().cloned());
        self.waiting.extend(texts);
    }

    /// Lets a letter that could not be delivered come again at this instant.
    pub(crate) fn again(&mut self, at: Timestamp, text: String) {
        if !self.keeps(&text) {
            self.later.push((at, text));
        }
    }

    /// True if the letter comes again later.
    pub(crate) fn keeps(&self, text: &str) -> bool {
        self.later.iter().any(|(_, kept)| kept == text)
    }

    /// The instant of the next letter that comes again. That letter, and all that come by then, are ready from now on.
    pub(crate) fn pass(&mut self) -> Option<Timestamp> {
        let at = self.later.iter().map(|(at, _)| *at).min()?;
        let (due, later) = std::mem::take(&mut self.later).into_iter().partition(|it| it.0 <= at);
        self.later = later;
        let due: Vec<(Timestamp, String)> = due;
        self.waiting.extend(due.into_iter().map(|(_, text)| text));
        Some(at)
    }

    /// True if no letter waits, now or later.
    pub(crate) fn is_done(&self) -> bool {
        self.later.is_empty()
    }

    /// True if no letter is ready now.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Forgets all letters that wait, as a queue in memory does when it is killed.
    pub(crate) fn forget(&mut self) {
        self.waiting.clear();
        self.later.clear();
    }

    /// Delivers every letter once more that was ever sent.
    pub(crate) fn repeat(&mut self) {
        self.later.clear();
        self.waiting = self.sent.clone();
    }

    /// Number of letters that were ever sent.
    pub(crate) fn count(&self) -> usize {
        self.sent.len()
    }

    /// The next delivery, if a letter waits. `roll` gives a number below its argument.
    pub(crate) fn next(&mut self, roll: impl Fn(usize) -> usize) -> Brought {
        if self.waiting.is_empty() {
            return Brought::default();
        }
        let mut brought = Brought::default();
        let index = match self.way {
            Way::Any | Way::Reordered | Way::Overlapping | Way::Delayed => roll(self.waiting.len()),
            Way::InOrder | Way::Duplicate | Way::Lost => 0,
        };
        let stays = self.way == Way::Any && roll(4) == 0;
        let text = if stays { self.waiting[index].clone() } else { self.waiting.remove(index) };
        match self.way {
            Way::Any => {
                brought.evicts = roll(4) == 0;
                if roll(8) > 0 {
                    brought.groups.push(vec![text]);
                }
            }
            Way::InOrder | Way::Reordered => brought.groups.push(vec![text]),
            Way::Duplicate => brought.groups.extend([vec![text.clone()], vec![text]]),
            Way::Lost => {
                if roll(2) == 0 {
                    brought.groups.push(vec![text]);
                }
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
