//! An object takes foreign events, and fetches missing ones from their sources.

use std::rc::Rc;

use edgefold_flow::{
    Participant, contract::SpanWanted, door::Asker, instance::Received, receive::Delivery,
};
use edgefold_kernel::{Failure, Fault, StreamId, Version};

use super::instance::Object;
use crate::platform::{clock, span::fetch_spans};

impl<A: Participant> Object<A> {
    /// Takes a delivery, and fetches the events that are missing before it.
    pub(crate) async fn receive(self: &Rc<Self>, mut delivery: Delivery) -> Result<(), Failure> {
        loop {
            let received = self.instance.receive(&delivery, &clock::stamp(&Asker::System));
            self.tell();
            match received? {
                Received::Through(_) => return Ok(()),
                Received::Gap { after, through } => {
                    let fill = self.copy(delivery.source(), after, through).await?;
                    if fill.spans.last().is_none_or(|last| last.through < through) {
                        let source = format!("{} {}", delivery.source_type, delivery.source_id);
                        return Err(Fault::Unavailable(
                            "the source".into(),
                            format!("{source} has no version {through} yet"),
                        )
                        .into());
                    }
                    delivery.spans.splice(0..0, fill.spans);
                }
            }
        }
    }

    /// Fetches the events of a foreign stream that this instance wants, from their source.
    async fn copy(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
    ) -> Result<Delivery, Failure> {
        let source = stream.aggregate_type.as_str();
        let types = A::wanted(source).into_iter().map(str::to_owned).collect();
        let only = A::only(source, self.instance.id());
        let wanted = SpanWanted { after, through: Some(through), types, only };
        let spans = fetch_spans(&self.env, self.catalogue, &stream, wanted).await?;
        let (source_type, source_id) = (stream.aggregate_type, stream.aggregate_id);
        Ok(Delivery { source_type, source_id, spans, discarded: Vec::new() })
    }
}
