// One instance, live.
import { demand, textOf } from './document.js';
import { Feed } from './feed.js';
import { root } from './follow.js';
import type { AnyDocument, Core, Update, Watch, WatchOptions } from './types.js';

/** The longest that a timer of JavaScript can wait, in milliseconds. */
const longest = 2 ** 31 - 1;

/** The field of an update that holds the instance: the one that is none of the four that every update has. */
export const rowKey = ({ __typename, cursor, event, left, caughtUp, ...rest }: any): string | undefined => Object.keys(rest)[0];

export const rowIn = (update: any): any => update[rowKey(update)!] ?? undefined;

export class InstanceWatch<Row, Event> extends Feed<Update<Row, Event>> implements Watch<Row, Event> {
  readonly #follow: Core['follow'];
  readonly #document: string;
  readonly #variables: Record<string, unknown>;
  readonly #options: WatchOptions<Row, Event>;
  #cursor: string | undefined;
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(follow: Core['follow'], document: AnyDocument, variables: object, options: WatchOptions<Row, Event> = {}) {
    super();
    this.#follow = follow;
    this.#document = demand(textOf(document), ['after'], ['cursor', 'caughtUp']);
    this.#variables = { ...variables };
    this.#options = options;
    this.#cursor = options.after;
    if (options.initial) this.#show({ row: options.initial, event: null, cursor: options.after, caughtUp: false, late: false, tentative: !options.after });
  }

  protected open() {
    if (this.current) this.#show(this.current); // its deadline is waited for again, and a loop begins with what there is
    if (this.isOver) return;
    this.#stop = this.#follow(this.#document, { ...this.#variables, after: this.#cursor ?? this.#variables.after }, {
      next: (answer) => this.#next(root(answer.data)),
      connected: (isConnected) => !isConnected && this.tell({ state: this.state === 'connecting' ? 'connecting' : 'behind' }),
      ended: (error) => {
        // The core was restored to an earlier state: what it shows now is what counts.
        if (error?.code !== 'STALE_CURSOR' || !this.#cursor) return this.end(error);
        this.#cursor = undefined;
        this.open();
      },
    });
  }

  protected pause() {
    this.#stop?.();
    clearTimeout(this.#timer);
    if (!this.isOver) this.state = this.current && !this.current.tentative ? 'behind' : 'connecting';
  }

  #next(update: any) {
    const { cursor, event = null, caughtUp } = update;
    this.#cursor = cursor;
    const row: Row | undefined = rowIn(update) ?? this.current?.row;
    const state = caughtUp ? 'live' : this.state;
    if (row) this.#show({ row, event, cursor, caughtUp, late: false, tentative: false }, state);
    else this.tell({ state });
  }

  #show(next: Update<Row, Event>, state = this.state) {
    clearTimeout(this.#timer);
    const by = this.#deadline(next);
    const current = { ...next, late: by <= Date.now() };
    this.tell({ current, state });
    if (this.#options.until?.(current)) return this.end();
    if (current.late || by === Infinity) return;
    this.#timer = setTimeout(() => this.#show({ ...this.current!, event: null }), Math.min(by - Date.now() + 1, longest));
  }

  /** Until when the row waits, in milliseconds since 1970. */
  #deadline({ row }: Update<Row, Event>): number {
    const by = (row as { confirmBy?: string | null }).confirmBy ?? this.#options.confirmBy;
    return by ? Date.parse(by) : Infinity;
  }
}
