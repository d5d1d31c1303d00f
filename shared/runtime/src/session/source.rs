//! The sources of a session's subscriptions are followed, read and left: objects of instances, and partitions of journals.

use std::rc::Rc;

use edgefold_flow::{
    contract::{self, Follow, FollowRows, Followed, FollowedRows, Pull},
    door::{Asker, token::Caller},
    journal::{Partitions, Place, RowsPage, RowsPull},
    participant::RowFilter,
    session::{Close, Input, connection::Number},
    subscribe::{Page, Part, RowsWanted, Source},
};
use edgefold_kernel::{Failure, Fault, StreamId, limits};
use worker::console_error;

use super::object::Object;
use crate::platform::{bindings, stub};

impl Object {
    /// Numbers of partitions of the categories.
    pub(super) fn partitions(&self) -> Partitions {
        let set = self.env.var(bindings::JOURNAL_PARTITIONS).ok().map(|value| value.to_string());
        Partitions::parse(&set.unwrap_or_default()).0
    }

    /// Follows a source, or prolongs the lease; `after` is checked. Returns the head of the source.
    pub(super) async fn join_source(
        &self,
        source: &Source,
        after: Option<Place>,
        turn: u64,
    ) -> Result<Place, Failure> {
        let (pass, follow) = (self.pass()?, self.follow(turn));
        // The source tells the session for as long as the socket stays.
        let by = Asker::Somebody(Caller { expires_at: pass.until, ..pass.caller });
        match source {
            Source::Stream { aggregate_type, aggregate_id } => {
                let stream = StreamId::new(aggregate_type.as_str(), aggregate_id.clone());
                let request = stub::post_as(&by, contract::FOLLOW, &follow)?;
                let answer = stub::fetch(&self.env, self.catalogue, &stream, request).await?;
                Ok(Place::version(stub::read::<Followed>(answer).await?.head))
            }
            Source::Partition { aggregate_type, partition } => {
                let (filters, lists_all) = self.filters(aggregate_type)?;
                let Follow { session, turn } = follow;
                let follow = FollowRows { session, turn, after, filters, lists_all };
                let request = stub::post_as(&by, contract::FOLLOW, &follow)?;
                let to = (aggregate_type.as_str(), *partition);
                let answer = stub::journal(&self.env, to, request).await?;
                Ok(stub::read::<FollowedRows>(answer).await?.head)
            }
        }
    }

    /// What the subscriptions of this session to a category want to hear of: everything, when that is much to say. And whether
    /// its caller may list every row.
    fn filters(&self, category: &str) -> Result<(Vec<RowFilter>, bool), Failure> {
        let kept = self.kept.borrow();
        let rows = kept.values().filter_map(|kept| kept.wanted.rows());
        let rows = rows.filter(|rows| rows.aggregate_type == category).cloned();
        let rows: Vec<RowsWanted> = rows.collect();
        let lists_all = rows.iter().any(|rows| rows.lists_all);
        let mut filters: Vec<RowFilter> = Vec::new();
        for RowsWanted { filter, .. } in rows {
            if !filters.contains(&filter) {
                filters.push(filter);
            }
        }
        let text = serde_json::to_string(&filters);
        let text = text.map_err(|error| Fault::Defect(error.to_string()))?;
        if text.len() > limits::FOLLOWER_FILTERS_BYTES {
            filters.clear();
        }
        Ok((filters, lists_all))
    }

    /// Follows a source with a renewed token.
    pub(crate) async fn renew(self: &Rc<Self>, source: Source) {
        let last = self.connection.borrow().as_ref().map_or(0, |it| it.follows(&source).1);
        match self.join_source(&source, None, last).await {
            Ok(head) => self.take(Input::Told(source, head.position)).await,
            Err(failure) => {
                // It would be told for less time than its new token allows. It comes back with its cursors.
                console_error!("a source is not followed any longer: {failure}");
                self.take(Input::Lost(Close::Restarted)).await;
            }
        }
    }

    /// Leaves a source, unless it was followed again since.
    pub(crate) async fn leave(&self, source: &Source) {
        let follows = self.connection.borrow().as_ref().map(|it| it.follows(source));
        if let Some((false, last)) = follows {
            self.leave_as(source, &self.follow(last)).await;
        }
    }

    /// Tells a source that this session leaves. If the message is lost, the source learns it when it next tells the
    /// session.
    pub(crate) async fn leave_as(&self, source: &Source, follow: &Follow) {
        let (env, catalogue) = (&self.env, self.catalogue);
        match source {
            Source::Stream { aggregate_type, aggregate_id } => {
                let stream = StreamId::new(aggregate_type.as_str(), aggregate_id.clone());
                drop(stub::call::<()>(env, catalogue, &stream, contract::LEAVE, follow).await);
            }
            Source::Partition { aggregate_type, partition } => {
                if let Ok(call) = stub::post(contract::LEAVE, follow) {
                    drop(stub::journal(env, (aggregate_type, *partition), call).await);
                }
            }
        }
    }

    /// The rows that a subscription is about.
    fn rows_wanted(&self, number: Number) -> Option<RowsWanted> {
        self.kept.borrow().get(&number)?.wanted.rows().cloned()
    }

    /// The next events of a source for a subscription.
    pub(super) async fn pull(
        &self,
        number: Number,
        source: &Source,
        after: Place,
    ) -> Result<Part, Failure> {
        let by = Asker::Somebody(self.who()?);
        match source {
            Source::Stream { aggregate_type, aggregate_id } => {
                let stream = StreamId::new(aggregate_type.as_str(), aggregate_id.clone());
                let pull = Pull { after: after.position };
                let request = stub::post_as(&by, contract::PULL, &pull)?;
                let answer = stub::fetch(&self.env, self.catalogue, &stream, request).await?;
                Ok(Part::Stream(stub::read::<Page>(answer).await?))
            }
            Source::Partition { aggregate_type, partition } => {
                let Some(RowsWanted { filter, wants_events, .. }) = self.rows_wanted(number) else {
                    return Err(
                        Fault::Defect("a subscription without its filter".to_owned()).into()
                    );
                };
                let pull = RowsPull { after, filter, wants_events };
                let request = stub::post_as(&by, contract::PULL, &pull)?;
                let to = (aggregate_type.as_str(), *partition);
                let answer = stub::journal(&self.env, to, request).await?;
                Ok(Part::Rows(stub::read::<RowsPage>(answer).await?))
            }
        }
    }
}
