//! The release that this script plays, so that two of them can be tried against each other. Who starts the script sets
//! `RELEASE` in its global scope.
//!
//! The first release knows neither the command `OccupyResource` nor the field `userId` of `HoldResource`.

/// True if the script plays the first release; it plays the second one unless asked otherwise.
pub fn is_first() -> bool {
    #[cfg(target_arch = "wasm32")]
    {
        use worker::js_sys::{Reflect, global};
        Reflect::get(&global(), &"RELEASE".into()).is_ok_and(|set| set.as_f64() == Some(1.0))
    }
    #[cfg(not(target_arch = "wasm32"))]
    false
}
