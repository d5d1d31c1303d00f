//! Commands of a caller that does not wait go on a queue. What a door can judge is judged before.

use std::{cell::RefCell, collections::BTreeMap};

use edgefold_flow::{
    Catalogue, Message,
    door::{rate, token::Caller},
    queued::{Before, OnQueue, Queued},
};
use edgefold_kernel::{Failure, Fault, Id, Rejection, StreamId, limits};
use worker::Env;

use crate::{
    door::admit::{admit, target},
    platform::{bindings, clock, queue},
};

thread_local! {
    /// The last command of a sender for an instance that this isolate has put on the queue.
    static LAST: RefCell<BTreeMap<(String, StreamId), Before>> = const { RefCell::new(BTreeMap::new()) };
}

/// Puts commands on the queue: those for one instance in one message, in order. Answers each in the order in which they came.
/// `None` if none of them can go: there is no queue, one message cannot hold what one instance gets, or all are refused. Then
/// they are to be answered as if nobody had preferred anything.
///
/// # Errors
/// A fault when the queue does not take them. It may have taken some; they may be sent again under the same ids.
pub(super) async fn enqueue(
    items: &[Result<Message, Rejection>],
    after: Option<Id>,
    caller: &Caller,
    env: &Env,
    catalogue: &'static Catalogue,
) -> Result<Option<Vec<Result<OnQueue, Failure>>>, Failure> {
    if env.queue(bindings::COMMANDS).is_err() {
        return Ok(None);
    }
    let (mut answers, mut bound) = (Vec::new(), BTreeMap::<StreamId, Vec<Message>>::new());
    for item in items {
        let judged = item.clone().map_err(Failure::from);
        answers.push(judged.and_then(|message| {
            let message = judge(message, caller, catalogue)?;
            let answer = OnQueue::of(&message);
            let answer = answer.ok_or_else(|| Fault::Defect("a message without ids".into()))?;
            bound.entry(target(&message)?).or_default().push(message);
            Ok(answer)
        }));
    }
    if bound.is_empty() {
        return Ok(None);
    }
    if after.is_some() && bound.len() > 1 {
        let detail = "expected: commands for one instance, to which the command before them went";
        return Err(Rejection::shape("INVALID_FIELD", AFTER, detail).into());
    }
    let (sender, now) = (rate::key(Some(&caller.principal), ""), clock::now());
    let after = after.map(|command_id| Before { command_id, sent_at: now, is_named: true });
    let (mut texts, mut last) = (Vec::new(), Vec::new());
    for (to, commands) in bound {
        let place = (sender.clone(), to.clone());
        let before = after.clone().or_else(|| LAST.with_borrow(|last| last.get(&place).cloned()));
        let queued = Queued::new(to, caller.clone(), now, before, commands);
        let Some(text) = queued.text()? else { return Ok(None) };
        texts.push(text);
        // Nothing is made to wait for a command that may itself wait for what comes later.
        if after.is_none() {
            last.extend(queued.last().map(|last| (place, last)));
        }
    }
    let away = |error: worker::Error| Fault::Unavailable("the queue".into(), error.to_string());
    queue::send_all(env, bindings::COMMANDS, &texts).await.map_err(away)?;
    LAST.with_borrow_mut(|known| {
        if known.len() + last.len() > limits::QUEUED_REMEMBERED {
            known.clear();
        }
        known.extend(last);
    });
    Ok(Some(answers))
}

/// Header that names the queued command after which the commands of a request are to be decided.
pub(super) const AFTER: &str = "Edgefold-After";

/// What a door can judge: who sends it at all, and the shape of its payload.
fn judge(
    message: Message,
    caller: &Caller,
    catalogue: &'static Catalogue,
) -> Result<Message, Failure> {
    let message = admit(message, catalogue, caller)?;
    catalogue.entry(&message.aggregate_type)?.run.read(&message.name, &message.payload)?;
    Ok(message)
}
