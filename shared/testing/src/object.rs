//! An instance with its type erased: the calls that the shell of an object makes.

use edgefold_flow::{
    Accepted, Catalogue, Instance, Message, Participant, Stamp,
    contract::HoldDiscarded,
    instance::{Due, Received, Sending, When},
    journal::{Appended, Partitions},
    publish::{Delivery, Hold, Outgoing, hold::Decided},
    receive::{Incoming, Receipt, Settled},
};
use edgefold_kernel::{Failure, Fault, Foreign, ForeignState, Id, StreamId, Timestamp, Version};

use crate::MemoryStorage;

/// Makes an instance over its storage.
pub(crate) type Make = fn(Id, MemoryStorage, &Catalogue, &Partitions) -> Box<dyn Object>;

/// Makes instances of this type.
pub(crate) fn make<A: Participant>(
    id: Id,
    storage: MemoryStorage,
    catalogue: &Catalogue,
    partitions: &Partitions,
) -> Box<dyn Object> {
    Box::new(Instance::<A, _>::new(id, storage).routed(catalogue).partitioned(partitions))
}

/// Declares the trait and implements it with the instance's methods of the same names.
macro_rules! object {
    ($(fn $name:ident($($argument:ident: $of:ty),*) -> $result:ty;)+) => {
        pub(crate) trait Object {
            $(fn $name(&self, $($argument: $of),*) -> $result;)+
            fn state(&self) -> Result<serde_json::Value, Failure>;
        }

        impl<A: Participant> Object for Instance<A, MemoryStorage> {
            $(fn $name(&self, $($argument: $of),*) -> $result {
                Instance::$name(self, $($argument),*)
            })+
            fn state(&self) -> Result<serde_json::Value, Failure> {
                self.view(When::Now).map(|view| view.state)
            }
        }
    };
}

object! {
    fn handle(message: &Message, foreign: &Foreign, stamp: &Stamp<'_>) -> Result<Accepted, Failure>;
    fn rests_on(message: &Message, stamp: &Stamp<'_>) -> Result<Vec<StreamId>, Fault>;
    fn foreign() -> Result<ForeignState, Fault>;
    fn delivery_rests_on(incoming: &Incoming) -> Result<Vec<StreamId>, Fault>;
    fn receive(incoming: &Incoming, foreign: &Foreign, stamp: &Stamp<'_>) -> Result<Received, Fault>;
    fn receive_all(incoming: &[Incoming], stamp: &Stamp<'_>) -> Vec<Option<Receipt>>;
    fn mark(source: &StreamId) -> Result<Version, Fault>;
    fn part(to: &StreamId, after: Version, through: Version, limit: usize) -> Result<Delivery, Fault>;
    fn settled(settled: &Settled, bound: u32, stamp: &Stamp<'_>) -> Result<bool, Fault>;
    fn pass_deadline(stamp: &Stamp<'_>) -> Result<bool, Failure>;
    fn take_appended() -> Vec<edgefold_kernel::Envelope>;
    fn take_snapshot() -> Result<(), Fault>;
    fn outbox(now: Timestamp) -> Result<Vec<Outgoing>, Fault>;
    fn published(sent: &Outgoing) -> Result<(), Fault>;
    fn overdue(bound: i64, now: Timestamp) -> Result<Vec<Outgoing>, Fault>;
    fn next_again(bound: i64, now: Timestamp) -> Result<Option<Timestamp>, Fault>;
    fn to_journal(now: Timestamp) -> Result<Option<Sending>, Fault>;
    fn journalled(sent: &Sending, answer: &Result<Appended, Fault>, now: Timestamp) -> Result<(), Fault>;
    fn next_to_journal(bound: i64, now: Timestamp) -> Result<Option<Timestamp>, Fault>;
    fn doubt_journal() -> Result<(), Fault>;
    fn is_journalled() -> Result<bool, Fault>;
    fn partition() -> Result<u16, Fault>;
    fn next_due(bound: i64, now: Timestamp) -> Result<Option<Timestamp>, Fault>;
    fn keep_cursors(told: Version) -> Result<(), Fault>;
    fn prune(now: Timestamp) -> Result<Option<Timestamp>, Fault>;
    fn hold(to: &StreamId) -> Result<Option<Hold>, Fault>;
    fn due_holds(now: Timestamp) -> Result<Vec<Hold>, Fault>;
    fn begin_attempt(to: &StreamId, now: Timestamp) -> Result<Due, Fault>;
    fn end_attempt(to: &StreamId, receipt: &Receipt, bound: u32, stamp: &Stamp<'_>) -> Result<bool, Fault>;
    fn listed(told: &Hold, is_listed: bool, now: Timestamp) -> Result<(), Fault>;
    fn retry_hold(to: &StreamId, decided: Decided) -> Result<(), Failure>;
    fn discard(asked: &HoldDiscarded, stamp: &Stamp<'_>) -> Result<(), Failure>;
}
