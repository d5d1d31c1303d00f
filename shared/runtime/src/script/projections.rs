//! An administrator looks after the processors of the journals; and a monitor asks whether they are well.
//!
//! | path | what it does |
//! |---|---|
//! | `GET /admin/projections` | every processor: how far it is in each partition, and what it cannot digest |
//! | `GET /admin/projections/{name}` | one of them |
//! | `POST /admin/projections/{name}/{order}` | `rebuild`, `pause`, `resume`, `cancel` or `retry` |
//! | `GET /readyz` | 200, or 503 with the names of those that are stalled |

use std::cell::RefCell;

use edgefold_flow::{
    Catalogue,
    contract::{self, OrderGiven},
    journal::{
        Partitions,
        generation::Processor,
        order::{Order, unknown},
        status::{ProcessorStatus, Processors, Readiness, TrackStatus},
    },
};
use edgefold_kernel::{Failure, Timestamp};
use futures_util::future::join_all;
use worker::Env;

use crate::platform::{answer, bindings, clock, http::Response, stub};

/// Milliseconds for which an isolate gives the same answer about its readiness: anybody may ask, and each look is a call to
/// every journal.
const READY_FOR_MS: i64 = 5_000;

thread_local! {
    static READY: RefCell<Option<(Timestamp, Readiness)>> = const { RefCell::new(None) };
}

/// Every processor.
///
/// # Errors
/// Never: what cannot be asked is named.
pub(super) async fn list(env: &Env, catalogue: &'static Catalogue) -> Result<Processors, Failure> {
    let asked =
        join_all(places(env, catalogue, |_| true).into_iter().map(|place| ask(env, place))).await;
    let all = Processor::all(catalogue);
    Ok(Processors { projections: all.map(|processor| of(&processor, &asked)).collect() })
}

/// One processor.
///
/// # Errors
/// `UNKNOWN_PROJECTION`.
pub(super) async fn look(
    env: &Env,
    catalogue: &'static Catalogue,
    name: &str,
) -> Result<ProcessorStatus, Failure> {
    let processor = named(catalogue, name)?;
    let places = places(env, catalogue, |category| processor.categories().contains(&category));
    let asked = join_all(places.into_iter().map(|place| ask(env, place))).await;
    Ok(of(&processor, &asked))
}

/// Carries out an order, and says how the processor is then.
///
/// # Errors
/// `UNKNOWN_PROJECTION`, and the refusals of the order; a fault when a journal cannot be reached.
pub(super) async fn order(
    env: &Env,
    catalogue: &'static Catalogue,
    name: &str,
    order: Order,
) -> Result<ProcessorStatus, Failure> {
    let processor = named(catalogue, name)?;
    let mut places = places(env, catalogue, |category| processor.categories().contains(&category));
    if order != Order::Retry {
        // It concerns all partitions, and any of them carries it out.
        places.truncate(1);
    }
    let given = OrderGiven { name: name.to_owned(), order };
    let told = places.iter().map(async |(category, partition)| {
        let call = stub::post(contract::ORDER, &given)?;
        let place = (category.as_str(), *partition);
        stub::read::<()>(stub::journal(env, place, call).await?).await
    });
    join_all(told).await.into_iter().collect::<Result<(), Failure>>()?;
    look(env, catalogue, name).await
}

/// Are the processors well? Anybody may ask: it says no more than their names.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub(super) async fn ready(env: &Env, catalogue: &'static Catalogue) -> worker::Result<Response> {
    let now = clock::now();
    let known = READY.with_borrow(|ready| ready.clone());
    let known = known.filter(|(at, _)| at.plus_millis(READY_FOR_MS) > now);
    let ready = match known {
        Some((_, ready)) => ready,
        None => {
            let ready = match list(env, catalogue).await {
                Ok(all) => all.readiness(),
                Err(failure) => return answer::failed(&failure),
            };
            READY.set(Some((now, ready.clone())));
            ready
        }
    };
    let response = answer::json(ready.http_status(), "application/json", &ready)?;
    Ok(response.with("cache-control", "no-store"))
}

type Asked = ((String, u16), Result<Vec<TrackStatus>, Failure>);

async fn ask(env: &Env, place: (String, u16)) -> Asked {
    let asked = async {
        let call = stub::post(contract::PROCESSORS, &())?;
        let (category, partition) = &place;
        stub::read(stub::journal(env, (category.as_str(), *partition), call).await?).await
    };
    let answer = asked.await;
    (place, answer)
}

fn of(processor: &Processor, asked: &[Asked]) -> ProcessorStatus {
    let (mut tracks, mut unreached) = (Vec::new(), Vec::new());
    let categories = processor.categories();
    for ((category, partition), answer) in asked {
        match answer {
            _ if !categories.contains(&category.as_str()) => {}
            Ok(all) => tracks.extend(all.iter().filter(|it| it.name == processor.name()).cloned()),
            Err(failure) => unreached.push(format!("{category}/{partition}: {failure}")),
        }
    }
    ProcessorStatus::of(processor, tracks, unreached)
}

fn named(catalogue: &'static Catalogue, name: &str) -> Result<Processor, Failure> {
    let found = Processor::all(catalogue).find(|processor| processor.name() == name);
    Ok(found.ok_or_else(|| unknown(name))?)
}

/// The partitions of categories.
fn places(
    env: &Env,
    catalogue: &'static Catalogue,
    is_wanted: impl Fn(&'static str) -> bool,
) -> Vec<(String, u16)> {
    let setting = env.var(bindings::JOURNAL_PARTITIONS).ok();
    let (partitions, _) = Partitions::parse(&setting.map(|it| it.to_string()).unwrap_or_default());
    let categories = catalogue.entries.iter().map(|entry| entry.aggregate_type);
    let all = categories.filter(|category| is_wanted(category));
    let all =
        all.map(|category| (0..partitions.of(category)).map(move |it| (category.to_owned(), it)));
    all.flatten().collect()
}
