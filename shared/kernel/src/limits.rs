//! Every bound, with its reason. All of them are checked before anything is stored.

/// Longest identifier, in bytes. Object names may be longer; an id also travels in URLs, tags and indexes.
pub const ID_BYTES: usize = 128;

/// Longest name of a role, in bytes. It stands in every event and in every session's attachment.
pub const ROLE_BYTES: usize = 32;

/// Longest body of one request at any door, and message on a socket, in bytes (1 MiB). Above any batch of ordinary commands.
/// Set it with `MAX_BODY_BYTES` …
pub const BODY_BYTES: usize = 1 << 20;

/// … from 16 KiB, so that a message with a new token fits …
pub const BODY_BYTES_LEAST: usize = 16 << 10;

/// … to 16 MiB: a hundred commands of the largest letter. The platform takes 100 MB in a request and 32 MiB in a message,
/// but what is read lies in the isolate's 128 MB a few times over.
pub const BODY_BYTES_MOST: usize = 16 << 20;

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

/// Bytes of the rows that one statement takes as JSON (platform: 2 MB per value). One row of the largest event takes a
/// quarter of it.
pub const SQL_JSON_BYTES: usize = 1_000_000;

/// How long an event may take to reach all its destinations before its object sends it again, in milliseconds (60 s).
///
/// Where this lies between two figures is the deployment's choice (`SEND_AGAIN_SECONDS`). It is above what the queue needs
/// to try by itself: a pass takes well under a second, and its own retries come after 5, 15 and 35 s; whatever is shorter
/// sends repeats of what is still under way, which cost a message and are dropped. An instance whose deadline waits for an
/// answer sends again before that, half-way to it, so that a letter that is lost does not cost the deadline.
pub const SEND_AGAIN_MS: i64 = 60_000;

/// Shortest pause between two times of sending again before a deadline, in milliseconds (10 s).
pub const SEND_AGAIN_LEAST_MS: i64 = 10_000;

/// How often a sequence (one destination, one source stream) is tried before it is parked. With the pauses below that is eight
/// minutes: longer than a deploy and most outages of the platform, and shorter than people wait. Set it with `BUS_ATTEMPTS`.
pub const BUS_ATTEMPTS: u32 = 8;

/// Pause after the first failure of a sequence, in milliseconds; twice as long after each that follows. A busy object is
/// back within seconds, and a process that waits for an answer often gives up after a minute.
pub const BUS_AGAIN_MS: i64 = 5_000;

/// Longest pause between two attempts, in milliseconds: what waits in the queue meanwhile must not use up the 100 retries
/// that the platform allows.
pub const BUS_AGAIN_AT_MOST_MS: i64 = 160_000;

/// Longest pause of a letter while nobody can say what is parked, in milliseconds (20 min): so long may it take, after an
/// outage of the database, until everything flows again.
pub const BUS_LATER_AT_MOST_MS: i64 = 20 * 60 * 1000;

/// Letters that one retry of a parked sequence delivers, at most: each may be a call to an object, and the platform allows
/// 1,000 of those a request.
pub const RETRY_LETTERS: usize = 100;

/// Most letters that an instance keeps in memory between commit and publication; what is beyond is made again from what is
/// stored. Two batches of commands; even of the largest events they take 25 MB of the 128 MB.
pub const FRESH_LETTERS: usize = 200;

/// Largest state that is kept as a snapshot, in bytes (platform: 2 MB per value, the row's other columns included).
pub const SNAPSHOT_BYTES: usize = 1_900_000;

/// From how many remembered events of one foreign stream on they are folded into a snapshot. A decision folds what lies
/// there one by one, below a millisecond for a hundred. A snapshot costs a row written, and a row for each event that it
/// takes the place of; an instance that remembers less pays for none.
pub const FOREIGN_SNAPSHOT_EVERY: u64 = 100;

/// Most outcomes that an instance remembers: the oldest are forgotten before their time above it. 100,000 rows of about
/// 150 bytes are 15 MB of the object's 10 GB, and more than a day of one command a second.
pub const OUTCOMES: usize = 100_000;

/// Most commands in one batch. Set it with `MAX_BATCH_COMMANDS` …
pub const BATCH_COMMANDS: usize = 100;

/// … to at most this: each may be for another instance, and the platform allows 1,000 calls a request.
pub const BATCH_COMMANDS_MOST: usize = 900;

/// Bytes that are sent to a socket before its reader is asked whether it has them (1 MiB). What it has not taken lies in the
/// runtime's memory, and the 128 MB are shared by all sockets; at a round trip of 50 ms this still lets 20 MB a second through.
pub const SOCKET_WINDOW_BYTES: usize = 1 << 20;

/// How long a reader may take to answer, in milliseconds. It has a window to take before: 10 s are enough at 1 Mbit/s.
pub const SOCKET_ANSWER_WITHIN_MS: i64 = 10_000;

/// Bytes of what cannot wait (answers to commands) that are sent while a reader has not answered (4 MiB). A client that sends
/// a hundred full batches at once gets that much before it can answer anything.
pub const SOCKET_UNANSWERED_BYTES: usize = 4 << 20;

/// How long a GraphQL socket waits for `connection_init`, in milliseconds, and then for what comes of its token. Browsers on
/// slow networks need a second or two, an issuer has 5 s.
pub const SESSION_INIT_WITHIN_MS: i64 = 10_000;

/// Active operations of one GraphQL socket. Set it with `GRAPHQL_MAX_OPERATIONS` …
pub const SESSION_OPERATIONS: usize = 100;

/// … to at most this: their cursors are attached to the socket, about 50 bytes each, of 16,384.
pub const SESSION_OPERATIONS_MOST: usize = 200;

/// Bytes of one GraphQL document on a socket (64 KiB). A hundred of them are kept for a session, in its own object.
pub const QUERY_BYTES: usize = 64 << 10;

/// GraphQL sockets that one principal may have open. Every page of a browser has one, so a person has a few dozen at most.
/// Set it with `SESSIONS_PER_PRINCIPAL`.
pub const SESSIONS_PER_PRINCIPAL: usize = 100;

/// Events that a session is told or pulls at once …
pub const PULL_EVENTS: usize = 100;

/// … and bytes of their data (256 KiB): a quarter of what is sent to a socket before its reader is asked, so that little is
/// read twice for a reader whose window is full.
pub const PULL_BYTES: usize = 256 << 10;

/// States that an instance keeps in memory for those who read its stream page by page: as many readers go on side by side,
/// each from where its last page ended.
pub const REACHED_STATES: usize = 64;

/// Bytes of those states, as JSON (4 MiB of the isolate's 128 MB). A larger state is not kept.
pub const REACHED_BYTES: usize = 4 << 20;

/// Sessions that follow one stream. Each is told of every event by a call of its own, and one event may make 1,000 calls
/// (platform). Where more look on, the native socket carries 32,768 on one object.
pub const FOLLOWERS: usize = 900;

/// How soon a stream tells a session again that could not be reached, in milliseconds.
pub const TELL_AGAIN_MS: i64 = 5_000;

/// How soon a session tries again to read a source that it could not read, in milliseconds.
pub const PULL_AGAIN_MS: i64 = 5_000;

/// In how many seconds requests are counted. The platform counts in 10 s or in 60 s; the shorter one is over sooner. It and
/// how many there may be, 10,000, stand in `wrangler.toml`: 1,000 a second are what one object takes at most.
pub const RATE_PERIOD_S: u32 = 10;

/// Requests of one principal in that time, where the platform does not count and each isolate counts what it sees itself.
/// Set it with `REQUESTS_PER_PRINCIPAL`.
pub const REQUESTS: usize = 10_000;

/// Names that an isolate counts requests under, each by itself: 10,000 of 200 bytes. Those that come later share a place.
pub const RATE_NAMES: usize = 10_000;

/// Native sockets that one principal may have open at one instance. The platform takes 32,768 in all. Set it with
/// `SOCKETS_PER_PRINCIPAL`.
pub const SOCKETS_PER_PRINCIPAL: usize = 1_000;

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

/// Rows in one page of a list, at most. One statement of D1, and far below its 100 MB of result.
pub const LIST_ROWS: usize = 100;

/// Rows in one page of a list when the caller names no number.
pub const LIST_ROWS_DEFAULT: usize = 20;

/// Events that are followed from one command, at most. Our longest chain has about ten; but anybody may say of a command
/// that this or that has caused it, and each is a row that the database reads.
pub const CAUSED_EVENTS: u64 = 10_000;

/// Instances that are asked what became of a command when only its id is named: one, unless callers made up the same id.
pub const SAME_COMMAND_IDS: usize = 10;

/// Tokens of a GraphQL document. Counted before it is parsed; the introspection query of GraphiQL has about 600. Set it
/// with `GRAPHQL_MAX_TOKENS`.
pub const GRAPHQL_TOKENS: usize = 2_000;

/// Brackets within brackets of a GraphQL document, of any kind. The parser recurses over them, on a stack of 1 MB. Not a
/// setting: [`GRAPHQL_DEPTH`] is.
pub const GRAPHQL_NESTING: usize = 64;

/// Fields within fields of a GraphQL document. Our deepest answer takes 5, the introspection query of GraphiQL 15. Set it
/// with `GRAPHQL_MAX_DEPTH`.
pub const GRAPHQL_DEPTH: usize = 16;

/// Fields that a GraphQL operation may ask for, those of a list once for each row. Three full pages of ten fields come to
/// 3,300. Set it with `GRAPHQL_MAX_COMPLEXITY`.
pub const GRAPHQL_COMPLEXITY: usize = 5_000;

/// Aliases of a GraphQL document, fragments counted each time that they are spread. Under aliases one field can be asked
/// for many times, each a call to an object or the database: the platform allows 1,000 of those a request. Set it with
/// `GRAPHQL_MAX_ALIASES`.
pub const GRAPHQL_ALIASES: usize = 50;

/// Directives of a GraphQL document, counted in the same way. Each is checked against each other of its field. Set it with
/// `GRAPHQL_MAX_DIRECTIVES`.
pub const GRAPHQL_DIRECTIVES: usize = 50;

/// Lists within lists of an introspection query (fields of types of fields): each step multiplies the answer by about ten.
/// Tools need 1.
pub const INTROSPECTION_LISTS: usize = 3;
