//! Work that goes on after the answer.

use worker::State;

/// Goes on with this after the answer. It is boxed: what the platform is handed is compiled once, and not once for each work.
pub(crate) fn later(state: &State, work: impl Future<Output = ()> + 'static) {
    let work: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
    state.wait_until(work);
}
