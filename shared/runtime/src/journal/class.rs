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
        #[worker::wasm_bindgen::prelude::wasm_bindgen(wasm_bindgen = worker::wasm_bindgen)]
        pub struct $class(std::panic::AssertUnwindSafe<$crate::Journal>);

        #[worker::wasm_bindgen::prelude::wasm_bindgen(wasm_bindgen = worker::wasm_bindgen, js_sys = worker::js_sys, wasm_bindgen_futures = worker::wasm_bindgen_futures)]
        impl $class {
            #[wasm_bindgen(constructor)]
            pub fn new(state: worker::worker_sys::DurableObjectState, env: worker::Env) -> Self {
                let journal = $crate::Journal::new(state.into(), env, $catalogue);
                Self(std::panic::AssertUnwindSafe(journal))
            }

            pub async fn fetch(
                &self,
                request: worker::web_sys::Request,
            ) -> Result<worker::web_sys::Response, worker::wasm_bindgen::JsValue> {
                std::panic::AssertUnwindSafe(async move { self.0.served(request).await })
                    .await
                    .map_err(Into::into)
            }

            pub async fn alarm(&self) -> Result<(), worker::wasm_bindgen::JsValue> {
                std::panic::AssertUnwindSafe(async move { self.0.alarm().await })
                    .await
                    .map_err(Into::into)
            }
        }
    };
}
