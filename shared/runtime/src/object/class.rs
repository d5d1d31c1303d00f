//! The Durable Object class of an aggregate, as a script declares it.

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
        pub struct $class(std::panic::AssertUnwindSafe<$crate::Host>);

        impl worker::DurableObject for $class {
            fn new(state: worker::State, env: worker::Env) -> Self {
                let run = $crate::flow::participant::run::<$aggregate>();
                Self(std::panic::AssertUnwindSafe($crate::Host::new(run, state, env, $catalogue)))
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
