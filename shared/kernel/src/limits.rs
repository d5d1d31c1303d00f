//! Every limit, with its reason. The server checks all of them before it stores anything.

/// Longest identifier, in bytes. Object names may be longer; an id also travels in URLs, tags and indexes.
pub const ID_BYTES: usize = 128;

/// Longest subject, in bytes: what OpenID Connect Core allows `sub` (section 2).
pub const SUBJECT_BYTES: usize = 255;

/// Longest name of a role, in bytes. It stands in every event and in every session's attachment.
pub const ROLE_BYTES: usize = 32;

/// Longest body of one request, and longest message on a socket, in bytes (1 MiB): more than any batch of ordinary
/// commands. Set it with `MAX_BODY_BYTES` …
pub const BODY_BYTES: usize = 1 << 20;

/// … from 16 KiB, so that a message with a new token fits …
pub const BODY_BYTES_LEAST: usize = 16 << 10;

/// … to 16 MiB: a hundred commands of the largest letter. The platform takes 100 MB in a request and 32 MiB in a
/// message, but the isolate has 128 MB and holds the body a few times over while it reads it.
pub const BODY_BYTES_MOST: usize = 16 << 20;

/// Values of one JSON text from outside: items, members, and what holds them. A batch of 900 commands has some 30,000. A small one takes
/// five bytes there and several hundred in memory, so a body of 1 MiB could take 128 MB.
pub const JSON_VALUES: usize = 50_000;

/// Largest event, in bytes of its wire form: it fits a message of the queue, beside the few words around it.
pub const EVENT_BYTES: usize = 127_000;

/// Largest letter on the bus, in bytes: all that one stream has to say, or a part of it. A queue message holds 128 KB
/// (128,000 bytes), of which the queue keeps about 100 for itself. What does not fit travels as a reference.
pub const LETTER_BYTES: usize = 127_800;

/// Most instances that one event may reach, its own requests included: a letter names each of them in up to 300 bytes, and
/// the consumer calls each once, of the 1,000 calls that the platform allows.
pub const DESTINATIONS: usize = 400;

/// Most events that one command may append: a command is one transaction and one answer.
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

/// Milliseconds for which the outcome of a command is remembered under its command id (24 h).
pub const OUTCOME_TTL_MS: i64 = 24 * 60 * 60 * 1000;

/// Milliseconds that a caller waits for what follows from its command, at least (1 s): the first timeout of RFC 6298, and the
/// least one. An answer usually takes far less; a caller that asks sooner only costs a request.
pub const CONFIRM_LEAST_MS: i64 = 1_000;

/// Milliseconds that a caller waits longer for each question that waits before its own (10 ms). An object that is asked by
/// all of them takes 100 to 500 deliveries a second.
pub const CONFIRM_EACH_MS: i64 = 10;

/// Milliseconds for which a question and the time of an answer say something about the load (1 min).
pub const PACE_RECENT_MS: i64 = 60_000;

/// Questions that an isolate remembers of one aggregate, at most: beyond them a caller waits until the deadline anyway.
pub const PACE_QUESTIONS: usize = 10_000;

/// Longest pause of a queued command that waits for the one before it, in seconds (1 min). It grows to this by a second each time.
pub const QUEUED_WAIT_AT_MOST_S: u32 = 60;

/// Milliseconds for which a queued command waits for the one that its caller has named, at most (1 h): that one may never come, and each
/// wait is a message put back on a queue that all share.
pub const QUEUED_NAMED_MS: i64 = 3_600_000;

/// Senders and instances of which a script remembers the last queued command, at most: a name each, and an id.
pub const QUEUED_REMEMBERED: usize = 10_000;

/// Queued commands of one sender whose end is kept apart from their instances, at most: the latest. A row each, for a day. Set it with
/// `QUEUED_REFUSALS_PER_PRINCIPAL`.
pub const QUEUED_APART: usize = 10_000;

/// Bytes of the rows that one statement takes as JSON (platform: 2 MB per value). One row of the largest event takes a
/// quarter of it.
pub const SQL_JSON_BYTES: usize = 1_000_000;

/// Partitions of a category's journal, at most: a cursor over the category names a place in each of them.
pub const JOURNAL_PARTITIONS: u16 = 64;

/// Events that a stream sends to its journal in one call, at most …
pub const JOURNAL_APPEND_EVENTS: usize = 1_000;

/// … and bytes of them: with the outline they fit one value of SQL (platform: 2 MB).
pub const JOURNAL_APPEND_BYTES: usize = 700_000;

/// Largest outline of a state, in bytes of JSON: it is a value in a row of D1 and of the journal (platform: 2 MB), and a large
/// one is written again with every event.
pub const OUTLINE_BYTES: usize = 1_000_000;

/// Bytes of the appends that a journal keeps in one row (256 KiB): whoever wants one event reads its row.
pub const JOURNAL_ROW_BYTES: usize = 256 << 10;

/// Latest events that a journal keeps in memory for its readers, at most …
pub const JOURNAL_TAIL_EVENTS: usize = 10_000;

/// … and bytes of their data and rows (8 MiB of the isolate's 128 MB, which several objects may share).
pub const JOURNAL_TAIL_BYTES: usize = 8 << 20;

/// Milliseconds that an event may take to reach all its destinations before its object sends it again (60 s).
///
/// A deployment may choose another time (`SEND_AGAIN_SECONDS`). A pass through the queue takes well under a second, so a
/// repeat is needed only where a message or its receipt got lost; it costs a message, and is dropped. Where somebody waits
/// for an answer until some instant, the object sends again after a quarter of the time that is left, again and again.
pub const SEND_AGAIN_MS: i64 = 60_000;

/// Longest pause between two repeats, in milliseconds (1 h). The pause grows to this with the age of the event.
pub const SEND_AGAIN_AT_MOST_MS: i64 = 60 * 60 * 1000;

/// Shortest pause between two repeats for somebody who waits, in milliseconds (5 s).
pub const SEND_AGAIN_LEAST_MS: i64 = 5_000;

/// Events that are sent again in one go, at most, so that a queue that lags behind is not flooded.
pub const SEND_AGAIN_EVENTS: usize = 1_000;

/// Events by which the stored cursors of an instance may lag behind, where only the journal was told of them: it is told again of
/// so many events at most after a crash, and a row written for each would cost more.
pub const UNKEPT_EVENTS: u64 = 32;

/// Milliseconds that a committed event may lie unpublished before only the alarm sends it (3 s). An object that wakes
/// publishes what it committed just before it ended; what is older has its turn, with pauses and bounds.
pub const PUBLISH_WITHIN_MS: i64 = 3_000;

/// Failures that cannot heal (poison), after which a destination's deliveries are parked. With the pauses below they take ten
/// minutes: longer than a deploy, and shorter than people wait. Set it with `BUS_ATTEMPTS`. What heals by itself is tried
/// for ever.
pub const BUS_ATTEMPTS: u32 = 8;

/// Pause after the first failure of a destination, in milliseconds; it doubles after each further failure. A busy object
/// is back within seconds, and a process that waits for an answer often gives up after a minute.
pub const BUS_AGAIN_MS: i64 = 5_000;

/// Longest pause between two attempts, in milliseconds (5 min): that long after an outage everything flows again.
pub const BUS_AGAIN_AT_MOST_MS: i64 = 5 * 60 * 1000;

/// Thousandths by which the pauses of different instances differ, at most: those that failed together do not come back
/// together.
pub const SPREAD_MOST: i64 = 250;

/// Destinations that one ring of the alarm tries again, at most: each is a call, and the platform allows 1,000.
pub const HOLDS_AT_ONCE: usize = 100;

/// Items that one attempt delivers, at most.
pub const DELIVERY_ITEMS: usize = 100;

/// Most events that an instance keeps in memory between commit and publication: several batches of commands …
pub const FRESH_EVENTS: usize = 1_000;

/// … and bytes of their texts, which lie in memory twice: 16 of the 128 MB, which several objects may share.
pub const FRESH_BYTES: usize = 8 << 20;

/// Largest state that is kept as a snapshot, in bytes (platform: 2 MB per value, the row's other columns included).
pub const SNAPSHOT_BYTES: usize = 1_900_000;

/// Bytes of the snapshots that one fold stores on its way (16 MiB). A long stream of large states would write gigabytes
/// at once; the next fold begins at the last of them, and goes on from there.
pub const FOLD_SNAPSHOTS_BYTES: usize = 16 << 20;

/// Most commands in one batch. Set it with `MAX_BATCH_COMMANDS` …
pub const BATCH_COMMANDS: usize = 100;

/// … to at most this: each may be for another instance, and the platform allows 1,000 calls a request.
pub const BATCH_COMMANDS_MOST: usize = 900;

/// Bytes that are sent to a socket before its reader is asked whether it has them (1 MiB). Unread bytes lie in the
/// memory of the runtime, and all sockets share its 128 MB; at a round trip of 50 ms this window still lets 20 MB a
/// second through. Set it with `SOCKET_WINDOW_BYTES` …
pub const SOCKET_WINDOW_BYTES: usize = 1 << 20;

/// … from as much as a page of a subscription …
pub const SOCKET_WINDOW_BYTES_LEAST: usize = PULL_BYTES;

/// … to 4 MiB: a few slow readers would have all of the memory.
pub const SOCKET_WINDOW_BYTES_MOST: usize = 4 << 20;

/// Milliseconds that a reader has to answer. It reads a whole window first: 10 s are enough at 1 Mbit/s.
pub const SOCKET_ANSWER_WITHIN_MS: i64 = 10_000;

/// Windows of a socket that answers to commands may fill while its reader has not answered (4 MiB): answers cannot wait. A client
/// that sends a hundred full batches at once gets that much before it can answer anything.
pub const SOCKET_UNANSWERED_WINDOWS: usize = 4;

/// Bytes that are sent to all native sockets of one object together and not known to be read, until its readers are asked
/// and further events wait (16 MiB). An isolate has 128 MB for its objects, and unread bytes lie there, too; at a round
/// trip of 50 ms this lets 320 MB a second through. Set it with `OBJECT_WINDOW_BYTES` …
pub const OBJECT_WINDOW_BYTES: usize = 16 << 20;

/// … from 1 MiB, which holds the largest event a few times over …
pub const OBJECT_WINDOW_BYTES_LEAST: usize = 1 << 20;

/// … to 32 MiB: twice as much, as below, is half of the isolate.
pub const OBJECT_WINDOW_BYTES_MOST: usize = 32 << 20;

/// Windows of an object that unread events and answers to commands, which cannot wait, may fill together (32 MiB): beyond it the
/// reader that is furthest behind is closed at once. Eight sockets may have as many unread answers as one is allowed.
pub const OBJECT_UNREAD_WINDOWS: usize = 2;

/// Milliseconds that a reader has to answer while events wait for the window of the object (2 s): others are held up by it.
pub const OBJECT_ANSWER_WITHIN_MS: i64 = 2_000;

/// Milliseconds between two looks of a reader that waits for the window of its object. It looks at one number.
pub const OBJECT_AGAIN_MS: u64 = 50;

/// Milliseconds that a GraphQL socket waits for `connection_init`, and then for the check of its token. Browsers on
/// slow networks need a second or two, an issuer has 5 s.
pub const SESSION_INIT_WITHIN_MS: i64 = 10_000;

/// Active operations of one GraphQL socket. Set it with `GRAPHQL_MAX_OPERATIONS` …
pub const SESSION_OPERATIONS: usize = 100;

/// … to at most this, see [`SESSION_SOURCES`].
pub const SESSION_OPERATIONS_MOST: usize = 200;

/// Sources of all operations of one GraphQL socket: a subscription to a category has one for each partition. The place in each is
/// attached to the socket, up to 70 bytes, of 16,384. `GRAPHQL_MAX_SOURCES` may set fewer.
pub const SESSION_SOURCES: usize = 200;

/// Bytes of the id that a client gives an operation on a GraphQL socket: clients count, or take 36 bytes of a UUID. It is kept with
/// the operation, and comes back with each of its frames.
pub const OPERATION_ID_BYTES: usize = 256;

/// Bytes of one GraphQL document on a socket (64 KiB). A hundred of them are kept for a session, in its own object. Set it with
/// `GRAPHQL_MAX_QUERY_BYTES` …
pub const QUERY_BYTES: usize = 64 << 10;

/// … to at most this (1 MiB), and so the next one: what is kept of an operation is a value of SQL (platform: 2 MB).
pub const KEPT_BYTES_MOST: usize = 1 << 20;

/// Longest documents that all subscriptions of a GraphQL socket have together: this often the longest one (256 KiB). Each event that
/// concerns them all is a run of all of them.
pub const SESSION_QUERIES: usize = 4;

/// Bytes of the variables of one subscription (16 KiB), which are kept with its document: filters and cursors take a few
/// hundred. Set it with `GRAPHQL_MAX_VARIABLES_BYTES`.
pub const VARIABLES_BYTES: usize = 16 << 10;

/// GraphQL sockets that one principal may have open. Every browser page has one, so a person has a few dozen at most.
/// Set it with `SESSIONS_PER_PRINCIPAL`.
pub const SESSIONS_PER_PRINCIPAL: usize = 100;

/// Subscriptions of one principal that wait for an instance which there is not yet: a page waits for the few that its user has
/// just asked for, and each is a place among the followers of a journal. Set it with `AWAITED_PER_PRINCIPAL`.
pub const AWAITED_PER_PRINCIPAL: usize = 20;

/// Milliseconds in which a socket can be opened with a ticket (1 min): a page gets it just before it opens one.
pub const TICKET_MS: i64 = 60_000;

/// Unused tickets that one principal may have: as many as sockets, at first. Set it with `TICKETS_PER_PRINCIPAL`.
pub const TICKETS_PER_PRINCIPAL: usize = 100;

/// Events that a session is told or pulls at once …
pub const PULL_EVENTS: usize = 100;

/// … and bytes of their data (256 KiB): a quarter of what is sent to a socket before its reader is asked, so that little is
/// read twice for a reader whose window is full.
pub const PULL_BYTES: usize = 256 << 10;

/// States that an instance keeps in memory for readers of its stream: this many readers go on side by side, each from
/// the end of its last page.
pub const REACHED_STATES: usize = 64;

/// Bytes of those states, as JSON (4 MiB of the isolate's 128 MB). A larger state is not kept.
pub const REACHED_BYTES: usize = 4 << 20;

/// Sessions that follow one stream. The object tells each of them of every event with a call, and the platform allows
/// 1,000 calls. For more watchers, one object carries 32,768 native sockets.
pub const FOLLOWERS: usize = 900;

/// Places of one principal among them: a socket has one, whatever it follows a source for, and a person has a few pages open. The
/// places of a category are forty principals' at least. Set it with `FOLLOWERS_PER_PRINCIPAL`.
pub const FOLLOWERS_PER_PRINCIPAL: usize = 20;

/// Places of those that only callers have who may list every row of a category: the staff is let in when everybody is there.
pub const FOLLOWERS_OF_ALL: usize = 100;

/// Bytes of the filters that a journal keeps for a session (8 KiB), to wake it only for what concerns it. A session with more is
/// told of everything.
pub const FOLLOWER_FILTERS_BYTES: usize = 8 << 10;

/// Events of a journal that do not concern a session, after which it is told nevertheless: so it never has more to read.
pub const QUIET_EVENTS: u64 = 1_000;

/// Events of a journal that one pull of a subscription looks at, at most …
pub const SCAN_EVENTS: usize = 1_000;

/// … bytes of them (1 MiB) …
pub const SCAN_BYTES: usize = 1 << 20;

/// … and earlier rows that are looked up for it in storage, each in up to 256 KiB of JSON, to say that a row has left a filter.
pub const SCAN_LOOKUPS: usize = 200;

/// Events of a partition that one principal may look at in a second, whether it is shown them or not, and whether they are in memory
/// or not: its next pull waits for as long as the last one costs. A page of 1,000 takes the journal a few milliseconds and costs
/// 50, so it has time for others. Set it with `FEED_EVENTS_PER_SECOND` …
pub const FEED_EVENTS_PER_SECOND: usize = 20_000;

/// … from this: a page costs a second …
pub const FEED_EVENTS_PER_SECOND_LEAST: usize = 1_000;

/// … to this: a page costs a millisecond.
pub const FEED_EVENTS_PER_SECOND_MOST: usize = 1_000_000;

/// Milliseconds of such turns that whoever is close to the head does not wait for (1 s): as many pages as the sockets of one principal
/// have under way. So a page that is live is not held up by another one of the same person that comes back.
pub const SCAN_AHEAD_MS: i64 = 1_000;

/// Milliseconds that a pull waits for its turn, at most (10 s): a call has 20 s for its answer. Whoever would wait for longer comes
/// back after [`PULL_AGAIN_MS`].
pub const SCAN_WAIT_MS: i64 = 10_000;

/// Milliseconds until a stream tells a session again that could not be reached.
pub const TELL_AGAIN_MS: i64 = 5_000;

/// Milliseconds until a session tries again to read a source that it could not read.
pub const PULL_AGAIN_MS: i64 = 5_000;

/// Seconds in which requests are counted. The platform counts in 10 s or in 60 s; the shorter period ends sooner. The
/// period and its limit of 10,000 stand in `wrangler.toml`: one object takes at most 1,000 a second.
pub const RATE_PERIOD_S: u32 = 10;

/// Messages of one GraphQL socket that wake its session, do nothing and are too many, in that period: pings that a client sends by
/// the dozen are let be, those of one that sends thousands are not. Set it with `GRAPHQL_MAX_IDLE_MESSAGES`.
pub const IDLE_MESSAGES: usize = 100;

/// Requests of one principal in that period, where the platform does not count and each isolate counts what it sees.
/// Set it with `REQUESTS_PER_PRINCIPAL`.
pub const REQUESTS: usize = 10_000;

/// Principals and addresses that an isolate counts separately: 10,000 of 200 bytes. Later ones share one count.
pub const RATE_NAMES: usize = 10_000;

/// Native sockets that one principal may have open at one instance. The platform takes 32,768 in all. Set it with
/// `SOCKETS_PER_PRINCIPAL`.
pub const SOCKETS_PER_PRINCIPAL: usize = 1_000;

/// Largest amount of money, in minor units. Well below 2^53, so that sums of thousands stay exact in JavaScript too.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// Longest free text in a command (a reason, a reference), in characters.
pub const TEXT_CHARS: usize = 500;

/// Longest `traceparent` that is kept with an event, in bytes. Today's takes 55; later versions may say more.
pub const TRACE_BYTES: usize = 256;

/// Longest `tracestate` that is kept with an event, in bytes: what W3C's Trace Context asks everybody to hand on.
pub const TRACESTATE_BYTES: usize = 512;

/// Longest `baggage` that is kept with an event, in bytes. W3C asks for 8,192, but every event of a chain stores it.
pub const BAGGAGE_BYTES: usize = 1_024;

/// Longest token, in bytes. One with an RSA signature and a dozen claims takes about 1,000; headers of the platform end at
/// 16 KB each.
pub const TOKEN_BYTES: usize = 8 << 10;

/// Longest time for which a token may still be valid, in milliseconds (ten years). A claim in milliseconds lies beyond the year
/// 50,000, and a token without a real end is a password.
pub const TOKEN_LIFE_MS: i64 = 10 * 366 * 24 * 60 * 60 * 1000;

/// Verified tokens that an isolate remembers, so that it checks each signature once. 1,000 of 200 bytes; beyond that it
/// forgets all of them.
pub const TOKENS_REMEMBERED: usize = 1_000;

/// Milliseconds by which the issuer's clock may differ from ours, or ours from that of the machine that an object ran on
/// before (60 s).
pub const CLOCK_SKEW_MS: i64 = 60_000;

/// Keys of one key set (JWKS) that are looked at. An issuer that rotates publishes two or three.
pub const KEY_SET_KEYS: usize = 100;

/// Milliseconds after which a fetched key set is fetched again (10 min).
pub const KEY_SET_FRESH_MS: i64 = 10 * 60 * 1000;

/// Milliseconds for which the last key set is trusted when it cannot be fetched again (24 h). A withdrawn key is
/// refused after that time at the latest.
pub const KEY_SET_STALE_MS: i64 = 24 * 60 * 60 * 1000;

/// Pause between two fetches of a key set, in milliseconds (30 s): tokens with made-up key ids must not become requests.
pub const KEY_SET_PAUSE_MS: i64 = 30_000;

/// Milliseconds that a list waits for a read model to reach the versions that it names, or for its table to be made. The way from
/// a command to the rows takes a few milliseconds.
pub const READ_YOUR_WRITES_MS: u64 = 2_000;

/// Seconds after which callers may try again what is unavailable: the time that a call to D1 may take.
pub const RETRY_AFTER_S: u32 = 5;

/// Instances whose version a list may name, at most: each is a call of its object. Set it with `GRAPHQL_MAX_MIN_VERSIONS` …
pub const LIST_MIN_VERSIONS: usize = 10;

/// … to at most this: the platform allows 1,000 calls a request.
pub const LIST_MIN_VERSIONS_MOST: usize = 500;

/// Conditions of a list, at most: each is a parameter of its statement (platform: 100 of them).
pub const LIST_CONDITIONS: usize = 32;

/// Rows in one page of a list, at most. One statement of D1, and far below its 100 MB of result.
pub const LIST_ROWS: usize = 100;

/// Rows in one page of a list when the caller names no number.
pub const LIST_ROWS_DEFAULT: usize = 20;

/// Events of a correlation among which a journal looks for the earliest: to read so many keys takes some 20 ms.
pub const CORRELATED_EVENTS: usize = 100_000;

/// Instances of a correlation that are asked whether the caller may see them: half of the calls that the platform allows a request.
pub const CORRELATION_INSTANCES: usize = 500;

/// Most events of a correlation that a journal gives: the earliest. Our longest chain has about ten, but a caller may name any correlation for a
/// command, and all of them are in memory at once.
pub const CAUSED_EVENTS: u64 = 1_000;

/// Instances that are asked for the result of a command when only its id is named: one, unless callers chose the same
/// id.
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

/// Fields of a GraphQL operation that count as one request, at least: a look at one instance asks for fewer, and a hundred rows of ten
/// fields are ten requests.
pub const GRAPHQL_FIELDS_PER_REQUEST: usize = 100;

/// Bytes of the variables of a GraphQL request that stand in it more than once, for each time but the first (1 MiB): each place is checked
/// and made anew.
pub const GRAPHQL_REPEATED_BYTES: usize = 1 << 20;

/// GraphQL operations of one principal that an isolate answers at once, each counted as [so many
/// requests](GRAPHQL_FIELDS_PER_REQUEST): ten of the largest. Their answers lie in its memory together. Set it with
/// `GRAPHQL_MAX_UNDER_WAY`.
pub const GRAPHQL_UNDER_WAY: usize = 500;

/// Milliseconds after which such an operation does not count any more (30 s): when its client goes away, the runtime drops it without a
/// word. No answer takes so long.
pub const GRAPHQL_UNDER_WAY_MS: i64 = 30_000;

/// Aliases of a GraphQL document, fragments counted each time that they are spread. Under aliases one field can be asked
/// for many times, each a call to an object or the database: the platform allows 1,000 of those a request. Set it with
/// `GRAPHQL_MAX_ALIASES`.
pub const GRAPHQL_ALIASES: usize = 50;

/// Longest name or alias of a field in a GraphQL document, in bytes, which are characters there. The answer repeats it in every row; the longest of
/// the samples has 22. Set it with `GRAPHQL_MAX_NAME_BYTES`.
pub const GRAPHQL_NAME_BYTES: usize = 64;

/// Items that a list within a row counts as, such as the lines of an order: how many there are is not known before. A page
/// counts as the rows that it asks for. Set it with `GRAPHQL_LIST_ITEMS`.
pub const GRAPHQL_LIST_ITEMS: usize = 10;

/// Bytes of one answer of GraphQL, watched while it is built (4 MiB). The isolate has 128 MB, and holds an answer some ten
/// times over: as values, as JSON, as text. A full page of events takes about 1 MB. Set it with `GRAPHQL_MAX_ANSWER_BYTES` …
pub const GRAPHQL_ANSWER_BYTES: usize = 4 << 20;

/// … to at most this (16 MiB).
pub const GRAPHQL_ANSWER_BYTES_MOST: usize = 16 << 20;

/// Directives of a GraphQL document, counted in the same way. Each is checked against each other of its field. Set it with
/// `GRAPHQL_MAX_DIRECTIVES`.
pub const GRAPHQL_DIRECTIVES: usize = 50;

/// Lists within lists of an introspection query (fields of types of fields): each step multiplies the answer by about ten.
/// Tools need 1.
pub const INTROSPECTION_LISTS: usize = 3;
