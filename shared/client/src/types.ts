// What the parts of the client say to each other, and to those who use it.
import type { CoreError } from './error.js';

/** A GraphQL document that knows what it answers and what it takes. Also what code generators make (`documentMode: 'string'`). */
export interface Document<Result = unknown, Variables = unknown> {
  toString(): string;
  /** Never there: it carries the types. */
  readonly __apiType?: (variables: Variables) => Result;
}

/** A document that a parser has read, with its text: what `graphql-tag` makes. */
export interface ParsedDocument<Result = unknown, Variables = unknown> {
  readonly loc?: { readonly source: { readonly body: string } };
  readonly kind: string;
  readonly __apiType?: (variables: Variables) => Result;
}

/** Any of the two. A text alone works, too: then nothing is known of its types. */
export type AnyDocument<Result = any, Variables = any> = Document<Result, Variables> | ParsedDocument<Result, Variables> | string;

/** A service binding of a Worker: it has `fetch`, and nothing else. */
export interface Binding {
  fetch(input: any, init?: any): Promise<any>;
}

export interface CoreOptions {
  /** Where the core is, such as `https://core.example.com`. */
  url?: string;
  /** The core's service binding, in place of a URL. */
  binding?: Binding;
  /** The caller's token, or what gives one that counts now: it is asked again before the old one expires. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Gives a new ticket (`POST /tickets`), for a page that has no token: with it the page asks and watches over its socket, and sends nothing. Nothing, when nobody is signed in any more. */
  ticket?: () => string | undefined | Promise<string | undefined>;
  fetch?: typeof globalThis.fetch;
  WebSocket?: new (url: string, protocol: string) => WebSocketLike;
  /** What takes the place of websockets that are blocked: `EventStreams`, of this package. It is used once two in a row have not opened, unless one has ever opened. */
  fallback?: new (url: string, protocol: string) => WebSocketLike;
}

/** What the client needs of a websocket. */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: { data: any }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: any) => void) | null;
}

/** The one root field of a document, without its null. */
export type RootOf<Result> = NonNullable<Result[keyof Result]>;

/** The field of an update that holds the instance: the one that is not one of the four that every update has. */
type RowKey<Update> = Exclude<keyof Update, '__typename' | 'cursor' | 'event' | 'left' | 'caughtUp'>;
/** The instance in what a subscription brings. */
export type RowOf<Result> = NonNullable<RootOf<Result>[RowKey<RootOf<Result>>]>;
/** The instance that a document shows: the type of a row, for what is written beside it. */
export type RowIn<Of> = Of extends Document<infer Result, any> ? RowOf<Result> : never;
/** The event in what a subscription brings. */
export type EventOf<Result> = RootOf<Result> extends { event?: infer Event } ? NonNullable<Event> : never;
/** The rows of a list. */
export type NodeOf<Result> = RootOf<Result> extends { nodes: readonly (infer Row)[] } ? Row : never;

/**
 * - `connecting`: nothing has come yet.
 * - `live`: everything that was there has come, and what happens comes at once.
 * - `behind`: the socket is away, or what was missed is still coming.
 * - `signedOut`: the token does not count, and there is no other. Over.
 * - `ended`: over, because `until` held, or with an `error`.
 */
export type LiveState = 'connecting' | 'live' | 'behind' | 'signedOut' | 'ended';

/**
 * Something that changes, for a framework: `current` is what there is, and `subscribe` tells of every change. The first
 * subscriber opens it, the last one to leave closes it; the next one goes on where it stood.
 */
export interface Store<Current> {
  readonly current: Current;
  readonly state: LiveState;
  /** Why it has ended, if it should not have. */
  readonly error: CoreError | undefined;
  subscribe(changed: () => void): () => void;
}

/** One step of what is watched. */
export interface Update<Row, Event = unknown> {
  /** The instance as it is now. */
  row: Row;
  /** What has happened, if that is what this update is about. Null also for who may not see it. */
  event: Event | null;
  /** Where to go on from; undefined as long as nothing came from the core. */
  cursor: string | undefined;
  /** True once everything has come that was there when the watch began. */
  caughtUp: boolean;
  /** True if the row waits for something (`confirmBy`) and that instant is over. */
  late: boolean;
  /** True if the row is what the page expects: the core has not shown it yet. */
  tentative: boolean;
}

export interface WatchOptions<Row, Event = unknown> {
  /** The cursor of an earlier update: what came since comes first. */
  after?: string;
  /** What the page knows already, from the server or from what it has sent. It is shown at once, marked as tentative. */
  initial?: Row;
  /** When to wait no longer, where the row itself has no `confirmBy`. */
  confirmBy?: string | null;
  /** Ends the watch with the update for which this holds. */
  until?: (update: Update<Row, Event>) => boolean;
}

/** One instance, live: a store of its latest update, and all of them in order for `for await`. */
export interface Watch<Row, Event = unknown> extends Store<Update<Row, Event> | undefined>, AsyncIterable<Update<Row, Event>> {
  close(): void;
}

/** A row of a live list; tentative if the core has not shown it yet. */
export type Listed<Row> = Row & { tentative?: true };

export interface LiveList<Row> {
  rows: readonly Listed<Row>[];
  /** True once the list shows everything that was there when it began. */
  caughtUp: boolean;
}

export interface LiveOptions<Row, Page> {
  /** The list as the server has read it, with its `updatesCursor`: the page does not ask for it again. */
  initial?: Page;
  /** Where a new row goes. Without it, first. */
  order?: (a: Row, b: Row) => number;
  /**
   * For a filter that only the list knows, such as nights that are free: the variables of the updates. Whatever they bring, the list is
   * asked for again, twice a second at most. A document that takes `$minVersion: [MinVersion!]` shows what has happened even when the list is behind.
   */
  again?: Record<string, unknown>;
}

/** A list, live: a store of its rows, and each of its states for `for await`. */
export interface Live<Row> extends Store<LiveList<Row> | undefined>, AsyncIterable<LiveList<Row>> {
  /** Shows a row at once, marked as tentative, until the core shows it. It goes again if `sent` fails, or gives undefined as `useSend` does then. */
  expect(row: Row, sent?: Promise<unknown>): void;
  close(): void;
}

export interface List<Row, Page> {
  /** The list as it is now: all of its pages if the document takes `$after` and selects `pageInfo { hasNextPage endCursor }`, else the first. */
  page(options?: { signal?: AbortSignal }): Promise<Page>;
  /** The list, and what happens to it from then on, without a gap. */
  live(updates: AnyDocument, options?: LiveOptions<Row, Page>): Live<Row>;
}

/** The variables of a command: `send` makes up the ids that are not given. */
export type Sendable<Variables> = Omit<Variables, 'id' | 'commandId'> & Partial<Pick<Variables, keyof Variables & 'commandId'>> &
  ('id' extends keyof Variables ? (null extends Variables['id'] ? Partial<Pick<Variables, 'id'>> : undefined extends Variables['id'] ? Partial<Pick<Variables, 'id'>> : Pick<Variables, 'id'>) : unknown);

/** The accepted one of the two answers to a command. */
export type AcceptedOf<Result> = Exclude<RootOf<Result>, { code: any } | { __typename?: 'Rejected' }>;

/** An accepted command. */
export interface Sent<Answer> {
  /** The instance. */
  id: string;
  commandId: string;
  /** Version of the instance after the command, if the document selects it. */
  version: number | undefined;
  /** Until when to wait for what follows, as RFC 3339; undefined if nothing follows, or the document does not ask. */
  confirmBy: string | undefined;
  /** All that the document selects of `Accepted`. */
  answer: Answer;
}

/** The client of a core. */
export interface Core {
  /** Asks. Tried again while the core cannot answer. */
  query<Result, Variables>(document: AnyDocument<Result, Variables>, variables?: Variables, options?: { signal?: AbortSignal }): Promise<Result>;
  /** Sends a command, again and again under the same ids until there is an answer. Throws `Refused` if the core says no. */
  send<Result, Variables>(document: AnyDocument<Result, Variables>, variables: Sendable<Variables>, options?: { signal?: AbortSignal }): Promise<Sent<AcceptedOf<Result>>>;
  /** Watches one instance. The document takes `$after`, and selects `cursor` and `caughtUp`. */
  watch<Result, Variables>(document: AnyDocument<Result, Variables>, variables: Omit<Variables, 'after'>, options?: WatchOptions<RowOf<Result>, EventOf<Result>>): Watch<RowOf<Result>, EventOf<Result>>;
  /** A list. To be `live` its document selects `updatesCursor` and the `id` of its `nodes`. */
  list<Result, Variables>(document: AnyDocument<Result, Variables>, variables?: Variables): List<NodeOf<Result>, Result>;
  /** What a subscription brings, each once, over any number of sockets: what `watch`, `live` and the adapters are made of. */
  follow(document: AnyDocument, variables: Record<string, unknown>, sink: FollowSink): () => void;
  /** Closes the socket. Whatever is watched ends. */
  close(): void;
}

/** What becomes of a subscription. */
export interface FollowSink {
  next(payload: any): void;
  /** The socket has come or gone. What comes after true is what was missed. */
  connected?(isConnected: boolean): void;
  /** It is over, and why if it should not be. */
  ended(error?: CoreError): void;
}
