//! The Durable Object class of journals, as a script declares it.

/// Declares the Durable Object class of journals.
///
/// ```text
/// journal_object!(JournalObject, CATALOGUE);
/// ```
#[macro_export]
macro_rules! journal_object {
    ($class:ident, $catalogue:expr) => {
        #[doc = "Durable Object class of journals."]
        #[worker::durable_object(alarm)]
        pub struct $class(std::panic::AssertUnwindSafe<$crate::Journal>);

        impl worker::DurableObject for $class {
            fn new(state: worker::State, env: worker::Env) -> Self {
                Self(std::panic::AssertUnwindSafe($crate::Journal::new(state, env, $catalogue)))
            }

            async fn fetch(&self, request: worker::Request) -> worker::Result<worker::Response> {
                self.0.fetch(request).await
            }

            async fn alarm(&self) -> worker::Result<worker::Response> {
                self.0.alarm().await
            }
        }
    };
}
