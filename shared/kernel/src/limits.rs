//! Every bound, with its reason. All of them are checked before anything is stored.

/// Longest identifier, in bytes. Object names may be longer; an id also travels in URLs, tags and indexes.
pub const ID_BYTES: usize = 128;

/// Longest body of one request at any door, in bytes (1 MiB). Far below the platform's 100 MB, above any batch of commands.
pub const BODY_BYTES: usize = 1 << 20;

/// Largest letter on the bus, in bytes: an event in its wire form with the commands that follow from it. A queue message
/// holds 128 KB (128,000 bytes), of which the queue keeps about 100 for itself.
pub const LETTER_BYTES: usize = 127_000;

/// Most events that one command may append. One command is one transaction and one answer.
pub const EVENTS_PER_COMMAND: usize = 100;

/// Messages in one call of the queue's `sendBatch` (platform: 100).
pub const QUEUE_BATCH_MESSAGES: usize = 100;

/// Bytes in one call of the queue's `sendBatch` (platform: 256 KB, with about 100 bytes of its own for each message).
pub const QUEUE_BATCH_BYTES: usize = 240_000;

/// Events in one page of `GET /aggregates/{type}/{id}/events`, at most and unless asked otherwise.
pub const PAGE_EVENTS: usize = 1_000;

/// Events in one page when the caller names no limit.
pub const PAGE_EVENTS_DEFAULT: usize = 100;

/// Bytes of event data in one page, so that a page of large events stays far below the isolate's 128 MB.
pub const PAGE_BYTES: usize = 4 << 20;

/// How long the outcome of a command is remembered under its command id, in milliseconds (24 h).
pub const OUTCOME_TTL_MS: i64 = 24 * 60 * 60 * 1000;

/// Bound parameters of one SQL statement (platform: 100).
pub const SQL_PARAMETERS: usize = 100;

/// Most letters that an instance keeps in memory between commit and publication; what is beyond is made again from what is
/// stored. Two batches of commands; even of the largest events they take 25 MB of the 128 MB.
pub const FRESH_LETTERS: usize = 200;

/// Largest state that is kept as a snapshot, in bytes (platform: 2 MB per value, the row's other columns included).
pub const SNAPSHOT_BYTES: usize = 1_900_000;

/// Most outcomes that an instance remembers: the oldest are forgotten before their time above it. 100,000 rows of about
/// 150 bytes are 15 MB of the object's 10 GB, and more than a day of one command a second.
pub const OUTCOMES: usize = 100_000;

/// Most commands in one batch.
pub const BATCH_COMMANDS: usize = 100;

/// Bytes that may wait in the send buffer of one native socket, before its reader counts as too slow (1 MiB). The object's
/// 128 MB are shared by all its sockets.
pub const SOCKET_BUFFER_BYTES: u32 = 1 << 20;

/// Largest amount of money, in minor units. Well below 2^53, so that sums of thousands stay exact in JavaScript too.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// Longest free text in a command (a reason, a reference), in characters.
pub const TEXT_CHARS: usize = 500;

/// Longest value of a tracing header that is kept with an event, in bytes. A `traceparent` takes 55.
pub const TRACE_BYTES: usize = 256;

/// Longest token, in bytes. One with an RSA signature and a dozen claims takes about 1,000; headers of the platform end at
/// 16 KB each.
pub const TOKEN_BYTES: usize = 8 << 10;

/// Verified tokens that an isolate remembers, so that their signatures are checked once. 1,000 of 200 bytes; above that it
/// begins anew.
pub const TOKENS_REMEMBERED: usize = 1_000;

/// How far the clock of whoever issues tokens may be from ours, in milliseconds (60 s).
pub const CLOCK_SKEW_MS: i64 = 60_000;

/// Keys of one key set (JWKS) that are looked at. An issuer that rotates publishes two or three.
pub const KEY_SET_KEYS: usize = 100;

/// How old a fetched key set may grow before it is fetched again, in milliseconds (10 min).
pub const KEY_SET_FRESH_MS: i64 = 10 * 60 * 1000;

/// How long the last key set is trusted when it cannot be fetched again, in milliseconds (24 h): a key that was withdrawn
/// is refused within that time at the latest.
pub const KEY_SET_STALE_MS: i64 = 24 * 60 * 60 * 1000;

/// Pause between two fetches of a key set, in milliseconds (30 s): tokens with made-up key ids must not become requests.
pub const KEY_SET_PAUSE_MS: i64 = 30_000;

/// How long a query waits for a read model to reach the version that it names, in milliseconds.
pub const READ_YOUR_WRITES_MS: u64 = 5_000;
