// A client of the GraphQL socket that says exactly what it is told to, and keeps every frame: a test asks for what has come
// instead of waiting a while. When the server asks whether it is there it says so, unless it was told not to.
import assert from 'node:assert/strict';
import WebSocket from 'ws';

const patience = 60_000; // ms for a frame that should come, on a machine that also compiles

export class Talker {
  frames = [];
  #socket;
  #waiting = new Set();
  #made = 0;
  /** How many results have come for each operation. */
  #counts = new Map();

  constructor(url, { protocols = ['graphql-transport-ws'], answers = true, headers = {} } = {}) {
    const address = `${url.replace('http', 'ws')}/graphql`;
    const socket = protocols ? new WebSocket(address, protocols, { headers }) : new WebSocket(address, { headers });
    this.#socket = socket;
    this.opened = new Promise((done, fail) => {
      socket.once('open', done);
      socket.once('error', fail);
    });
    this.closed = new Promise((done) => socket.once('close', (code, reason) => done({ code, reason: String(reason) })));
    socket.on('error', () => {}); // the close follows
    socket.on('message', (data) => {
      const frame = JSON.parse(data);
      if (answers && frame.type === 'ping') this.say({ type: 'pong', payload: frame.payload });
      this.frames.push(frame);
      if (frame.type === 'next') this.#counts.set(frame.id, (this.#counts.get(frame.id) ?? 0) + 1);
      for (const look of this.#waiting) look();
    });
  }

  get protocol() {
    return this.#socket.protocol;
  }

  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  say(frame) {
    this.#socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** Waits until `look`, which is called with every frame that comes, gives something truthy; gives that. */
  async seen(what, look) {
    let again;
    const found = new Promise((done) => {
      again = () => {
        const value = look();
        if (value) done(value);
      };
    });
    this.#waiting.add(again);
    again();
    const timer = Promise.withResolvers();
    const handle = setTimeout(timer.resolve, patience);
    const value = await Promise.race([found, timer.promise]);
    clearTimeout(handle);
    this.#waiting.delete(again);
    if (!value) assert.fail(`no ${what} came; what came: ${JSON.stringify(this.frames).slice(0, 2_000)}`);
    return value;
  }

  /** Waits for the first frame that `test` likes. */
  frame = (what, test) => this.seen(what, () => this.frames.find(test));

  /** Says who it is, and waits until that is acknowledged. */
  async init(token) {
    this.say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    await this.frame('connection_ack', ({ type }) => type === 'connection_ack');
    return this;
  }

  /** Asks for an operation; gives its id. */
  subscribe(query, variables, id = `op-${++this.#made}`) {
    this.say({ id, type: 'subscribe', payload: { query, variables } });
    return id;
  }

  complete(id) {
    this.say({ id, type: 'complete' });
  }

  /** What has come for an operation so far. */
  of = (id) => this.frames.filter((frame) => frame.id === id);
  results = (id) => this.of(id).filter(({ type }) => type === 'next').map(({ payload }) => payload);

  /** Waits for so many results of an operation; gives them all. */
  async next(id, count = 1) {
    await this.seen(`result ${count} of ${id}`, () => (this.#counts.get(id) ?? 0) >= count);
    return this.results(id);
  }

  ended = (id) => this.frame(`end of ${id}`, (frame) => frame.id === id && frame.type !== 'next');

  /** Asks for a sign of life, from the session itself: when it has come, so has everything that was sent before. */
  async ping(payload = { number: ++this.#made }) {
    this.say({ type: 'ping', payload });
    return this.frame('pong', ({ type, payload: back }) => type === 'pong' && JSON.stringify(back) === JSON.stringify(payload));
  }

  /** Stops reading: what comes stays in the network, and then with the sender. */
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  close(code = 1000) {
    this.#socket.close(code);
    return this.closed;
  }

  terminate() {
    this.#socket.terminate();
  }
}
