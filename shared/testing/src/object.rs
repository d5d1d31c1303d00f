//! An instance over its storage in memory, of whatever aggregate.

use edgefold_flow::{Catalogue, Instance, Participant, journal::Partitions};
use edgefold_kernel::Id;

use crate::MemoryStorage;

/// An instance of some aggregate.
pub(crate) type Object = Instance<MemoryStorage>;

/// Makes an instance over its storage.
pub(crate) type Make = fn(Id, MemoryStorage, &Catalogue, &Partitions) -> Object;

/// Makes instances of this type.
pub(crate) fn make<A: Participant>(
    id: Id,
    storage: MemoryStorage,
    catalogue: &Catalogue,
    partitions: &Partitions,
) -> Object {
    Instance::of::<A>(id, storage).routed(catalogue).partitioned(partitions)
}
