// `@edgefold/client/workers`: a cache of instances for servers that render pages. It does not ask whether something is new: the core
// tells it.
import { DurableObject } from 'cloudflare:workers';
import type { EventData } from '../generated/schema.js';
import type { Who } from './auth.js';
import { demand, textOf } from './document.js';
import { CoreError } from './error.js';
import type { AnyDocument, Core, RowOf, Watch } from './types.js';

/** How an instance is followed, and who may see it. */
export interface Projection<Row = any> {
  document: AnyDocument;
  visibleTo: (row: Row, who: Who) => boolean;
  begin?: Row;
  fold?: Fold<Row>;
}

/** What each event makes of the state. */
export type Fold<State> = { [Type in keyof EventData]?: (state: State, data: EventData[Type], event: { version: number }) => State };

/**
 * Instances as a subscription shows them. With `begin` and `fold` the row is what the events make of `begin`, from the first one on:
 * the document selects `event { type version data }` then. `visibleTo` is the policy of the core, as far as this cache is concerned: it
 * answers without asking the core, so nobody else checks.
 */
export function projection<Result, Row = RowOf<Result>>(
  document: AnyDocument<Result, any>,
  rule: { visibleTo: (row: Row, who: Who) => boolean; begin?: Row; fold?: Fold<Row> },
): Projection<Row> {
  if (rule.fold) demand(textOf(document), [], ['type', 'version', 'data']);
  return { document, ...rule };
}

/** What the cache knows of an instance. */
export interface Found<Row = any> {
  row: Row;
  /** Version of the row, if the document selects it. */
  version: number | undefined;
  /** Where the page's own watch goes on. */
  cursor: string | undefined;
  /** Milliseconds since this was known to be right: 0 while it is live. */
  age: number;
  live: boolean;
}

export interface CacheStats {
  hits: number;
  misses: number;
  /** Answers that were kept from somebody who may not see them. */
  refused: number;
  entries: number;
  live: number;
  /** The greatest age of an entry, in milliseconds. */
  oldest: number;
}

/** The cache as its stub is called, with the rows of its projections: `get(id): CacheStub<Cache['projections']>`. */
export interface CacheStub<Projections> {
  read<Kind extends keyof Projections>(kind: Kind, id: string, options: { as: Who; minVersion?: number | undefined }): Promise<Found<RowFrom<Projections[Kind]>> | null>;
  seed<Kind extends keyof Projections>(kind: Kind, id: string, row: RowFrom<Projections[Kind]>): Promise<void>;
  stats(): Promise<CacheStats>;
}
type RowFrom<Kept> = Kept extends Projection<infer Row> ? Row : never;

/** One instance that is followed. */
class Entry {
  state: any;
  version: number | undefined;
  cursor: string | undefined;
  error: CoreError | undefined;
  isThere = false;
  live = false;
  /** Instant at which this was known to be right, while it is not live. */
  rightAt = Date.now();
  stop = () => {};
  #waiting = new Set<() => void>();

  constructor(readonly projection: Projection, watch: Watch<any>) {
    this.stop = watch.subscribe(() => this.#changed(watch));
  }

  get age() {
    return this.live ? 0 : Date.now() - this.rightAt;
  }

  #changed({ current, state, error }: Watch<any>) {
    const isLive = state === 'live';
    if (this.live && !isLive) this.rightAt = Date.now();
    this.live = isLive;
    this.error = error;
    if (current && current.cursor !== this.cursor) this.#take(current);
    if (current?.tentative) this.state = current.row;
    this.isThere ||= current?.tentative || (isLive && this.state !== undefined);
    for (const look of this.#waiting) look();
  }

  #take({ row, event, cursor }: { row: any; event: any; cursor: string | undefined }) {
    this.cursor = cursor;
    const { begin, fold } = this.projection;
    this.version = row?.version ?? event?.version;
    if (!fold) this.state = row;
    else if (event) {
      // The first event again: the core was restored, and tells everything anew.
      const state = event.version === 1 ? structuredClone(begin) : this.state;
      this.state = (fold as any)[event.type]?.(state, event.data, event) ?? state;
    }
  }

  /** Waits until this version is there, or there is none, for so long. */
  until(version: number, ms: number): Promise<boolean> {
    const isSo = () => this.error !== undefined || (this.isThere && (this.version ?? 0) >= version);
    if (isSo()) return Promise.resolve(true);
    return new Promise((done) => {
      const over = () => (clearTimeout(timer), this.#waiting.delete(look), done(isSo()));
      const timer = setTimeout(over, ms);
      const look = () => void (isSo() && over());
      this.#waiting.add(look);
    });
  }
}

/**
 * A Durable Object class to extend. It follows what was asked for lately over one socket, and answers from memory whom the rule of
 * the projection allows. It stores nothing: after a restart the first question for each instance goes to the core again.
 */
export abstract class ProjectionCache<Env = unknown> extends DurableObject<Env> {
  /** A core whose token may see all that is cached: one of the role `service`. */
  protected abstract core: () => Core;
  protected abstract projections: Record<string, Projection>;
  /** Entries: an instance takes one of the 100 operations that a socket has. More go into more objects. */
  protected most = 90;
  /** Milliseconds without a question after which nothing is followed any more. An open socket keeps the object awake, and awake it is paid for. */
  protected idle = 60_000;
  /** Milliseconds to wait for the core. */
  protected patience = 5_000;
  #entries = new Map<string, Entry>();
  #core: Core | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stats = { hits: 0, misses: 0, refused: 0 };

  /** An instance as `as` may see it; null where there is none, or `as` may not. With `minVersion` one that is at least so new. */
  async read(kind: string, id: string, { as, minVersion = 0 }: { as: Who; minVersion?: number | undefined }): Promise<Found | null> {
    const projection = this.#projection(kind);
    const known = this.#entries.get(`${kind} ${id}`);
    const isHit = known?.isThere && !known.error && (known.version ?? 0) >= minVersion;
    this.#stats[isHit ? 'hits' : 'misses']++;
    const entry = this.#entry(kind, id);
    const isSo = await entry.until(minVersion, this.patience);
    const { error, state, version, cursor, age, live } = entry;
    if (error?.code === 'UNKNOWN_INSTANCE') return null;
    if (error) throw error;
    if (!isSo) throw new CoreError({ code: 'READ_MODEL_BEHIND', detail: `${kind} ${id} has not come in time`, final: false });
    if (!projection.visibleTo(state, as)) {
      this.#stats.refused++;
      return null;
    }
    return { row: state, version, cursor, age, live };
  }

  /** Lets the cache know a row that the core has just answered with, so that the next page need not wait for it. */
  async seed(kind: string, id: string, row: any): Promise<void> {
    if (!this.#entries.has(`${kind} ${id}`)) this.#entry(kind, id, row);
  }

  async stats(): Promise<CacheStats> {
    const entries = [...this.#entries.values()].filter(({ error }) => !error); // of one that there is not nothing is known
    return { ...this.#stats, entries: entries.length, live: entries.filter(({ live }) => live).length, oldest: Math.max(0, ...entries.map(({ age }) => age)) };
  }

  #projection(kind: string): Projection {
    if (!Object.hasOwn(this.projections, kind)) throw new TypeError(`there is no projection ${kind}`);
    return this.projections[kind]!;
  }

  /** The entry, which is the last one to go from now on. */
  #entry(kind: string, id: string, initial?: any): Entry {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#sleep(), this.idle);
    const key = `${kind} ${id}`;
    let entry = this.#entries.get(key);
    if (!entry || entry.error) entry = this.#follow(this.#projection(kind), id, initial);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const [oldest, { stop }] of this.#entries) {
      if (this.#entries.size <= this.most) break;
      stop();
      this.#entries.delete(oldest);
    }
    return entry;
  }

  #follow(projection: Projection, id: string, initial?: any): Entry {
    this.#core ??= this.core();
    const after = projection.fold && '0';
    return new Entry(projection, this.#core.watch<any, any>(projection.document, { id }, { ...(after && { after }), ...(initial && { initial }) }));
  }

  #sleep() {
    for (const { stop } of this.#entries.values()) stop();
    this.#entries.clear();
    this.#core?.close();
    this.#core = undefined;
  }
}
