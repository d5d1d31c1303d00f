//! The roles of this domain. The policies of the aggregates name them, each token carries one (claim `role`), and the
//! catalogue of the script holds [`ROLES`]. How far they reach stands here, too.

use edgefold_kernel::{Reach, Role, RoleKind};

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

/// What belongs to a guest: it acts on its own, the staff on all, and services see all.
pub const GUESTS_OWN: Reach =
    Reach { own: &[GUEST], all: &[STAFF], see: &[SERVICE], is_public: false };

/// What belongs to the house: the staff acts on it, and services see it.
pub const STAFF_ONLY: Reach = Reach { own: &[], ..GUESTS_OWN };

/// What everyone with a token sees. Guests act for themselves there, the staff for anyone.
pub const EVERYONE_SEES: Reach = Reach { is_public: true, ..GUESTS_OWN };

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
