// The one socket of a core: `graphql-transport-ws`, with the token, the way back and the core's own close codes inside.
import { socketOver } from './channel.js';
import { tokenOf, type Answer, type Asked } from './door.js';
import { CoreError, asError, fromErrors } from './error.js';
import { backoff } from './pause.js';
import { renewIn } from './token.js';
import type { CoreOptions, WebSocketLike } from './types.js';

/** Milliseconds for a socket to be opened and acknowledged, and for the answer to our ping. */
const patience = 10_000;
/** Milliseconds between pings, without which a dead network looks like a quiet one. The runtime answers them, and wakes nothing. */
const ping = 25_000;
/** Milliseconds for which a socket stays that nobody uses: a page that changes its view does not open a new one. */
const linger = 1_000;
/** Milliseconds after which a socket counts as one that stays. */
const settled = 5_000;
/** Milliseconds after which a token that has not changed is asked for again. */
const again = 5_000;

/** So many websockets in a row that did not open mean that they are blocked, if none ever did. */
const blocked = 2;

/** Close codes after which the same would happen again: what we say is wrong. */
const wrong = new Set([4400, 4406, 4409, 4429]);

/** One operation on the socket: what is sent each time that a socket is there, and what becomes of it. */
export interface Operation {
  asked(): Asked;
  next(answer: Answer): void;
  connected?(isConnected: boolean): void;
  ended(error?: CoreError): void;
}

interface Running {
  operation: Operation;
  /** Its number on this socket; a new one for each attempt. */
  id?: string | undefined;
  attempt: number;
}

export class Socket {
  readonly #options: CoreOptions;
  readonly #running = new Set<Running>();
  #socket: WebSocketLike | undefined;
  #isOpen = false;
  #attempt = 0;
  /** Instant of the acknowledgement. */
  #openSince = Infinity;
  #made = 0;
  /** Websockets that did not open; no number is enough once one has. */
  #unopened = 0;
  /** What was opened last takes the place of a websocket … */
  #fellBack = false;
  /** … and has brought something. */
  #hasBrought = false;
  /** What was shown last; and what was refused, until something counts. */
  #shown: string | undefined;
  #refused: string | undefined;
  #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(options: CoreOptions) {
    this.#options = options;
    if (typeof document === 'undefined') return;
    addEventListener('online', () => this.#wake());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#wake());
  }

  /** Runs an operation until it ends; gives what ends it from here. */
  run(operation: Operation): () => void {
    const running: Running = { operation, attempt: 0 };
    this.#running.add(running);
    this.#stop('linger');
    if (this.#isOpen) this.#begin(running);
    else if (!this.#socket && !this.#timers.has('open')) this.#open();
    return () => this.#drop(running);
  }

  close() {
    for (const running of [...this.#running]) this.#end(running);
    this.#leave();
  }

  // ── its life ──

  #timer(name: string, ms: number, body: () => void) {
    this.#stop(name);
    this.#timers.set(name, setTimeout(() => (this.#timers.delete(name), body()), ms));
  }

  /** A page that is looked at again, or back on the network, does not wait for its turn, nor for a socket that has died meanwhile. */
  #wake() {
    if (this.#timers.has('open')) this.#open();
    else if (this.#isOpen) this.#ask();
  }

  #stop(name: string) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #open() {
    this.#stop('open');
    const { binding, fallback, url = 'https://core' } = this.#options;
    this.#fellBack = !!fallback && this.#unopened >= blocked;
    this.#hasBrought = false;
    const Class = this.#fellBack ? fallback! : (this.#options.WebSocket ?? (binding ? socketOver(binding) : globalThis.WebSocket));
    let socket: WebSocketLike;
    try {
      socket = this.#socket = new Class(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws') as WebSocketLike;
    } catch (cause) {
      // There is no WebSocket here, or it takes no such address from this page.
      return this.#over(new CoreError({ code: 'NO_SOCKET', detail: String(cause), final: true }, { cause }));
    }
    const mine = <Event>(body: (event: Event) => void) => (event: Event) => void (this.#socket === socket && body(event));
    socket.onopen = mine(() => {
      if (!this.#fellBack) this.#unopened = -Infinity;
      void this.#init(socket);
    });
    socket.onmessage = mine(({ data }: { data: string }) => this.#heard(JSON.parse(data)));
    socket.onclose = mine(({ code, reason }: { code: number; reason: string }) => this.#lost(code, reason));
    socket.onerror = mine(() => {}); // the close follows
    this.#timer('alive', patience, () => this.#cut());
  }

  async #init(socket: WebSocketLike) {
    try {
      const payload = await this.#credentials();
      if (this.#socket !== socket) return;
      if (payload) return socket.send(JSON.stringify({ type: 'connection_init', payload }));
      this.#signedOut('there is no token');
    } catch (thrown) {
      if (this.#socket !== socket) return;
      const error = asError(thrown);
      if (error.final) this.#over(error);
      else this.#cut();
    }
  }

  async #credentials(): Promise<object | undefined> {
    const token = await tokenOf(this.#options);
    const { ticket } = this.#options;
    if (!token && ticket) {
      this.#shown = await ticket();
      return this.#shown ? { ticket: this.#shown } : undefined;
    }
    // A token that was refused a moment ago is not shown again.
    if (!token || token === this.#refused) return undefined;
    this.#shown = token;
    return { authorization: `Bearer ${token}` };
  }

  /** Gives the socket up without waiting for its close, which a dead network never brings. */
  #cut() {
    const socket = this.#socket;
    this.#lost(1006, 'the core cannot be reached');
    socket?.close();
  }

  #lost(code: number, reason: string) {
    this.#forget();
    if (!this.#fellBack) this.#unopened++;
    else if (code === 1006 && !this.#hasBrought) this.#unopened = 0; // nothing comes through: it is not only websockets
    if (wrong.has(code)) return this.#over(new CoreError({ code: 'CLOSED', detail: reason, final: true, status: code }));
    if (code === 4401) {
      // A ticket is used once and a token may have expired on the way: a new one may count.
      if (this.#refused !== undefined) return this.#signedOut(reason);
      this.#refused = this.#shown ?? '';
    }
    if (!this.#running.size) return;
    // One that was closed as soon as it was open counts as an attempt: it would be so again.
    if (Date.now() - this.#openSince > settled) this.#attempt = 0;
    this.#openSince = Infinity;
    this.#attempt++;
    // With a new token, and after 4430 with its cursors, it may come back at once.
    const atOnce = this.#attempt === 1 && code !== 4431;
    this.#timer('open', atOnce ? Math.random() * 100 : backoff(this.#attempt, code === 4431 ? 4_000 : 250), () => this.#open());
  }

  /** The socket is away: every operation begins again on the next one. */
  #forget() {
    const wasOpen = this.#isOpen;
    this.#socket = undefined;
    this.#isOpen = false;
    for (const name of [...this.#timers.keys()]) if (name !== 'open') this.#stop(name);
    for (const running of [...this.#running]) {
      running.id = undefined;
      if (wasOpen) running.operation.connected?.(false);
    }
  }

  #leave() {
    const socket = this.#socket;
    this.#stop('open');
    this.#forget();
    this.#attempt = 0;
    socket?.close(1000, 'nothing is watched');
  }

  #signedOut(detail: string) {
    this.#over(new CoreError({ code: 'SIGNED_OUT', detail, final: true, status: 4401 }));
  }

  /** The end for all: what is wrong would be wrong again. */
  #over(error: CoreError) {
    this.#refused = undefined;
    this.#shown = undefined;
    for (const running of [...this.#running]) this.#end(running, error);
    this.#leave();
  }

  // ── what is said ──

  #say(message: object) {
    this.#socket?.send(JSON.stringify(message));
  }

  #heard(message: any) {
    if (this.#isOpen) this.#listen();
    switch (message.type) {
      case 'connection_ack': return this.#acknowledged();
      case 'ping': return this.#say({ type: 'pong', ...(message.payload && { payload: message.payload }) });
      case 'pong': return message.payload?.code && this.#timer('renew', again, () => void this.#renew());
    }
    const running = [...this.#running].find(({ id }) => id !== undefined && id === message.id);
    if (!running) return;
    this.#hasBrought = true;
    if (message.type === 'next') {
      running.attempt = 0;
      running.operation.next(message.payload);
    } else if (message.type === 'complete') this.#end(running);
    else this.#failed(running, fromErrors(message.payload));
  }

  #acknowledged() {
    this.#isOpen = true;
    this.#openSince = Date.now();
    this.#refused = undefined;
    this.#listen();
    this.#renewLater();
    for (const running of [...this.#running]) {
      running.operation.connected?.(true);
      this.#begin(running);
    }
    this.#lingering();
  }

  /** From now on: something has to be heard now and then. */
  #listen() {
    this.#timer('alive', ping, () => this.#ask());
  }

  #ask() {
    this.#say({ type: 'ping' });
    this.#timer('alive', patience, () => this.#cut());
  }

  #renewLater() {
    const ms = this.#shown && renewIn(this.#shown);
    if (ms !== undefined) this.#timer('renew', Math.min(ms as number, 2 ** 31 - 1), () => void this.#renew());
  }

  /** Shows a newer token over the open socket. Until there is one it asks for it again; the core closes with 4403 if none comes. */
  async #renew() {
    const socket = this.#socket;
    const token = await tokenOf(this.#options).catch(() => undefined);
    if (this.#socket !== socket || !this.#isOpen) return;
    if (!token || token === this.#shown) return this.#timer('renew', again, () => void this.#renew());
    this.#shown = token;
    this.#say({ type: 'ping', payload: { authorization: `Bearer ${token}` } });
    this.#renewLater();
  }

  // ── its operations ──

  #begin(running: Running) {
    if (!this.#running.has(running) || !this.#isOpen) return;
    running.id = `${++this.#made}`;
    this.#say({ id: running.id, type: 'subscribe', payload: running.operation.asked() });
  }

  #failed(running: Running, error: CoreError) {
    if (error.final) return this.#end(running, error);
    running.id = undefined;
    setTimeout(() => running.id === undefined && this.#begin(running), backoff(++running.attempt, 500));
  }

  #end(running: Running, error?: CoreError) {
    running.id = undefined;
    if (this.#running.delete(running)) running.operation.ended(error);
    this.#lingering();
  }

  #drop(running: Running) {
    if (!this.#running.delete(running)) return;
    if (this.#isOpen && running.id !== undefined) this.#say({ id: running.id, type: 'complete' });
    running.id = undefined;
    this.#lingering();
  }

  #lingering() {
    if (!this.#running.size) this.#timer('linger', linger, () => this.#leave());
  }
}
