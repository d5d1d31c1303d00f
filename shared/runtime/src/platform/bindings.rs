//! Names of the bindings that a deployment has, beside one for each aggregate's class.

/// The queue that is the bus.
pub const BUS: &str = "BUS";
/// The queue of commands whose senders do not wait. Where it is not bound, they do.
pub const COMMANDS: &str = "COMMANDS";
/// Ends of the names of that queue, and of its dead-letter queue.
pub const COMMAND_QUEUES: [&str; 2] = ["-commands", "-commands-dead"];
/// End of the name of the dead-letter queue, to which the platform moves messages that failed too often.
pub const DEAD_QUEUE: &str = "-dead";
/// The D1 database of journal and read models.
pub const DB: &str = "DB";
/// The counter of requests. Where it is not bound, each isolate counts by itself.
pub const REQUESTS: &str = "REQUESTS";
/// The class of GraphQL sessions.
pub const SESSION: &str = "SESSION";
/// The class of journals.
pub const JOURNALS: &str = "JOURNALS";
/// The setting that says how many partitions the journals have, see [`Partitions`](edgefold_flow::journal::Partitions).
pub const JOURNAL_PARTITIONS: &str = "JOURNAL_PARTITIONS";
