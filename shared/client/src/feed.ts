// What watches and live lists have in common: a store for frameworks, and a `for await` over all that comes.
import type { CoreError } from './error.js';
import type { LiveState, Store } from './types.js';

export abstract class Feed<Current> implements Store<Current | undefined>, AsyncIterable<Current> {
  current: Current | undefined;
  state: LiveState = 'connecting';
  error: CoreError | undefined;
  #listeners = new Set<(fresh?: Current) => void>();
  #isOpen = false;

  /** Begins to follow, or goes on where it stood. */
  protected abstract open(): void;
  /** Nobody listens any more. */
  protected abstract pause(): void;

  get isOver(): boolean {
    return this.state === 'ended' || this.state === 'signedOut';
  }

  subscribe = (changed: () => void): (() => void) => this.#listen(() => changed());

  #listen(listener: (fresh?: Current) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#isOpen && !this.isOver) {
      this.#isOpen = true;
      this.open();
    }
    return () => {
      this.#listeners.delete(listener);
      if (!this.#listeners.size) this.#close();
    };
  }

  #close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.pause();
  }

  protected tell(change: { current?: Current; state?: LiveState; error?: CoreError | undefined }) {
    const isNews = change.current !== undefined || (change.state !== undefined && change.state !== this.state);
    Object.assign(this, change);
    if (isNews) for (const listener of [...this.#listeners]) listener(change.current);
  }

  protected end(error?: CoreError) {
    if (this.isOver) return;
    this.tell({ error, state: error?.code === 'SIGNED_OUT' ? 'signedOut' : 'ended' });
    this.#close();
  }

  close = () => this.end();

  async *[Symbol.asyncIterator](): AsyncGenerator<Current, void, void> {
    // One that is open already tells what there is only to those who ask.
    const waiting: Current[] = this.#isOpen && this.current !== undefined ? [this.current] : [];
    let wake = () => {};
    const stop = this.#listen((fresh) => {
      if (fresh !== undefined) waiting.push(fresh);
      wake();
    });
    try {
      for (;;) {
        while (waiting.length) yield waiting.shift()!;
        if (this.isOver) break;
        await new Promise<void>((done) => (wake = done));
      }
      if (this.error) throw this.error;
    } finally {
      stop();
    }
  }
}
