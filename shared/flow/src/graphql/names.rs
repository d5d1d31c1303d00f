//! Names that are closed sets, as values of an enum. Which there are stands in the script's catalogue: the script puts the
//! enums into the schema, and nothing is named here.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType,
    Positioned, ServerResult, Value, parser::types::Field, registry::Registry,
};

/// A type of aggregate: `room` wherever it is stored or stands in a URL, `ROOM` in GraphQL.
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

impl InputType for AggregateType {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(Self::ENUM)
    }

    fn create_type_info(_: &mut Registry) -> String {
        <Self as InputType>::qualified_type_name()
    }

    /// Whether there is such a type has been checked with the document.
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
