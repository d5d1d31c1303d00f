// How long to wait before the next attempt.

/** Milliseconds before attempt 1, 2, 3 …: doubling to a quarter of a minute, and spread, so that after a deploy not all come back at once. */
export const backoff = (attempt: number, first = 250) => Math.min(first * 2 ** (attempt - 1), 15_000) * (0.5 + Math.random() / 2);

/** Waits, unless `signal` says that it is over. */
export const pause = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((done, fail) => {
    const stop = () => (clearTimeout(timer), fail(signal!.reason));
    const timer = setTimeout(() => (signal?.removeEventListener('abort', stop), done()), ms);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
