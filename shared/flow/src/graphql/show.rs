//! What an answer is made of, as JSON with the names of the schema.

use edgefold_kernel::{
    Envelope, Failure, Fault, Id, Principal, Rejection, Timestamp, Version, envelope::data_schema,
};
use serde_json::{Value, json};

use super::{
    api::{Api, Is, Type},
    describe::event_name,
    faulted,
    project::TYPE,
};
use crate::{Accepted, contract::RowView, door::token::Caller};

/// True if a field of the answer is selected.
pub(super) type Wants<'a> = &'a (dyn Fn(&str) -> bool + Sync);

/// Name of a type of aggregate as a value of the enum.
pub fn shown_type(stored: &str) -> String {
    stored.to_ascii_uppercase()
}

/// An instance at a version; `None` where there is no state.
pub(super) fn instance(id: &str, version: Version, began: &str, state: Value) -> Option<Value> {
    let Value::Object(mut shown) = state else { return None };
    shown.insert("id".to_owned(), id.into());
    shown.insert("version".to_owned(), version.into());
    shown.insert("createdAt".to_owned(), began.into());
    Some(Value::Object(shown))
}

/// An event, as it is stored, and its data by their type where this release knows it.
///
/// # Errors
/// A fault when its data are not JSON.
pub(super) fn event(api: &Api, who: &Principal, event: &Envelope) -> Result<Value, Fault> {
    let event = &*api.catalogue.shown(who, event);
    let data: Value = serde_json::from_str(event.data.get())
        .map_err(|error| Fault::Unreadable(error.to_string()))?;
    let (stream, meta) = (&event.stream, &event.metadata);
    let actor = meta.actor.as_ref();
    Ok(json!({
        "id": event.id.as_str(),
        "cursor": event.version.to_string(),
        "type": event.event_type,
        "version": event.version,
        "time": event.time.to_string(),
        "aggregateType": shown_type(&stream.aggregate_type),
        "aggregateId": stream.aggregate_id.as_str(),
        "dataSchema": data_schema(&stream.aggregate_type, &event.event_type, event.schema_version),
        "details": details(api, event, &data),
        "data": data,
        "commandId": event.command_id.as_str(),
        "correlationId": meta.correlation_id.as_ref().map(Id::as_str),
        "causationId": meta.causation_id.as_ref().map(Id::as_str),
        "correlationClaimed": meta.correlation_claimed,
        "causationClaimed": meta.causation_claimed,
        "traceparent": meta.traceparent,
        "tracestate": meta.tracestate,
        "baggage": meta.baggage,
        "actor": actor.map(|actor| actor.subject.as_str()),
        "actorRole": actor.map(|actor| actor.role.as_str().to_ascii_uppercase()),
        "actorVia": meta.via.as_ref().map(|via| via.as_str()),
    }))
}

fn details(api: &Api, event: &Envelope, data: &Value) -> Option<Value> {
    let entry = api.catalogue.entry(&event.stream.aggregate_type).ok()?;
    let known = entry.events.iter().find(|kind| kind.name == event.event_type)?;
    let mut shown = data.as_object().filter(|_| known.version == event.schema_version)?.clone();
    shown.insert(TYPE.to_owned(), event_name(entry, known.name).into());
    shown.insert("type".to_owned(), known.name.into());
    Some(Value::Object(shown))
}

/// The result of a command, as data. A refusal and a fault name the command.
///
/// # Errors
/// A fault.
pub(super) fn outcome(
    api: &Api,
    result: Result<Accepted, Failure>,
    command_id: Option<&Id>,
) -> Result<Value, async_graphql::Error> {
    match result {
        Ok(accepted) => self::accepted(&accepted).map_err(|fault| faulted(&fault)),
        Err(Failure::Rejected(rejection)) => Ok(rejected(api, &rejection, command_id)),
        Err(Failure::Faulted(fault)) => {
            let mut error = faulted(&fault);
            if let (Some(id), Some(extensions)) = (command_id, &mut error.extensions) {
                extensions.set("commandId", id.as_str());
            }
            Err(error)
        }
    }
}

fn accepted(accepted: &Accepted) -> Result<Value, Fault> {
    let shown = serde_json::to_value(accepted);
    let mut shown = shown.map_err(|error| Fault::Defect(error.to_string()))?;
    if let Value::Object(fields) = &mut shown {
        fields.insert(TYPE.to_owned(), "Accepted".into());
        fields.insert("aggregateType".to_owned(), shown_type(&accepted.aggregate_type).into());
    }
    Ok(shown)
}

fn rejected(api: &Api, rejection: &Rejection, command_id: Option<&Id>) -> Value {
    let Rejection { code, detail, field, rule, current_version, .. } = rejection;
    let codes = api.types.get("RejectionCode");
    let is_known = matches!(codes, Some(Type { is: Is::Enum(codes), .. }) if codes.iter().any(|(known, _)| known == code));
    json!({
        TYPE: "Rejected",
        "code": if is_known { code } else { "OTHER" },
        "detail": detail,
        "field": field,
        "rule": rule,
        "currentVersion": current_version,
        "commandId": command_id.map(Id::as_str),
    })
}

/// The caller.
pub(super) fn me(caller: &Caller) -> Value {
    let Caller { principal, expires_at, via, watches, .. } = caller;
    json!({
        "subject": principal.subject.as_str(),
        "role": principal.role.as_str().to_ascii_uppercase(),
        "expiresAt": Timestamp::to_string(expires_at),
        "via": via.as_ref().map(|via| via.as_str()),
        "watches": watches,
    })
}

/// A page of these, each with its cursor; `updates` is the cursor of what comes after it was read.
pub(super) fn connection(
    rows: Vec<(String, Value)>,
    has_more: bool,
    updates: Option<String>,
    wants: Wants<'_>,
) -> Value {
    let page_info = json!({
        "hasPreviousPage": false,
        "hasNextPage": has_more,
        "startCursor": rows.first().map(|(cursor, _)| cursor),
        "endCursor": rows.last().map(|(cursor, _)| cursor),
    });
    let (mut edges, mut nodes) = (Vec::new(), Vec::new());
    let (wants_edges, wants_nodes) = (wants("edges"), wants("nodes"));
    let edge = |cursor: String, node| {
        Value::Object(
            [("cursor".to_owned(), cursor.into()), ("node".to_owned(), node)].into_iter().collect(),
        )
    };
    for (cursor, node) in rows {
        match (wants_edges, wants_nodes) {
            (true, true) => {
                nodes.push(node.clone());
                edges.push(edge(cursor, node));
            }
            (true, false) => edges.push(edge(cursor, node)),
            (false, true) => nodes.push(node),
            (false, false) => {}
        }
    }
    json!({"pageInfo": page_info, "updatesCursor": updates, "edges": edges, "nodes": nodes})
}

/// What an object shows of its instance.
pub(super) fn seen_at(id: &str, RowView { version, began, state }: RowView) -> Option<Value> {
    instance(id, version, &began.to_string(), state)
}

/// True if a refusal says that there is no such instance. The query then answers null.
pub(super) fn unknown(rejection: &Rejection) -> bool {
    rejection.code == "UNKNOWN_INSTANCE"
}
