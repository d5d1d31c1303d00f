//! Delivery rules: plain tables that say which foreign events an aggregate wants, and which of its instances gets each.

use edgefold_kernel::{Aggregate, Envelope, Id};

/// One delivery rule: a foreign event, and which instances get it.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Stored name of the aggregate type that the event comes from.
    pub source: &'static str,
    /// Stored name of the event type.
    pub event: &'static str,
    /// The instances that get it.
    pub to: To,
}

/// The instances that get an event.
#[derive(Clone, Copy, Debug)]
pub enum To {
    /// The one whose id stands in this field of the event's data.
    Field(&'static str),
    /// Those whose ids stand in this field of the event's data, an array.
    Each(&'static str),
}

impl To {
    /// The field of the event's data that it looks at.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Field(name) | Self::Each(name) => name,
        }
    }
}

impl Route {
    /// Each of these events of an aggregate goes to the instance whose id stands in this field of its data.
    pub const fn to_field<A: Aggregate>(event: &'static str, field: &'static str) -> Self {
        Self { source: A::TYPE, event, to: To::Field(field) }
    }

    /// Each of these events of an aggregate goes to the instances whose ids stand in this field of its data.
    pub const fn to_each<A: Aggregate>(event: &'static str, field: &'static str) -> Self {
        Self { source: A::TYPE, event, to: To::Each(field) }
    }

    /// The instances that get this event by this rule: none when the rule is about other events, or the field is empty.
    pub fn instances(&self, event: &Envelope) -> Vec<Id> {
        if self.source != event.stream.aggregate_type || self.event != event.event_type {
            return Vec::new();
        }
        match self.to {
            To::Field(name) => {
                event.field(name).and_then(|id| Id::parse(id).ok()).into_iter().collect()
            }
            To::Each(name) => {
                event.fields(name).into_iter().filter_map(|id| Id::parse(id).ok()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Metadata, StreamId, Timestamp};
    use serde_json::value::RawValue;

    use super::*;

    fn told(data: &str) -> Envelope {
        Envelope {
            id: "e".into(),
            stream: StreamId::new("party", Id::parse("p").unwrap()),
            version: 1,
            event_type: "GuestsInvited".into(),
            schema_version: 1,
            time: Timestamp::default(),
            command_id: Id::parse("c").unwrap(),
            metadata: Metadata::default(),
            data: RawValue::from_string(data.into()).unwrap(),
        }
    }

    #[test]
    fn a_rule_names_one_instance_several_or_none() {
        let data = r#"{"host":"ana","guests":["ben","eva",7,""],"none":null}"#;
        for (to, expected) in [
            (To::Field("host"), vec!["ana"]),
            (To::Each("guests"), vec!["ben", "eva"]),
            (To::Each("host"), vec![]),
            (To::Field("guests"), vec![]),
            (To::Field("none"), vec![]),
            (To::Each("absent"), vec![]),
        ] {
            let route = Route { source: "party", event: "GuestsInvited", to };
            let found = route.instances(&told(data));
            assert_eq!(found.iter().map(Id::as_str).collect::<Vec<_>>(), expected, "{to:?}");
        }
        let other = Route { source: "party", event: "PartyEnded", to: To::Field("host") };
        assert!(other.instances(&told(data)).is_empty());
    }
}
