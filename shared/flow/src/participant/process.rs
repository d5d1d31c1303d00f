//! The process of an aggregate: what follows from its events, from those of others, from refusals, and from time.

use edgefold_kernel::{Code, Envelope, Fault, Id, Rules};

use super::{Due, Errand, Refused, Route};

/// The process of an aggregate. By default it depends on no other aggregate, and nothing follows from anything.
///
/// **Whatever it asks of others follows from an event of its own.** A foreign event, a refusal or a deadline leads to own
/// commands; these decide own events; and these lead to errands. So no errand can get lost: it is derived again from the stored
/// event, with the same id.
pub trait Process: Rules {
    /// The foreign events that it wants, and which of its instances gets each.
    const ROUTES: &'static [Route] = &[];

    /// The errands that follow from an own event. They depend on the event alone and on no state, so that they can be derived
    /// again from the stored event.
    fn errands(_id: &Id, _event: &Self::Event) -> Vec<Errand> {
        Vec::new()
    }

    /// The own commands that follow from a foreign event.
    ///
    /// # Errors
    /// Fails if the event cannot be read.
    fn on_foreign(_state: &Self::State, _event: &Envelope) -> Result<Vec<Self::Command>, Fault> {
        Ok(Vec::new())
    }

    /// The own commands that follow from a foreign event that reaches an instance which is not there: the first of them begins
    /// it.
    ///
    /// # Errors
    /// Fails if the event cannot be read.
    fn begins_on(_event: &Envelope) -> Result<Vec<Self::Command>, Fault> {
        Ok(Vec::new())
    }

    /// The own commands that follow when another aggregate refused an errand of this instance.
    fn on_refused(_state: &Self::State, _refused: &Refused) -> Vec<Self::Command> {
        Vec::new()
    }

    /// The next deadline, and the command that follows when it passes. It is durable, since it follows from the state;
    /// a change of the state moves or cancels it.
    fn deadline(_id: &Id, _state: &Self::State) -> Option<Due<Self::Command>> {
        None
    }

    /// True if an own event is published to the journal, as all are by default. One that is nobody else's business need not
    /// leave its object: no projection, no list and no subscription to the category hears of it.
    fn publishes(_event: &Self::Event) -> bool {
        true
    }
}

impl Refused {
    /// The code of the refusal.
    pub fn code(&self) -> Code {
        Code::from(self.rejection.code.clone())
    }
}
