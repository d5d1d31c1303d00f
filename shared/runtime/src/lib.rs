//! The only crate that touches Workers: it gives the pure steps of `flow` their storage, their clock and their network.
//!
//! # Layout
//!
//! | room | what runs there |
//! |---|---|
//! | [`platform`] | what every room uses of Workers |
//! | [`door`] | what every door does, wherever it stands |
//! | [`journal`] | the journal and the read models, in D1 |
//! | [`object`] | the aggregate's object |
//! | [`session`] | the class of GraphQL sessions |
//! | [`bus`] | the consumer of the queue |
//! | [`script`] | requests from outside |
//!
//! **Invariant:** a room imports only rooms that stand above it in this list; `shared/testing/tests/rooms.rs` checks it.
//!
//! **Invariant:** no business rule, no routing decision and no protocol step lives here; they are data from `flow`.

pub mod platform;
pub mod door;
pub mod journal;
pub mod object;
pub mod session;
pub mod bus;
pub mod script;

pub use object::Host;
pub use session::Session;

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
