//! Names of the bindings that a deployment has, beside one for each aggregate's class.

/// The queue that is the bus.
pub const BUS: &str = "BUS";
/// What the name of the queue ends with to which the platform moves what the bus has failed to deliver too often.
pub const DEAD_QUEUE: &str = "-dead";
/// The D1 database of journal and read models.
pub const DB: &str = "DB";
/// The counter of requests. Where it is not bound each isolate counts by itself.
pub const REQUESTS: &str = "REQUESTS";
/// The class of GraphQL sessions.
pub const SESSION: &str = "SESSION";
