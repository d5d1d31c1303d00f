// Where websockets are blocked: each operation is a request of its own, which the core answers with server-sent events. Towards the
// client it looks like a websocket, so the way back, the tokens and the cursors are the same.
import type { WebSocketLike } from './types.js';

/** Milliseconds without a byte after which a stream counts as dead: the core sends a comment every 15 s. */
const silence = 40_000;
/** Codes of a stream's end that concern the caller, and what they are on a socket. */
const closes: Record<string, number> = { TOKEN_EXPIRED: 4403, SLOW_CONSUMER: 4430 };
/** What passes by itself: only this operation begins again, after a while. */
const unavailable = (message: string) => [{ message, extensions: { code: 'UNAVAILABLE' } }];

/**
 * A websocket that is none: for `fallback` or `WebSocket` of `createCore`. It takes tokens, and no tickets.
 */
export class EventStreams implements WebSocketLike {
  onopen: WebSocketLike['onopen'] = null;
  onmessage: WebSocketLike['onmessage'] = null;
  onclose: WebSocketLike['onclose'] = null;
  onerror: WebSocketLike['onerror'] = null;
  readonly #url: string;
  readonly #streams = new Map<string, AbortController>();
  #authorization = '';
  #isClosed = false;

  constructor(url: string) {
    this.#url = url.replace(/^ws/, 'http');
    queueMicrotask(() => this.onopen?.({}));
  }

  send(text: string) {
    const { type, id, payload } = JSON.parse(text);
    const { authorization = this.#authorization, ticket } = payload ?? {};
    switch (type) {
      case 'connection_init':
        if (ticket) return this.#ended(4400, 'event streams take no tickets');
        this.#authorization = authorization;
        return this.#tell({ type: 'connection_ack' });
      case 'ping':
        this.#authorization = authorization; // of the streams that begin from now on
        return this.#tell({ type: 'pong' });
      case 'subscribe':
        return void this.#follow(id, payload);
      case 'complete':
        this.#streams.get(id)?.abort();
    }
  }

  close(code = 1000, reason = '') {
    this.#ended(code, reason);
  }

  /** Later, as what comes over a network does. */
  #tell(message: object) {
    queueMicrotask(() => !this.#isClosed && this.onmessage?.({ data: JSON.stringify(message) }));
  }

  #ended(code: number, reason: string) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of this.#streams.values()) stream.abort();
    this.onclose?.({ code, reason });
  }

  async #follow(id: string, asked: object) {
    const leaving = new AbortController();
    const { signal } = leaving;
    this.#streams.set(id, leaving);
    let timer: ReturnType<typeof setTimeout>;
    const listen = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#ended(1006, 'a stream is silent'), silence);
    };
    const failed = (errors: object) => this.#tell({ type: 'error', id, payload: errors });
    try {
      listen();
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: this.#authorization },
        body: JSON.stringify(asked),
        signal,
      });
      if (!/^text\/event-stream/.test(response.headers.get('content-type') ?? '')) return await this.#refused(response, failed);
      let text = '';
      const [reader, decoder] = [response.body!.getReader(), new TextDecoder()];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        listen();
        const events = (text + decoder.decode(value, { stream: true })).split('\n\n');
        text = events.pop()!;
        for (const event of events) {
          const [, name, data] = /^event: (\w+)\ndata:(.*)$/.exec(event) ?? [];
          if (name === 'complete') return this.#tell({ type: 'complete', id });
          if (name !== 'next') continue; // a comment
          const payload = JSON.parse(data!);
          if ('data' in payload) this.#tell({ type: 'next', id, payload });
          else {
            const [{ message, extensions }] = payload.errors;
            const code = closes[extensions?.code];
            return code ? this.#ended(code, message) : failed(payload.errors);
          }
        }
      }
      this.#ended(1006, 'a stream was cut');
    } catch (error) {
      if (!signal.aborted) this.#ended(1006, String(error));
    } finally {
      clearTimeout(timer!);
      leaving.abort(); // what still comes is not read
      this.#streams.delete(id);
    }
  }

  /** An answer that is no stream. */
  async #refused(response: Response, failed: (errors: object) => void) {
    const { status } = response;
    const { errors } = await response.json().catch(() => ({}));
    const detail: string = errors?.[0]?.message ?? `got ${status} in place of a stream`;
    if (status === 401) this.#ended(4401, detail);
    else if (status === 429 || status >= 500) failed(unavailable(detail));
    else if (errors && status !== 406) failed(errors);
    else this.#ended(4406, detail); // something in between, or a core that has no streams
  }
}
