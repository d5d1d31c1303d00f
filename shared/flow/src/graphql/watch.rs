//! The watch of a schema over its requests: what a document asks for is measured with the schema at hand, and the size of
//! an answer while it is built.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::{
    QueryPathSegment, Response, ServerError, ServerResult, Value, Variables,
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
        Arc::new(Watching(AtomicUsize::new(0)))
    }
}

/// The bytes of one answer so far.
struct Watching(AtomicUsize);

impl Watching {
    fn add(&self, bytes: usize, most: usize) -> ServerResult<()> {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= most {
            return Ok(());
        }
        let detail = format!("an answer may have at most {most} bytes: ask for less at once");
        Err(coded(ServerError::new(detail, None), TOO_LARGE))
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
        Ok(document)
    }

    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        // Each event of a subscription is an answer of its own.
        self.0.store(0, Ordering::Relaxed);
        next.run(context, operation_name).await
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
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Boolean(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Enum(name) => name.len() + 2,
        Value::Binary(bytes) => bytes.len(),
        Value::List(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::Object(members) => {
            let member =
                |(name, value): (&async_graphql::Name, &Value)| name.len() + 4 + size(value);
            members.iter().map(member).sum::<usize>() + 2
        }
    }
}
