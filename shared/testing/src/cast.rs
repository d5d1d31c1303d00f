//! The people of the policy tests: a test names those who may, and thereby that nobody else may.

use edgefold_kernel::{Id, Principal, Role};

/// Everybody, as `role subject`. The same names in several roles: neither alone is enough.
const CAST: [(&str, Role); 8] = [
    ("ana", Role::Guest),
    ("ben", Role::Guest),
    ("d-1", Role::Guest),
    ("d-1", Role::Device),
    ("d-2", Role::Device),
    ("ana", Role::Device),
    ("sam", Role::Staff),
    ("ana", Role::Admin),
];

/// Who of the cast passes, as `Guest ana`, `Device d-1`, `Staff sam` …
pub fn who(may: impl Fn(&Principal) -> bool) -> Vec<String> {
    let cast = CAST.iter().map(|(name, role)| {
        Principal::new(Id::parse(*name).expect("a name of the cast is an id"), *role)
    });
    cast.filter(may).map(|one| format!("{:?} {}", one.role, one.subject)).collect()
}
