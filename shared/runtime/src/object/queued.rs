//! Commands that come by a queue are decided here, and each gets an outcome.

use std::rc::Rc;

use edgefold_flow::{
    Message,
    door::{Asker, rate},
    queued::{Queued, Taken},
    subscribe::socket,
};
use edgefold_kernel::{Failure, Fault, Rejection};
use worker::console_error;

use super::instance::Object;
use crate::platform::clock;

impl Object {
    /// Takes commands in their order. Those that have an outcome are left alone.
    ///
    /// # Errors
    /// What keeps the first of those that have none from one: it and all behind it are to be brought again.
    pub(super) async fn take_queued(self: &Rc<Self>, queued: &Queued) -> Result<Taken, Failure> {
        if self.instance.is_early(queued, clock::now())? {
            return Ok(Taken::Early);
        }
        let by = Asker::Somebody(queued.caller.clone());
        for message in &queued.commands {
            if self.instance.has_ended(message, queued.sent_at, clock::now())? {
                continue;
            }
            let result = match queued.is_given_up {
                true => Err(Fault::Defect("it ends the script".into())),
                false => self.decide_queued(message, &by).await,
            };
            match result {
                Ok(None) => {}
                Ok(Some(refused)) => {
                    self.set_alarm();
                    self.tell_sender(queued, message, &refused);
                }
                Err(fault) if self.may_heal(queued, &fault) => return Err(fault.into()),
                Err(fault) => {
                    console_error!("a queued command is given up: {fault}");
                    self.instance.give_up(message, fault, &clock::stamp(&by))?;
                    self.set_alarm();
                }
            }
        }
        Ok(Taken::Done)
    }

    async fn decide_queued(
        self: &Rc<Self>,
        message: &Message,
        by: &Asker,
    ) -> Result<Option<Rejection>, Fault> {
        let streams = self.instance.rests_on(&self.instance.wanted(message), &clock::stamp(by))?;
        let foreign = self.ask(streams).await.map_err(|failure| crate::bus::fault_of(&failure))?;
        let refused = self.instance.handle_queued(message, &foreign, &clock::stamp(by));
        self.tell();
        // What was decided without events has an outcome that is to be deleted some day.
        self.set_alarm();
        refused
    }

    /// A failure that may be over some day, and poison that has not been tried often enough.
    fn may_heal(&self, queued: &Queued, fault: &Fault) -> bool {
        !queued.is_given_up && (fault.retryable() || queued.failures + 1 < self.bus_attempts)
    }

    /// Tells the open sockets of the sender that its command was refused. Accepted ones are told by their events.
    fn tell_sender(self: &Rc<Self>, queued: &Queued, message: &Message, refused: &Rejection) {
        let Some(id) = &message.command_id else { return };
        let said = socket::answer(id.as_str(), &Err(refused.clone().into()), Some(id));
        let holder = rate::key(Some(&queued.caller.principal), "");
        for socket in self.state.get_websockets_with_tag(&holder) {
            self.reply(&socket, std::slice::from_ref(&said));
        }
    }
}
