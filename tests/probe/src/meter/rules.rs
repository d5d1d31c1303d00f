//! Every business rule of a meter.

use edgefold_kernel::{Context, Decision, Rejection, Timestamp};

use super::{
    commands::{MeterCommand, RegisterMeter, UpdateMeter},
    events::{MeterDecommissioned, MeterEvent, MeterRegistered, MeterUpdated},
    reducer::{MeterState, State},
};

/// How far a meter's clock may be ahead of ours, in milliseconds (24 h): a wrong time zone passes, a broken clock does
/// not. The latest report counts, so one from next year would freeze the state until then.
pub const CLOCK_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// What follows from a command.
///
/// # Errors
/// `METER_EXISTS`, `METER_UNKNOWN`, `METER_DECOMMISSIONED` or `CLOCK_AHEAD`.
pub fn decide(
    state: &State,
    command: &MeterCommand,
    context: &Context<'_>,
) -> Decision<MeterEvent> {
    let events = match (command, state) {
        (MeterCommand::Register(_), Some(_)) => {
            return Err(Rejection::rule("METER_EXISTS", "the meter was registered before").into());
        }
        (MeterCommand::Register(register), None) => vec![registered(register)],
        (_, None) => {
            return Err(Rejection::rule("METER_UNKNOWN", "there is no such meter").into());
        }
        (MeterCommand::Update(update), Some(meter)) => updated(meter, update, context.now)?,
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

fn updated(meter: &MeterState, update: &UpdateMeter, now: Timestamp) -> Decision<MeterEvent> {
    let UpdateMeter { status, reading, observed_at } = update.clone();
    if meter.decommissioned {
        return Err(Rejection::rule("METER_DECOMMISSIONED", "the meter is out of service").into());
    }
    if observed_at > now.plus_millis(CLOCK_AHEAD_MS) {
        let detail = format!("observedAt must be within 24 hours from {now}, got {observed_at}");
        return Err(Rejection {
            field: Some("payload.observedAt".into()),
            ..Rejection::rule("CLOCK_AHEAD", detail)
        }
        .into());
    }
    let latest = (meter.status, meter.reading, meter.observed_at);
    if latest == (Some(status), Some(reading), Some(observed_at)) {
        return Ok(vec![]);
    }
    Ok(vec![MeterUpdated { status, reading, observed_at }.into()])
}
