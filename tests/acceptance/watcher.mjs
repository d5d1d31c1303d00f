// A client of the native socket: it keeps every frame, so that a test asks for what has come instead of waiting a while.
// When the server asks whether it has everything, it says so, unless it was told not to.
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { checkEvent, version } from './events.mjs';

const patience = 60_000; // ms for a frame that should come, on a machine that also compiles

/** Events that were found to be right: what many readers get is checked once. */
const checked = new Set();

export class Watcher {
  frames = [];
  /** Bytes of all frames together. */
  received = 0;
  #socket;
  #waiting = new Set();

  constructor(url, type, id, { after, protocols = ['edgefold.v1'], query, answers = true, headers = {} } = {}) {
    const cursor = query ?? (after === undefined ? '' : `?after=${after}`);
    const address = `${url.replace('http', 'ws')}/aggregates/${type}/${encodeURIComponent(id)}${cursor}`;
    const shown = { headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) };
    const socket = protocols ? new WebSocket(address, protocols, shown) : new WebSocket(address, shown);
    this.#socket = socket;
    this.opened = new Promise((done, fail) => {
      socket.once('open', done);
      socket.once('unexpected-response', (_, response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => fail(Object.assign(new Error('refused'), { status: response.statusCode, text })));
      });
      socket.once('error', fail);
    });
    this.closed = new Promise((done) => socket.once('close', done));
    socket.on('error', () => {}); // the close follows
    socket.on('message', (data) => {
      const text = String(data);
      const frame = JSON.parse(text);
      this.received += data.length;
      if (answers && frame.type === 'ping') this.say({ type: 'pong', version: frame.version });
      if (frame.type === 'event' && !checked.has(text)) {
        checkEvent(frame.event, type, id);
        checked.add(text);
      }
      this.frames.push(frame);
      for (const look of this.#waiting) look();
    });
  }

  get protocol() {
    return this.#socket.protocol;
  }

  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Versions of the events that have come so far. */
  get versions() {
    return this.events.map(version);
  }

  get events() {
    return this.frames.filter(({ type }) => type === 'event').map(({ event }) => event);
  }

  say(frame) {
    this.#socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** Waits for the first frame that `test` likes. */
  async frame(what, test) {
    let look;
    const found = new Promise((done) => {
      look = () => {
        const frame = this.frames.find(test);
        if (frame) done(frame);
      };
    });
    this.#waiting.add(look);
    look();
    const timer = Promise.withResolvers();
    const handle = setTimeout(timer.resolve, patience);
    const frame = await Promise.race([found, timer.promise]);
    clearTimeout(handle);
    this.#waiting.delete(look);
    if (!frame) assert.fail(`no ${what} came; what came: ${JSON.stringify(this.frames)}`);
    return frame;
  }

  caughtUp = () => this.frame('caughtUp', ({ type }) => type === 'caughtUp');
  event = (at) => this.frame(`event ${at}`, ({ type, event }) => type === 'event' && version(event) === at);

  /** Asks for a sign of life: when it has come, so has everything that was sent before. */
  async ping() {
    const before = this.frames.filter(({ type }) => type === 'pong').length;
    this.say('{"type":"ping"}');
    await this.frame('pong', () => this.frames.filter(({ type }) => type === 'pong').length > before);
  }

  /** Stops reading: what comes stays in the network, and then with the sender. */
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  close() {
    this.#socket.close();
    return this.closed;
  }

  terminate() {
    this.#socket.terminate();
  }
}
