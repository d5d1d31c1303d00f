//! The enums of the GraphQL schema whose values stand in the catalogue: what is added there is in them.

use std::{borrow::Cow, collections::BTreeMap};

use async_graphql::{
    InputType, InputValueError, InputValueResult, Value,
    registry::{Deprecation, MetaEnumValue, MetaType, Registry},
};
use edgefold_flow::graphql::{AggregateType, EventType};

use crate::CATALOGUE;

/// Puts the enums into the schema, when it is registered there. Nothing in the schema is of this type itself.
pub(crate) enum Names {}

impl InputType for Names {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Names")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let types = CATALOGUE.0.iter().map(|entry| {
            let stored = entry.aggregate_type;
            let about = format!("`{stored}` in URLs, in commands over HTTP and in CloudEvents.");
            (AggregateType(stored.to_owned()).shown(), about)
        });
        let about = "A type of aggregate: each instance of it has a stream of events.";
        add(registry, AggregateType::ENUM, about, types.collect());

        let mut sources = BTreeMap::<_, Vec<_>>::new();
        for entry in CATALOGUE.0 {
            for event in entry.events {
                sources.entry(event.name.to_owned()).or_default().push(entry.aggregate_type);
            }
        }
        let events = sources
            .into_iter()
            .map(|(name, types)| (name, format!("It happens to: {}.", types.join(", "))));
        let about = "Stored name of a type of event. More of them may come with every release.";
        add(registry, EventType::ENUM, about, events.collect());
        Self::qualified_type_name()
    }

    fn parse(_: Option<Value>) -> InputValueResult<Self> {
        Err(InputValueError::custom("there is no such value"))
    }

    fn to_value(&self) -> Value {
        match *self {}
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// Adds an enum with these values, each with its description.
fn add(registry: &mut Registry, name: &str, about: &str, values: Vec<(String, String)>) {
    let value = |(name, about): (String, String)| {
        let value = MetaEnumValue {
            name: name.clone(),
            description: Some(about),
            deprecation: Deprecation::NoDeprecated,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        (name, value)
    };
    let added = MetaType::Enum {
        name: name.to_owned(),
        description: Some(about.to_owned()),
        enum_values: values.into_iter().map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    registry.types.insert(name.to_owned(), added);
}
