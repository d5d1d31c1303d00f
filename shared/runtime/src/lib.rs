//! The only crate that touches Workers: it gives the pure steps of `flow` their storage, their clock and their network.
//!
//! # Layout
//!
//! | room | runtime event |
//! |---|---|
//! | [`guard_fetch`] | an HTTP request from outside reaches the script: is it let in? |
//! | [`door_fetch`] | … and handed to whom it is about |
//! | [`auth_fetch`] | … with a token that says from whom |
//! | [`admin_fetch`] | … from an administrator, about what is parked |
//! | [`graphql_fetch`] | … and is a GraphQL one |
//! | [`instance_object`] | a request reaches an aggregate's object |
//! | [`watch_object`] | a native socket of an object opens, speaks, closes |
//! | `turn_object` | … each message in its turn |
//! | [`feed_object`] | … and is sent events, as fast as it reads |
//! | [`follow_object`] | … and what is new is told to the sessions that follow |
//! | [`parcel_object`] | … is handed a parcel by the bus |
//! | [`copy_object`] | … takes foreign events, and fetches what it lacks of them |
//! | [`instance_alarm`] | the alarm of an object rings |
//! | [`session_object`] | a GraphQL socket opens, speaks, closes; a source tells its session |
//! | `operation_object` | … and its operations are run |
//! | `kept_object` | … and what it has to know when it wakes is kept, until its socket is gone |
//! | `seats_object` | … and how many sockets a principal has is counted |
//! | [`bus_queue`] | the queue hands over letters |
//! | [`deliver_object`] | … what they hold reaches its destination |
//! | [`park_d1`] | … or is parked, when it cannot |
//! | `redrive_d1` | … and delivered once more |
//! | [`journal_d1`] | letters are journalled and projected |
//! | `category_d1` | … and who follows a category, and what is new in it, is read |
//! | `category_object` | … and what is new is told to the sessions that follow it |
//! | [`correlation_d1`] | what a command has caused is read |
//! | [`gateway_d1`] | resolvers send commands and read models |
//! | `database` | statements in D1 |
//! | [`sqlite`] | the storage port over the object's SQLite |
//! | `statement` | SQL statements, with few crossings into JavaScript |
//! | [`stub`] | a call to an object, bounded in time |
//! | `allowance` | how much callers are allowed, as it is set |
//! | `asked` | what a request asks for |
//! | [`answer`] | results as HTTP responses |
//! | [`clock`] | time and fresh identifiers |
//!
//! **Invariant:** no business rule, no routing decision and no protocol step lives here; they are data from `flow`.

pub mod guard_fetch;
pub mod door_fetch;
pub mod auth_fetch;
pub mod admin_fetch;
pub mod graphql_fetch;
pub mod instance_object;
pub mod watch_object;
mod turn_object;
pub mod feed_object;
pub mod follow_object;
pub mod parcel_object;
pub mod copy_object;
pub mod instance_alarm;
pub mod session_object;
mod operation_object;
mod kept_object;
mod seats_object;
pub mod bus_queue;
pub mod deliver_object;
pub mod park_d1;
mod redrive_d1;
pub mod journal_d1;
mod category_d1;
mod category_object;
pub mod correlation_d1;
pub mod gateway_d1;
pub mod sqlite;
mod statement;
mod database;
pub mod stub;
mod allowance;
mod asked;
pub mod answer;
pub mod clock;

pub use instance_object::Host;
pub use session_object::Session;

/// Names of the bindings that a deployment has, beside one for each aggregate's class.
pub mod bindings {
    /// The queue that is the bus.
    pub const BUS: &str = "BUS";
    /// What the name of the queue ends with to which the platform moves what the bus has failed to deliver too often.
    pub const DEAD_QUEUE: &str = "-dead";
    /// The D1 database of journal and read models.
    pub const DB: &str = "DB";
    /// The counter of requests. Where it is not bound each isolate counts by itself.
    pub const REQUESTS: &str = "REQUESTS";
    /// The class of GraphQL sessions.
    pub const SESSION: &str = "SESSION";
}

/// Declares the Durable Object class of an aggregate.
///
/// ```text
/// aggregate_object!(RoomObject, Room, CATALOGUE);
/// ```
#[macro_export]
macro_rules! aggregate_object {
    ($class:ident, $aggregate:ty, $catalogue:expr) => {
        #[doc = concat!("Durable Object class of `", stringify!($aggregate), "`.")]
        #[worker::durable_object]
        pub struct $class(std::panic::AssertUnwindSafe<$crate::Host<$aggregate>>);

        impl worker::DurableObject for $class {
            fn new(state: worker::State, env: worker::Env) -> Self {
                Self(std::panic::AssertUnwindSafe($crate::Host::new(state, env, $catalogue)))
            }

            async fn fetch(&self, request: worker::Request) -> worker::Result<worker::Response> {
                self.0.fetch(request).await
            }

            async fn alarm(&self) -> worker::Result<worker::Response> {
                self.0.alarm().await
            }

            async fn websocket_message(
                &self,
                socket: worker::WebSocket,
                message: worker::WebSocketIncomingMessage,
            ) -> worker::Result<()> {
                self.0.heard(&socket, message).await
            }

            async fn websocket_close(
                &self,
                socket: worker::WebSocket,
                code: usize,
                _reason: String,
                _was_clean: bool,
            ) -> worker::Result<()> {
                self.0.closed(&socket, code)
            }

            async fn websocket_error(
                &self,
                _socket: worker::WebSocket,
                _error: worker::Error,
            ) -> worker::Result<()> {
                Ok(())
            }
        }
    };
}

/// Declares the Durable Object class of GraphQL sessions.
///
/// ```text
/// session_object!(SessionObject, CATALOGUE, schema::execute);
/// ```
#[macro_export]
macro_rules! session_object {
    ($class:ident, $catalogue:expr, $execute:expr) => {
        #[doc = "Durable Object class of GraphQL sessions."]
        #[worker::durable_object]
        pub struct $class(std::panic::AssertUnwindSafe<$crate::Session>);

        impl worker::DurableObject for $class {
            fn new(state: worker::State, env: worker::Env) -> Self {
                Self(std::panic::AssertUnwindSafe($crate::Session::new(
                    state, env, $catalogue, $execute,
                )))
            }

            async fn fetch(&self, request: worker::Request) -> worker::Result<worker::Response> {
                self.0.fetch(request).await
            }

            async fn alarm(&self) -> worker::Result<worker::Response> {
                self.0.alarm().await
            }

            async fn websocket_message(
                &self,
                _socket: worker::WebSocket,
                message: worker::WebSocketIncomingMessage,
            ) -> worker::Result<()> {
                self.0.heard(message).await
            }

            async fn websocket_close(
                &self,
                socket: worker::WebSocket,
                code: usize,
                _reason: String,
                _was_clean: bool,
            ) -> worker::Result<()> {
                self.0.closed(&socket, code).await
            }

            async fn websocket_error(
                &self,
                socket: worker::WebSocket,
                _error: worker::Error,
            ) -> worker::Result<()> {
                self.0.closed(&socket, 1011).await
            }
        }
    };
}
