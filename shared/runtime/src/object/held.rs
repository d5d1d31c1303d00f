//! An object tries again to deliver what it holds back, and tells the administrators' list of it. See
//! [`hold`](edgefold_flow::publish::hold).

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use edgefold_flow::{
    contract::{HoldAsked, HoldDiscarded, HoldFound, HoldOutcome, HoldRetried, UNKNOWN_SEQUENCE},
    door::Asker,
    instance::Due,
    publish::{
        Hold, Item,
        hold::{Decided, Status},
    },
    receive::{Incoming, Parcel, Receipt},
};
use edgefold_kernel::{Failure, Fault, Kind, Rejection, StreamId};
use futures_util::future::join_all;
use serde_json::json;
use worker::{console_error, console_log};

use super::instance::Object;
use crate::{
    bus::{consume::hand_over, listed},
    platform::clock,
};

/// Attempts of one destination in a row while it takes what it gets; the rest has its turn a moment later.
const IN_A_ROW: usize = 10;

/// Destinations that are tried side by side.
const AT_ONCE: usize = 10;

/// An attempt that is under way. It is over when this is dropped, after a panic too.
struct Attempt<'a> {
    attempting: &'a RefCell<BTreeSet<StreamId>>,
    to: &'a StreamId,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.attempting.borrow_mut().remove(self.to);
    }
}

impl Object {
    /// Tries what is due.
    pub(super) async fn attempt_due(self: &Rc<Self>) {
        let due = match self.instance.due_holds(clock::now()) {
            Ok(due) => due,
            Err(fault) => return console_error!("{fault}"),
        };
        for some in due.chunks(AT_ONCE) {
            join_all(some.iter().map(|hold| self.attempt(hold.to.clone()))).await;
        }
    }

    /// Delivers what waits for a destination, as far as it takes it, and tells the list. Returns the number of items that it
    /// took.
    async fn attempt(self: &Rc<Self>, to: StreamId) -> usize {
        // The alarm and an administrator may come together: one attempt at a time.
        if !self.attempting.borrow_mut().insert(to.clone()) {
            return 0;
        }
        let attempt = Attempt { attempting: &self.attempting, to: &to };
        let mut delivered = 0;
        for _ in 0..IN_A_ROW {
            match self.attempt_once(&to).await {
                Ok((items, is_more)) => {
                    delivered += items;
                    if !is_more {
                        break;
                    }
                }
                Err(fault) => {
                    console_error!("an attempt has failed: {fault}");
                    break;
                }
            }
        }
        drop(attempt);
        self.list(&to).await;
        delivered
    }

    /// One attempt. Returns the number of items that were taken, and whether there is more.
    async fn attempt_once(self: &Rc<Self>, to: &StreamId) -> Result<(usize, bool), Fault> {
        let (versions, receipt) = match self.instance.begin_attempt(to, clock::now())? {
            Due::Nothing => return Ok((0, false)),
            Due::Deliver(_, delivery) if delivery.items.is_empty() => {
                (Vec::new(), Receipt { mark: delivery.through, ..Receipt::default() })
            }
            Due::Deliver(to, delivery) => {
                // A version that was discarded moves the mark, and nothing else.
                let is_full = |item: &&Item| item.event.is_some() || !item.errands.is_empty();
                let full = delivery.items.iter().filter(is_full);
                let versions: Vec<_> = full.map(|item| item.version).collect();
                let from = self.instance.stream().clone();
                let parcel = Parcel { deliveries: vec![Incoming { from, delivery }] };
                let receipts = hand_over(&self.env, self.catalogue, &to, &parcel).await;
                let none = || Fault::Defect("no receipt".into());
                (versions, receipts.into_iter().next().ok_or_else(none)?)
            }
        };
        let taken = versions.iter().filter(|version| **version <= receipt.mark).count();
        let stamp = clock::stamp(&Asker::System);
        let is_more = self.instance.end_attempt(to, &receipt, self.bus_attempts, &stamp)?;
        self.tell();
        self.keep_cursors();
        Ok((taken, is_more))
    }

    /// Tells the list of a hold, if it says something else, and logs it.
    async fn list(&self, to: &StreamId) {
        let hold = match self.instance.hold(to) {
            Ok(Some(hold)) if hold.is_to_be_listed() => hold,
            Ok(_) => return,
            Err(fault) => return console_error!("{fault}"),
        };
        let source = self.instance.stream();
        if hold.status != Status::Free {
            console_error!("{}", told(source, &hold));
        }
        let listed = listed::list(&self.env, source, &hold).await;
        if let Err(fault) = &listed {
            console_error!("the list of what is held back is not told: {fault}");
        }
        if let Err(fault) = self.instance.listed(&hold, listed.is_ok(), clock::now()) {
            console_error!("{fault}");
        }
    }

    /// An administrator looks.
    pub(super) fn look_at_hold(&self, asked: &HoldAsked) -> Result<HoldFound, Failure> {
        self.instance.look_at_hold(asked)
    }

    /// An administrator lets it be tried now.
    pub(super) async fn retry_hold(
        self: &Rc<Self>,
        asked: HoldRetried,
    ) -> Result<HoldOutcome, Failure> {
        let HoldRetried { to, by } = asked;
        let decided = Decided { discarded: None, by, at: clock::now(), reason: None };
        self.instance.retry_hold(&to, decided)?;
        self.decided(to).await
    }

    /// An administrator lets the version go at which it stands.
    pub(super) async fn discard_hold(
        self: &Rc<Self>,
        asked: HoldDiscarded,
    ) -> Result<HoldOutcome, Failure> {
        self.instance.discard(&asked, &clock::stamp(&Asker::System))?;
        self.tell();
        self.decided(asked.to).await
    }

    /// An administrator has decided: that is logged, since a hold that is over is forgotten, and what is due is tried.
    async fn decided(self: &Rc<Self>, to: StreamId) -> Result<HoldOutcome, Failure> {
        let gone =
            || Rejection::new(Kind::NotFound, UNKNOWN_SEQUENCE, "nothing is held back there");
        let hold = self.instance.hold(&to)?.ok_or_else(gone)?;
        if let Some(decided) = &hold.decided {
            console_log!("{}", decision(self.instance.stream(), &to, decided));
        }
        let delivered = self.attempt(to.clone()).await;
        self.set_alarm();
        let now = self.instance.hold(&to)?;
        // A hold that is over is gone: then it is told as it was, and that it flows.
        Ok(HoldOutcome { hold: now.unwrap_or(Hold { status: Status::Free, ..hold }), delivered })
    }
}

/// A hold, as it is logged: one line, with the ids to look for.
fn told(source: &StreamId, hold: &Hold) -> serde_json::Value {
    json!({
        "event": if hold.status == Status::Parked { "delivery_parked" } else { "delivery_failing" },
        "source": source,
        "destination": hold.to,
        "version": hold.version,
        "attempts": hold.attempts,
        "code": hold.fault.code(),
        "reason": hold.fault.to_string(),
        "since": hold.since,
    })
}

/// What an administrator did, as it is logged.
fn decision(source: &StreamId, to: &StreamId, decided: &Decided) -> serde_json::Value {
    let is_discard = decided.discarded.is_some();
    json!({
        "event": if is_discard { "delivery_discarded" } else { "delivery_retried" },
        "source": source,
        "destination": to,
        "version": decided.discarded,
        "by": decided.by,
        "reason": decided.reason,
    })
}
