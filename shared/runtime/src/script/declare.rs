//! The whole of a script that is deployed, as one declaration.

/// Declares a script: the catalogue of its aggregates with their Durable Object classes, the classes of journals and sessions, and
/// the handlers of requests and of the queue. One line for each aggregate: the binding in `wrangler.toml`, the class, the type.
///
/// ```text
/// edgefold_runtime::script! {
///     aggregates: { "ROOM" => RoomObject(Room), "ORDER" => OrderObject(Order) },
///     projections: &[],
///     hooks: Hooks::NONE,
///     roles: ROLES,
///     openapi: include_str!("openapi.json"),
/// }
/// ```
#[macro_export]
macro_rules! script {
    (
        aggregates: { $($binding:literal => $class:ident($aggregate:ty)),+ $(,)? },
        projections: $projections:expr,
        hooks: $hooks:expr,
        roles: $roles:expr,
        openapi: $openapi:expr $(,)?
    ) => {
        /// Every aggregate type, projection, hook and role of the script.
        pub const CATALOGUE: &$crate::flow::Catalogue = &$crate::flow::Catalogue {
            entries: &[$($crate::flow::route::Entry::of::<$aggregate>($binding)),+],
            projections: $projections,
            hooks: $hooks,
            roles: $roles,
        };

        /// This script, as its GraphQL schema knows it.
        #[derive(Debug)]
        pub enum Script {}

        impl $crate::flow::graphql::Declares for Script {
            const CATALOGUE: &'static $crate::flow::Catalogue = CATALOGUE;
        }

        /// The GraphQL schema, built once for each isolate.
        pub fn schema() -> &'static $crate::flow::graphql::ScriptSchema<Script> {
            static SCHEMA: std::sync::OnceLock<$crate::flow::graphql::ScriptSchema<Script>> =
                std::sync::OnceLock::new();
            SCHEMA.get_or_init($crate::flow::graphql::schema::<Script>)
        }

        $($crate::aggregate_object!($class, $aggregate, CATALOGUE);)+
        $crate::journal_object!(JournalObject, CATALOGUE);
        $crate::session_object!(SessionObject, CATALOGUE, |request| schema().execute_stream(request));

        #[worker::event(fetch)]
        async fn fetch(
            request: $crate::platform::http::Request,
            env: worker::Env,
            _context: worker::Context,
        ) -> worker::Result<$crate::platform::http::Response> {
            const OPENAPI: &str = $openapi;
            let of_graphql = async |request, caller| {
                let env = env.clone();
                $crate::script::graphql::serve(request, caller, env, CATALOGUE, schema()).await
            };
            $crate::script::serve(request, &env, CATALOGUE, OPENAPI, of_graphql).await
        }

        #[worker::event(queue)]
        async fn queue(
            batch: worker::MessageBatch<$crate::Json>,
            env: worker::Env,
            _context: worker::Context,
        ) -> worker::Result<()> {
            $crate::bus::consume(&batch, &env, CATALOGUE).await
        }
    };
}
