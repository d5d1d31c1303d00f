//! An instance as GraphQL shows it: every field of its state, and of every event.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use async_graphql::Request;
use edgefold_core::{CATALOGUE, schema};
use edgefold_flow::{
    Accepted, Message,
    contract::{EventsPage, RowView},
    door::{document::DocumentLimits, token::Caller},
    graphql::{
        Api,
        api::{Does, Field, Is},
        gateway::{Gateway, Row},
    },
    instance::When,
    journal::Seal,
    participant::Sight,
    queued::Ended,
    subscribe::Page,
};
use edgefold_kernel::{Envelope, Failure, Fault, Id, Principal, StreamId, Timestamp, Version};
use edgefold_roles::STAFF;
use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
};
use serde_json::Value;

/// Who reads here.
pub(crate) fn reader() -> Principal {
    Principal::new(Id::nobody(), STAFF)
}

/// Shows an instance to the staff.
///
/// # Errors
/// What GraphQL cannot show of it.
pub(crate) fn shown(aggregate_type: &str, row: RowView, page: EventsPage) -> Result<Value, String> {
    let caller = Caller::new(reader(), Timestamp::MAX);
    let gateway: Arc<dyn Gateway> = Arc::new(One { caller, row, page });
    let most = usize::MAX;
    let (tokens, depth, complexity, aliases) = (most, most, most, most);
    let limits = DocumentLimits { tokens, depth, complexity, aliases, ..DocumentLimits::default() };
    let request = Request::new(document(aggregate_type)).data(gateway).data(limits);
    let response = schema().execute(request).now_or_never().unwrap();
    match response.errors.as_slice() {
        [] => response.data.into_json().map_err(|error| error.to_string()),
        errors => Err(format!("{errors:?}")),
    }
}

fn document(aggregate_type: &str) -> String {
    let api = Api::of(CATALOGUE);
    let asks = |does: &Does| matches!(does, Does::One(it) if it.aggregate_type == aggregate_type);
    let one = &api.query.iter().find(|root| asks(&root.does)).unwrap().field;
    format!(
        "{{ one: {} (id: \"it\") {} events(aggregateType: {}, aggregateId: \"it\", first: 100) {{ nodes: edges {{ node {} }} }} }}",
        one.name,
        all(&api, &one.of),
        edgefold_flow::graphql::shown_type(aggregate_type),
        all(&api, "Event"),
    )
}

/// Everything of a type, down to its leaves.
fn all(api: &Api, of: &str) -> String {
    let name = of.trim_matches(|c| "[]!".contains(c));
    let field = |prefix: &str, Field { name, of, .. }: &Field| {
        format!("{prefix}{name}: {name} {}", all(api, of))
    };
    let fields = |prefix: &str, fields: &[Field]| {
        fields.iter().map(|it| field(prefix, it)).collect::<Vec<_>>().join(" ")
    };
    match api.types.get(name).map(|it| &it.is) {
        Some(Is::Object(of)) => format!("{{ {} }}", fields("", of)),
        // One name may stand for values of several types in them.
        Some(Is::Union(members)) => {
            let on = |member: &String| {
                format!(
                    "... on {member} {{ {} }}",
                    fields(&format!("{member}_"), api.fields(member))
                )
            };
            format!("{{ __typename {} }}", members.iter().map(on).collect::<Vec<_>>().join(" "))
        }
        _ => String::new(),
    }
}

/// The instance, for its caller.
struct One {
    caller: Caller,
    row: RowView,
    page: EventsPage,
}

fn unasked<T: Send + 'static, E: From<Fault> + Send + 'static>() -> BoxFuture<'static, Result<T, E>>
{
    ready(Err(Fault::Defect("nobody asks for it here".to_owned()).into())).boxed()
}

impl Gateway for One {
    fn caller(&self) -> Result<&Caller, Failure> {
        Ok(&self.caller)
    }

    fn seal(&self) -> Result<Seal, Failure> {
        Ok(Seal::new("one", "1"))
    }

    fn fresh_id(&self) -> Id {
        Id::nobody()
    }

    fn command(&self, _: Message) -> BoxFuture<'_, Result<Accepted, Failure>> {
        unasked()
    }

    fn row(&self, _: StreamId, _: When) -> BoxFuture<'_, Result<RowView, Failure>> {
        ready(Ok(self.row.clone())).boxed()
    }

    fn seen(&self, _: BTreeSet<StreamId>) -> BoxFuture<'_, Result<BTreeSet<StreamId>, Failure>> {
        unasked()
    }

    fn sights(&self, _: &StreamId, _: &Page) -> Result<Vec<Sight>, Failure> {
        Ok(Vec::new())
    }

    fn events(
        &self,
        _: StreamId,
        _: Version,
        _: usize,
    ) -> BoxFuture<'_, Result<EventsPage, Failure>> {
        ready(Ok(self.page.clone())).boxed()
    }

    fn outcome(&self, _: StreamId, _: Id) -> BoxFuture<'_, Result<Option<Ended>, Failure>> {
        unasked()
    }

    fn shown<'a>(
        &'a self,
        _: &'a str,
        _: Vec<(StreamId, Version)>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        unasked()
    }

    fn places<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<String, Failure>> {
        unasked()
    }

    fn wake<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        unasked()
    }

    fn caused(&self, _: Id) -> BoxFuture<'_, Result<Vec<Envelope>, Failure>> {
        unasked()
    }

    fn rows(&self, _: Cow<'static, str>, _: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, Fault>> {
        unasked()
    }

    fn sleep(&self, _: u64) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
