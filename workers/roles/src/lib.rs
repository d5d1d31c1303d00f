//! The roles of this domain. The policies of the aggregates name them, each token carries one (claim `role`), and the
//! catalogue of the script holds [`ROLES`].

use edgefold_kernel::{Id, Principal, Role, RoleKind, Scope, Subject};

/// Acts for itself, on its own instances.
pub const GUEST: Role = Role::new("guest");
/// Acts for anyone in the domain.
pub const STAFF: Role = Role::new("staff");
/// A machine; it reports about itself.
pub const DEVICE: Role = Role::new("device");
/// A program that serves others, such as a shop front: it sees all, and sends commands only for somebody.
pub const SERVICE: Role = Role::new("service");
/// Administers the system. It has no part in the domain.
pub const ADMIN: Role = Role::new("admin");

/// Every role, as GraphQL shows it.
pub const ROLES: &[RoleKind] = &[
    RoleKind::of(GUEST, "Acts for itself, on its own instances."),
    RoleKind::of(STAFF, "Acts for anyone in the domain."),
    RoleKind::of(DEVICE, "A machine; it reports about itself."),
    RoleKind::watching(
        SERVICE,
        "A program that serves others; it sees all, and acts only for them.",
    ),
    RoleKind::administering(ADMIN, "Administers the system."),
];

/// True if the caller acts for anyone in the domain.
pub fn is_staff(principal: &Principal) -> bool {
    principal.role == STAFF
}

/// True if the caller sees everything in the domain: the staff, and services.
pub fn sees_all(principal: &Principal) -> bool {
    [STAFF, SERVICE].contains(&principal.role)
}

/// True if the caller is the guest of this name.
pub fn is_guest(principal: &Principal, subject: &Subject) -> bool {
    principal.is(&GUEST, subject)
}

/// True if the caller is the device of this name.
pub fn is_device(principal: &Principal, id: &Id) -> bool {
    principal.is(&DEVICE, id)
}

/// The rows that a caller may list where each has an owner: a guest its own, the staff and services all.
pub fn lists_own(principal: &Principal) -> Scope {
    match &principal.role {
        role if [STAFF, SERVICE].contains(role) => Scope::All,
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
    ("ana", SERVICE),
    ("ana", ADMIN),
];
