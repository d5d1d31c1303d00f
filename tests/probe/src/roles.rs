//! The roles of this script.

use edgefold_kernel::{Id, Principal, Role, RoleKind, Scope};

/// Acts for itself, on its own instances.
pub const OWNER: Role = Role::new("owner");
/// Acts for anyone.
pub const OPERATOR: Role = Role::new("operator");
/// Reports about itself.
pub const MACHINE: Role = Role::new("machine");
/// Administers the system.
pub const ADMIN: Role = Role::new("admin");

/// Every role, as GraphQL shows it.
pub const ROLES: &[RoleKind] = &[
    RoleKind { role: OWNER, about: "Acts for itself, on its own instances.", administers: false },
    RoleKind { role: OPERATOR, about: "Acts for anybody.", administers: false },
    RoleKind { role: MACHINE, about: "Reports about itself.", administers: false },
    RoleKind { role: ADMIN, about: "Administers the system.", administers: true },
];

/// True if the caller acts for anyone.
pub fn is_operator(principal: &Principal) -> bool {
    principal.role == OPERATOR
}

/// True if the caller is the owner of this name.
pub fn is_owner(principal: &Principal, id: &Id) -> bool {
    principal.is(&OWNER, id)
}

/// True if the caller is the machine of this name.
pub fn is_machine(principal: &Principal, id: &Id) -> bool {
    principal.is(&MACHINE, id)
}

/// The rows that a caller may list: an owner its own, an operator all.
pub fn lists_own(principal: &Principal) -> Scope {
    match &principal.role {
        role if *role == OPERATOR => Scope::All,
        role if *role == OWNER => Scope::Own,
        _ => Scope::Nothing,
    }
}
