// A live list whose filter the updates do not know, such as rooms that are free for some nights: whatever happens to any row, the
// list is asked for again.
import { takes } from './document.js';
import { asError } from './error.js';
import { allOf, Rows, type Row } from './rows.js';
import { rowIn, rowKey } from './watch.js';

/** Milliseconds between two questions: a busy hotel does not make each page ask at each booking. */
const calm = 500;

export class AskedAgain<R extends Row> extends Rows<R> {
  /** The versions that the list has to show, by the id of the instance. */
  #least = new Map<string, { type: string; id: string; version: number }>();
  #isAsking = false;
  #isDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  protected begin() {
    // The first item comes when the core follows: what happens from then on is told, so the list that is asked for then lacks nothing.
    this.follow(this.updates, { ...this.options.again, after: undefined }, (update) => {
      const row: Required<Row> | undefined = rowIn(update);
      if (row?.version) this.#least.set(row.id, { type: rowKey(update)!.replace(/[A-Z]/g, '_$&').toUpperCase(), id: row.id, version: row.version });
      this.#isDue = true;
      void this.#ask();
    });
  }

  protected override pause() {
    clearTimeout(this.#timer);
    this.#isAsking = false;
    super.pause();
    this.stop = undefined;
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || !this.#isDue || !this.stop) return;
    this.#isAsking = true;
    this.#isDue = false;
    const least = [...this.#least.values()];
    this.#least.clear();
    try {
      const page = await allOf(this.core, this.document, { ...this.variables, ...(takes(this.document, 'minVersion') && { minVersion: least }) });
      this.caughtUp = true;
      this.take(page);
      this.tell({ state: 'live' });
    } catch (thrown) {
      const error = asError(thrown);
      if (error.final) return this.end(error);
      this.#isDue = true; // the core cannot answer now
    }
    this.#timer = setTimeout(() => {
      this.#isAsking = false;
      void this.#ask();
    }, calm);
  }
}
