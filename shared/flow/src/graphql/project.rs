//! An answer is made of JSON: the projection walks a selection over the JSON and the described types. It awaits nothing.

use std::{
    ptr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_graphql::{
    Context, Name, PathSegment, Pos, Positioned, ServerError, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
};
use edgefold_kernel::Fault;
use serde_json::Value as Json;

use super::{
    api::{Api, Is},
    faulted,
    watch::{Counted, is_too_large, size, too_large},
};
use crate::door::document::DocumentLimits;

/// Name of the member of an object that names its type, where it may be one of several.
pub(super) const TYPE: &str = "__typename";

/// What a field answers: its value, and the errors within it. An error of the field itself is null where the type allows it.
///
/// # Errors
/// An error of a field that must not be null; `ANSWER_TOO_LARGE`.
pub(super) fn answered(
    api: &Api,
    context: &Context<'_>,
    of: &str,
    found: Result<Json, async_graphql::Error>,
) -> ServerResult<Value> {
    let field = context.item;
    let mut walk = Walk {
        api,
        context,
        counted: context.data_opt::<Counted>().map(|it| Arc::clone(&it.0)).unwrap_or_default(),
        most: context.data_opt::<DocumentLimits>().copied().unwrap_or_default().answer,
        path: vec![PathSegment::Field(field.node.response_key().node.to_string())],
        errors: Vec::new(),
    };
    let value = match found {
        Ok(json) => walk.value(of, &json, &[&field.node], field.pos),
        Err(error) => {
            let error = error.into_server_error(field.pos).with_path(walk.path.clone());
            walk.caught(of, Err(error))
        }
    };
    for error in walk.errors {
        context.add_error(error);
    }
    value
}

/// Fields with one name in the answer, by this name, in the order in which they were selected.
type Selected<'a> = IndexMap<&'a Name, Vec<&'a Positioned<Field>>>;

struct Walk<'a> {
    api: &'a Api,
    context: &'a Context<'a>,
    /// Bytes of the answer so far, and how many it may have.
    counted: Arc<AtomicUsize>,
    most: usize,
    path: Vec<PathSegment>,
    errors: Vec<ServerError>,
}

impl<'a> Walk<'a> {
    /// A value of this type, for these fields that were selected under one name.
    fn value(
        &mut self,
        of: &str,
        json: &Json,
        fields: &[&'a Field],
        at: Pos,
    ) -> ServerResult<Value> {
        let (inner, may_be_null) = match of.strip_suffix('!') {
            Some(inner) => (inner, false),
            None => (of, true),
        };
        let value = match json {
            Json::Null if may_be_null => self.add(4).map(|()| Value::Null),
            Json::Null => Err(self.failed(at, "a value is missing")),
            json => self.present(inner, json, fields, at),
        };
        self.caught(of, value)
    }

    fn present(
        &mut self,
        of: &str,
        json: &Json,
        fields: &[&'a Field],
        at: Pos,
    ) -> ServerResult<Value> {
        if let Some(of) = of.strip_prefix('[').and_then(|of| of.strip_suffix(']')) {
            let Json::Array(items) = json else { return Err(self.failed(at, "no list")) };
            self.add(1)?;
            let item = |(index, item)| {
                self.add(1)?;
                self.path.push(PathSegment::Index(index));
                let value = self.value(of, item, fields, at);
                self.path.pop();
                value
            };
            return items.iter().enumerate().map(item).collect::<Result<_, _>>().map(Value::List);
        }
        let name = match self.api.types.get(of).map(|it| &it.is) {
            Some(Is::Object(_)) => of,
            Some(Is::Union(_)) => json.get(TYPE).and_then(Json::as_str).unwrap_or_default(),
            _ => {
                let value = Value::from_json(json.clone());
                let value = value.map_err(|error| self.failed(at, &error.to_string()))?;
                self.add(size(&value))?;
                return Ok(value);
            }
        };
        self.object(name, json, fields)
    }

    fn object(&mut self, of: &str, json: &Json, fields: &[&'a Field]) -> ServerResult<Value> {
        let api = self.api;
        let mut selected = Selected::new();
        for field in fields {
            self.collect(of, &field.selection_set.node, &mut selected);
        }
        self.add(1)?;
        let mut members = IndexMap::with_capacity(selected.len());
        for (key, same) in selected {
            let Some(Positioned { pos, node }) = same.first().copied() else { continue };
            let name = node.name.node.as_str();
            self.add(key.len() + 4)?;
            let value = match name {
                TYPE => {
                    self.add(of.len() + 2)?;
                    Value::from(of)
                }
                name => {
                    let described = api.fields(of).iter().find(|field| field.name == name);
                    let Some(described) = described else { continue };
                    let same: Vec<_> = same.iter().map(|field| &field.node).collect();
                    self.path.push(PathSegment::Field(key.to_string()));
                    let json = json.get(name).unwrap_or(&Json::Null);
                    let value = self.value(&described.of, json, &same, *pos);
                    self.path.pop();
                    value?
                }
            };
            members.insert(key.clone(), value);
        }
        Ok(Value::Object(members))
    }

    /// Collects the fields of an object, as the specification says (`CollectFields`). What is skipped was put aside before.
    fn collect(&self, of: &str, selections: &'a SelectionSet, selected: &mut Selected<'a>) {
        for selection in &selections.items {
            let (on, inner) = match &selection.node {
                Selection::Field(field) => {
                    let same = selected.entry(&field.node.response_key().node).or_default();
                    // A fragment that is spread twice counts once.
                    if !same.iter().any(|known| ptr::eq(*known, field)) {
                        same.push(field);
                    }
                    continue;
                }
                Selection::InlineFragment(inline) => {
                    (inline.node.type_condition.as_ref(), &inline.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => {
                    let fragments = &self.context.query_env.fragments;
                    let Some(fragment) = fragments.get(&spread.node.fragment_name.node) else {
                        continue;
                    };
                    (Some(&fragment.node.type_condition), &fragment.node.selection_set.node)
                }
            };
            let applies = on.is_none_or(|on| {
                let on = on.node.on.node.as_str();
                on == of
                    || matches!(self.api.types.get(on).map(|it| &it.is), Some(Is::Union(members)) if members.iter().any(|it| it == of))
            });
            if applies {
                self.collect(of, inner, selected);
            }
        }
    }

    /// Null in place of an error, where the type allows it.
    fn caught(&mut self, of: &str, value: ServerResult<Value>) -> ServerResult<Value> {
        match value {
            Err(error) if !of.ends_with('!') && !is_too_large(&error) => {
                self.errors.push(error);
                Ok(Value::Null)
            }
            value => value,
        }
    }

    fn add(&mut self, bytes: usize) -> ServerResult<()> {
        let before = self.counted.fetch_add(bytes, Ordering::Relaxed);
        match before.saturating_add(bytes) <= self.most {
            true => Ok(()),
            false => Err(too_large(self.most)),
        }
    }

    fn failed(&self, at: Pos, what: &str) -> ServerError {
        let fault = Fault::Unreadable(format!("{:?}: {what}", self.path));
        faulted(&fault).into_server_error(at).with_path(self.path.clone())
    }
}
