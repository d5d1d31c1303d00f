//! An object takes foreign events, and fetches missing ones from their sources.

use std::{rc::Rc, slice};

use edgefold_flow::{
    Participant,
    contract::{Rebuilt, SpanWanted},
    door::Asker,
    instance::Received,
    receive::Delivery,
};
use edgefold_kernel::{Failure, Fault, StreamId, Version};
use futures_util::future::{join_all, try_join_all};
use worker::console_error;

use super::instance::Object;
use crate::platform::{clock, span::fetch_spans};

impl<A: Participant> Object<A> {
    /// Takes a delivery, and fetches the events that are missing before it.
    pub(crate) async fn receive(self: &Rc<Self>, mut delivery: Delivery) -> Result<(), Failure> {
        self.refresh_all().await;
        loop {
            let received = self.instance.receive(&delivery, &clock::stamp(&Asker::System));
            self.tell();
            match received? {
                Received::Through(_) => return Ok(()),
                Received::Gap { after, through } => {
                    let fill = self.copy(delivery.source(), after, Some(through)).await?;
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
    pub(crate) async fn copy(
        &self,
        stream: StreamId,
        after: Version,
        through: Option<Version>,
    ) -> Result<Delivery, Failure> {
        let source = stream.aggregate_type.as_str();
        let types = A::wanted(source).into_iter().map(str::to_owned).collect();
        let only = A::only(source, self.instance.id());
        let wanted = SpanWanted { after, through, types, only };
        let spans = fetch_spans(&self.env, self.catalogue, &stream, wanted).await?;
        let (source_type, source_id) = (stream.aggregate_type, stream.aggregate_id);
        Ok(Delivery { source_type, source_id, spans, discarded: Vec::new() })
    }

    /// Fetches all copies of foreign streams again and replaces them.
    pub(crate) async fn rebuild(self: &Rc<Self>) -> Result<Rebuilt, Failure> {
        let copies = self.copies(self.instance.remembered_streams()?).await?;
        let events = self.instance.replace_remembered(&copies, &clock::stamp(&Asker::System))?;
        Ok(Rebuilt { streams: copies.len(), events })
    }

    /// Fetches again those of these streams of which the snapshot is stale: once, after a deploy that has changed the
    /// foreign state. Otherwise nothing is awaited.
    pub(crate) async fn refresh(self: &Rc<Self>, streams: &[StreamId]) -> Result<(), Failure> {
        let is_wanted = |stream: &StreamId| streams.contains(stream);
        let stale: Vec<_> = self.instance.stale()?.into_iter().filter(is_wanted).collect();
        if stale.is_empty() {
            return Ok(());
        }
        let mut copies = self.copies(stale).await?;
        // Another call may have done it in between, and have come further.
        let stale = self.instance.stale()?;
        copies.retain(|copy| stale.contains(&copy.source()));
        self.instance.replace_remembered(&copies, &clock::stamp(&Asker::System))?;
        Ok(())
    }

    /// The same for all streams, before something that may rest on any of them. A source that cannot be reached holds up
    /// the decisions alone that rest on it: they fail, and are tried again.
    pub(crate) async fn refresh_all(self: &Rc<Self>) {
        let stale = match self.instance.stale() {
            Ok(stale) => stale,
            Err(fault) => return console_error!("{fault}"),
        };
        let refreshed = stale.iter().map(|stream| self.refresh(slice::from_ref(stream)));
        for failure in join_all(refreshed).await.into_iter().filter_map(Result::err) {
            console_error!("what is remembered cannot be read again: {failure}");
        }
    }

    /// Fetches whole copies of these streams, up to the head of each: a copy must not end before the events that were
    /// received meanwhile.
    async fn copies(&self, streams: Vec<StreamId>) -> Result<Vec<Delivery>, Failure> {
        try_join_all(streams.into_iter().map(|stream| self.copy(stream, 0, None))).await
    }
}
