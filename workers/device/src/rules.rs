//! Every business rule of a device.

use edgefold_flow::prelude::*;

use crate::{
    Device,
    commands::{Command, RegisterDevice, UpdateDeviceStatus},
    events::{DeviceDecommissioned, DeviceRegistered, DeviceStatusUpdated, Event},
    state::State,
};

/// Milliseconds by which a device's clock may be ahead of ours (24 h): a wrong time zone passes, a broken clock does
/// not. The latest report counts, so one from next year would freeze the state until then.
pub const CLOCK_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// Why a device refuses.
#[refusals]
pub enum Refusal {
    /// The device is out of service.
    DeviceDecommissioned,
    /// The device's clock is too far ahead of ours.
    ClockAhead,
}

impl Rules for Device {
    type Create = RegisterDevice;
    type Refusal = Refusal;

    fn begin(register: &RegisterDevice, _context: &Context<'_>) -> Decision<Event> {
        let RegisterDevice { model, owner_id } = register.clone();
        happened(DeviceRegistered { model, owner_id })
    }

    fn decide(state: &State, command: &Command, context: &Context<'_>) -> Decision<Event> {
        match command {
            Command::Register(_) => nothing(),
            Command::Update(update) => updated(state, update, context.now),
            Command::Decommission(_) if state.decommissioned => nothing(),
            Command::Decommission(_) => happened(DeviceDecommissioned {}),
        }
    }
}

fn updated(device: &State, update: &UpdateDeviceStatus, now: Timestamp) -> Decision<Event> {
    let UpdateDeviceStatus { status, reading, observed_at } = update.clone();
    if device.decommissioned {
        return refuse(Refusal::DeviceDecommissioned);
    }
    if observed_at > now.plus_millis(CLOCK_AHEAD_MS) {
        let detail = format!("observedAt must be within 24 hours from {now}, got {observed_at}");
        return refuse_field(Refusal::ClockAhead, "payload.observedAt", detail);
    }
    let latest = (device.status, device.reading, device.observed_at);
    if latest == (Some(status), Some(reading), Some(observed_at)) {
        return nothing();
    }
    happened(DeviceStatusUpdated { status, reading, observed_at })
}
