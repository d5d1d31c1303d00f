//! Step 6, **receive**: a high-water mark per source stream, for events and for commands that follow from them alike. A
//! duplicate is dropped, a gap is named so that the shell can fill it from the source, and nothing is applied early.

use edgefold_kernel::{Fault, Rejection, StreamId, Version};
use serde::{Deserialize, Serialize};

use crate::{
    planted::{self, Planted},
    publish::{Delivery, Item},
};

/// What a batch of the bus has for one instance: one delivery for each source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// The deliveries are independent of each other.
    pub deliveries: Vec<Incoming>,
}

/// A delivery, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    /// The source.
    pub from: StreamId,
    /// What it has for this instance.
    pub delivery: Delivery,
}

/// A command that was refused. That is an answer: the source is told, and the destination goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedErrand {
    /// Name of the command.
    pub name: String,
    /// Its id.
    pub command_id: edgefold_kernel::Id,
    /// Its causes.
    #[serde(default)]
    pub metadata: edgefold_kernel::Metadata,
    /// Reason.
    pub rejection: Rejection,
}

/// A destination's answer to a delivery.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The destination has everything up to this version of the source.
    pub mark: Version,
    /// Commands of this delivery that it refused, now or before.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub refused: Vec<RefusedErrand>,
    /// The version that it does not take, and why; it has tried nothing behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<(Version, Fault)>,
}

impl Receipt {
    /// The receipt of a delivery that did not arrive at all. A reference does not say what was before it, so the destination may
    /// lack everything up to it: the mark stands right before the version that failed.
    pub fn failed(delivery: &Delivery, fault: Fault) -> Self {
        let first = delivery.items.first().map_or(delivery.through, |item| item.version);
        let mark = delivery.after.min(first.saturating_sub(1));
        Self { mark, refused: Vec::new(), failure: Some((first, fault)) }
    }
}

/// What has become of messages of a stream: their source is told, of all that came together at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// The versions that each message covered: after the first, up to the second.
    pub covered: Vec<(Version, Version)>,
    /// The receipt of each destination.
    pub receipts: Vec<(StreamId, Receipt)>,
}

/// Joins deliveries of one source to one destination that came together, in any order. What follows from one another becomes
/// one; of what does not, the earlier parts: the rest is a gap that the destination fills.
pub fn joined(mut deliveries: Vec<Delivery>) -> Delivery {
    deliveries.sort_by_key(|one| one.through);
    let mut joined = Delivery::default();
    for (number, next) in deliveries.into_iter().enumerate() {
        if number == 0 {
            joined = next;
            continue;
        }
        joined.answer_by = joined.answer_by.max(next.answer_by);
        if next.after > joined.through {
            // Something lies between the two. The destination reads from the source what lacks.
            joined = Delivery { answer_by: joined.answer_by, ..Delivery::reference(next.through) };
        } else {
            let at = joined.through;
            joined.items.extend(next.items.into_iter().filter(|item| item.version > at));
            joined.through = joined.through.max(next.through);
        }
    }
    joined
}

/// The next step for a delivery, given the destination's high-water mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All of it was applied before.
    Drop,
    /// It follows: apply the items after the mark.
    Apply,
    /// Something in `(after, through]` is missing and must be fetched from the source first.
    Fill {
        /// The gap begins after this version.
        after: Version,
        /// The gap ends with this version.
        through: Version,
    },
}

/// The next step for something that begins after one version and ends with another. Identical, overlapping, prepended,
/// trimmed, out of order: all of it comes down to this.
pub fn step(mark: Version, (after, through): (Version, Version)) -> Step {
    if through <= mark {
        Step::Drop
    } else if after <= mark || planted::is(Planted::GapIgnored) {
        Step::Apply
    } else {
        Step::Fill { after: mark, through: after }
    }
}

/// The items of a delivery that the destination does not have yet.
pub fn fresh(mark: Version, delivery: &Delivery) -> impl Iterator<Item = &Item> {
    delivery.items.iter().filter(move |item| item.version > mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(after: Version, versions: &[Version]) -> Delivery {
        let item = |version: &Version| Item { version: *version, event: None, errands: Vec::new() };
        let through = versions.last().copied().unwrap_or(after);
        let items = versions.iter().map(item).collect();
        Delivery { after, through, items, answer_by: None }
    }

    fn shape(delivery: &Delivery) -> (Version, Version, Vec<Version>) {
        let items = delivery.items.iter().map(|item| item.version).collect();
        (delivery.after, delivery.through, items)
    }

    #[test]
    fn a_delivery_is_dropped_applied_or_waits_for_a_gap() {
        for (case, mark, delivery, expected) in [
            ("next", 3, delivery(3, &[4]), Step::Apply),
            ("next, of others between", 3, delivery(3, &[9]), Step::Apply),
            ("first ever", 0, delivery(0, &[5]), Step::Apply),
            ("identical", 4, delivery(3, &[4]), Step::Drop),
            ("older", 9, delivery(3, &[4]), Step::Drop),
            ("overlapping", 4, delivery(2, &[3, 4, 6]), Step::Apply),
            ("prepended", 4, delivery(0, &[1, 5]), Step::Apply),
            ("gap", 3, delivery(5, &[6]), Step::Fill { after: 3, through: 5 }),
            ("gap from the beginning", 0, delivery(5, &[6]), Step::Fill { after: 0, through: 5 }),
            ("a reference", 3, Delivery::reference(7), Step::Fill { after: 3, through: 7 }),
            ("a reference that was read", 7, Delivery::reference(7), Step::Drop),
        ] {
            assert_eq!(step(mark, (delivery.after, delivery.through)), expected, "{case}");
        }
    }

    #[test]
    fn deliveries_that_came_together_are_joined_in_their_order() {
        let all = vec![delivery(4, &[7]), delivery(0, &[2, 4]), delivery(0, &[2])];
        assert_eq!(shape(&joined(all)), (0, 7, vec![2, 4, 7]));
        let gap = vec![delivery(0, &[2]), delivery(4, &[7])];
        assert_eq!(shape(&joined(gap)), (7, 7, vec![]), "read from the source");
        let twice = vec![delivery(2, &[4]), delivery(2, &[4])];
        assert_eq!(shape(&joined(twice)), (2, 4, vec![4]));
    }

    #[test]
    fn a_delivery_that_did_not_arrive_is_not_counted_as_taken() {
        let failed = |delivery: &Delivery| {
            let fault = Fault::Unavailable("the object".into(), "no answer".into());
            let receipt = Receipt::failed(delivery, fault);
            (receipt.mark, receipt.failure.map(|(version, _)| version))
        };
        assert_eq!(failed(&delivery(3, &[5, 7])), (3, Some(5)));
        assert_eq!(failed(&Delivery::reference(7)), (6, Some(7)), "nor is what a reference is for");
    }

    #[test]
    fn a_receipt_is_read_as_it_was_written() {
        let receipt = Receipt { mark: 4, ..Receipt::default() };
        let text = serde_json::to_string(&receipt).unwrap();
        assert_eq!(text, r#"{"mark":4}"#);
        assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
    }
}
