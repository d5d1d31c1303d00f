//! The schema as data: types and the fields at the roots. It is made from the catalogue and written into the registry of
//! async-graphql, which validates documents by it and prints it.

use std::collections::BTreeMap;

use async_graphql::Value;
use edgefold_kernel::command::CommandKind;

use crate::{Catalogue, participant::Asked, participant::Projection, route::Entry};

/// The schema of a script.
#[derive(Debug)]
pub struct Api {
    /// The script's catalogue.
    pub catalogue: &'static Catalogue,
    /// The types by their names, without the roots.
    pub types: BTreeMap<String, Type>,
    /// The fields of queries.
    pub query: Vec<Root>,
    /// The fields of mutations.
    pub mutation: Vec<Root>,
    /// The fields of subscriptions.
    pub subscription: Vec<Root>,
    /// What cannot be: two types or fields with one name. A test keeps this empty.
    pub clashes: Vec<String>,
}

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// What it is: its documentation.
    pub about: String,
    /// Its kind, with its parts.
    pub is: Is,
}

/// The kind of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum Is {
    /// An object in answers.
    Object(Vec<Field>),
    /// An object in arguments.
    Input(Vec<Field>),
    /// Names, each with its documentation.
    Enum(Vec<(String, String)>),
    /// One of several objects.
    Union(Vec<String>),
    /// A value: the address of its specification, and the values that it takes.
    Scalar(&'static str, Takes),
}

/// The values that a scalar takes, before the domain reads them: then a wrong one is a refusal with its field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// Texts.
    Text,
    /// Whole numbers.
    Whole,
    /// Any value.
    Any,
}

impl Takes {
    pub(super) fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => matches!(value, Value::String(_)),
            Self::Whole => matches!(value, Value::Number(number) if number.as_i64().is_some()),
            Self::Any => true,
        }
    }
}

/// A field of an object, or an argument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it is: its documentation.
    pub about: String,
    /// Its type as GraphQL writes it, such as `[Room!]!`.
    pub of: String,
    /// The value when it is left out, as GraphQL writes it.
    pub default: Option<String>,
}

impl Field {
    /// A field.
    pub fn new(name: impl Into<String>, of: impl Into<String>, about: impl Into<String>) -> Self {
        Self { name: name.into(), about: about.into(), of: of.into(), default: None }
    }
}

/// A field at a root.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its name, type and documentation.
    pub field: Field,
    /// Its arguments.
    pub arguments: Vec<Field>,
    /// What answers it.
    pub does: Does,
}

/// What answers a field at a root.
#[derive(Clone, Copy, Debug)]
pub enum Does {
    /// An instance, now or then.
    One(&'static Entry),
    /// A page of a list.
    Page(&'static Entry),
    /// A command.
    Send(&'static Entry, &'static CommandKind),
    /// The history of an instance.
    Events,
    /// The result of an earlier command.
    CommandResult,
    /// The caller.
    Me,
    /// A query of a projection.
    Rows(&'static Projection, &'static Asked),
    /// A subscription to an instance.
    Follow(&'static Entry),
    /// A subscription to all instances of a type.
    FollowAll(&'static Entry),
    /// A subscription to the events of a stream.
    FollowEvents,
}

impl Api {
    /// The fields of an object.
    pub fn fields(&self, of: &str) -> &[Field] {
        match self.types.get(of) {
            Some(Type { is: Is::Object(fields) | Is::Input(fields), .. }) => fields,
            _ => &[],
        }
    }

    /// Adds a type.
    pub(super) fn add(&mut self, name: &str, about: &str, is: Is) {
        let mut names: Vec<&str> = match &is {
            Is::Object(fields) | Is::Input(fields) => fields.iter().map(|it| &*it.name).collect(),
            Is::Enum(values) => values.iter().map(|(value, _)| &**value).collect(),
            _ => Vec::new(),
        };
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            self.clashes.push(format!("two fields of {name} have one name"));
        }
        let added = Type { about: about.to_owned(), is };
        match self.types.get(name) {
            Some(known) if *known != added => {
                self.clashes.push(format!("two types have the name {name}"));
            }
            _ => {
                self.types.insert(name.to_owned(), added);
            }
        }
    }
}
