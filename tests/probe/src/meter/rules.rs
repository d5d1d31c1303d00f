//! Every business rule of a meter.

use edgefold_kernel::{Decision, Rejection};

use super::{
    commands::{MeterCommand, RegisterMeter, UpdateMeter},
    events::{MeterDecommissioned, MeterEvent, MeterRegistered, MeterUpdated},
    reducer::{MeterState, State},
};

/// Decides a command.
///
/// # Errors
/// `METER_EXISTS`, `METER_UNKNOWN` or `METER_DECOMMISSIONED`.
pub fn decide(state: &State, command: &MeterCommand) -> Decision<MeterEvent> {
    let events = match (command, state) {
        (MeterCommand::Register(_), Some(_)) => {
            return Err(Rejection::rule("METER_EXISTS", "the meter was registered before").into());
        }
        (MeterCommand::Register(register), None) => vec![registered(register)],
        (_, None) => {
            return Err(Rejection::rule("METER_UNKNOWN", "there is no such meter").into());
        }
        (MeterCommand::Update(update), Some(meter)) => updated(meter, update)?,
        (MeterCommand::Decommission(_), Some(meter)) => match meter.decommissioned {
            false => vec![MeterDecommissioned {}.into()],
            true => vec![],
        },
    };
    Ok(events)
}

fn registered(register: &RegisterMeter) -> MeterEvent {
    MeterRegistered { model: register.model.clone(), owner_id: register.owner_id.clone() }.into()
}

fn updated(meter: &MeterState, update: &UpdateMeter) -> Decision<MeterEvent> {
    let UpdateMeter { status, reading, observed_at } = update.clone();
    if meter.decommissioned {
        return Err(Rejection::rule("METER_DECOMMISSIONED", "the meter is out of service").into());
    }
    let latest = (meter.status, meter.reading, meter.observed_at);
    if latest == (Some(status), Some(reading), Some(observed_at)) {
        return Ok(vec![]);
    }
    Ok(vec![MeterUpdated { status, reading, observed_at }.into()])
}
