//! Fetches the events of a stream that a destination lacks, from their source.

use edgefold_flow::{
    Catalogue,
    contract::{self, SpanFound, SpanWanted},
    receive::Span,
};
use edgefold_kernel::{Failure, StreamId};
use worker::Env;

use super::stub;

/// Reads part of a stream from its source, page by page.
///
/// # Errors
/// Fails if the source cannot be reached.
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
/// Fails if the source cannot be reached.
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
