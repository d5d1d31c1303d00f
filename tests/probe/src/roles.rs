//! The roles of this script.

use edgefold_kernel::{Id, Principal, Role, RoleKind, Scope, Subject};

/// Acts for itself, on its own instances.
pub const OWNER: Role = Role::new("owner");
/// Acts for anyone.
pub const OPERATOR: Role = Role::new("operator");
/// Reports about itself.
pub const MACHINE: Role = Role::new("machine");
/// A program that serves others: it sees all, and sends commands only for somebody.
pub const SERVICE: Role = Role::new("service");
/// Administers the system.
pub const ADMIN: Role = Role::new("admin");

/// Every role, as GraphQL shows it.
pub const ROLES: &[RoleKind] = &[
    RoleKind::of(OWNER, "Acts for itself, on its own instances."),
    RoleKind::of(OPERATOR, "Acts for anybody."),
    RoleKind::of(MACHINE, "Reports about itself."),
    RoleKind::watching(SERVICE, "Sees all, and acts only for others."),
    RoleKind::administering(ADMIN, "Administers the system."),
];

/// True if the caller acts for anyone.
pub fn is_operator(principal: &Principal) -> bool {
    principal.role == OPERATOR
}

/// True if the caller sees everything: an operator, or a service.
pub fn sees_all(principal: &Principal) -> bool {
    [OPERATOR, SERVICE].contains(&principal.role)
}

/// True if the caller is the owner of this name.
pub fn is_owner(principal: &Principal, subject: &Subject) -> bool {
    principal.is(&OWNER, subject)
}

/// True if the caller is the machine of this name.
pub fn is_machine(principal: &Principal, id: &Id) -> bool {
    principal.is(&MACHINE, id)
}

/// The rows that a caller may list: an owner its own, an operator and a service all.
pub fn lists_own(principal: &Principal) -> Scope {
    match &principal.role {
        role if [OPERATOR, SERVICE].contains(role) => Scope::All,
        role if *role == OWNER => Scope::Own,
        _ => Scope::Nothing,
    }
}
