//! Every business rule of a meter.

use edgefold_flow::prelude::*;

use super::{
    Meter,
    commands::{Command, RegisterMeter, UpdateMeter},
    events::{Event, MeterDecommissioned, MeterRegistered, MeterUpdated},
    state::State,
};

/// Why a meter refuses.
#[refusals]
pub enum Refusal {
    /// The meter is out of service.
    MeterDecommissioned,
}

impl Rules for Meter {
    type Create = RegisterMeter;
    type Refusal = Refusal;

    fn begin(register: &RegisterMeter, _context: &Context<'_>) -> Decision<Event> {
        let RegisterMeter { model, owner_id } = register.clone();
        happened(MeterRegistered { model, owner_id })
    }

    fn decide(state: &State, command: &Command, _context: &Context<'_>) -> Decision<Event> {
        match command {
            Command::Register(_) => nothing(),
            Command::Update(update) => updated(state, update),
            Command::Decommission(_) if state.decommissioned => nothing(),
            Command::Decommission(_) => happened(MeterDecommissioned {}),
        }
    }
}

fn updated(meter: &State, update: &UpdateMeter) -> Decision<Event> {
    let UpdateMeter { status, reading, observed_at } = update.clone();
    if meter.decommissioned {
        return refuse(Refusal::MeterDecommissioned);
    }
    let latest = (meter.status, meter.reading, meter.observed_at);
    if latest == (Some(status), Some(reading), Some(observed_at)) {
        return nothing();
    }
    happened(MeterUpdated { status, reading, observed_at })
}
