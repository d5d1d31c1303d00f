//! The types of shapes: those of the fields of states, events, commands and filters.

use edgefold_kernel::{
    limits,
    shape::{self, Choice, Object, Shape},
};

use super::api::{Api, Field, Is};

/// Where a shape stands: its name depends on it.
pub(super) struct Place {
    /// Name of the aggregate; empty outside of one.
    pub(super) of: String,
    pub(super) is_input: bool,
}

impl Api {
    pub(super) fn field(&mut self, field: &shape::Field, at: &Place) -> Field {
        let of = self.named(&field.shape, at);
        let is_left_out = field.is_optional || (at.is_input && field.is_caller);
        let mark = if is_left_out { "" } else { "!" };
        let bounds = at.is_input.then(|| bounds(&field.shape)).flatten();
        let about = match bounds {
            Some(bounds) => format!("{} {bounds}", field.about),
            None => field.about.to_owned(),
        };
        Field::new(field.name, format!("{of}{mark}"), about.trim())
    }

    pub(super) fn inputs(&mut self, object: &Object, at: &Place) -> Vec<Field> {
        object.fields.iter().map(|field| self.field(field, at)).collect()
    }

    /// Name of a shape's type, which may be null. What is in it is added.
    pub(super) fn named(&mut self, shape: &Shape, at: &Place) -> String {
        match shape {
            Shape::Id | Shape::Subject => "ID".to_owned(),
            Shape::Date => "Date".to_owned(),
            Shape::Timestamp => "DateTime".to_owned(),
            Shape::Money { .. } => "Amount".to_owned(),
            Shape::Code | Shape::Text { .. } => "String".to_owned(),
            Shape::Integer { .. } => "Int".to_owned(),
            Shape::Real => "Float".to_owned(),
            Shape::Bool => "Boolean".to_owned(),
            Shape::Map { .. } | Shape::Any => "JSON".to_owned(),
            Shape::List { of, .. } => format!("[{}!]", self.named(of, at)),
            Shape::Object(object) => self.object(object, at),
            Shape::Choice(Choice { name, about, values }) => {
                let name = owned(&at.of, name);
                let values = values.iter().map(|(name, about)| ((*name).into(), (*about).into()));
                self.add(&name, about, Is::Enum(values.collect()));
                name
            }
        }
    }

    pub(super) fn object(&mut self, object: &Object, at: &Place) -> String {
        let fields = object.fields.iter().filter(|field| !field.is_inner);
        let fields: Vec<_> = fields.map(|field| self.field(field, at)).collect();
        let mut name = owned(&at.of, object.name);
        let is = match at.is_input {
            true => Is::Input(fields),
            false => Is::Object(fields),
        };
        name.push_str(if at.is_input { "Input" } else { "" });
        self.add(&name, object.about, is);
        name
    }
}

/// The name of a type that belongs to an aggregate.
pub(super) fn owned(of: &str, name: &str) -> String {
    if name.starts_with(of) { name.to_owned() } else { format!("{of}{name}") }
}

/// The bounds of a shape, where they are closer than those of its type.
fn bounds(shape: &Shape) -> Option<String> {
    let range = |min: i64, max: i64, no_max: i64, of: &str| match (min, max) {
        (min, max) if max < no_max => Some(format!("{min} to {max}{of}.")),
        (min, _) if min > 0 => Some(format!("At least {min}{of}.")),
        _ => None,
    };
    match shape {
        Shape::Text { min, max, about, .. } => {
            let about = if about.is_empty() { None } else { Some((*about).to_owned()) };
            about.or_else(|| range((*min).into(), (*max).into(), u32::MAX.into(), " characters"))
        }
        Shape::List { min, max, .. } => {
            range((*min).into(), (*max).into(), u32::MAX.into(), " items")
        }
        Shape::Integer { min, max } => range(*min, *max, i32::MAX.into(), ""),
        Shape::Money { min, max } => range(*min, *max, limits::AMOUNT_MAX, ""),
        _ => None,
    }
}
