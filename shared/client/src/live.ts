// A list, live: query, then what happens to its rows, without a gap.
import { demand, textOf } from './document.js';
import { asError } from './error.js';
import { allOf, Rows, type Row } from './rows.js';
import type { AnyDocument, Core, List } from './types.js';
import { rowIn } from './watch.js';
import { AskedAgain } from './again.js';

class Followed<R extends Row> extends Rows<R> {
  protected begin() {
    if (this.cursor !== undefined) return this.#go();
    const leaving = new AbortController();
    this.stop = () => leaving.abort();
    allOf(this.core, this.document, this.variables, leaving.signal)
      .then((page) => {
        if (leaving.signal.aborted) return;
        this.take(page);
        this.#go();
      })
      .catch((error) => leaving.signal.aborted || this.end(asError(error)));
  }

  #go() {
    if (this.cursor === null) return this.tell({ state: 'live' });
    this.follow(this.updates, { ...this.variables, after: this.cursor }, (update) => this.#next(update));
  }

  #next(update: any) {
    const { cursor, left, caughtUp } = update;
    this.cursor = cursor;
    const row: R | undefined = rowIn(update);
    if (row) this.put(row);
    if (left) this.drop(left);
    this.isStale ||= !this.caughtUp;
    // Until all of it has come, the list shows what it showed: no half of what was missed.
    if (!caughtUp) return;
    this.caughtUp = true;
    if (this.isStale) this.show('live');
    else this.tell({ state: 'live' });
  }
}

export function listOf(core: Core, document: AnyDocument, variables: Record<string, unknown> = {}): List<any, any> {
  const text = demand(textOf(document), [], ['nodes']);
  return {
    page: ({ signal } = {}) => allOf(core, text, variables, signal),
    live: (updates, options = {}) => {
      demand(text, [], ['updatesCursor', 'id']);
      const Kind = options.again ? AskedAgain : Followed;
      return new Kind(core, text, demand(textOf(updates), ['after'], options.again ? ['cursor'] : ['cursor', 'left', 'caughtUp']), variables, options);
    },
  };
}

