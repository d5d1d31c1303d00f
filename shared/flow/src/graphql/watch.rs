//! The watch of a schema over its requests: what a document asks for is measured with the schema at hand, and the size of
//! an answer while it is built. The fields at its root come in the order of the document.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::{
    Data, Name, QueryPathSegment, Response, ServerError, ServerResult, Value, Variables,
    async_trait::async_trait,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextResolve,
        ResolveInfo,
    },
    parser::types::ExecutableDocument,
};

use super::{
    admit::{coded, refused},
    measure::measure,
    selected::collect,
};
use crate::door::document::DocumentLimits;

/// Code of an answer that grew too large.
const TOO_LARGE: &str = "ANSWER_TOO_LARGE";

/// The watch, as a schema takes it: `Schema::build(…).extension(Watch)`. Suggestions are to be switched off with it, since they
/// name what introspection may hide.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch;

impl ExtensionFactory for Watch {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Watching::default())
    }
}

/// The bytes of one answer so far. It is among the data of the execution.
pub(super) struct Counted(pub(super) Arc<AtomicUsize>);

/// One request.
#[derive(Default)]
struct Watching {
    counted: Arc<AtomicUsize>,
    /// The names of the fields at the root of each operation, in their order.
    orders: Mutex<Vec<(Option<Name>, Vec<Name>)>>,
}

impl Watching {
    fn add(&self, bytes: usize, most: usize) -> ServerResult<()> {
        let before = self.counted.fetch_add(bytes, Ordering::Relaxed);
        match before.saturating_add(bytes) <= most {
            true => Ok(()),
            false => Err(too_large(most)),
        }
    }

    /// The fields at the root in the order of the document. They were answered side by side.
    fn sort(&self, operation_name: Option<&str>, data: &mut Value) {
        let Value::Object(members) = data else { return };
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let named = orders.iter().find(|(name, _)| name.as_deref() == operation_name);
        if let Some((_, order)) = named.or(orders.first()) {
            let place = |key: &Name| order.iter().position(|known| known == key);
            members.sort_by(|one, _, other, _| place(one).cmp(&place(other)));
        }
    }
}

#[async_trait]
impl Extension for Watching {
    async fn parse_query(
        &self,
        context: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(context, query, variables).await?;
        let registry = &context.schema_env.registry;
        measure(&document, variables, &settings(context), Some(registry)).map_err(refused)?;
        let orders = document.operations.iter().map(|(name, operation)| {
            let mut fields = Vec::new();
            collect(&document, variables, &operation.node.selection_set.node, &mut fields);
            let order = fields.into_iter().map(|field| field.response_key().node.clone());
            (name.cloned(), order.collect())
        });
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = orders.collect();
        Ok(document)
    }

    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        // Each event of a subscription is an answer of its own.
        self.counted.store(0, Ordering::Relaxed);
        let mut data = Data::default();
        data.insert(Counted(Arc::clone(&self.counted)));
        let mut response = next.run_with_data(context, operation_name, data).await;
        // All that was asked for was skipped: that is an answer, too.
        if response.errors.is_empty() && response.data == Value::Null {
            response.data = Value::Object(Default::default());
        }
        self.sort(operation_name, &mut response.data);
        response
    }

    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let most = settings(context).answer;
        // A list is resolved as a whole and then item by item. The key comes with its quotes, the colon and the comma.
        let key = match info.path_node.segment {
            QueryPathSegment::Index(_) => 1,
            QueryPathSegment::Name(name) => name.len() + 4,
        };
        let is_list = info.return_type.contains('[');
        let is_leaf = info.field.selection_set.node.items.is_empty() && !is_list;
        self.add(key, most)?;
        let value = next.run(context, info).await?;
        if is_leaf && let Some(value) = &value {
            self.add(size(value), most)?;
        }
        Ok(value)
    }
}

/// The error of an answer that grew too large.
pub(super) fn too_large(most: usize) -> ServerError {
    let detail = format!("an answer may have at most {most} bytes: ask for less at once");
    coded(ServerError::new(detail, None), TOO_LARGE)
}

/// True for the error of an answer that grew too large: nothing of it is sent.
pub(super) fn is_too_large(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    code.is_some_and(|code| *code == Value::from(TOO_LARGE))
}

/// The limits of the request; [`admit`](super::admit::admit) puts them there.
fn settings(context: &ExtensionContext<'_>) -> DocumentLimits {
    context.data_opt::<DocumentLimits>().copied().unwrap_or_default()
}

/// Bytes of a value as JSON, without those that its characters take when they are escaped.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Boolean(true) => 4,
        Value::Boolean(false) => 5,
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => text.len() + 2,
        Value::Enum(name) => name.len() + 2,
        Value::Binary(bytes) => bytes.len(),
        Value::List(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 1,
        Value::Object(members) => {
            let member =
                |(name, value): (&async_graphql::Name, &Value)| name.len() + 4 + size(value);
            members.iter().map(member).sum::<usize>() + 1
        }
    }
}
