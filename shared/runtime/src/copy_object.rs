//! An object takes foreign events, and fetches what it lacks of them from their sources.

use std::rc::Rc;

use edgefold_flow::{
    Catalogue, Participant,
    contract::{self, Asker, Rebuilt, SpanFound, SpanWanted},
    instance::Received,
    receive::{Delivery, Span},
};
use edgefold_kernel::{Failure, Fault, StreamId, Version};
use futures_util::future::try_join_all;
use worker::Env;

use crate::{clock, instance_object::Object, stub};

impl<A: Participant> Object<A> {
    /// Takes a delivery, and fetches what is missing before it.
    pub(crate) async fn receive(self: &Rc<Self>, mut delivery: Delivery) -> Result<(), Failure> {
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
                            "the source",
                            format!("{source} has no version {through} yet"),
                        )
                        .into());
                    }
                    delivery.spans.splice(0..0, fill.spans);
                }
            }
        }
    }

    /// What this instance wants of a foreign stream, from its source.
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

    /// Fetches again all that this instance remembers of foreign streams, and replaces its copies.
    pub(crate) async fn rebuild(self: &Rc<Self>) -> Result<Rebuilt, Failure> {
        let sources = self.instance.remembered_streams()?;
        // To the head of each: a copy must not end before what has been received meanwhile.
        let copies = sources.into_iter().map(|stream| self.copy(stream, 0, None));
        let copies = try_join_all(copies).await?;
        let events = self.instance.replace_remembered(&copies, &clock::stamp(&Asker::System))?;
        Ok(Rebuilt { streams: copies.len(), events })
    }
}

/// Reads part of a stream from its source, page by page.
///
/// # Errors
/// When the source cannot be reached.
pub(crate) async fn fetch_spans(
    env: &Env,
    catalogue: &Catalogue,
    stream: &StreamId,
    mut wanted: SpanWanted,
) -> Result<Vec<Span>, Failure> {
    let mut spans = Vec::new();
    while let Some((span, is_last)) = fetch_span(env, catalogue, stream, &wanted).await? {
        wanted.after = span.through;
        spans.push(span);
        if is_last {
            break;
        }
    }
    Ok(spans)
}

/// Reads one page of a stream from its source, and says whether it is the last. Nothing when the source has nothing there.
///
/// # Errors
/// When the source cannot be reached.
pub(crate) async fn fetch_span(
    env: &Env,
    catalogue: &Catalogue,
    stream: &StreamId,
    wanted: &SpanWanted,
) -> Result<Option<(Span, bool)>, Failure> {
    let SpanFound { span, head } =
        stub::call(env, catalogue, stream, contract::SPAN, wanted).await?;
    let is_last = span.through >= wanted.through.unwrap_or(head).min(head);
    Ok((span.through > wanted.after).then_some((span, is_last)))
}
