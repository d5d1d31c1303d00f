//! The Durable Object class of GraphQL sessions, as a script declares it.

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
                self.0.served(request).await
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
