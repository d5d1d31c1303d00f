//! A letter says what one stream has to say to others.

use edgefold_kernel::{Envelope, Fault, StreamId, Timestamp, Version, limits};
use serde::{Deserialize, Serialize};

use crate::Message;

/// A message on the bus: all that a stream has to say to other instances, from one version to another. JSON text of at most
/// [`limits::LETTER_BYTES`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The stream.
    pub source: StreamId,
    /// It begins after this version …
    pub after: Version,
    /// … and ends with this one.
    pub through: Version,
    /// One delivery for each destination.
    pub deliveries: Vec<Addressed>,
}

/// A delivery, and the instance that it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Addressed {
    /// The destination.
    pub to: StreamId,
    /// What it gets.
    pub delivery: Delivery,
}

/// Part of what a source has for one destination: a chain. Each delivery says which version was for this destination before
/// it, so the destination knows whether it lacks something, and does not care for versions that are for others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The version before it that was for this destination; 0 when there was none.
    pub after: Version,
    /// The last version in it that is for this destination. Without items, and the same as `after`, it is a **reference**:
    /// there is something up to here, to be read from the source.
    pub through: Version,
    /// Ascending.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub items: Vec<Item>,
    /// Instant until which the source waits for an answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer_by: Option<Timestamp>,
}

/// What one version of a source has for one destination. An item with neither event nor commands, as a discarded one has
/// become, only moves the destination's mark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Version of the source.
    pub version: Version,
    /// The event, if the destination wants it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<Envelope>,
    /// The commands that follow from it for this destination, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errands: Vec<Message>,
}

impl Delivery {
    /// The reference to everything up to a version.
    pub fn reference(through: Version) -> Self {
        Self { after: through, through, ..Self::default() }
    }

    fn add(&mut self, item: Option<Item>, version: Version) {
        self.through = version;
        match item {
            Some(item) => self.items.push(item),
            None => *self = Self { answer_by: self.answer_by, ..Self::reference(version) },
        }
    }
}

/// What one event has to say to others.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Version of the event.
    pub version: Version,
    /// Each destination, the version before that was for it, and what it gets.
    pub to: Vec<(StreamId, Version, Item)>,
}

/// Bytes of a letter beside its items: names of the source, two versions, and brackets.
const LETTER_AROUND: usize = 500;

/// Bytes of a delivery beside its items: names of the destination, versions, an instant, and brackets.
const DELIVERY_AROUND: usize = 300;

/// Packs what a stream has to say after a version into as few letters as possible. An event that no letter can hold goes as a
/// reference; versions that say nothing are covered, too.
///
/// # Errors
/// [`Fault::Defect`] when an item has no JSON form.
pub fn pack(
    source: &StreamId,
    after: Version,
    said: impl IntoIterator<Item = Result<Said, Fault>>,
    answer_by: Option<Timestamp>,
) -> Result<Vec<Letter>, Fault> {
    let letter =
        |after| Letter { source: source.clone(), after, through: after, deliveries: Vec::new() };
    let (mut letters, mut open, mut bytes) = (Vec::new(), letter(after), LETTER_AROUND);
    for said in said {
        let Said { version, to } = said?;
        let mut size = 0;
        for (.., item) in &to {
            let text = serde_json::to_string(item);
            size += text.map_err(|error| Fault::Defect(error.to_string()))?.len() + DELIVERY_AROUND;
        }
        let is_reference = LETTER_AROUND + size > limits::LETTER_BYTES;
        if is_reference {
            size = to.len() * DELIVERY_AROUND;
        }
        if bytes + size > limits::LETTER_BYTES {
            let through = open.through;
            letters.push(std::mem::replace(&mut open, letter(through)));
            bytes = LETTER_AROUND;
        }
        bytes += size;
        open.through = version;
        for (to, before, item) in to {
            let item = (!is_reference).then_some(item);
            match open.deliveries.iter_mut().find(|one| one.to == to) {
                Some(one) => one.delivery.add(item, version),
                None => {
                    let mut delivery = Delivery { after: before, answer_by, ..Delivery::default() };
                    delivery.add(item, version);
                    open.deliveries.push(Addressed { to, delivery });
                }
            }
        }
    }
    letters.push(open);
    Ok(letters)
}

impl Letter {
    /// Its text on the bus.
    ///
    /// # Errors
    /// [`Fault::Defect`] when it has no JSON form.
    pub fn text(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|error| Fault::Defect(error.to_string()))
    }
}

/// A message that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// It covers the events after this version …
    pub after: Version,
    /// … up to this one.
    pub through: Version,
    /// JSON text; none where there is nothing to say.
    pub text: Option<String>,
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Id, Metadata};
    use serde_json::value::RawValue;

    use super::*;

    fn stream(id: &str) -> StreamId {
        StreamId::new("order", Id::parse(id).unwrap())
    }

    fn event(version: Version, bytes: usize) -> Envelope {
        Envelope {
            id: format!("e-{version}"),
            stream: stream("o-1"),
            version,
            event_type: "OrderPlaced".into(),
            schema_version: 1,
            time: Timestamp::default(),
            command_id: Id::parse("c").unwrap(),
            metadata: Metadata::default(),
            data: RawValue::from_string(format!("\"{}\"", "x".repeat(bytes))).unwrap(),
        }
    }

    fn said(version: Version, bytes: usize, to: &[(&str, Version)]) -> Result<Said, Fault> {
        let item = || Item { version, event: Some(event(version, bytes)), errands: Vec::new() };
        let to = to.iter().map(|(id, before)| (stream(id), *before, item())).collect();
        Ok(Said { version, to })
    }

    /// The versions of a letter, and of each of its deliveries with the number of its items.
    type Shape<'a> = (Version, Version, Vec<(&'a str, Version, Version, usize)>);

    fn shape(letters: &[Letter]) -> Vec<Shape<'_>> {
        fn one(letter: &Letter) -> Shape<'_> {
            let deliveries = letter.deliveries.iter().map(|Addressed { to, delivery }| {
                let Delivery { after, through, items, .. } = delivery;
                (to.aggregate_id.as_str(), *after, *through, items.len())
            });
            (letter.after, letter.through, deliveries.collect())
        }
        letters.iter().map(one).collect()
    }

    #[test]
    fn what_a_stream_says_goes_into_one_letter_with_one_delivery_for_each_destination() {
        let all = [
            said(4, 10, &[("a", 2), ("b", 0)]),
            said(5, 10, &[]),
            said(6, 10, &[("a", 4)]),
            said(7, 10, &[]),
        ];
        let letters = pack(&stream("o-1"), 3, all, None).unwrap();
        assert_eq!(shape(&letters), [(3, 7, vec![("a", 2, 6, 2), ("b", 0, 4, 1)])]);
        let text = letters[0].text().unwrap();
        assert_eq!(serde_json::from_str::<Letter>(&text).unwrap(), letters[0]);
    }

    #[test]
    fn letters_are_as_few_as_their_size_allows_and_leave_no_version_out() {
        let all = (1..=5).map(|version| said(version, 60_000, &[("a", version - 1)]));
        let letters = pack(&stream("o-1"), 0, all, None).unwrap();
        let ranges: Vec<_> = letters.iter().map(|letter| (letter.after, letter.through)).collect();
        assert_eq!(ranges, [(0, 2), (2, 4), (4, 5)]);
        for letter in &letters {
            assert!(letter.text().unwrap().len() <= limits::LETTER_BYTES);
        }
    }

    #[test]
    fn what_no_letter_can_hold_travels_as_a_reference() {
        let all = [
            said(1, 10, &[("a", 0)]),
            said(2, 130_000, &[("a", 1), ("b", 0)]),
            said(3, 10, &[("a", 2)]),
        ];
        let letters = pack(&stream("o-1"), 0, all, None).unwrap();
        assert_eq!(shape(&letters), [(0, 3, vec![("a", 2, 3, 1), ("b", 2, 2, 0)])]);
    }

    #[test]
    fn an_event_for_as_many_as_it_may_be_for_fits_a_letter() {
        let long = |n: usize| format!("{n:0>128}");
        let all: Vec<_> = (0..limits::DESTINATIONS).map(long).collect();
        let to: Vec<_> = all.iter().map(|id| (id.as_str(), 9_007_199_254_740_991)).collect();
        let waits = Some(Timestamp::default());
        let letters = pack(&stream(&long(1)), 7, [said(8, 60_000, &to)], waits).unwrap();
        let [letter] = &letters[..] else { panic!("one letter") };
        assert_eq!(letter.deliveries.len(), limits::DESTINATIONS);
        assert!(letter.text().unwrap().len() <= limits::LETTER_BYTES);
    }
}
