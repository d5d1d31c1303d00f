//! The process of a probe: it hears what others tell it and ask of it, and why it was refused.

use edgefold_flow::prelude::*;

use super::{
    Probe,
    commands::{Command, Hear},
    events::Event,
    state::State,
};

impl Process for Probe {
    const ROUTES: &'static [Route] = &[Route::to_field::<Probe>("Told", "to")];

    fn errands(id: &Id, event: &Event) -> Vec<Errand> {
        match event {
            Event::Asked(asked) => {
                let what = format!("a question of {id}");
                vec![Errand::to::<Probe>(&asked.of, Hear { what })]
            }
            _ => vec![],
        }
    }

    fn on_foreign(_state: &State, event: &Envelope) -> Result<Vec<Command>, Fault> {
        Self::begins_on(event)
    }

    fn begins_on(event: &Envelope) -> Result<Vec<Command>, Fault> {
        let what = format!("{} {}", event.stream.aggregate_id, event.version);
        Ok(vec![Hear { what }.into()])
    }

    fn on_refused(_state: &State, refused: &Refused) -> Vec<Command> {
        vec![Hear { what: refused.code().to_string() }.into()]
    }
}
