//! The root of an operation. Its fields may stand within fragments, and more than once under one name: they are collected
//! here, as the specification says (`CollectFields`), so that each is resolved once, and a command is sent once. Errors of the
//! document stay as they are: the schema reports them.

use std::collections::{BTreeSet, HashMap};

use async_graphql::{
    Name, Positioned,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition,
        OperationType, Selection, SelectionSet,
    },
};
use edgefold_kernel::{Kind, Rejection};

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Replaces the fragments at the root of this operation by their fields. Fields with the same name in the answer become
/// one, with the selections of all of them. A root with `@skip` or `@include` stays as it is.
///
/// # Errors
/// Of a subscription, `INVALID_SUBSCRIPTION` for `@skip` or `@include` at the root, as whether there is something to follow must not depend on
/// variables; and for fields with one name in the answer that are not the same.
pub fn flatten(document: &mut ExecutableDocument, name: Option<&str>) -> Result<(), Rejection> {
    let ExecutableDocument { operations, fragments } = document;
    let operation = match (operations, name) {
        (DocumentOperations::Single(only), _) => Some(only),
        (DocumentOperations::Multiple(named), Some(name)) => named.get_mut(name),
        (DocumentOperations::Multiple(named), None) => named.values_mut().next(),
    };
    let Some(operation) = operation else { return Ok(()) };
    let of = operation.node.ty;
    let root = &mut operation.node.selection_set.node;
    let mut collected = Collected { fragments, of, fields: Vec::new(), within: BTreeSet::new() };
    if collected.take(root)? {
        let Collected { fields, within, .. } = collected;
        let fields = fields.into_iter().map(|field| {
            let at = field.pos;
            Positioned::new(Selection::Field(field), at)
        });
        root.items = fields.collect();
        forget(document, &within);
    }
    Ok(())
}

/// The fields that were found at the root so far.
struct Collected<'a> {
    fragments: &'a Fragments,
    of: OperationType,
    fields: Vec<Positioned<Field>>,
    /// Fragments that were put aside: each counts once. That none is within itself is seen when the document is measured.
    within: BTreeSet<Name>,
}

impl Collected<'_> {
    fn is_root(&self, on: &Name) -> bool {
        let root = match self.of {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        *on == root
    }

    /// Returns false if the document has an error that the schema must see in the original text.
    fn take(&mut self, selections: &SelectionSet) -> Result<bool, Rejection> {
        for selection in &selections.items {
            let directives = selection.node.directives();
            if self.of == OperationType::Subscription {
                check(directives)?;
            }
            let taken = match &selection.node {
                Selection::Field(field) => self.field(field)?,
                // Any other directive on a fragment is unknown.
                _ if !directives.is_empty() => false,
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    on.is_none_or(|on| self.is_root(&on.node.on.node))
                        && self.take(&inline.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    self.spread(&spread.node.fragment_name.node)?
                }
            };
            if !taken {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn spread(&mut self, name: &Name) -> Result<bool, Rejection> {
        let fragments = self.fragments;
        let Some(Positioned { node: fragment, .. }) = fragments.get(name) else { return Ok(false) };
        let is_sound =
            self.is_root(&fragment.type_condition.node.on.node) && fragment.directives.is_empty();
        if !is_sound || !self.within.insert(name.clone()) {
            return Ok(is_sound);
        }
        self.take(&fragment.selection_set.node)
    }

    fn field(&mut self, field: &Positioned<Field>) -> Result<bool, Rejection> {
        let key = field.node.response_key();
        let known = self.fields.iter_mut().find(|known| known.node.response_key() == key);
        let is_kept = self.of == OperationType::Subscription || field.node.directives.is_empty();
        let Some(Positioned { node: known, .. }) = known else {
            self.fields.push(field.clone());
            return Ok(is_kept);
        };
        let Field { name, arguments, directives, selection_set, .. } = &field.node;
        let same = known.name == *name
            && known.arguments.len() == arguments.len()
            && arguments.iter().all(|argument| known.arguments.contains(argument));
        if !same && self.of != OperationType::Subscription {
            return Ok(false);
        }
        if !same {
            return Err(invalid(format!(
                "{key} is selected twice with different fields or arguments"
            )));
        }
        known.selection_set.node.items.extend(selection_set.node.items.iter().cloned());
        Ok(directives.is_empty())
    }
}

fn check(directives: &[Positioned<Directive>]) -> Result<(), Rejection> {
    let depends = |name: &str| matches!(name, "skip" | "include");
    match directives.iter().any(|directive| depends(&directive.node.name.node)) {
        true => Err(invalid("@skip and @include are not allowed at the root of a subscription")),
        false => Ok(()),
    }
}

fn invalid(detail: impl Into<String>) -> Rejection {
    Rejection::new(Kind::Malformed, "INVALID_SUBSCRIPTION", detail)
}

/// Drops those of these fragments that no operation of the document uses any more.
fn forget(document: &mut ExecutableDocument, unused: &BTreeSet<Name>) {
    let mut used = BTreeSet::new();
    let roots = document.operations.iter().map(|(_, it)| &it.node.selection_set.node);
    let mut left: Vec<&SelectionSet> = roots.collect();
    while let Some(selections) = left.pop() {
        for selection in &selections.items {
            left.push(match &selection.node {
                Selection::Field(field) => &field.node.selection_set.node,
                Selection::InlineFragment(inline) => &inline.node.selection_set.node,
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    match document.fragments.get(name) {
                        Some(fragment) if used.insert(name.clone()) => {
                            &fragment.node.selection_set.node
                        }
                        _ => continue,
                    }
                }
            });
        }
    }
    document.fragments.retain(|name, _| used.contains(name) || !unused.contains(name));
}
