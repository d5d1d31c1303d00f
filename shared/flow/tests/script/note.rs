//! A note that somebody writes: one aggregate with a field of each kind.

use edgefold_flow::{
    participant::{Asked, Beside, Condition, Given, Projected},
    prelude::*,
};
use edgefold_kernel::shape::{Field, Object, Shape};

pub struct Note;

impl Aggregate for Note {
    const TYPE: &'static str = "note";
    const STATE_VERSION: u32 = 2;
    type Command = Command;
    type Event = Event;
}

commands! {
    /// The commands of a note.
    pub enum Command {
        "WriteNote" [creates] => Write(WriteNote),
        "Rename" => Rename(Rename),
        "Burn" => Burn(Burn),
        "Forget" [internal] => Forget(Forget),
    }
}

/// Writes a note.
#[command]
pub struct WriteNote {
    /// Whose it is.
    #[caller]
    pub owner_id: Subject,
    /// Its title.
    pub title: Text,
    /// Number of pages.
    #[within(1..=100)]
    pub pages: u32,
    /// Until when it is of use.
    pub due: Option<Date>,
    /// Its lines.
    pub lines: Option<Vec<Line>>,
}

/// Gives it another title.
#[command]
pub struct Rename {
    /// Its title.
    pub title: Text,
}

/// Burns it.
#[command]
pub struct Burn {}

/// Time has passed.
#[command]
pub struct Forget {}

/// A line.
#[command]
pub struct Line {
    /// Who wrote it.
    pub by: Id,
    /// How it looks.
    pub style: Option<Style>,
}

/// How a line looks.
#[state]
pub enum Style {
    /// As always.
    Plain,
    /// Loud.
    Bold,
}

events! {
    /// The events of a note.
    pub enum Event {
        "NoteWritten" v 2 after (Written) => Written(Written),
        "Renamed" v 1 => Renamed(Renamed),
        "Burnt" v 1 => Burnt(Burnt),
    }
}

/// It was written.
#[event]
pub struct Written {
    /// Its title.
    pub title: Text,
}

/// It has another title.
#[event]
pub struct Renamed {
    /// Its title.
    pub title: Text,
}

/// It was burnt.
#[event]
pub struct Burnt {}

/// A note.
#[state]
pub struct State {
    /// Whose it is.
    #[owner]
    pub owner_id: Subject,
    /// Its title.
    pub title: Text,
    /// Until when it is of use.
    pub due: Option<Date>,
    /// Its lines.
    pub lines: Option<Vec<Mark>>,
    /// What nobody sees.
    #[inner]
    pub secret: u32,
}

/// What stands in a line.
#[state]
pub struct Mark {
    /// Its title.
    pub title: Text,
}

impl Reducer for Note {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Written(Written { title }) = event.clone() else { return None };
        let owner_id = Id::parse("ana").unwrap().into();
        Some(State { owner_id, title, due: None, lines: None, secret: 7 })
    }

    fn evolve(state: &mut State, event: &Event, _: Version) {
        if let Event::Renamed(renamed) = event {
            state.title = renamed.title.clone();
        }
    }
}

/// Why a note refuses.
#[refusals]
pub enum Refusal {
    /// The note is ashes.
    NoteBurnt,
}

impl Rules for Note {
    type Create = WriteNote;
    type Refusal = Refusal;

    fn begin(_: &WriteNote, _: &Context<'_>) -> Decision<Event> {
        nothing()
    }

    fn decide(_: &State, _: &Command, _: &Context<'_>) -> Decision<Event> {
        refuse(Refusal::NoteBurnt)
    }
}

impl Process for Note {}

impl Policy for Note {
    /// The owner of the note, unless it is about somebody else: then a reader sees the row alone.
    fn may_see(principal: &Principal, _: &Id, state: &State) -> bool {
        principal.role.as_str() == "keeper" || principal.subject == state.owner_id
    }

    fn may_list(principal: &Principal) -> Scope {
        match principal.role.as_str() {
            "keeper" | "reader" => Scope::All,
            "writer" => Scope::Own,
            "note" => Scope::Itself,
            _ => Scope::Nothing,
        }
    }
}

impl Lists for Note {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("title", "With this title."),
        Filter::from("dueFrom", "due", "Of use until this day or a later one."),
    ];
    const ORDERS: &'static [Order] = &[
        Order::newest("NEWEST", "The newest first."),
        Order::ascending("TITLE", "title", "By title."),
    ];
    const BESIDE: &'static [Beside] =
        &[Beside { fields: &[("readBy", "Read by this one.", Shape::Id)], wanted }];
}

fn wanted(given: &Given) -> Result<Option<(Vec<Condition>, Projected)>, Rejection> {
    let Some(by) = given.get("readBy") else { return Ok(None) };
    let sql = "r.id IN (SELECT note FROM readers WHERE by = {1})";
    let read = Projected { name: "readers", sql, params: vec![by.clone()] };
    Ok(Some((vec![Condition::equal("title", "read")], read)))
}

const ARGUMENTS: &Object = &Object {
    name: "Best",
    about: "",
    fields: &[
        Field::new("by", "Who reads.", Shape::Id),
        Field::new("first", "Number of readers.", Shape::Integer { min: 1, max: 3 }).optional(),
    ],
    is_strict: true,
};

const ROW: &Object = &Object {
    name: "Reader",
    about: "Somebody who reads.",
    fields: &[
        Field::new("by", "Who.", Shape::Id),
        Field::new("notes", "Number of notes.", Shape::Integer { min: 0, max: 100 }),
    ],
    is_strict: false,
};

pub const READERS: Projection = Projection {
    name: "readers",
    version: 1,
    categories: &["note"],
    tables: &[],
    project: |_| Ok(Vec::new()),
    queries: &[Asked {
        name: "readers",
        about: "Those who read most.",
        arguments: ARGUMENTS,
        row: ROW,
        sql: "SELECT by, notes FROM \"note\" AS r WHERE by = ?1 LIMIT ?2",
    }],
};
