//! The fields that an operation selects at its root, with fragments put aside.

use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{
        Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
    },
};

/// Collects the fields at a root, in the order in which they are selected.
pub(super) fn collect<'a>(
    document: &'a ExecutableDocument,
    variables: &Variables,
    selections: &'a SelectionSet,
    fields: &mut Vec<&'a Field>,
) {
    for selection in &selections.items {
        if is_skipped(selection.node.directives(), variables) {
            continue;
        }
        match &selection.node {
            Selection::Field(field) => fields.push(&field.node),
            Selection::InlineFragment(inline) => {
                collect(document, variables, &inline.node.selection_set.node, fields);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(document, variables, &fragment.node.selection_set.node, fields);
                }
            }
        }
    }
}

/// The name of a field at the root of an operation that would be resolved twice. Two of one name that are not the same are for
/// the schema to refuse.
pub(super) fn repeated<'a>(
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &Variables,
) -> Option<&'a Name> {
    let mut fields = Vec::new();
    collect(document, variables, &operation.selection_set.node, &mut fields);
    while let Some(field) = fields.pop() {
        let is_same = |other: &&Field| {
            other.response_key() == field.response_key()
                && other.name == field.name
                && other.arguments.len() == field.arguments.len()
                && other.arguments.iter().all(|argument| field.arguments.contains(argument))
        };
        if fields.iter().any(is_same) {
            return Some(&field.response_key().node);
        }
    }
    None
}

/// True if `@skip` or `@include` leaves a selection out. Variables have their default values already.
fn is_skipped(directives: &[Positioned<Directive>], variables: &Variables) -> bool {
    directives.iter().any(|directive| {
        let condition = directive.node.get_argument("if").and_then(|value| {
            let value = value.node.clone();
            value.into_const_with(|name| variables.get(&name).cloned().ok_or(())).ok()
        });
        let holds = condition == Some(Value::Boolean(true));
        match directive.node.name.node.as_str() {
            "skip" => holds,
            "include" => !holds,
            _ => false,
        }
    })
}
