//! Step 5, **route**: delivery rules are plain tables; the consumer looks each letter up in them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use edgefold_kernel::{
    Aggregate, CommandSet, Duty, Envelope, EventSet, Fault, ForeignStream, Id, Kind, Principal,
    Rejection, RoleKind, Snapshot, StreamId, command::CommandKind, event::EventKind,
};

use crate::{Change, Message, Participant, instance::panicked, publish::Letter};

/// One delivery rule: a foreign event, and which instances get it.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Stored name of the aggregate type that the event comes from.
    pub source: &'static str,
    /// Stored name of the event type.
    pub event: &'static str,
    /// Which instances get it.
    pub to: To,
}

/// Which instances get an event.
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

/// Foreign events that an aggregate keeps a copy of.
#[derive(Clone, Copy, Debug)]
pub struct Remembered {
    /// Stored name of the aggregate type that the events come from.
    pub source: &'static str,
    /// Stored names of the event types.
    pub events: &'static [&'static str],
    /// Schema version of the state that they are folded to.
    pub state_version: u32,
    /// Folds what is remembered into a snapshot, with the reducer of that type.
    pub fold: fn(&ForeignStream) -> Result<Option<Snapshot>, Fault>,
}

impl Remembered {
    /// These events of an aggregate type.
    pub const fn of<A: Aggregate>(events: &'static [&'static str]) -> Self {
        let (state_version, fold) = (A::STATE_VERSION, ForeignStream::folded::<A>);
        Self { source: A::TYPE, events, state_version, fold }
    }
}

/// What the script knows of one aggregate type.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Stored name of the type.
    pub aggregate_type: &'static str,
    /// Name of the binding of its Durable Object class.
    pub binding: &'static str,
    /// Its commands.
    pub commands: &'static [CommandKind],
    /// Its events.
    pub events: &'static [EventKind],
    /// Its delivery rules.
    pub routes: &'static [Route],
    /// What it remembers.
    pub remembers: &'static [Remembered],
    /// Its read models.
    pub project: fn(&Envelope) -> Result<Vec<Change>, Fault>,
    /// Its upcasters: event name, schema version and stored data to the data as the current version stores it.
    pub canonical: fn(&str, u32, &str) -> Result<String, Fault>,
    /// The commands that follow from one of its events.
    pub errands: fn(&Envelope) -> Result<Vec<Message>, Fault>,
}

impl Entry {
    /// The entry of an aggregate type that lives behind this binding.
    pub const fn of<A: Participant>(binding: &'static str) -> Self {
        Self {
            aggregate_type: A::TYPE,
            binding,
            commands: <<A as Aggregate>::Command as CommandSet>::KINDS,
            events: <<A as Aggregate>::Event as EventSet>::KINDS,
            routes: A::ROUTES,
            remembers: A::REMEMBERS,
            project: A::project,
            canonical: canonical::<A>,
            errands: errands::<A>,
        }
    }
}

impl Entry {
    /// What an event changes in the read models. A panic is a fault of this one event.
    ///
    /// # Errors
    /// When the event cannot be read.
    pub fn changes(&self, event: &Envelope) -> Result<Vec<Change>, Fault> {
        catch_unwind(AssertUnwindSafe(|| (self.project)(event)))
            .map_err(|panic| panicked(&*panic))?
    }
}

fn canonical<A: Aggregate>(name: &str, version: u32, data: &str) -> Result<String, Fault> {
    A::Event::read(name, version, data)?.write()
}

fn errands<A: Participant>(event: &Envelope) -> Result<Vec<Message>, Fault> {
    let requests = A::requests(&event.stream.aggregate_id, &event.read()?);
    Ok(Letter::new(event.clone(), requests)?.errands)
}

/// Every aggregate type that is deployed, and every role that the domain knows.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    /// The aggregate types.
    pub entries: &'static [Entry],
    /// The roles. One that stored events name stays declared, also when no token has it any more.
    pub roles: &'static [RoleKind],
}

impl Catalogue {
    /// What somebody may do that no policy of an aggregate decides about.
    pub fn duty(&self, principal: &Principal) -> Duty {
        let mut kinds = self.roles.iter();
        kinds.find(|kind| kind.role == principal.role).map_or(Duty::None, |kind| kind.duty)
    }

    /// Lets administrators in.
    ///
    /// # Errors
    /// `FORBIDDEN` for anybody else.
    pub fn check_administers(&self, principal: &Principal) -> Result<(), Rejection> {
        if self.duty(principal) == Duty::Administration {
            return Ok(());
        }
        let administers = self.roles.iter().filter(|kind| kind.duty == Duty::Administration);
        let names: Vec<_> = administers.map(|kind| kind.role.as_str()).collect();
        let detail = format!("this takes the role {}", names.join(" or "));
        Err(Rejection::new(Kind::Forbidden, "FORBIDDEN", detail))
    }

    /// The entry of an aggregate type.
    ///
    /// # Errors
    /// `UNKNOWN_AGGREGATE`.
    pub fn entry(&self, aggregate_type: &str) -> Result<&'static Entry, Rejection> {
        self.entries.iter().find(|entry| entry.aggregate_type == aggregate_type).ok_or_else(|| {
            let detail = format!("there is no aggregate type {aggregate_type:?}");
            Rejection {
                field: Some("aggregateType".into()),
                ..Rejection::new(Kind::NotFound, "UNKNOWN_AGGREGATE", detail)
            }
        })
    }

    /// Every instance that gets this event.
    pub fn destinations(&self, event: &Envelope) -> Vec<StreamId> {
        let mut found = Vec::new();
        for entry in self.entries {
            for id in entry.routes.iter().flat_map(|route| route.instances(event)) {
                let destination = StreamId::new(entry.aggregate_type, id);
                if !found.contains(&destination) {
                    found.push(destination);
                }
            }
        }
        found
    }

    /// Rules that name an aggregate, an event or a field that does not exist. A test keeps this empty.
    pub fn broken_rules(&self) -> Vec<String> {
        let known = |source: &str, event: &str| {
            self.entries.iter().any(|entry| {
                entry.aggregate_type == source && entry.events.iter().any(|kind| kind.name == event)
            })
        };
        let routes = self.entries.iter().flat_map(|entry| {
            entry.routes.iter().map(move |route| (entry, route.source, route.event))
        });
        let kept = self.entries.iter().flat_map(|entry| {
            entry.remembers.iter().flat_map(move |kept| {
                kept.events.iter().map(move |event| (entry, kept.source, *event))
            })
        });
        routes
            .chain(kept)
            .filter(|(_, source, event)| !known(source, event))
            .map(|(entry, source, event)| {
                format!("{} wants {source}.{event}, which does not exist", entry.aggregate_type)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Metadata, Role, Timestamp};
    use serde_json::value::RawValue;

    use super::*;

    const fn kind(name: &'static str, duty: Duty) -> RoleKind {
        RoleKind { role: Role::new(name), about: "Somebody.", duty }
    }

    const GUARDED: Catalogue = Catalogue {
        entries: &[],
        roles: &[
            kind("owner", Duty::None),
            kind("watcher", Duty::Oversight),
            kind("keeper", Duty::Administration),
        ],
    };

    fn of(role: &str) -> Principal {
        Principal::new(Id::parse("ana").unwrap(), Role::parse(role).unwrap())
    }

    #[test]
    fn what_a_role_may_besides_stands_in_the_catalogue() {
        let duty = |role| GUARDED.duty(&of(role));
        assert_eq!(
            ["owner", "watcher", "keeper", "retired"].map(duty),
            [Duty::None, Duty::Oversight, Duty::Administration, Duty::None]
        );
    }

    #[test]
    fn administrators_alone_may() {
        let refused = |role| GUARDED.check_administers(&of(role)).err().map(|it| it.detail);
        assert_eq!(refused("keeper"), None);
        for role in ["owner", "watcher", "retired"] {
            assert_eq!(refused(role).as_deref(), Some("this takes the role keeper"), "{role}");
        }
    }

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
