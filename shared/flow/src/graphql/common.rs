//! The types that every schema has, whatever its aggregates are.

use std::collections::BTreeMap;

use edgefold_kernel::codes::CODES;

use super::api::{Api, Field, Is, Takes};

/// A field: name, type, documentation.
type Line = (&'static str, &'static str, &'static str);

const SCALARS: &[(&str, &str, Takes, &str)] = &[
    (
        "Amount",
        "https://www.rfc-editor.org/rfc/rfc8259#section-6",
        Takes::Whole,
        "Amount of money, a whole number of minor units up to 10^12, as a JSON number. From 0, unless the field says that it may be negative.",
    ),
    (
        "Date",
        "https://scalars.graphql.org/andimarek/local-date",
        Takes::Text,
        "Day of the calendar, `YYYY-MM-DD`, without a time zone.",
    ),
    (
        "DateTime",
        "https://scalars.graphql.org/andimarek/date-time",
        Takes::Text,
        "Instant, RFC 3339. Taken in any offset, given in UTC with milliseconds.",
    ),
    (
        "JSON",
        "https://www.rfc-editor.org/rfc/rfc8259",
        Takes::Any,
        "A JSON value. That of an event is described by its `dataSchema`.",
    ),
];

const EVENT: &[Line] = &[
    ("id", "ID!", "Identifier, a UUIDv7."),
    (
        "cursor",
        "String!",
        "Cursor: pass it as `after` to go on from here, in a subscription or a page. Opaque.",
    ),
    ("type", "EventType!", "Type of the event."),
    ("version", "Int!", "Its place in the stream, from 1."),
    ("time", "DateTime!", "Instant of the decision."),
    ("aggregateType", "AggregateType!", "Type of the aggregate that it happened to."),
    ("aggregateId", "ID!", "Instance that it happened to."),
    (
        "dataSchema",
        "String!",
        "Name of the schema of `data`: `urn:edgefold:` aggregate type, event type, schema version.",
    ),
    ("data", "JSON!", "The event's data."),
    ("commandId", "ID!", "The command that led to the event."),
    ("correlationId", "ID", "One id for everything that a request caused."),
    ("causationId", "ID", "The event or command that directly caused it."),
    (
        "correlationClaimed",
        "Boolean!",
        "True if a caller from outside has named the correlation: nobody has checked that the chain is its own.",
    ),
    ("causationClaimed", "Boolean!", "True if a caller from outside has named the cause."),
    ("traceparent", "String", "W3C trace context, as the caller sent it."),
    ("tracestate", "String", "What vendors of tracing add to `traceparent`."),
    ("baggage", "String", "W3C baggage, as the caller sent it."),
    (
        "actor",
        "ID",
        "Sender of the command at the beginning of the chain; the name of its role for a caller that may not know it; null when the system acts by itself, as deadlines do.",
    ),
    ("actorRole", "Role", "Role of that sender."),
    ("actorVia", "ID", "Service that sent it for that sender."),
];

const ACCEPTED: &[Line] = &[
    ("commandId", "ID!", "The command's id, made up when none was given."),
    ("aggregateType", "AggregateType!", "Type of the aggregate that decided."),
    ("aggregateId", "ID!", "Instance that decided, made up when none was given."),
    (
        "firstVersion",
        "Int!",
        "Version of the first event; the current version when nothing had to be stored.",
    ),
    ("version", "Int!", "Version of the stream after the command."),
    ("events", "[EventRef!]!", "The stored events."),
    (
        "confirmWithinMs",
        "Int!",
        "Milliseconds to wait for what follows, such as the answer of another aggregate, before asking for it; 0 when nothing does. It is reckoned when this is answered, also when it is answered again, and is never later than the deadline.",
    ),
    (
        "duplicate",
        "Boolean!",
        "True if this is the outcome of an earlier send of the same command.",
    ),
];

const REJECTED: &[Line] = &[
    ("code", "RejectionCode!", "Stable code, for programs."),
    ("detail", "String!", "A sentence for people that says what was expected."),
    ("field", "String", "Path of the offending field."),
    ("rule", "String", "Name of the business rule that said no."),
    ("currentVersion", "Int", "Version of the stream when it was refused, where that is known."),
    (
        "commandId",
        "ID",
        "The command's id, made up when none was given. Null when the one that was given is none.",
    ),
];

const EVENT_REF: &[Line] = &[
    ("id", "ID!", "Identifier, a UUIDv7."),
    ("type", "EventType!", "Type of the event."),
    ("version", "Int!", "Its place in the stream."),
];

const ME: &[Line] = &[
    ("subject", "ID!", "Its subject: what belongs to it names this one."),
    ("role", "Role!", "Its role."),
    ("expiresAt", "DateTime!", "Instant at which its token expires."),
    ("via", "ID", "Service that acts for it."),
    (
        "watches",
        "Boolean!",
        "True if it sends no commands, whatever its role allows: it is a service, or has come with a ticket.",
    ),
];

const PAGE_INFO: &[Line] = &[
    ("hasPreviousPage", "Boolean!", "False: pages go forwards only."),
    ("hasNextPage", "Boolean!", "True if there is a page after this one."),
    ("startCursor", "String", "Cursor of the first row; null where there is none."),
    (
        "endCursor",
        "String",
        "Cursor of the last row, `after` which the next page begins; null where there is none.",
    ),
];

const MIN_VERSION: &[Line] = &[
    ("type", "AggregateType!", "Type of the instance: that of the list's rows."),
    ("id", "ID!", "The instance."),
    ("version", "Int!", "Version of its stream, as the answer to a command names it."),
];

const UPDATE: &[Line] = &[
    (
        "cursor",
        "String!",
        "Pass it as `after` when you come back: then you miss nothing and get nothing twice. Opaque.",
    ),
    (
        "event",
        "Event",
        "The event. Null for a caller that may list this instance but not see its events.",
    ),
    (
        "left",
        "ID",
        "An instance that the filter held before this event and does not hold any more: take it off your list. Null otherwise.",
    ),
    (
        "caughtUp",
        "Boolean!",
        "True once everything that was there when the subscription began has come: from the last item of it on. Where none is left to say so, an item comes that has nothing but this and its cursor.",
    ),
];

/// Fields from their lines.
pub(super) fn lines(of: &[Line]) -> Vec<Field> {
    of.iter().map(|(name, of, about)| Field::new(*name, *of, *about)).collect()
}

/// The fields of an update that are the same for every aggregate.
pub(super) fn update() -> Vec<Field> {
    lines(UPDATE)
}

/// The fields of an accepted command that are the same in every schema.
pub(super) fn accepted() -> Vec<Field> {
    lines(ACCEPTED)
}

impl Api {
    /// Adds the types that are the same in every schema.
    pub(super) fn add_common(&mut self) {
        for (name, url, takes, about) in SCALARS {
            self.add(name, about, Is::Scalar(url, *takes));
        }
        let mut object = |name, about, of| self.add(name, about, Is::Object(lines(of)));
        object("Rejected", "The command was refused, and changed nothing.", REJECTED);
        object("EventRef", "One stored event.", EVENT_REF);
        object("Me", "The caller.", ME);
        object("PageInfo", "The beginning of the next page, and whether there is one.", PAGE_INFO);
        let about = "An instance, and the version of it that a list must show, or a later one.";
        self.add("MinVersion", about, Is::Input(lines(MIN_VERSION)));
        let result = Is::Union(vec!["Accepted".to_owned(), "Rejected".to_owned()]);
        self.add("CommandResult", "The result of a command.", result);
        let mut event = lines(EVENT);
        if self.types.contains_key("EventDetails") {
            let about =
                "The event's data, by its type. Null where this release does not know the event.";
            let at = event.iter().position(|field| field.name == "commandId").unwrap_or(0);
            event.insert(at, Field::new("details", "EventDetails", about));
        }
        let about = "Something that happened, as it is stored, lifted to the current version of its schema.";
        self.add("Event", about, Is::Object(event));
        self.add_connection("Event");
    }

    /// Adds the page of a list of this type. Source: <https://relay.dev/graphql/connections.htm>.
    pub(super) fn add_connection(&mut self, of: &str) {
        let (edge, connection) = (format!("{of}Edge"), format!("{of}Connection"));
        let fields = vec![
            Field::new("node", format!("{of}!"), "The row."),
            Field::new(
                "cursor",
                "String!",
                "Cursor: the page `after:` it begins with the next row. Opaque.",
            ),
        ];
        self.add(&edge, "A row of a page, with its place in the list.", Is::Object(fields));
        let fields = vec![
            Field::new(
                "pageInfo",
                "PageInfo!",
                "The beginning of the next page, and whether there is one. Pages go forwards only.",
            ),
            Field::new(
                "updatesCursor",
                "String",
                "Pass it as `after:` to the subscription to the same rows: it begins where this list was read, without a gap. Null for a caller that may list nothing. Opaque.",
            ),
            Field::new("edges", format!("[{edge}!]!"), "The rows, each with its cursor."),
            Field::new("nodes", format!("[{of}!]!"), "The rows alone."),
        ];
        self.add(&connection, "A page of a list.", Is::Object(fields));
    }

    /// Adds the names of types, events, roles and refusals.
    pub(super) fn add_names(&mut self) {
        let catalogue = self.catalogue;
        let types = catalogue.entries.iter().map(|entry| {
            let stored = entry.aggregate_type;
            let about = format!("`{stored}` in URLs, in commands over HTTP and in CloudEvents.");
            (stored.to_ascii_uppercase(), about)
        });
        let about = "A type of aggregate: each instance of it has a stream of events.";
        self.add("AggregateType", about, Is::Enum(types.collect()));
        let mut sources = BTreeMap::<_, Vec<_>>::new();
        for entry in catalogue.entries {
            for event in entry.events {
                sources.entry(event.name.to_owned()).or_default().push(entry.aggregate_type);
            }
        }
        let events = sources.into_iter();
        let events = events.map(|(name, of)| (name, format!("It happens to: {}.", of.join(", "))));
        let about = "Stored name of a type of event. More of them may come with every release.";
        self.add("EventType", about, Is::Enum(events.collect()));
        let roles = catalogue.roles.iter();
        let roles = roles.map(|it| (it.role.as_str().to_ascii_uppercase(), it.about.to_owned()));
        self.add("Role", "What somebody is to the domain.", Is::Enum(roles.collect()));
        self.add_codes();
    }

    fn add_codes(&mut self) {
        let mut codes = BTreeMap::<String, String>::new();
        for entry in self.catalogue.entries {
            for (code, about) in entry.refusals {
                let known = codes.entry((*code).to_owned()).or_default();
                if !known.contains(about) {
                    known.push_str(if known.is_empty() { "" } else { " " });
                    known.push_str(about);
                }
            }
        }
        for entry in self.catalogue.entries {
            let (stored, shown) = (entry.aggregate_type, entry.aggregate_type.to_ascii_uppercase());
            let about = [("EXISTS", "exists already"), ("UNKNOWN", "does not exist")];
            for (ending, said) in about {
                let about = format!("The {stored} {said}.");
                codes.entry(format!("{shown}_{ending}")).or_insert(about);
            }
        }
        for (code, about) in CODES {
            codes.insert((*code).to_owned(), (*about).to_owned());
        }
        let about = "A code that this release does not know: `detail` says what it means.";
        codes.insert("OTHER".to_owned(), about.to_owned());
        let about = "Why a command was refused. More codes may come with every release.";
        self.add("RejectionCode", about, Is::Enum(codes.into_iter().collect()));
    }
}
