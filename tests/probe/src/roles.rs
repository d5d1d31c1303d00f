//! The roles of this script, and how far they reach.

use edgefold_kernel::{Reach, Role, RoleKind};

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

/// What belongs to an owner: it acts on its own, operators on all, and services see all.
pub const OWNERS_OWN: Reach =
    Reach { own: &[OWNER], all: &[OPERATOR], see: &[SERVICE], is_public: false };

/// What is nobody's: operators act on it, and services see it.
pub const OPERATORS_ONLY: Reach = Reach { own: &[], ..OWNERS_OWN };
