//! All parts of a batch for one destination travel together, in one call: a parcel, and its receipt.

use edgefold_kernel::{Failure, Rejection, StreamId};
use serde::{Deserialize, Serialize};

use super::Delivery;
use crate::{
    Message,
    route::park::{Part, Parts, Place},
};

/// A refused errand, on its way back to the instance that asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefusedErrand {
    /// The refused command.
    pub message: Message,
    /// Reason.
    pub rejection: Rejection,
}

/// One load for each sequence that goes to the destination, in any order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// The loads are independent of each other.
    pub loads: Vec<Load>,
}

/// The part of a parcel that belongs to one sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Load {
    /// Events of a stream.
    Events(Delivery),
    /// Commands that follow from the events of a stream, in order.
    Errands(Vec<Message>),
}

impl Load {
    /// The load of these parts. Texts have no destination and are left out.
    pub fn new(source: &StreamId, parts: &Parts) -> Self {
        let errands: Vec<_> = parts.values().filter_map(Part::errand).cloned().collect();
        if !errands.is_empty() {
            return Self::Errands(errands);
        }
        Self::Events(Delivery::of(
            source,
            parts.values().filter_map(Part::event).cloned().collect(),
        ))
    }
}

/// The results of a parcel's loads, in the same order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// As many as there were loads.
    pub taken: Vec<Taken>,
}

/// The result of a load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// Number of its events or commands that were taken, from the first on.
    pub done: usize,
    /// The commands among them that were refused, by their number from 0. They are done with: a refusal is an answer.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub refused: Vec<(usize, Rejection)>,
    /// The failure of the next one; nothing behind it was tried.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<String>,
}

impl Taken {
    /// The result of commands, in order: all of them, or up to the first that failed.
    pub fn ran<T>(results: &[Result<T, Failure>]) -> Self {
        let mut taken = Self::default();
        for (number, result) in results.iter().enumerate() {
            match result {
                Err(Failure::Faulted(fault)) => {
                    taken.failure = Some(fault.to_string());
                    break;
                }
                Err(Failure::Rejected(refusal)) => taken.refused.push((number, refusal.clone())),
                Ok(_) => {}
            }
            taken.done = number + 1;
        }
        taken
    }

    /// The places that were taken, and the refusals that go back to the source.
    pub fn of(self, parts: &Parts) -> (Vec<(Place, Option<RefusedErrand>)>, Option<String>) {
        let mut refused = self.refused.into_iter().peekable();
        let mut answer = |number: usize, part: &Part| {
            let (_, rejection) = refused.next_if(|(refused, _)| *refused == number)?;
            Some(RefusedErrand { message: part.errand()?.clone(), rejection })
        };
        let parts = parts.iter().enumerate().take(self.done);
        let done = parts.map(|(number, (place, part))| (*place, answer(number, part))).collect();
        (done, self.failure)
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Envelope, Fault, Id, Kind, Metadata, Timestamp, Version};
    use serde_json::{json, value::RawValue};

    use super::*;

    fn source() -> StreamId {
        StreamId::new("order", Id::parse("o-1").unwrap())
    }

    fn event(version: Version) -> Part {
        Part::Event(Envelope {
            id: format!("e-{version}"),
            stream: source(),
            version,
            event_type: "OrderPlaced".into(),
            schema_version: 1,
            time: Timestamp::default(),
            command_id: Id::parse("c").unwrap(),
            metadata: Metadata::default(),
            data: RawValue::from_string("{}".into()).unwrap(),
        })
    }

    fn errand(name: &str) -> Part {
        let message =
            json!({"aggregateType": "account", "aggregateId": "a", "name": name, "payload": {}});
        Part::Errand(serde_json::from_value(message).unwrap())
    }

    fn refusal(code: &'static str) -> Rejection {
        Rejection::new(Kind::Rule, code, "no")
    }

    #[test]
    fn a_load_holds_events_as_spans_or_commands_in_order() {
        let events: Parts = [7, 3, 4].map(|version| ((version, 0), event(version))).into();
        let Load::Events(delivery) = Load::new(&source(), &events) else { panic!("events") };
        let spans: Vec<_> = delivery.spans.iter().map(|span| (span.after, span.through)).collect();
        assert_eq!((delivery.source(), spans), (source(), vec![(2, 4), (6, 7)]));
        assert_eq!(delivery.versions().collect::<Vec<_>>(), [3, 4, 7]);
        let commands: Parts =
            [((2, 0), errand("Third")), ((1, 0), errand("First")), ((1, 1), errand("Second"))]
                .into();
        let Load::Errands(messages) = Load::new(&source(), &commands) else { panic!("errands") };
        let names: Vec<_> = messages.iter().map(|message| message.name.as_str()).collect();
        assert_eq!(names, ["First", "Second", "Third"]);
    }

    #[test]
    fn a_refusal_is_an_answer_and_a_fault_ends_the_sequence() {
        let fault = || Fault::Defect("it is broken".into()).into();
        let ran = |results: Vec<Result<(), Failure>>| Taken::ran(&results);
        let all = ran(vec![Ok(()), Err(refusal("NO").into()), Ok(())]);
        assert_eq!(all, Taken { done: 3, refused: vec![(1, refusal("NO"))], failure: None });
        let some = ran(vec![Err(refusal("NO").into()), Err(fault()), Ok(())]);
        let failure = Some("defect: it is broken".to_owned());
        assert_eq!(some, Taken { done: 1, refused: vec![(0, refusal("NO"))], failure });
        assert_eq!(ran(vec![]), Taken::default());
    }

    #[test]
    fn a_receipt_says_which_letters_have_arrived_and_whom_to_tell() {
        let parts: Parts =
            [(4, 0), (4, 1), (9, 0)].map(|place| (place, errand(&format!("{place:?}")))).into();
        let failure = Some("later".to_owned());
        let taken = Taken { done: 2, refused: vec![(1, refusal("NO"))], failure: failure.clone() };
        let (places, failed) = taken.of(&parts);
        let told: Vec<_> = places
            .iter()
            .map(|(place, refused)| (*place, refused.as_ref().map(|it| it.message.name.as_str())))
            .collect();
        assert_eq!((told, failed), (vec![((4, 0), None), ((4, 1), Some("(4, 1)"))], failure));
    }

    #[test]
    fn a_receipt_that_claims_too_much_counts_for_what_there_was() {
        let parts: Parts = [((1, 0), event(1))].into();
        let taken = Taken { done: 9, refused: vec![(5, refusal("NO"))], failure: None };
        assert_eq!(taken.of(&parts), (vec![((1, 0), None)], None));
    }

    #[test]
    fn a_parcel_is_read_as_it_was_written() {
        let parts: Parts = [((1, 0), event(1))].into();
        let commands: Parts = [((1, 0), errand("First"))].into();
        let parcel =
            Parcel { loads: vec![Load::new(&source(), &parts), Load::new(&source(), &commands)] };
        let text = serde_json::to_string(&parcel).unwrap();
        assert_eq!(serde_json::from_str::<Parcel>(&text).unwrap(), parcel);
        let receipt = Receipt { taken: vec![Taken { done: 1, ..Taken::default() }] };
        assert_eq!(serde_json::to_string(&receipt).unwrap(), r#"{"taken":[{"done":1}]}"#);
    }
}
