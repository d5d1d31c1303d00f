//! Who there is in this domain. The aggregates' policies name these roles, tokens carry one of them each (claim `role`),
//! and the catalogue of the script says [`ROLES`].

use edgefold_kernel::{Id, Principal, Role, RoleKind, Scope};

/// Acts for itself, on what it owns.
pub const GUEST: Role = Role::new("guest");
/// Acts for anybody in the domain.
pub const STAFF: Role = Role::new("staff");
/// A machine; it reports about itself.
pub const DEVICE: Role = Role::new("device");
/// Administers the system. It has no part in the domain.
pub const ADMIN: Role = Role::new("admin");

/// Every role, as GraphQL shows it.
pub const ROLES: &[RoleKind] = &[
    RoleKind { role: GUEST, about: "Acts for itself, on what it owns.", administers: false },
    RoleKind { role: STAFF, about: "Acts for anybody in the domain.", administers: false },
    RoleKind { role: DEVICE, about: "A machine; it reports about itself.", administers: false },
    RoleKind { role: ADMIN, about: "Administers the system.", administers: true },
];

/// Whether somebody acts for anybody in the domain.
pub fn is_staff(principal: &Principal) -> bool {
    principal.role == STAFF
}

/// Whether somebody is the guest of this name.
pub fn is_guest(principal: &Principal, id: &Id) -> bool {
    principal.is(&GUEST, id)
}

/// Whether somebody is the device of this name.
pub fn is_device(principal: &Principal, id: &Id) -> bool {
    principal.is(&DEVICE, id)
}

/// Which rows somebody sees where each has an owner: a guest its own, the staff all.
pub fn lists_own(principal: &Principal) -> Scope {
    match &principal.role {
        role if *role == STAFF => Scope::All,
        role if *role == GUEST => Scope::Own,
        _ => Scope::Nothing,
    }
}

/// The people of the policy tests. The same names in several roles: neither alone is enough.
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
