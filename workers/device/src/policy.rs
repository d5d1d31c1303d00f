//! The policy of devices: a device reports about itself, its owner may see it, the staff does everything.

use edgefold_kernel::{Id, Principal, Scope};
use edgefold_roles::{DEVICE, is_device, is_guest, is_staff, lists_own, sees_all};

use crate::{commands::DeviceCommand, reducer::State};

/// A device updates itself and no other. The staff registers and decommissions devices.
pub fn may_send(principal: &Principal, id: &Id, command: &DeviceCommand) -> bool {
    match command {
        DeviceCommand::Update(_) => is_staff(principal) || is_device(principal, id),
        DeviceCommand::Register(_) | DeviceCommand::Decommission(_) => is_staff(principal),
    }
}

/// The device itself, the guest that owns it, the staff and services.
pub fn may_see(principal: &Principal, id: &Id, state: &State) -> bool {
    let owner = state.as_ref().map(|device| &device.owner_id);
    sees_all(principal)
        || is_device(principal, id)
        || owner.is_some_and(|owner| is_guest(principal, owner))
}

/// A guest's own, of a device itself, and all for the staff and services.
pub fn may_list(principal: &Principal) -> Scope {
    match &principal.role {
        role if *role == DEVICE => Scope::Itself,
        _ => lists_own(principal),
    }
}
