//! What holds at the end of every story.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_account::events::Event as AccountEvent;
use edgefold_flow::{Accepted, publish::hold::Status};
use edgefold_kernel::{Envelope, StreamId};
use edgefold_testing::Simulator;
use serde_json::{Value, json};

use crate::Broken;

type Checked = Result<(), Broken>;

fn holds(holds: bool, invariant: &'static str, said: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Broken { invariant, said: said() }) }
}

/// Once everything has healed, only poison is held back, and it waits for an administrator.
pub(crate) fn check_held(simulator: &Simulator, is_poisoned: bool) -> Checked {
    let held = simulator.held();
    let is_right = held.values().all(|hold| is_poisoned && hold.status == Status::Parked);
    holds(is_right, "only poison is held back", || format!("{held:?}"))
}

pub(crate) fn check(simulator: &mut Simulator, accepted: &[Accepted], is_calm: bool) -> Checked {
    let events = simulator.events();
    simulator.journal.read_all();
    check_bus(simulator, &events)?;
    check_accepted(accepted, &events)?;
    if is_calm {
        let late = ["ReservationExpired", "OrderTimedOut"];
        let late = events.iter().find(|event| late.contains(&event.event_type.as_str()));
        holds(late.is_none(), "what is answered in time does not expire", || format!("{late:?}"))?;
    }
    check_domain(simulator, &events)
}

fn check_bus(simulator: &Simulator, events: &[Envelope]) -> Checked {
    let lacking = simulator.lacking();
    holds(lacking.is_empty(), "nothing is lost", || format!("{lacking:?}"))?;
    let held = simulator.held();
    holds(held.is_empty(), "only poison is held back", || format!("{held:?}"))?;
    let mut once = BTreeSet::new();
    let twice = events.iter().find(|event| !once.insert(event.command_id.as_str()));
    holds(twice.is_none(), "everything is done once", || format!("{twice:?}"))?;
    check_order(events)?;
    let mut streams: BTreeMap<&StreamId, Vec<&str>> = BTreeMap::new();
    for event in events {
        streams.entry(&event.stream).or_default().push(&event.id);
    }
    let journalled = simulator.journal.streams();
    let journal = journalled.iter().map(|(stream, events)| {
        (stream, events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>())
    });
    let journal: BTreeMap<_, _> = journal.collect();
    holds(streams == journal, "everything is journalled once and in order", || {
        let differ = streams.iter().find(|(stream, ids)| journal.get(*stream) != Some(*ids));
        format!("{differ:?}")
    })
}

/// What follows from one stream follows in its order.
fn check_order(events: &[Envelope]) -> Checked {
    let by_id: BTreeMap<&str, &Envelope> =
        events.iter().map(|event| (event.id.as_str(), event)).collect();
    let mut last: BTreeMap<(&StreamId, &StreamId), u64> = BTreeMap::new();
    for event in events {
        let is_from_bus = !event.command_id.as_str().starts_with("refused.");
        let cause = event.metadata.causation_id.as_ref().and_then(|id| by_id.get(id.as_str()));
        let Some(cause) = cause.filter(|cause| is_from_bus && cause.stream != event.stream) else {
            continue;
        };
        let before = last.insert((&cause.stream, &event.stream), cause.version).unwrap_or(0);
        holds(before <= cause.version, "the order of a source is kept", || {
            format!("{event:?} follows from version {}, after {before}", cause.version)
        })?;
    }
    Ok(())
}

/// Every command that was accepted is where its answer said.
fn check_accepted(accepted: &[Accepted], events: &[Envelope]) -> Checked {
    let places: BTreeSet<_> = events
        .iter()
        .map(|event| {
            (
                event.stream.aggregate_type.as_str(),
                &event.stream.aggregate_id,
                event.version,
                &event.id,
            )
        })
        .collect();
    for one in accepted {
        for event in &one.events {
            let place = (one.aggregate_type.as_str(), &one.aggregate_id, event.version, &event.id);
            holds(places.contains(&place), "no accepted command is lost", || format!("{one:?}"))?;
        }
    }
    Ok(())
}

/// The instances of a type with their states.
fn states(simulator: &mut Simulator, events: &[Envelope], of: &str) -> Vec<(String, Value)> {
    let ids = events.iter().filter(|event| event.stream.aggregate_type == of);
    let ids: BTreeSet<String> = ids.map(|event| event.stream.aggregate_id.to_string()).collect();
    ids.into_iter().map(|id| (id.clone(), simulator.state(of, &id))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn check_domain(simulator: &mut Simulator, events: &[Envelope]) -> Checked {
    let (mut confirmed, mut held, mut paid) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (id, state) in states(simulator, events, "reservation") {
        let status = text(&state["status"]);
        holds(status != "PENDING", "every process comes to an end", || format!("{id} {state}"))?;
        check_refusal(&id, &state)?;
        if status == "CONFIRMED" {
            let nights = (text(&state["dateStart"]), text(&state["dateEnd"]));
            confirmed.push((text(&state["roomId"]), id, nights));
        }
    }
    for (id, state) in states(simulator, events, "order") {
        let status = text(&state["status"]);
        let is_over = !["PLACED", "SHIPPING"].contains(&status.as_str());
        holds(is_over, "every process comes to an end", || format!("{id} {state}"))?;
        check_refusal(&id, &state)?;
        let account = text(&state["accountId"]);
        match status.as_str() {
            "ACCEPTED" => held.push((account, id, state["total"].clone())),
            "SHIPPED" => *paid.entry(account).or_insert(0) += state["total"].as_i64().unwrap_or(0),
            _ => {}
        }
    }
    check_rooms(simulator, events, confirmed)?;
    check_accounts(simulator, events, held, &paid)
}

/// A refusal that is an answer is that of a rule.
fn check_refusal(id: &str, state: &Value) -> Checked {
    let refusal = text(&state["refusal"]);
    let is_answer =
        !["UNKNOWN_COMMAND", "UNKNOWN_FIELD", "INVALID_FIELD"].contains(&refusal.as_str());
    holds(is_answer, "only a rule refuses", || format!("{id} {state}"))
}

fn check_rooms(
    simulator: &mut Simulator,
    events: &[Envelope],
    mut confirmed: Vec<(String, String, (String, String))>,
) -> Checked {
    let mut held = Vec::new();
    for (id, state) in states(simulator, events, "room") {
        for hold in state["holds"].as_array().into_iter().flatten() {
            let nights = (text(&hold["dateStart"]), text(&hold["dateEnd"]));
            held.push((id.clone(), text(&hold["reservationId"]), nights));
        }
    }
    for (index, (room, one, nights)) in held.iter().enumerate() {
        for (other_room, other, others) in &held[index + 1..] {
            let is_apart = room != other_room || nights.1 <= others.0 || others.1 <= nights.0;
            holds(is_apart, "no two holds overlap", || format!("{room}: {one} and {other}"))?;
        }
    }
    held.sort();
    confirmed.sort();
    holds(held == confirmed, "a room holds what is confirmed", || {
        format!("held {held:?}, confirmed {confirmed:?}")
    })
}

fn check_accounts(
    simulator: &mut Simulator,
    events: &[Envelope],
    mut accepted: Vec<(String, String, Value)>,
    paid: &BTreeMap<String, i64>,
) -> Checked {
    let mut held = Vec::new();
    for (id, state) in states(simulator, events, "account") {
        let own = events.iter().filter(|event| {
            (event.stream.aggregate_type.as_str(), event.stream.aggregate_id.as_str())
                == ("account", &id)
        });
        let (mut sum, mut captured) = (0, 0);
        for event in own {
            match event.read() {
                Ok(AccountEvent::Deposited(it)) => sum += it.amount.minor_units(),
                Ok(AccountEvent::Withdrawn(it)) => sum -= it.amount.minor_units(),
                Ok(AccountEvent::Captured(it)) => captured += it.amount.minor_units(),
                _ => {}
            }
        }
        let balance = state["balance"].clone();
        holds(balance == json!(sum - captured), "the sum of the entries is the balance", || {
            format!("{id} has {balance}, not {sum} - {captured}")
        })?;
        let shipped = paid.get(&id).copied().unwrap_or(0);
        holds(captured == shipped, "what has shipped is paid", || {
            format!("{id}: {captured} captured, {shipped} shipped")
        })?;
        for hold in state["holds"].as_array().into_iter().flatten() {
            held.push((id.clone(), text(&hold["paymentId"]), hold["amount"].clone()));
        }
    }
    let sorted =
        |list: &mut Vec<(String, String, Value)>| list.sort_by_key(|one| format!("{one:?}"));
    sorted(&mut held);
    sorted(&mut accepted);
    holds(held == accepted, "an account holds what is accepted", || {
        format!("held {held:?}, accepted {accepted:?}")
    })
}

/// After a week no money is held any more.
pub(crate) fn check_nothing_is_held_for_ever(simulator: &mut Simulator) -> Checked {
    let events = simulator.events();
    for (id, state) in states(simulator, &events, "account") {
        let is_free = state["holds"] == json!([]);
        holds(is_free, "no deadline is lost", || format!("{id} {}", state["holds"]))?;
    }
    Ok(())
}
