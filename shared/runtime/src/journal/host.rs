//! A request of the contract reaches a journal's object.

use std::{panic::AssertUnwindSafe, rc::Rc};

use edgefold_flow::{
    Catalogue,
    contract::{self, ASKER, Counters},
    door::Asker,
};
use edgefold_kernel::{Fault, Kind, Rejection};
use futures_util::future::FutureExt;
use worker::{Env, Method, State, console_error, web_sys};

use super::{append::misnamed, object::Object};
use crate::platform::{
    answer, clock,
    http::{Request, Response, served},
};

/// Milliseconds until the next look after a panic while the alarm rang.
const AFTER_PANIC_MS: i64 = 60_000;

/// The host of a journal's object.
pub struct Journal {
    object: Rc<Object>,
    /// True once it has begun what it does by itself.
    is_awake: std::cell::Cell<bool>,
}

impl Journal {
    /// The object behind this state. Reads little, and writes nothing.
    pub fn new(state: State, env: Env, catalogue: &'static Catalogue) -> Self {
        let object = Rc::new(Object::new(state, env, catalogue));
        // A failure is reported to the requests that need it.
        drop(object.partition.head());
        Self { object, is_awake: std::cell::Cell::new(false) }
    }

    /// Serves a request of the [`contract`].
    ///
    /// # Errors
    /// Fails if the runtime refuses to build a response.
    pub async fn served(&self, request: web_sys::Request) -> worker::Result<web_sys::Response> {
        served(request, async |request| self.fetch(request).await).await
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let object = &self.object;
        if object.place.is_none() {
            return answer::failed(&misnamed());
        }
        if !self.is_awake.replace(true) {
            object.run();
            object.tell();
        }
        let path = request.path();
        match (request.method(), path) {
            (Method::Post, contract::APPEND) => {
                let text = request.text().await.map_err(|error| {
                    Fault::Unavailable("the request's body".into(), error.to_string())
                });
                let result = match text {
                    Ok(text) => object.append(text).await,
                    Err(fault) => Err(fault.into()),
                };
                answer::inside(200, result)
            }
            (Method::Post, path @ (contract::FOLLOW | contract::LEAVE | contract::PULL)) => {
                let by = Asker::read(request.header(ASKER));
                match object.exists() {
                    Ok(exists) => {
                        let partition = (object.partition.as_ref(), exists);
                        object.follows.serve(partition, path, &request, by).await
                    }
                    Err(fault) => answer::failed(&fault.into()),
                }
            }
            (Method::Post, contract::SHOWN) => {
                let result = match answer::read(&request).await {
                    Ok(asked) => object.shown(&asked).await,
                    Err(failure) => Err(failure),
                };
                answer::inside(200, result)
            }
            (Method::Post, contract::PLACE) => {
                let result = match answer::read(&request).await {
                    Ok(asked) => object.passed_place(&asked).await,
                    Err(failure) => Err(failure),
                };
                answer::inside(200, result)
            }
            (Method::Post, contract::CAUSED) => {
                let result = answer::read(&request).await;
                answer::inside(200, result.and_then(|asked| object.caused(&asked)))
            }
            (Method::Post, contract::WAKE) => {
                object.wake();
                answer::empty(204)
            }
            (Method::Post, contract::PROCESSORS) => answer::inside(200, object.status().await),
            (Method::Post, contract::ORDER) => {
                let result = match answer::read(&request).await {
                    Ok(given) => object.order(&given).await,
                    Err(failure) => Err(failure),
                };
                answer::inside(200, result)
            }
            (Method::Get, contract::COUNTERS) => {
                let counters = object.partition.storage().counters();
                let rows_written = counters.rows_written + object.alarms_set.get();
                answer::json(200, "application/json", &Counters { rows_written, ..counters })
            }
            (_, path) => {
                answer::failed(&Rejection::new(Kind::NotFound, "UNKNOWN_PATH", path).into())
            }
        }
    }

    /// See `run.rs`.
    ///
    /// # Errors
    /// Never for a business reason: an alarm that fails is given up by the platform after six times.
    pub async fn alarm(&self) -> worker::Result<()> {
        self.is_awake.set(true);
        if AssertUnwindSafe(self.object.ring()).catch_unwind().await.is_err() {
            console_error!("a panic while the alarm rang: again in {AFTER_PANIC_MS} ms");
            self.object.set_alarm_at(clock::now().plus_millis(AFTER_PANIC_MS));
        }
        Ok(())
    }
}
