//! The schema of a script, made from its catalogue.

use std::sync::{Arc, Mutex, PoisonError};

use edgefold_kernel::{command::CommandKind, shape::Shape};

use super::{
    api::{Api, Does, Field, Is, Root},
    common::{accepted, update},
    shapes::{Place, owned},
};
use crate::{Catalogue, participant::Op, route::Entry};

const ID: &str = "Identifier.";
const AFTER: &str = "Cursor after which the page begins.";
const ROWS: &str = "Number of rows, 1 to 100; 20 when left out.";
const OF_TYPE: &str = "Type of the aggregate.";

impl Api {
    /// The schema of a script, made once for each isolate.
    pub fn of(catalogue: &'static Catalogue) -> Arc<Self> {
        static MADE: Mutex<Vec<Arc<Api>>> = Mutex::new(Vec::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        match made.iter().find(|api| std::ptr::eq(api.catalogue, catalogue)) {
            Some(api) => Arc::clone(api),
            None => {
                let api = Arc::new(described(catalogue));
                made.push(Arc::clone(&api));
                api
            }
        }
    }
}

/// The schema of a script.
pub(super) fn described(catalogue: &'static Catalogue) -> Api {
    let (types, clashes) = (Default::default(), Vec::new());
    let (query, mutation, subscription) = Default::default();
    let mut api = Api { catalogue, types, query, mutation, subscription, clashes };
    for entry in catalogue.entries {
        let name = camel(entry.aggregate_type, true);
        let at = Place { of: name.clone(), is_input: false };
        api.state(entry, &name, &at);
        api.lists(entry, &name);
        for command in entry.commands.iter().filter(|command| !command.internal) {
            api.command(entry, command, &name);
        }
    }
    api.accepted();
    api.details();
    for projection in catalogue.projections {
        for asked in projection.queries {
            let at = Place { of: String::new(), is_input: false };
            let row = api.object(asked.row, &at);
            let arguments = api.inputs(asked.arguments, &Place { is_input: true, ..at });
            let field = Field::new(asked.name, format!("[{row}!]!"), asked.about);
            api.query.push(Root { field, arguments, does: Does::Rows(projection, asked) });
        }
    }
    api.add_names();
    api.add_common();
    api.roots();
    api
}

impl Api {
    /// The roots that are the same in every schema.
    fn roots(&mut self) {
        let stream = || {
            vec![
                Field::new("aggregateType", "AggregateType!", OF_TYPE),
                Field::new("aggregateId", "ID!", "The instance."),
            ]
        };
        let about = "The events of an instance, oldest first; null if there is no such instance.";
        let mut arguments = stream();
        arguments.push(Field::new("first", "Int", ROWS));
        arguments.push(Field::new("after", "String", AFTER));
        let field = Field::new("events", "EventConnection", about);
        self.query.push(Root { field, arguments, does: Does::Events });
        let about = "What has become of a command. Null if the command is not known: an accepted one is remembered for 24 hours, and so is one that came by a queue and was refused; any other refused one leaves no record. With type and instance the answer is there at once; by id alone, once the command's events have been journalled, and unless the caller named another correlation for them.";
        let arguments = vec![
            Field::new("id", "ID!", "The command's id."),
            Field::new(
                "aggregateType",
                "AggregateType",
                "Type of the aggregate that it was sent to.",
            ),
            Field::new("aggregateId", "ID", "Instance that it was sent to."),
        ];
        let field = Field::new("commandResult", "CommandResult", about);
        self.query.push(Root { field, arguments, does: Does::CommandResult });
        let field = Field::new("me", "Me", "The caller, as its token describes it.");
        self.query.push(Root { field, arguments: Vec::new(), does: Does::Me });
        let about = "The events of one stream, in order, each once: everything after the cursor, then live.";
        let mut arguments = stream();
        let begins = "Cursor after which it begins; with the first event when left out.";
        arguments.push(Field::new("after", "String", begins));
        let field = Field::new("events", "Event!", about);
        self.subscription.push(Root { field, arguments, does: Does::FollowEvents });
        for (root, fields) in [
            ("Query", &self.query),
            ("Mutation", &self.mutation),
            ("Subscription", &self.subscription),
        ] {
            let mut names: Vec<_> = fields.iter().map(|it| &it.field.name).collect();
            names.sort_unstable();
            if let Some([name, ..]) = names.windows(2).find(|pair| pair.first() == pair.last()) {
                self.clashes.push(format!("{root} has two fields {name}"));
            }
        }
    }

    /// The state of an aggregate, and the roots that show one instance.
    fn state(&mut self, entry: &'static Entry, name: &str, at: &Place) {
        let mut fields = vec![
            Field::new("id", "ID!", ID),
            Field::new("version", "Int!", "Version of the stream that this is at."),
        ];
        for field in entry.state.fields.iter().filter(|field| !field.is_inner) {
            fields.push(self.field(field, at));
        }
        fields.push(Field::new("createdAt", "DateTime!", "Instant of its first event."));
        self.add(name, entry.state.about, Is::Object(fields));
        self.add_connection(name);
        let one = camel(entry.aggregate_type, false);
        let mut fields = update();
        let about = "The instance after it; null where it has left, and where nothing but `caughtUp` comes.";
        fields.push(Field::new(&one, name, about));
        let update = format!("{name}Update");
        self.add(&update, "Something that happened to an instance.", Is::Object(fields));
        let about = "An instance; null when there is none. At most one of the two arguments besides `id` may be given.";
        let arguments = vec![
            Field::new("id", "ID!", ID),
            Field::new("atVersion", "Int", "The state at this version."),
            Field::new("at", "DateTime", "The state at this instant."),
        ];
        let field = Field::new(&one, name, about);
        self.query.push(Root { field, arguments, does: Does::One(entry) });
        let about = "The events of an instance, in order, each once: everything after the cursor, then live.";
        let begins = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event.";
        let wait = "Wait for an instance that there is not yet, and begin with its first event. It may be one that you could list.";
        let arguments = vec![
            Field::new("id", "ID!", ID),
            Field::new("after", "String", begins),
            Field { default: Some("false".to_owned()), ..Field::new("wait", "Boolean", wait) },
        ];
        let field = Field::new(&one, format!("{update}!"), about);
        self.subscription.push(Root { field, arguments, does: Does::Follow(entry) });
    }

    /// The lists of an aggregate, and the subscription to all of them.
    fn lists(&mut self, entry: &'static Entry, name: &str) {
        let listed = &entry.listed;
        let one = camel(entry.aggregate_type, false);
        let all = listed.plural.map_or_else(|| format!("{one}s"), str::to_owned);
        let at = Place { of: name.to_owned(), is_input: true };
        let mut filters = Vec::new();
        for filter in listed.filters {
            if let Some(field) = entry.state.field(filter.column) {
                // Only a name that is equal is compared as one.
                let shape = match (&field.shape, filter.op) {
                    (Shape::Choice(_), Op::Lt | Op::Le | Op::Ge) => &Shape::ANY_TEXT,
                    (shape, _) => shape,
                };
                filters.push(Field::new(filter.name, self.named(shape, &at), filter.about));
            }
        }
        for (name, about, shape) in listed.beside.iter().flat_map(|beside| beside.fields) {
            filters.push(Field::new(*name, self.named(shape, &at), *about));
        }
        let filter = format!("{name}Filter");
        let has_filters = !filters.is_empty();
        if has_filters {
            let about = "The rows of a list: those that match every condition.";
            self.add(&filter, about, Is::Input(filters));
        }
        let filter = has_filters
            .then(|| Field::new("filter", filter, "The conditions; all rows when left out."));
        let order = format!("{name}OrderBy");
        let orders = listed.orders.iter().map(|it| (it.name.to_owned(), it.about.to_owned()));
        let about = "The order of a list. Each order is by something that never changes.";
        self.add(&order, about, Is::Enum(orders.collect()));
        let mut arguments: Vec<_> = filter.clone().into_iter().collect();
        arguments.push(Field {
            default: listed.orders.first().map(|order| order.name.to_owned()),
            ..Field::new("orderBy", format!("{order}!"), "The order of the list.")
        });
        arguments.push(Field::new("first", "Int", ROWS));
        let after = "Cursor after which the page begins, of the same order.";
        arguments.push(Field::new("after", "String", after));
        let about = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows.";
        arguments.push(Field::new("minVersion", "[MinVersion!]", about));
        let field = Field::new(
            &all,
            format!("{name}Connection!"),
            "A list, in the order that is asked for.",
        );
        self.query.push(Root { field, arguments, does: Does::Page(entry) });
        let about = "The events of the instances that a list with this filter holds, from now on or after the cursor: each once, in the order of the journal, with its row. One that the filter holds no more comes as `left`.";
        let begins = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out.";
        let mut arguments: Vec<_> = filter.into_iter().collect();
        arguments.push(Field::new("after", "String", begins));
        let field = Field::new(&all, format!("{name}Update!"), about);
        self.subscription.push(Root { field, arguments, does: Does::FollowAll(entry) });
    }

    /// The mutation of a command.
    fn command(&mut self, entry: &'static Entry, command: &'static CommandKind, of: &str) {
        let begins = command.may_begin();
        let id = match begins {
            true => {
                Field::new("id", "ID", "Identifier of the new instance; made up when left out.")
            }
            false => Field::new("id", "ID!", ID),
        };
        let mut arguments = vec![id];
        let at = Place { of: of.to_owned(), is_input: true };
        let (mut about, mut inputs) = ("", Vec::new());
        if let Some(object) = command.shape.object() {
            about = object.about;
            inputs = self.inputs(object, &at);
        }
        if takes_input(command) {
            let input = format!("{}Input", command.name);
            self.add(&input, about, Is::Input(inputs));
            arguments.push(Field::new("input", format!("{input}!"), "The input of the command."));
        } else {
            arguments.append(&mut inputs);
        }
        arguments.push(Field::new("commandId", "ID", "Idempotency key; made up when left out."));
        let expected = match begins {
            true => "Version that the stream must be at; 0: it must not exist.",
            false => "Version that the stream must be at.",
        };
        arguments.push(Field::new("expectedVersion", "Int", expected));
        let field = Field::new(lower(command.name), "CommandResult!", about);
        self.mutation.push(Root { field, arguments, does: Does::Send(entry, command) });
    }

    /// The answer to an accepted command, with the instance after it.
    fn accepted(&mut self) {
        let about = "The instance after the command, if it is of this type. Null for a caller that may not list it.";
        let mut fields = accepted();
        fields.extend(self.catalogue.entries.iter().map(|entry| {
            let of = camel(entry.aggregate_type, true);
            Field::new(camel(entry.aggregate_type, false), of, about)
        }));
        let about = "The command was decided, and its events are stored.";
        self.add("Accepted", about, Is::Object(fields));
    }

    /// The data of events, by their types.
    fn details(&mut self) {
        let mut members = Vec::new();
        for entry in self.catalogue.entries {
            let at = Place { of: camel(entry.aggregate_type, true), is_input: false };
            for event in entry.events {
                let name = event_name(entry, event.name);
                let mut fields = vec![Field::new("type", "EventType!", "Type of the event.")];
                let object = event.shape.object();
                for field in object.into_iter().flat_map(|object| object.fields) {
                    fields.push(self.field(field, &at));
                }
                let about = object.map_or("", |object| object.about);
                self.add(&name, about, Is::Object(fields));
                members.push(name);
            }
        }
        if !members.is_empty() {
            self.add("EventDetails", "The data of an event, by its type.", Is::Union(members));
        }
    }
}

/// True if the fields of a command are one argument. A single field is an argument itself, unless its name is taken.
pub(super) fn takes_input(command: &CommandKind) -> bool {
    let taken = ["id", "commandId", "expectedVersion"];
    let fields = command.shape.object().map_or(&[] as &[_], |object| object.fields);
    fields.len() > 1 || fields.iter().any(|field| taken.contains(&field.name))
}

/// Name of the type of an event's data.
pub(super) fn event_name(entry: &Entry, event: &str) -> String {
    owned(&camel(entry.aggregate_type, true), event)
}

/// Name of an aggregate's type (`Room`) or field (`room`).
pub(super) fn camel(stored: &str, mut is_upper: bool) -> String {
    let mut name = String::with_capacity(stored.len());
    for letter in stored.chars() {
        match letter {
            '_' | '-' => is_upper = true,
            letter if is_upper => {
                is_upper = false;
                name.push(letter.to_ascii_uppercase());
            }
            letter => name.push(letter),
        }
    }
    name
}

/// A command's name as that of a field: `OpenDoor` is `openDoor`.
fn lower(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
