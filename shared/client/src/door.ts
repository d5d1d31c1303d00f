// The door for questions and commands: GraphQL over HTTP, asked again while the core cannot answer.
import { CoreError, asError, fromErrors, network } from './error.js';
import { backoff, pause } from './pause.js';
import type { CoreOptions } from './types.js';

/** Attempts in all: with the pauses between them they last about 16 s, longer than a deploy. */
const attempts = 7;
/** Milliseconds for one answer. */
const patience = 10_000;

export interface Asked {
  query: string;
  variables?: unknown;
  operationName?: string | undefined;
}

/** What a GraphQL server answers. */
export interface Answer {
  data?: any;
  errors?: readonly any[];
}

export type Ask = (asked: Asked, signal?: AbortSignal) => Promise<Answer>;

/** The data of an answer, all of it. */
export function whole({ data, errors }: Answer): any {
  if (errors?.length) throw fromErrors(errors);
  return data;
}

/** Calls until it succeeds, or fails for good. */
export async function insist<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      if (signal?.aborted) throw signal.reason;
      const error = asError(thrown);
      if (error.final || attempt === attempts) throw error;
      await pause(Math.max(error.retryAfter ?? 0, backoff(attempt)), signal);
    }
  }
}

export async function tokenOf({ token }: CoreOptions): Promise<string | undefined> {
  return typeof token === 'function' ? token() : token;
}

/** Asks over HTTP. */
export function overHttp(options: CoreOptions): Ask {
  const { binding, url = 'https://core' } = options;
  const call: typeof fetch = options.fetch ?? (binding ? binding.fetch.bind(binding) : globalThis.fetch.bind(globalThis));

  async function once(body: string, signal: AbortSignal | undefined, shown: string | undefined): Promise<Answer> {
    const timer = new AbortController();
    const stop = () => timer.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    const handle = setTimeout(() => timer.abort(new CoreError({ code: 'TIMEOUT', detail: 'the core has not answered in time', final: false })), patience);
    try {
      signal?.throwIfAborted();
      const response = await call(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...(shown && { authorization: `Bearer ${shown}` }) },
        body,
        signal: timer.signal,
      });
      return await answerOf(response);
    } catch (thrown) {
      if (signal?.aborted) throw signal.reason;
      throw timer.signal.aborted ? timer.signal.reason : asError(thrown);
    } finally {
      clearTimeout(handle);
      signal?.removeEventListener('abort', stop);
    }
  }

  return async (asked, signal) => {
    const body = JSON.stringify(asked);
    return insist(async () => {
      const shown = await tokenOf(options);
      try {
        return await once(body, signal, shown);
      } catch (error) {
        // It may have expired on the way: a newer one is worth a second look, the same one is not.
        if ((error as CoreError).status !== 401) throw error;
        const newer = await tokenOf(options);
        if (newer === shown) throw error;
        return once(body, signal, newer);
      }
    }, signal);
  };
}

/** An answer with data is one, whatever its status; anything else is an error. */
async function answerOf(response: Response): Promise<Answer> {
  const { status } = response;
  const text = await response.text();
  let body: any;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    // A page of something in between, such as a gateway.
    throw status < 500 && status !== 429 ? new CoreError({ code: 'NOT_A_CORE', detail: `got ${status} without JSON`, final: true, status }, { cause }) : network(`got ${status}`, cause);
  }
  const after = Number(response.headers.get('retry-after')) * 1000;
  const more = { status, ...(after && { retryAfter: after }), ...((status >= 500 || status === 429) && { final: false }) };
  if (body.errors?.length && (body.data == null || status >= 400)) throw fromErrors(body.errors, more);
  if (status >= 400) throw new CoreError({ code: body.code ?? 'NOT_A_CORE', detail: body.detail, final: true, ...more });
  return body;
}
