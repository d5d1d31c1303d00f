//! Who may? A policy test names those who may, and thereby that nobody else of the domain's cast may.

use edgefold_kernel::{Id, Principal, Role};

/// Who of a cast passes, as `role subject`.
#[track_caller]
pub fn who(cast: &[(&str, Role)], may: impl Fn(&Principal) -> bool) -> Vec<String> {
    let cast = cast.iter().map(|(name, role)| {
        Principal::new(Id::parse(*name).expect("a name of the cast is an id"), role.clone())
    });
    cast.filter(may).map(|one| format!("{} {}", one.role.as_str(), one.subject)).collect()
}
