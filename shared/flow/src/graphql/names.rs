//! Names that are closed sets, as values of an enum. Which there are stands in the script's catalogue: [`Names`] puts the
//! enums into the schema, and nothing is named here.

use std::{borrow::Cow, collections::BTreeMap, convert::Infallible, marker::PhantomData};

use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType,
    Positioned, ServerResult, Value,
    parser::types::Field,
    registry::{Deprecation, MetaEnumValue, MetaType, Registry},
};
use edgefold_kernel::Role;

use crate::Catalogue;

/// A type of aggregate: `door` wherever it is stored or stands in a URL, `DOOR` in GraphQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateType(pub String);

impl AggregateType {
    /// Name of the enum.
    pub const ENUM: &str = "AggregateType";

    /// The value of the enum.
    pub fn shown(&self) -> String {
        self.0.to_ascii_uppercase()
    }

    /// The type that this value of the enum stands for.
    pub fn of(shown: &str) -> Self {
        Self(shown.to_ascii_lowercase())
    }
}

/// Stored name of an event type, which is also the value of the enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType(pub String);

impl EventType {
    /// Name of the enum.
    pub const ENUM: &str = "EventType";
}

/// A role: `owner` in tokens and CloudEvents, `OWNER` in GraphQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleName(pub Role);

impl RoleName {
    /// Name of the enum.
    pub const ENUM: &str = "Role";

    /// The value of the enum.
    pub fn shown(&self) -> String {
        self.0.as_str().to_ascii_uppercase()
    }
}

impl InputType for AggregateType {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(Self::ENUM)
    }

    fn create_type_info(_: &mut Registry) -> String {
        <Self as InputType>::qualified_type_name()
    }

    /// The document's check has made sure that there is such a type.
    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value.unwrap_or_default() {
            Value::Enum(name) => Ok(Self::of(&name)),
            Value::String(name) => Ok(Self::of(&name)), // in a variable
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Enum(Name::new(self.shown()))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl OutputType for AggregateType {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(Self::ENUM)
    }

    fn create_type_info(_: &mut Registry) -> String {
        <Self as OutputType>::qualified_type_name()
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(self.to_value())
    }
}

impl OutputType for EventType {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(Self::ENUM)
    }

    fn create_type_info(_: &mut Registry) -> String {
        <Self as OutputType>::qualified_type_name()
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(&self.0)))
    }
}

impl OutputType for RoleName {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(Self::ENUM)
    }

    fn create_type_info(_: &mut Registry) -> String {
        <Self as OutputType>::qualified_type_name()
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(self.shown())))
    }
}

/// A script, by its catalogue.
pub trait Declares {
    /// The source of the enums.
    const CATALOGUE: &'static Catalogue;
}

/// Puts the enums into the schema of a script, when it is registered there. Nothing in the schema is of this type itself.
pub struct Names<S>(Infallible, PhantomData<fn() -> S>);

impl<S: Declares> InputType for Names<S> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Names")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let Catalogue { entries, roles, .. } = S::CATALOGUE;
        let types = entries.iter().map(|entry| {
            let stored = entry.aggregate_type;
            let about = format!("`{stored}` in URLs, in commands over HTTP and in CloudEvents.");
            (AggregateType(stored.to_owned()).shown(), about)
        });
        let about = "A type of aggregate: each instance of it has a stream of events.";
        add(registry, AggregateType::ENUM, about, types.collect());

        let mut sources = BTreeMap::<_, Vec<_>>::new();
        for entry in *entries {
            for event in entry.events {
                sources.entry(event.name.to_owned()).or_default().push(entry.aggregate_type);
            }
        }
        let events = sources
            .into_iter()
            .map(|(name, types)| (name, format!("It happens to: {}.", types.join(", "))));
        let about = "Stored name of a type of event. More of them may come with every release.";
        add(registry, EventType::ENUM, about, events.collect());

        let roles = roles.iter();
        let roles = roles.map(|kind| (RoleName(kind.role.clone()).shown(), kind.about.to_owned()));
        let about = "What somebody is to the domain.";
        add(registry, RoleName::ENUM, about, roles.collect());
        Self::qualified_type_name()
    }

    fn parse(_: Option<Value>) -> InputValueResult<Self> {
        Err(InputValueError::custom("there is no such value"))
    }

    fn to_value(&self) -> Value {
        match self.0 {}
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
