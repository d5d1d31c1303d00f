//! A request is parsed, measured and checked before it is executed: by the HTTP door and by the websocket alike.

use async_graphql::{
    ErrorExtensionValues, Request, ServerError, Value,
    parser::{
        parse_query,
        types::{
            BaseType, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
            Type,
        },
    },
};
use edgefold_kernel::{Rejection, limits};

use super::{
    measure::{measure, roots, scan},
    root::flatten,
    selected::repeated,
};
use crate::door::document::DocumentLimits;

/// Characters of an error that repeats a line of the document.
const REPEATED: usize = 500;

/// A request that may be executed.
#[derive(Debug)]
pub struct Admitted {
    /// The request, with its parsed document and its limits.
    pub request: Request,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// Requests that it counts as: one for each field at the root of its operation, which is a command or a look of its own, or one for
    /// each [hundred fields](limits::GRAPHQL_FIELDS_PER_REQUEST) that it asks for, if these are more. One without fields is a
    /// request, too.
    pub cost: usize,
}

/// Parses the document of a request, measures it, finds the operation to execute and checks that its variables are there.
/// The request keeps the parsed document.
///
/// # Errors
/// A request error, with its code: `GRAPHQL_PARSE_FAILED`, what [`scan`], [`measure`] and [`flatten`] refuse,
/// `UNKNOWN_OPERATION`, `INVALID_VARIABLE`.
pub fn admit(mut request: Request, settings: &DocumentLimits) -> Result<Admitted, ServerError> {
    scan(&request.query, settings).map_err(refused)?;
    let mut document = parse_query(&request.query)
        .map_err(|error| coded(short(ServerError::from(error)), "GRAPHQL_PARSE_FAILED"))?;
    let fields = measure(&document, &request.variables, settings, None).map_err(refused)?;
    // An empty name counts as absent.
    request.operation_name = request.operation_name.filter(|name| !name.is_empty());
    let operation = chosen(&document, request.operation_name.as_deref())?;
    check_variables(operation, &request)?;
    // `@skip` and `@include` would not know of them.
    for definition in &operation.variable_definitions {
        if let Some(value) = &definition.node.default_value {
            let name = definition.node.name.node.clone();
            request.variables.entry(name).or_insert_with(|| value.node.clone());
        }
    }
    let cost = roots(&document, operation).max(fields.div_ceil(limits::GRAPHQL_FIELDS_PER_REQUEST));
    let (kind, cost) = (operation.ty, cost.max(1));
    flatten(&mut document, request.operation_name.as_deref()).map_err(refused)?;
    if kind == OperationType::Mutation {
        let operation = chosen(&document, request.operation_name.as_deref())?;
        if let Some(name) = repeated(&document, operation, &request.variables) {
            let message = format!("{name} stands twice: a command is sent once");
            return Err(coded(ServerError::new(message, None), "GRAPHQL_VALIDATION_FAILED"));
        }
    }
    request.set_parsed_query(document);
    Ok(Admitted { request: request.data(*settings), kind, cost })
}

/// The same error, without most of a long line that it repeats.
fn short(mut error: ServerError) -> ServerError {
    if let Some((end, _)) = error.message.char_indices().nth(REPEATED) {
        error.message.truncate(end);
        error.message.push('…');
    }
    error
}

fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, ServerError> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(only), None) => Some(only),
        (DocumentOperations::Multiple(named), Some(name)) => named.get(name),
        (DocumentOperations::Multiple(named), None) if named.len() == 1 => named.values().next(),
        _ => None,
    };
    found.map(|operation| &operation.node).ok_or_else(|| {
        let message = match name {
            Some(name) => format!("the document has no operation {name:.100?}"),
            None => "the document has several operations: operationName says which".to_owned(),
        };
        coded(ServerError::new(message, None), "UNKNOWN_OPERATION")
    })
}

/// A variable that must not be null has a value. Whether it is a good one is for the schema to say.
fn check_variables(operation: &OperationDefinition, request: &Request) -> Result<(), ServerError> {
    for definition in &operation.variable_definitions {
        let name = &definition.node.name.node;
        let lacking = match request.variables.get(name) {
            None => definition.node.default_value.is_none(),
            Some(value) => *value == Value::Null,
        };
        if lacking && !definition.node.var_type.node.nullable {
            let message =
                format!("variable ${name} of type {} has no value", definition.node.var_type);
            return Err(coded(ServerError::new(message, Some(definition.pos)), "INVALID_VARIABLE"));
        }
        if is_id(&definition.node.var_type.node)
            && request.variables.get(name).is_some_and(has_inexact)
        {
            let message = format!(
                "variable ${name} of type {}: send a number of this size as a string",
                definition.node.var_type
            );
            return Err(coded(ServerError::new(message, Some(definition.pos)), "INVALID_VARIABLE"));
        }
    }
    Ok(())
}

fn is_id(of: &Type) -> bool {
    match &of.base {
        BaseType::Named(name) => name == "ID",
        BaseType::List(item) => is_id(item),
    }
}

/// True if there is a number that an id cannot be read from without losing digits.
fn has_inexact(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_i64(),
        Value::List(items) => items.iter().any(has_inexact),
        _ => false,
    }
}

pub(super) fn refused(rejection: Rejection) -> ServerError {
    let code = rejection.code.to_string();
    let mut error = coded(ServerError::new(rejection.detail, None), &code);
    if let (Some(field), Some(extensions)) = (rejection.field, &mut error.extensions) {
        extensions.set("field", field);
    }
    error
}

/// The error with its code.
pub(super) fn coded(mut error: ServerError, code: &str) -> ServerError {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}
