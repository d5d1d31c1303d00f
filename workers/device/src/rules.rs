//! Every business rule of a device.

use edgefold_kernel::{Context, Decision, Rejection, Timestamp};

use crate::{
    commands::{DeviceCommand, RegisterDevice, UpdateDeviceStatus},
    events::{DeviceDecommissioned, DeviceEvent, DeviceRegistered, DeviceStatusUpdated},
    reducer::{DeviceState, State},
};

/// Milliseconds by which a device's clock may be ahead of ours (24 h): a wrong time zone passes, a broken clock does
/// not. The latest report counts, so one from next year would freeze the state until then.
pub const CLOCK_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// Decides a command.
///
/// # Errors
/// `DEVICE_EXISTS`, `DEVICE_UNKNOWN`, `DEVICE_DECOMMISSIONED` or `CLOCK_AHEAD`.
pub fn decide(
    state: &State,
    command: &DeviceCommand,
    context: &Context<'_>,
) -> Decision<DeviceEvent> {
    let events = match (command, state) {
        (DeviceCommand::Register(_), Some(_)) => {
            return Err(Rejection::rule("DEVICE_EXISTS", "the device exists already").into());
        }
        (DeviceCommand::Register(register), None) => vec![registered(register)],
        (_, None) => {
            return Err(Rejection::rule("DEVICE_UNKNOWN", "there is no such device").into());
        }
        (DeviceCommand::Update(update), Some(device)) => updated(device, update, context.now)?,
        (DeviceCommand::Decommission(_), Some(device)) => match device.decommissioned {
            false => vec![DeviceDecommissioned {}.into()],
            true => vec![],
        },
    };
    Ok(events)
}

fn registered(register: &RegisterDevice) -> DeviceEvent {
    DeviceRegistered { model: register.model.clone(), owner_id: register.owner_id.clone() }.into()
}

fn updated(
    device: &DeviceState,
    update: &UpdateDeviceStatus,
    now: Timestamp,
) -> Decision<DeviceEvent> {
    let UpdateDeviceStatus { status, reading, observed_at } = update.clone();
    if device.decommissioned {
        return Err(Rejection::rule("DEVICE_DECOMMISSIONED", "the device is out of service").into());
    }
    if observed_at > now.plus_millis(CLOCK_AHEAD_MS) {
        let detail = format!("observedAt must be within 24 hours from {now}, got {observed_at}");
        return Err(Rejection {
            field: Some("payload.observedAt".into()),
            ..Rejection::rule("CLOCK_AHEAD", detail)
        }
        .into());
    }
    let latest = (device.status, device.reading, device.observed_at);
    if latest == (Some(status), Some(reading), Some(observed_at)) {
        return Ok(vec![]);
    }
    Ok(vec![DeviceStatusUpdated { status, reading, observed_at }.into()])
}
