//! Runs the operations of a GraphQL socket: a query or mutation once, a subscription for every page of its sources.

use std::{rc::Rc, sync::Arc};

use async_graphql::{Request as Query, Response, parser::types::OperationType};
use edgefold_flow::{
    door::{
        document::DocumentLimits,
        rate,
        token::{Caller, missing},
    },
    graphql::{
        Feed,
        admit::{Admitted, admit},
        gateway::Gateway,
        http::{self, Media},
        refusal::entry,
    },
    journal::Place,
    session::{
        Close, Input, Lack, Step,
        connection::{Number, Pass},
        message::{self, Asked, Shown},
    },
    subscribe::{Begin, Page, Part, Source, Wanted},
};
use edgefold_kernel::{Failure, Principal, Rejection};
use futures_util::{StreamExt, future::join_all};
use serde_json::Value;
use worker::console_error;

use super::object::{Kept, Object};
use crate::{
    door::{
        allowance::allowance,
        auth,
        counter::{self, UnderWay},
        gateway::{WorkersGateway, log_faults},
    },
    platform::{clock, turn::Turn},
};

impl Object {
    /// Checks a token or a ticket, or takes the caller that the upgrade has shown; and counts that as a request: for a newer token before its signature is checked, for the first
    /// one when its principal is known.
    pub(crate) async fn verify(self: &Rc<Self>, shown: Option<Shown>) {
        let is_first = self.who().is_err();
        if self.over_limit(1).await.is_some() {
            return self.take(Input::Unverified).await;
        }
        let judged = match shown {
            None => self.upgraded().ok_or_else(|| missing().into()),
            Some(Shown::Token(token)) => auth::verify(&self.env, self.catalogue, &token).await,
            Some(Shown::Ticket(ticket)) => auth::redeem(&self.env, &ticket).await,
        };
        let verified = match judged {
            Ok(caller) => Ok(Pass::from(caller)),
            Err(Failure::Rejected(refused)) => Err(refused.detail),
            Err(Failure::Faulted(fault)) => {
                console_error!("{}: {fault}", fault.code());
                return self.take(Input::Unverified).await;
            }
        };
        if let Ok(pass) = &verified
            && is_first
            && self.are_too_many(&pass.caller.principal, 1).await.is_some()
        {
            return self.take(Input::Unverified).await;
        }
        if let Ok(pass) = &verified
            && self.is_own(pass)
        {
            let has_seat = self.has_seat(pass).await;
            if self.connection.borrow().is_none() {
                // The socket has closed meanwhile, and did not know of this seat.
                return self.free_seat(&pass.caller.principal).await;
            }
            if !has_seat {
                return self.take(Input::Lost(Close::TooManySockets)).await;
            }
        }
        self.take(Input::Verified(verified)).await;
    }

    fn upgraded(&self) -> Option<Caller> {
        self.connection.borrow().as_ref().and_then(|it| it.upgraded().cloned())
    }

    /// True if the token may count for this session: its first token, or a newer one of the same principal.
    fn is_own(&self, pass: &Pass) -> bool {
        let connection = self.connection.borrow();
        let known = connection.as_ref().and_then(|connection| connection.pass());
        known.is_none_or(|known| known.caller.principal == pass.caller.principal)
    }

    /// Runs an operation. A document that is refused counts as a request, as it does over HTTP.
    pub(crate) async fn run(self: &Rc<Self>, number: Number, asked: Asked) {
        let admitted = admit(asked.request(), &self.settings());
        let cost = admitted.as_ref().map_or(1, |admitted| admitted.cost);
        if let Some(refused) = self.over_limit(cost).await {
            return self.take(Input::Failed(number, refusal(&refused.into()))).await;
        }
        let Admitted { request: query, kind, .. } = match admitted {
            Ok(admitted) => admitted,
            Err(error) => {
                let (_, errors) = shown(Response::from_errors(vec![error]));
                return self.take(Input::Failed(number, errors)).await;
            }
        };
        if kind == OperationType::Subscription {
            return self.subscribe(number, asked, query).await;
        }
        let begun = self.who().and_then(|who| {
            let name = rate::key(Some(&who.principal), "");
            Ok(UnderWay::begin(&self.env, &name, cost)?)
        });
        let _under_way = match begun {
            Ok(under_way) => under_way,
            Err(failure) => return self.take(Input::Failed(number, refusal(&failure))).await,
        };
        let mut answers = (self.execute)(self.on_behalf(query));
        let answer = answers.next().await.unwrap_or_default();
        self.take(match shown(answer) {
            (Some(result), _) => Input::Result(number, result),
            (None, errors) => Input::Failed(number, errors),
        })
        .await;
    }

    /// Counts an operation as requests, as the doors over HTTP do.
    async fn over_limit(&self, cost: usize) -> Option<Rejection> {
        let who = self.who().ok()?;
        self.are_too_many(&who.principal, cost).await
    }

    /// Counts a message as a request of its principal. Before the acknowledgement there is none, and every message is one too many:
    /// only so many are let be.
    pub(super) async fn is_idle_too_often(&self) -> bool {
        let Ok(who) = self.who() else { return true };
        self.are_too_many(&who.principal, 1).await.is_some()
    }

    async fn are_too_many(&self, principal: &Principal, cost: usize) -> Option<Rejection> {
        counter::count(&self.env, rate::key(Some(principal), ""), cost).await
    }

    /// Finds the sources of a subscription, and follows them.
    async fn subscribe(self: &Rc<Self>, number: Number, asked: Asked, query: Query) {
        let asked = match asked.to_keep(allowance(&self.env).variables) {
            Ok(asked) => asked,
            Err(refused) => {
                return self.take(Input::Failed(number, refusal(&refused.into()))).await;
            }
        };
        let feed = Feed::ask();
        let mut answers = (self.execute)(self.on_behalf(query).data(Arc::clone(&feed)));
        if let Some(answer) = answers.next().await {
            let (_, errors) = shown(answer);
            return self.take(Input::Failed(number, errors)).await;
        }
        let found = feed.found();
        let [(wanted, begin)] = found.as_slice() else {
            let detail = "a subscription must have exactly one field";
            let errors = message::errors("INVALID_SUBSCRIPTION", detail);
            return self.take(Input::Failed(number, errors)).await;
        };
        self.join(number, Kept { asked, wanted: wanted.clone() }, begin.clone()).await;
    }

    async fn join(self: &Rc<Self>, number: Number, kept: Kept, begin: Begin) {
        let sources = kept.wanted.sources(&begin, &self.partitions());
        if let (Wanted::Awaited(..), [stream, seen_in]) = (&kept.wanted, sources.as_slice()) {
            return self.expect(number, kept, (stream, seen_in)).await;
        }
        self.take(Input::Joining(number, sources.clone())).await;
        if !self.is_active(number) {
            return;
        }
        // The sources are told of all filters of this session: this one is among them from now on.
        self.kept.borrow_mut().insert(number, kept);
        let joined = sources.iter().enumerate();
        let joined =
            joined.map(|(index, source)| self.join_source(source, begin.after(index), number));
        let heads = all(join_all(joined).await);
        if self.is_active(number) {
            return self
                .take(match heads {
                    Ok(heads) => Input::Joined(number, begin, heads),
                    Err(failure) => Input::Failed(number, refusal(&failure)),
                })
                .await;
        }
        // It was completed meanwhile.
        self.kept.borrow_mut().remove(&number);
        self.leave_all(number, &sources).await;
    }

    /// Leaves those of these sources that no operation follows, for one that was completed while they were asked.
    pub(super) async fn leave_all(&self, number: Number, sources: &[Source]) {
        let follow = self.follow(number);
        join_all(sources.iter().map(|source| async {
            let follows = |it: &edgefold_flow::session::Connection| it.follows(source).0;
            if !self.connection.borrow().as_ref().is_some_and(follows) {
                self.leave_as(source, &follow).await;
            }
        }))
        .await;
    }

    /// True while the operation has not ended.
    pub(super) fn is_active(&self, number: Number) -> bool {
        let connection = self.connection.borrow();
        connection.as_ref().is_some_and(|it| it.operations().any(|(known, _)| known == number))
    }

    /// Sends a subscription the events that it lacks, page by page, as far as the client takes them.
    pub(crate) async fn pump(self: &Rc<Self>, number: Number, mut told: Option<Rc<Page>>) {
        if !self.pumped.borrow_mut().insert(number) {
            // The call that is sending goes on until nothing is missing.
            return;
        }
        while let Some(lack) = self.lacks(number) {
            let (after, is_behind) = (lack.after(), lack.is_behind);
            let fits = |page: &Rc<Page>| {
                is_behind
                    && page.after == after.position
                    && matches!(lack.source, Source::Stream { .. })
            };
            let mut reads = is_behind.then(|| self.reads(&lack.source)).flatten();
            if let Some(turn) = &mut reads {
                turn.comes().await;
                if self.lacks(number).is_none() {
                    // It was completed while others read, or its client has to read first.
                    break;
                }
            }
            let part = match told.take().filter(fits) {
                Some(page) => Ok(Part::Stream(page.as_ref().clone())),
                None if is_behind => self.pull(number, &lack.source, after.clone()).await,
                None => Ok(Part::nothing(&lack.source, &after)),
            };
            // Whatever is done with the page may lead to others that read.
            drop(reads);
            let next = match part {
                Ok(part) if is_behind && part.through().position <= after.position => {
                    Err(Input::Stuck)
                }
                Ok(part) => match self.awaited(number) {
                    Some(stream) => self.look(number, &stream, (&part, &lack)).await,
                    None => self.send(number, part, lack).await,
                },
                Err(Failure::Rejected(refused)) => {
                    Err(Input::Failed(number, refusal(&refused.into())))
                }
                Err(Failure::Faulted(fault)) => {
                    console_error!("a source is not read: {fault}");
                    Err(Input::Stuck)
                }
            };
            if let Err(input) = next {
                self.pumped.borrow_mut().remove(&number);
                return self.take(input).await;
            }
        }
        self.pumped.borrow_mut().remove(&number);
    }

    /// The turn to read a page of a category's partition: the subscriptions of a session read one after the other, so
    /// that a hundred of them are no more to the journal than one. They do not wait for what another journal answers.
    fn reads(&self, source: &Source) -> Option<Turn> {
        let is_partition = matches!(source, Source::Partition { .. });
        let next = || self.reads.borrow_mut().entry(source.clone()).or_default().next();
        is_partition.then(next)
    }

    /// What a subscription lacks that may be sent now.
    fn lacks(&self, number: Number) -> Option<Lack> {
        self.connection.borrow().as_ref()?.wants(number, clock::now())
    }

    /// Sends the frames that a subscription makes of a page.
    async fn send(self: &Rc<Self>, number: Number, part: Part, lack: Lack) -> Result<(), Input> {
        let asked = self.kept.borrow().get(&number).map(|kept| kept.asked.clone());
        let admitted = admit(asked.unwrap_or_default().request(), &self.settings());
        // It was admitted before; a limit may have been set since.
        let Admitted { request: query, .. } = admitted
            .map_err(|error| Input::Failed(number, shown(Response::from_errors(vec![error])).1))?;
        let (index, is_behind, through) = (lack.index, lack.is_behind, part.through());
        let mut from = lack.after().position;
        let feed = Feed::give(part, lack);
        let mut answers = (self.execute)(self.on_behalf(query).data(Arc::clone(&feed)));
        while let Some(answer) = answers.next().await {
            let Some(to) = feed.yielded() else {
                return Err(Input::Failed(number, shown(answer).1));
            };
            let (data, errors) = shown(answer);
            let text = data.unwrap_or_else(|| format!(r#"{{"data":null,"errors":{errors}}}"#));
            let position = to.position;
            self.take(Input::Event(number, Step { index, from, to }, Some(text))).await;
            from = position;
        }
        if from < through.position || !is_behind {
            self.take(Input::Event(number, Step { index, from, to: through }, None)).await;
        }
        Ok(())
    }

    fn on_behalf(&self, query: Query) -> Query {
        let caller = self.who().ok();
        let gateway: Arc<dyn Gateway> =
            Arc::new(WorkersGateway::new(self.env.clone(), self.catalogue, caller));
        query.data(gateway)
    }

    pub(super) fn who(&self) -> Result<Caller, Failure> {
        Ok(self.pass()?.caller)
    }

    pub(super) fn pass(&self) -> Result<Pass, Failure> {
        let connection = self.connection.borrow();
        Ok(connection.as_ref().and_then(|it| it.pass()).ok_or_else(missing)?.clone())
    }

    fn settings(&self) -> DocumentLimits {
        allowance(&self.env).graphql
    }
}

/// The answers of all sources. A refusal counts before a fault: trying again does not help.
fn all(answers: Vec<Result<Place, Failure>>) -> Result<Vec<Place>, Failure> {
    let mut failures = answers.iter().filter_map(|it| it.as_ref().err());
    match failures.find(|failure| matches!(failure, Failure::Rejected(_))) {
        Some(refused) => Err(refused.clone()),
        None => answers.into_iter().collect(),
    }
}

/// An execution result as JSON text, when something was executed; and its errors.
fn shown(answer: Response) -> (Option<String>, String) {
    log_faults(&answer);
    let body = http::answer(answer, Media::GraphqlResponse).body;
    let errors = Value::from(body.errors.clone()).to_string();
    (body.data.is_some().then(|| body.to_string()), errors)
}

/// The reason of an operation's end, as a list of errors.
pub(crate) fn refusal(failure: &Failure) -> String {
    if let Failure::Faulted(fault) = failure {
        console_error!("{}: {fault}", fault.code());
    }
    Value::from(vec![entry(failure.clone())]).to_string()
}
