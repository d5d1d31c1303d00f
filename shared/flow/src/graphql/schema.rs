//! The schema of a script: its three roots, for async-graphql.

use std::{borrow::Cow, marker::PhantomData, pin::Pin, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, QueryPathNode,
    QueryPathSegment, Response, Schema, ServerError, ServerResult, SubscriptionType, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::Registry,
    resolver_utils::{resolve_container, resolve_container_serial},
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream, Stream},
};

use super::{
    Watch,
    api::{Api, Root},
    input::Arguments,
    project::answered,
    query::resolve,
    subscription::subscribed,
};
use crate::Catalogue;

/// A script, by its catalogue. Its schema is made from it.
pub trait Declares: Send + Sync + 'static {
    /// The catalogue.
    const CATALOGUE: &'static Catalogue;
}

macro_rules! root {
    ($(#[$about:meta])* $root:ident) => {
        $(#[$about])*
        #[derive(Debug)]
        pub struct $root<S>(Arc<Api>, PhantomData<fn() -> S>);

        impl<S: Declares> Default for $root<S> {
            fn default() -> Self {
                Self(Api::of(S::CATALOGUE), PhantomData)
            }
        }
    };
}

root! {
    /// The fields of queries.
    Query
}
root! {
    /// The fields of mutations.
    Mutation
}
root! {
    /// The fields of subscriptions.
    Subscription
}

/// The schema of a script that has no fields of its own. One that has merges them with the roots: `MergedObject` and
/// `MergedSubscription` of async-graphql do it, and [`finished`] takes the result.
pub type ScriptSchema<S> = Schema<Query<S>, Mutation<S>, Subscription<S>>;

/// The schema of a script.
pub fn schema<S: Declares>() -> ScriptSchema<S> {
    finished(Query::default(), Mutation::default(), Subscription::default())
}

/// A schema with these roots.
pub fn finished<Q, M, S>(query: Q, mutation: M, subscription: S) -> Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    // A suggestion would name what introspection hides.
    Schema::build(query, mutation, subscription).extension(Watch).disable_suggestions().finish()
}

macro_rules! object {
    ($root:ident, $fields:ident, $resolve:ident) => {
        impl<S: Declares> ContainerType for $root<S> {
            async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
                resolve(&self.0, &self.0.$fields, context).await
            }
        }

        impl<S: Declares> OutputType for $root<S> {
            fn type_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($root))
            }

            fn create_type_info(registry: &mut Registry) -> String {
                let api = Api::of(S::CATALOGUE);
                api.register(registry, stringify!($root), &api.$fields);
                <Self as OutputType>::qualified_type_name()
            }

            async fn resolve(
                &self,
                context: &ContextSelectionSet<'_>,
                _: &Positioned<Field>,
            ) -> ServerResult<Value> {
                $resolve(context, self).await
            }
        }

        impl<S: Declares> ObjectType for $root<S> {}
    };
}

object!(Query, query, resolve_container);
object!(Mutation, mutation, resolve_container_serial);

impl<S: Declares> SubscriptionType for Subscription<S> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Subscription")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let api = Api::of(S::CATALOGUE);
        api.register(registry, "Subscription", &api.subscription);
        <Self as SubscriptionType>::qualified_type_name()
    }

    fn create_field_stream<'a>(
        &'a self,
        context: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        answers(&self.0, context)
    }
}

/// The answers of a subscription's field: one for each of its items. `None` if there is no such field.
fn answers<'a>(api: &'a Api, context: &'a Context<'_>) -> Option<BoxStream<'a, Response>> {
    let name = context.item.node.name.node.as_str();
    let root = api.subscription.iter().find(|root| root.field.name == name)?;
    let begun = async move {
        let given = Arguments::of(api, context, &root.arguments)?;
        subscribed(api, root.does, context, given)
            .await
            .map_err(|error| context.set_error_path(error.into_server_error(context.item.pos)))
    };
    let answers = stream::once(begun).flat_map(move |begun| match begun {
        Ok(items) => items.then(move |item| answer(api, root, context, item)).boxed(),
        Err(error) => stream::iter([failed(error)]).boxed(),
    });
    Some(answers.boxed())
}

/// One answer, as an execution of its own.
async fn answer(
    api: &Api,
    root: &Root,
    context: &Context<'_>,
    item: Result<serde_json::Value, async_graphql::Error>,
) -> Response {
    let (environment, field) = (context.query_env, context.item);
    let executed = |data: Option<async_graphql::Data>| async move {
        let key = &field.node.response_key().node;
        let segment = QueryPathSegment::Name(key);
        let path = QueryPathNode { parent: None, segment };
        let inner =
            environment.create_context(context.schema_env, Some(path), field, data.as_ref());
        let mut response = match answered(api, &inner, &root.field.of, item) {
            Ok(value) => Response::new(Value::Object(IndexMap::from([(key.clone(), value)]))),
            Err(error) => failed(error),
        };
        let errors = environment.errors.lock();
        response.errors.append(&mut errors.unwrap_or_else(std::sync::PoisonError::into_inner));
        response
    };
    environment.extensions.execute(environment.operation_name.as_deref(), executed).await
}

fn failed(error: ServerError) -> Response {
    Response::from_errors(vec![error])
}
