// The rows of a live list: those that the core has shown, and those that the page expects.
import { takes } from './document.js';
import { Feed } from './feed.js';
import { root } from './follow.js';
import type { Core, Listed, Live, LiveList, LiveOptions, LiveState } from './types.js';

/** Pages that are read of one list, of up to 100 rows each. */
const pages = 10;

export type Row = { id?: string; version?: number };

/** The first page of a list with the rows of the others. */
export async function allOf(core: Core, document: string, variables: Record<string, unknown>, signal?: AbortSignal): Promise<any> {
  const ask = (after?: unknown) => core.query<any, any>(document, { ...variables, ...(after ? { after } : undefined) }, { signal: signal! });
  const first = await ask();
  let { pageInfo } = root(first);
  for (let read = 1; takes(document, 'after') && pageInfo?.hasNextPage && read < pages; read++) {
    const next = root(await ask(pageInfo.endCursor));
    root(first).nodes.push(...next.nodes);
    pageInfo = root(first).pageInfo = next.pageInfo;
  }
  return first;
}

export abstract class Rows<R extends Row> extends Feed<LiveList<R>> implements Live<R> {
  #rows = new Map<string, R>();
  #expected = new Map<string, R>();
  /** Where the updates go on; null for a caller that may list nothing. */
  protected cursor: string | null | undefined;
  protected caughtUp = false;
  /** Whether something has come that is not shown yet. */
  protected isStale = false;
  protected stop: (() => void) | undefined;

  constructor(
    protected readonly core: Core,
    protected readonly document: string,
    protected readonly updates: string,
    protected readonly variables: Record<string, unknown>,
    protected readonly options: LiveOptions<R, any>,
  ) {
    super();
    if (options.initial) this.take(options.initial);
  }

  /** Begins, or goes on where it stood. */
  protected abstract begin(): void;

  protected open() {
    if (this.current) this.tell({ current: this.current }); // a loop begins with what there is
    this.begin();
  }

  protected pause() {
    this.stop?.();
    if (!this.isOver) this.state = this.#away();
  }

  #away = (): LiveState => (this.caughtUp ? 'behind' : 'connecting');

  protected follow(updates: string, variables: Record<string, unknown>, next: (update: any) => void) {
    this.stop = this.core.follow(updates, variables, {
      next: (answer) => next(root(answer.data)),
      connected: (isConnected) => !isConnected && this.tell({ state: this.#away() }),
      ended: (error) => {
        // The journal was restored to an earlier state: the list begins again.
        if (error?.code !== 'STALE_CURSOR') return this.end(error);
        this.cursor = undefined;
        this.begin();
      },
    });
  }

  /** A page takes the place of all that the core has shown. */
  protected take(page: any) {
    const { nodes, updatesCursor } = root(page);
    if (updatesCursor === undefined) throw new TypeError('the document of a live list has to select updatesCursor');
    this.#rows = new Map(nodes.map((row: R) => [row.id, row]));
    for (const id of this.#rows.keys()) this.#expected.delete(id);
    this.cursor = updatesCursor;
    this.caughtUp ||= updatesCursor === null;
    this.show();
  }

  /** A row that is older than the one that the list shows came with an event that the list had seen already. */
  protected put(row: R) {
    this.isStale = true;
    this.#expected.delete(row.id!);
    const known = this.#rows.get(row.id!);
    if (known?.version! > row.version!) return;
    if (known) this.#rows.set(row.id!, row);
    else this.#rows = new Map([[row.id!, row], ...this.#rows]);
  }

  protected drop(id: string) {
    this.isStale = true;
    this.#rows.delete(id);
    this.#expected.delete(id);
  }

  protected show(state = this.state) {
    this.isStale = false;
    const expected = [...this.#expected.values()].map((row): Listed<R> => ({ ...row, tentative: true }));
    const rows: Listed<R>[] = [...expected, ...this.#rows.values()];
    if (this.options.order) rows.sort(this.options.order);
    this.tell({ current: { rows, caughtUp: this.caughtUp }, state });
  }

  expect = (row: R, sent?: Promise<unknown>) => {
    const id = row.id!;
    if (this.#rows.has(id)) return;
    this.#expected.set(id, row);
    this.show();
    const over = () => void (this.#expected.delete(id) && this.show());
    sent?.then((answered: any) => {
      if (answered === undefined) return over();
      // The answer may carry the state as it is after the command: the core has shown it.
      const state: any = Object.values(answered.answer ?? {}).find((value: any) => value?.id === id && value.version);
      if (!state || !this.#expected.has(id)) return;
      this.put({ ...row, ...state });
      this.show();
    }, over);
  };
}
