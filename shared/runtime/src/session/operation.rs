//! Runs the operations of a GraphQL socket: a query or mutation once, a subscription for every page of its source.

use std::{rc::Rc, sync::Arc};

use async_graphql::{Request as Query, Response, parser::types::OperationType};
use edgefold_flow::{
    contract::{self, Follow, Followed, Pull},
    door::{
        Asker,
        document::DocumentLimits,
        rate,
        token::{Caller, missing},
    },
    graphql::{
        Feed,
        admit::{Admitted, admit},
        gateway::Gateway,
        http::{self, Media},
    },
    session::{
        Close, Input,
        connection::{Number, Pass},
        message::{self, Asked, Shown},
    },
    subscribe::{Begin, Page, Source},
};
use edgefold_kernel::{Failure, Principal, Rejection, StreamId};
use futures_util::StreamExt;
use serde_json::Value;
use worker::console_error;

use super::object::Object;
use crate::{
    door::{
        allowance::allowance,
        auth, counter,
        gateway::{WorkersGateway, log_faults},
    },
    journal::category,
    platform::{clock, stub},
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

    /// Runs an operation.
    pub(crate) async fn run(self: &Rc<Self>, number: Number, asked: Asked) {
        let Admitted { request: query, kind, cost } = match admit(asked.request(), &self.settings())
        {
            Ok(admitted) => admitted,
            Err(error) => {
                let (_, errors) = shown(Response::from_errors(vec![error]));
                return self.take(Input::Failed(number, errors)).await;
            }
        };
        if let Some(refused) = self.over_limit(cost).await {
            return self.take(Input::Failed(number, refusal(&refused.into()))).await;
        }
        if kind == OperationType::Subscription {
            return self.subscribe(number, asked, query).await;
        }
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

    /// Counts a message as a request of its principal; before the acknowledgement, of this session.
    pub(super) async fn is_idle_too_often(&self) -> bool {
        let name = match self.who() {
            Ok(who) => rate::key(Some(&who.principal), ""),
            Err(_) => format!("session:{}", self.state.id()),
        };
        counter::count(&self.env, name, 1).await.is_some()
    }

    async fn are_too_many(&self, principal: &Principal, cost: usize) -> Option<Rejection> {
        counter::count(&self.env, rate::key(Some(principal), ""), cost).await
    }

    /// Finds the source of a subscription, and follows it.
    async fn subscribe(self: &Rc<Self>, number: Number, asked: Asked, query: Query) {
        let asked = match asked.to_keep() {
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
        let [(source, begin)] = found.as_slice() else {
            let detail = "a subscription must have exactly one field";
            let errors = message::errors("INVALID_SUBSCRIPTION", detail);
            return self.take(Input::Failed(number, errors)).await;
        };
        self.join(number, asked, source.clone(), *begin).await;
    }

    async fn join(self: &Rc<Self>, number: Number, asked: Asked, source: Source, begin: Begin) {
        self.take(Input::Joining(number, source.clone())).await;
        let joined = self.join_source(&source, number).await;
        let input = match joined {
            Ok(head) => {
                self.asked.borrow_mut().insert(number, asked);
                Input::Joined(number, begin, head)
            }
            Err(failure) => Input::Failed(number, refusal(&failure)),
        };
        self.take(input).await;
        // It may have been completed meanwhile.
        let follows = |it: &edgefold_flow::session::Connection| it.follows(&source).0;
        if !self.connection.borrow().as_ref().is_some_and(follows) {
            self.asked.borrow_mut().remove(&number);
            self.leave_as(&source, &self.follow(number)).await;
        }
    }

    /// Follows a source, or prolongs the lease. Returns the head of the source.
    async fn join_source(&self, source: &Source, turn: u64) -> Result<u64, Failure> {
        let (pass, follow) = (self.pass()?, self.follow(turn));
        // The source tells the session for as long as the socket stays.
        let who = Caller { expires_at: pass.until, ..pass.caller };
        match source {
            Source::Stream { aggregate_type, aggregate_id } => {
                let stream = StreamId::new(aggregate_type.as_str(), aggregate_id.clone());
                let request = stub::post_as(&Asker::Somebody(who), contract::FOLLOW, &follow)?;
                let answer = stub::fetch(&self.env, self.catalogue, &stream, request).await?;
                Ok(stub::read::<Followed>(answer).await?.head)
            }
            Source::Category { aggregate_type } => {
                let until = who.expires_at.millis();
                category::join(&self.env, aggregate_type, &follow, until).await
            }
        }
    }

    /// Follows a source with a renewed token.
    pub(crate) async fn renew(self: &Rc<Self>, source: Source) {
        let last = self.connection.borrow().as_ref().map_or(0, |it| it.follows(&source).1);
        match self.join_source(&source, last).await {
            Ok(head) => self.take(Input::Told(source, head)).await,
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
            Source::Category { aggregate_type } => {
                let Follow { session, turn } = follow;
                drop(category::leave(env, aggregate_type, session, *turn).await);
            }
        }
    }

    /// Sends a subscription the events that it lacks, page by page, as far as the client takes them.
    pub(crate) async fn pump(self: &Rc<Self>, number: Number, mut told: Option<Rc<Page>>) {
        if !self.pumped.borrow_mut().insert(number) {
            // The call that is sending goes on until nothing is missing.
            return;
        }
        while let Some((source, after)) = self.lacks(number) {
            let page = match told.take().filter(|page| page.after == after) {
                Some(page) => Ok(page.as_ref().clone()),
                None => self.pull(&source, after).await,
            };
            let next = match page {
                Ok(page) if page.through <= after => Err(Input::Stuck),
                Ok(page) => self.send(number, page).await,
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

    /// The source of a subscription, and the cursor after which it lacks events that may be sent now.
    fn lacks(&self, number: Number) -> Option<(Source, u64)> {
        let connection = self.connection.borrow();
        let connection = connection.as_ref()?;
        let after = connection.wants(number, clock::now())?;
        let (_, operation) = connection.operations().find(|(known, _)| *known == number)?;
        Some((operation.source.clone()?, after))
    }

    async fn pull(&self, source: &Source, after: u64) -> Result<Page, Failure> {
        match source {
            Source::Stream { aggregate_type, aggregate_id } => {
                let stream = StreamId::new(aggregate_type.as_str(), aggregate_id.clone());
                let by = Asker::Somebody(self.who()?);
                let request = stub::post_as(&by, contract::PULL, &Pull { after })?;
                stub::read(stub::fetch(&self.env, self.catalogue, &stream, request).await?).await
            }
            Source::Category { aggregate_type } => {
                category::pull(&self.env, aggregate_type, after).await
            }
        }
    }

    /// Sends the frames that a subscription makes of a page.
    async fn send(self: &Rc<Self>, number: Number, page: Page) -> Result<(), Input> {
        let asked = self.asked.borrow().get(&number).cloned().unwrap_or_default();
        let admitted = admit(asked.request(), &self.settings());
        // It was admitted before; a limit may have been set since.
        let Admitted { request: query, .. } = admitted
            .map_err(|error| Input::Failed(number, shown(Response::from_errors(vec![error])).1))?;
        let (mut from, through) = (page.after, page.through);
        let feed = Feed::give(page);
        let mut answers = (self.execute)(self.on_behalf(query).data(Arc::clone(&feed)));
        while let Some(answer) = answers.next().await {
            let Some(to) = feed.yielded() else {
                return Err(match feed.is_stuck() {
                    true => Input::Stuck,
                    false => Input::Failed(number, shown(answer).1),
                });
            };
            let (data, errors) = shown(answer);
            let text = data.unwrap_or_else(|| format!(r#"{{"data":null,"errors":{errors}}}"#));
            self.take(Input::Event(number, from, to, Some(text))).await;
            from = to;
        }
        if from < through {
            self.take(Input::Event(number, from, through, None)).await;
        }
        Ok(())
    }

    fn on_behalf(&self, query: Query) -> Query {
        let caller = self.who().ok();
        let gateway: Arc<dyn Gateway> =
            Arc::new(WorkersGateway::new(self.env.clone(), self.catalogue, caller));
        query.data(gateway)
    }

    fn who(&self) -> Result<Caller, Failure> {
        Ok(self.pass()?.caller)
    }

    fn pass(&self) -> Result<Pass, Failure> {
        let connection = self.connection.borrow();
        Ok(connection.as_ref().and_then(|it| it.pass()).ok_or_else(missing)?.clone())
    }

    fn settings(&self) -> DocumentLimits {
        allowance(&self.env).graphql
    }
}

/// An execution result as JSON text, when something was executed; and its errors.
fn shown(answer: Response) -> (Option<String>, String) {
    log_faults(&answer);
    let body = http::answer(answer, Media::GraphqlResponse).body;
    let errors = body.get("errors").map_or_else(|| "[]".to_owned(), Value::to_string);
    (body.get("data").is_some().then(|| body.to_string()), errors)
}

/// The reason of an operation's end, as a list of errors.
pub(crate) fn refusal(failure: &Failure) -> String {
    match failure {
        Failure::Rejected(Rejection { code, detail, .. }) => message::errors(code, detail),
        Failure::Faulted(fault) => {
            console_error!("{}: {fault}", fault.code());
            let detail = if fault.retryable() { "try again" } else { "an error on our side" };
            message::errors(fault.code(), detail)
        }
    }
}
