//! Commands that come by a queue are decided here, and each gets an outcome.

use std::rc::Rc;

use edgefold_flow::{
    Message,
    door::{Asker, rate, token::Caller},
    queued::{Apart, ApartWanted, Ending, Queued, Taken},
    subscribe::socket,
};
use edgefold_kernel::{Failure, Fault, Id};
use worker::console_error;

use super::instance::Object;
use crate::platform::{apart, clock};

impl Object {
    /// Takes commands in their order. Those that have an outcome are left alone.
    ///
    /// # Errors
    /// What keeps the first of those that have none from one: it and all behind it are to be brought again.
    pub(super) async fn take_queued(self: &Rc<Self>, queued: &Queued) -> Result<Taken, Failure> {
        let unknown = self.instance.unknown_of(queued, clock::now())?;
        let apart = self.apart_of(&queued.caller, unknown).await?;
        if self.instance.is_early(queued, &apart, clock::now())? {
            return Ok(Taken::Early);
        }
        let by = Asker::Somebody(queued.caller.clone());
        for message in &queued.commands {
            if self.instance.has_ended(message, queued, &apart, clock::now())? {
                continue;
            }
            let result = match queued.is_given_up {
                true => Err(Fault::Defect("it ends the script".into())),
                false => self.decide_queued(message, &by).await,
            };
            match result {
                Ok(None) => {}
                Ok(Some(ending)) => {
                    self.remember(message, &ending).await?;
                    self.tell_sender(queued, message, &ending);
                }
                Err(fault) if self.may_heal(queued, &fault) => return Err(fault.into()),
                Err(fault) => {
                    console_error!("a queued command is given up: {fault}");
                    self.remember(message, &self.instance.failed(message, &by, fault)?).await?;
                }
            }
        }
        Ok(Taken::Done)
    }

    async fn decide_queued(
        self: &Rc<Self>,
        message: &Message,
        by: &Asker,
    ) -> Result<Option<Ending>, Fault> {
        let wanted = self.instance.wanted(message);
        let streams = self.instance.rests_on(&wanted, &clock::stamp(by))?;
        let foreign = self.ask(streams).await.map_err(|failure| crate::bus::fault_of(&failure))?;
        let ending = self.instance.handle_queued(&wanted, &foreign, &clock::stamp(by));
        self.tell();
        // What was decided without events has an outcome that is to be deleted some day.
        self.set_alarm();
        ending
    }

    /// Remembers how a command ended: here, or with its sender if nothing may be stored here.
    async fn remember(&self, message: &Message, ending: &Ending) -> Result<(), Failure> {
        match self.instance.remember(message, ending, clock::now())? {
            Some(apart) => apart::keep(&self.env, &apart).await,
            None => {
                self.set_alarm();
                Ok(())
            }
        }
    }

    async fn apart_of(&self, caller: &Caller, unknown: Vec<Id>) -> Result<Vec<Apart>, Failure> {
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = ApartWanted { of: self.instance.stream().clone(), command_ids: unknown };
        apart::of(&self.env, &caller.principal, &wanted).await
    }

    /// A failure that may be over some day, and poison that has not been tried often enough.
    fn may_heal(&self, queued: &Queued, fault: &Fault) -> bool {
        !queued.is_given_up && (fault.retryable() || queued.failures + 1 < self.bus_attempts)
    }

    /// Tells the open sockets of the sender that its command was refused. Accepted ones are told by their events.
    fn tell_sender(self: &Rc<Self>, queued: &Queued, message: &Message, ending: &Ending) {
        let (Some(id), Some(refused)) = (&message.command_id, &ending.refused) else { return };
        let said = socket::answer(id.as_str(), &Err(refused.clone().into()), Some(id));
        let holder = rate::key(Some(&queued.caller.principal), "");
        for socket in self.state.get_websockets_with_tag(&holder) {
            self.reply(&socket, std::slice::from_ref(&said));
        }
    }
}
