//! The principals of the policy tests: a test names those who may, so it says that nobody else of the cast may.

use edgefold_kernel::{Id, Principal, Role};

/// The principals of a cast that pass, as `role subject`.
#[track_caller]
pub fn who(cast: &[(&str, Role)], may: impl Fn(&Principal) -> bool) -> Vec<String> {
    let cast = cast.iter().map(|(name, role)| {
        Principal::new(Id::parse(*name).expect("a name of the cast is an id"), role.clone())
    });
    cast.filter(may).map(|one| format!("{} {}", one.role.as_str(), one.subject)).collect()
}
