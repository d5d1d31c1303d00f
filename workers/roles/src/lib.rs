//! The roles of this domain. The policies of the aggregates name them, each token carries one (claim `role`), and the
//! catalogue of the script holds [`ROLES`].

use edgefold_kernel::{Id, Principal, Role, RoleKind, Scope};

/// Acts for itself, on its own instances.
pub const GUEST: Role = Role::new("guest");
/// Acts for anyone in the domain.
pub const STAFF: Role = Role::new("staff");
/// A machine; it reports about itself.
pub const DEVICE: Role = Role::new("device");
/// Administers the system. It has no part in the domain.
pub const ADMIN: Role = Role::new("admin");

/// Every role, as GraphQL shows it.
pub const ROLES: &[RoleKind] = &[
    RoleKind { role: GUEST, about: "Acts for itself, on its own instances.", administers: false },
    RoleKind { role: STAFF, about: "Acts for anyone in the domain.", administers: false },
    RoleKind { role: DEVICE, about: "A machine; it reports about itself.", administers: false },
    RoleKind { role: ADMIN, about: "Administers the system.", administers: true },
];

/// True if the caller acts for anyone in the domain.
pub fn is_staff(principal: &Principal) -> bool {
    principal.role == STAFF
}

/// True if the caller is the guest of this name.
pub fn is_guest(principal: &Principal, id: &Id) -> bool {
    principal.is(&GUEST, id)
}

/// True if the caller is the device of this name.
pub fn is_device(principal: &Principal, id: &Id) -> bool {
    principal.is(&DEVICE, id)
}

/// The rows that a caller may list where each has an owner: a guest its own, the staff all.
pub fn lists_own(principal: &Principal) -> Scope {
    match &principal.role {
        role if *role == STAFF => Scope::All,
        role if *role == GUEST => Scope::Own,
        _ => Scope::Nothing,
    }
}

/// The principals of the policy tests. The same names come in several roles, since neither name nor role alone is
/// enough.
pub const CAST: &[(&str, Role)] = &[
    ("ana", GUEST),
    ("ben", GUEST),
    ("d-1", GUEST),
    ("d-1", DEVICE),
    ("d-2", DEVICE),
    ("ana", DEVICE),
    ("sam", STAFF),
    ("ana", ADMIN),
];
