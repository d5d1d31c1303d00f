//! An object tells its journal what is new, one call at a time: what is appended meanwhile goes together in the next one.

use std::{rc::Rc, time::Duration};

use edgefold_flow::{
    contract::{self, Shown, ShownAnswer, ShownWanted},
    door::Asker,
    instance::Sending,
    journal::{Appended, Partitions},
    participant::Sight,
};
use edgefold_kernel::{Failure, Fault, Rejection, Version};
use futures_channel::oneshot::channel;
use worker::{Env, console_error, console_warn};

use super::instance::Object;
use crate::{
    bus::consume::fault_of,
    platform::{clock, flag::Done, later::later, stub},
};

/// Time that a journal has to answer. It answers within a second, unless it is behind.
const JOURNAL_WAITS: Duration = Duration::from_secs(10);

/// The partitions of journals in which streams begin. Values that make no sense are logged and ignored.
pub(super) fn partitions(env: &Env) -> Partitions {
    let setting = env.var("JOURNAL_PARTITIONS").map(|value| value.to_string()).unwrap_or_default();
    let (partitions, wrong) = Partitions::parse(&setting);
    for part in wrong {
        console_warn!("JOURNAL_PARTITIONS: {part:?} is ignored; expected, for example, order=4");
    }
    partitions
}

impl Object {
    /// Tells the journal what it lacks, until it has everything or a call fails; then the alarm is set for the next one.
    pub(super) async fn tell_journal(self: &Rc<Self>) {
        if self.telling.replace(true) {
            // The call that is under way is followed by others until nothing is left.
            return;
        }
        let _done = Done(&self.telling);
        loop {
            let sent = match self.instance.to_journal(clock::now()) {
                Ok(Some(sent)) => sent,
                Ok(None) => return,
                Err(fault) => {
                    console_error!("the journal cannot be told: {fault}");
                    return self.tell_again();
                }
            };
            let answer = self.append(&sent).await;
            match &answer {
                Err(fault) if fault.retryable() => {
                    console_warn!("the journal is told again: {fault}");
                }
                Err(fault) => console_error!("the journal was told in vain: {fault}"),
                Ok(_) => {}
            }
            if let Err(fault) = self.instance.journalled(&sent, &answer, clock::now()) {
                return console_error!("{fault}");
            }
            self.tell_waiting();
            if answer.is_err() {
                return self.tell_again();
            }
            self.keep_cursors();
        }
    }

    /// Sets the alarm for the next call. Nothing else: a deadline that cannot be met would ring at once, again and again.
    fn tell_again(&self) {
        match self.instance.next_to_journal(self.send_again_ms, clock::now()) {
            Ok(next) => next.into_iter().for_each(|at| self.set_alarm_at(at)),
            Err(_) => self.set_alarm(),
        }
    }

    async fn append(&self, sent: &Sending) -> Result<Appended, Fault> {
        let body = sent.text.clone();
        let call = stub::Call::Post { by: None, path: contract::APPEND, body };
        self.ask_journal(JOURNAL_WAITS, call).await.map_err(|failure| fault_of(&failure))
    }

    async fn ask_journal<T: serde::de::DeserializeOwned>(
        &self,
        within: Duration,
        call: stub::Call,
    ) -> Result<T, Failure> {
        let place = (self.instance.stream().aggregate_type.as_str(), self.instance.partition()?);
        stub::read(stub::journal_within(within, &self.env, place, call).await?).await
    }

    /// Tells those whose version is journalled, and forgets those who have gone.
    fn tell_waiting(&self) {
        let journalled = self.instance.head().map_or(0, |head| head.cursors.journalled);
        let waiting = self.until_journalled.take();
        let (ready, waiting): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(version, _)| *version <= journalled);
        *self.until_journalled.borrow_mut() =
            waiting.into_iter().filter(|(_, sender)| !sender.is_canceled()).collect();
        for (_, sender) in ready {
            // Who does not wait any more need not be told.
            sender.send(()).unwrap_or(());
        }
    }

    async fn until_journalled(self: &Rc<Self>, version: Version) -> Result<(), Fault> {
        if self.instance.head()?.cursors.journalled < version {
            let (sender, told) = channel();
            self.until_journalled.borrow_mut().push((version, sender));
            let object = Rc::clone(self);
            later(&self.state, async move { object.tell_journal().await });
            // The other end says it, or is gone with the object.
            told.await.unwrap_or(());
        }
        Ok(())
    }

    /// Has a processor passed a version of this instance?
    pub(super) async fn shown(
        self: &Rc<Self>,
        by: Result<Asker, Rejection>,
        wanted: &ShownWanted,
    ) -> Result<ShownAnswer, Failure> {
        self.instance.check_sight(&by?, Sight::Row)?;
        let ShownWanted { name, version, within_ms } = wanted;
        if *version > self.instance.head()?.version {
            return Ok(ShownAnswer::default());
        }
        let Some(link) = self.instance.link_by(*version)? else {
            return Ok(ShownAnswer { is_passed: true });
        };
        let (begun, within) = (clock::now(), Duration::from_millis(*within_ms));
        let journalled = self.until_journalled(*version);
        match stub::within(within, "the journal", journalled).await {
            Ok(()) => {}
            Err(fault) if fault.retryable() => return Ok(ShownAnswer::default()),
            Err(fault) => return Err(fault.into()),
        }
        let took = u64::try_from(clock::now().millis() - begun.millis()).unwrap_or(0);
        let (id, name) = (self.instance.id().clone(), name.clone());
        let asked = Shown { name, id, link, within_ms: within_ms.saturating_sub(took) };
        self.ask_journal(within + JOURNAL_WAITS, stub::post(contract::SHOWN, &asked)?).await
    }

    /// The journal was restored: it is told what it lacks.
    pub(super) async fn resend(self: &Rc<Self>) -> Result<(), Fault> {
        self.instance.doubt_journal()?;
        self.set_alarm();
        self.tell_journal().await;
        match self.instance.is_journalled()? {
            true => Ok(()),
            false => Err(Fault::Unavailable("the journal".into(), "it was not told yet".into())),
        }
    }
}
