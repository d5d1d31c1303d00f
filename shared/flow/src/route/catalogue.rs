//! Every aggregate type that is deployed, as the script knows it. The consumer looks each letter up in it.

use std::borrow::Cow;

use edgefold_kernel::{
    Aggregate, CommandSet, Envelope, EventSet, Fault, Kind, Principal, Rejection, RoleKind, Scope,
    StreamId, aggregate::is_type, command::CommandKind, event::EventKind, shape::Object,
};

use crate::{
    Hooks, Message, Participant,
    participant::{Listed, Projection, Route, Run, run},
    publish::messages,
};

/// One aggregate type in the script's catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Stored name of the type.
    pub aggregate_type: &'static str,
    /// Name of the binding of its Durable Object class.
    pub binding: &'static str,
    /// What its state is.
    pub state: &'static Object,
    /// Every code with which its rules refuse, and what it means.
    pub refusals: &'static [(&'static str, &'static str)],
    /// The rows that a caller may list.
    pub may_list: fn(&Principal) -> Scope,
    /// True if a caller that leaves its own name out of a payload means itself.
    pub acts_for_itself: fn(&Principal) -> bool,
    /// Its commands.
    pub commands: &'static [CommandKind],
    /// Its events.
    pub events: &'static [EventKind],
    /// Its delivery rules.
    pub routes: &'static [Route],
    /// By what its rows are listed.
    pub listed: Listed,
    /// Schema version of its state.
    pub state_version: u32,
    /// What it does.
    pub run: &'static dyn Run,
}

impl Entry {
    /// The entry of an aggregate type that lives behind this binding.
    ///
    /// # Panics
    /// While a constant is compiled, when no type can have its name.
    pub const fn of<A: Participant>(binding: &'static str) -> Self {
        assert!(is_type(A::TYPE), "a type has lower-case letters, digits and _, a letter first");
        Self {
            aggregate_type: A::TYPE,
            binding,
            state: A::STATE,
            refusals: A::REFUSALS,
            may_list: A::may_list,
            acts_for_itself: A::acts_for_itself,
            commands: <<A as Aggregate>::Command as CommandSet>::KINDS,
            events: <<A as Aggregate>::Event as EventSet>::KINDS,
            routes: A::ROUTES,
            listed: A::LISTED,
            state_version: A::STATE_VERSION,
            run: run::<A>(),
        }
    }

    /// The commands that follow from one of its events.
    ///
    /// # Errors
    /// Fails if the event cannot be read.
    pub fn errands(&self, event: &Envelope) -> Result<Vec<Message>, Fault> {
        let read = self.run.read_event(event)?;
        messages(event, self.run.errands(&event.stream.aggregate_id, &read))
    }
}

/// Every aggregate type that is deployed, and every role that the domain knows.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    /// The aggregate types.
    pub entries: &'static [Entry],
    /// The projections that are written by hand.
    pub projections: &'static [Projection],
    /// What is asked before and after every decision.
    pub hooks: Hooks,
    /// The roles. One that stored events name stays declared, also when no token has it any more.
    pub roles: &'static [RoleKind],
}

impl Catalogue {
    /// Lets administrators in.
    ///
    /// # Errors
    /// `FORBIDDEN` for any other caller.
    pub fn check_administers(&self, principal: &Principal) -> Result<(), Rejection> {
        let administers = self.roles.iter().filter(|kind| kind.administers);
        if administers.clone().any(|kind| kind.role == principal.role) {
            return Ok(());
        }
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

    /// An event as a caller reads it that sees its stream: with the names that it may read.
    pub fn shown<'a>(&self, who: &Principal, event: &'a Envelope) -> Cow<'a, Envelope> {
        match self.entry(&event.stream.aggregate_type) {
            Ok(entry) if entry.run.names(who, event) => Cow::Borrowed(event),
            _ => Cow::Owned(event.nameless()),
        }
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
        routes
            .filter(|(_, source, event)| !known(source, event))
            .map(|(entry, source, event)| {
                format!("{} wants {source}.{event}, which does not exist", entry.aggregate_type)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Id, Role};

    use super::*;

    const fn kind(name: &'static str, administers: bool) -> RoleKind {
        RoleKind { role: Role::new(name), about: "Somebody.", administers, watches: false }
    }

    const GUARDED: Catalogue = Catalogue {
        entries: &[],
        projections: &[],
        hooks: Hooks::NONE,
        roles: &[kind("owner", false), kind("watcher", false), kind("keeper", true)],
    };

    fn of(role: &str) -> Principal {
        Principal::new(Id::parse("ana").unwrap(), Role::parse(role).unwrap())
    }

    #[test]
    fn administrators_alone_may() {
        let refused = |role| GUARDED.check_administers(&of(role)).err().map(|it| it.detail);
        assert_eq!(refused("keeper"), None);
        for role in ["owner", "watcher", "retired"] {
            assert_eq!(refused(role).as_deref(), Some("this takes the role keeper"), "{role}");
        }
    }
}
