// What is measured: a script on the real runtime, in a process and a storage folder of its own.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bearer, token } from '../acceptance/tokens.mjs';

const shown = bearer(token('staff', 'bench'));
const admin = bearer(token('admin', 'bench'));

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const patience = 60_000; // ms for the runtime to start
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A forked process of this folder that answers calls. */
export class Peer {
  #process;
  #calls = new Map();
  #made = 0;

  constructor(file, args, options) {
    // A group of its own, so that it can be killed with all that it has started.
    this.#process = fork(path(file), args, { ...options, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.ended = new Promise((done) => this.#process.once('exit', done));
    this.ready = new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${file} did not start`)), patience);
      this.ended.then(() => fail(new Error(`${file} ended`))).finally(() => clearTimeout(timer));
      this.#process.on('message', ({ ready, call, value, error }) => {
        if (ready) return clearTimeout(timer), done(ready);
        const waiting = this.#calls.get(call);
        this.#calls.delete(call);
        return error ? waiting?.fail(new Error(error)) : waiting?.done(value);
      });
    });
    this.ended.then(() => this.#calls.forEach(({ fail }) => fail(new Error(`${file} ended`))));
  }

  call(what, args) {
    const call = ++this.#made;
    return new Promise((done, fail) => {
      this.#calls.set(call, { done, fail });
      this.#process.send({ call, what, args }, (error) => error && fail(error));
    });
  }

  get pid() {
    return this.#process.pid;
  }

  /** Ends it, and all that it has started, as a power cut does. */
  async kill() {
    process.kill(-this.#process.pid, 'SIGKILL');
    await this.ended;
  }

  async stop() {
    if (this.#process.exitCode === null) this.call('stop').catch(() => {}); // it may be gone before it has answered
    await this.ended;
  }
}

export class Subject {
  #peer;
  #fresh = true;
  #folder = mkdtempSync(join(tmpdir(), 'edgefold-bench-'));

  /**
   * @param script `core`: what is built in this repository; `baseline`: bare JavaScript objects; `emmett`: an object of Emmett's.
   * @param counted whether `counts` tells what is sent and called. That costs some time.
   */
  constructor(script = 'core', { inspect = false, settings = {}, counted = false } = {}) {
    this.script = script;
    this.inspect = inspect;
    this.settings = settings;
    this.counted = counted;
  }

  async start() {
    const { script, inspect, settings, counted } = this;
    const args = { script, inspect, settings, counted, configFile: path('../../wrangler.toml'), folder: this.#folder, fresh: this.#fresh };
    // What the runtime leaves behind goes with the folder.
    this.#peer = new Peer('host.mjs', [JSON.stringify(args)], { env: { ...process.env, TMPDIR: this.#folder } });
    this.url = await this.#peer.ready;
    this.#fresh = false;
    return this;
  }

  /** The process that hosts the runtime, which is below it. */
  get pid() {
    return this.#peer.pid;
  }

  stop() {
    return this.#peer.stop();
  }

  kill() {
    return this.#peer.kill();
  }

  async restart(meanwhile = () => {}) {
    await this.stop();
    await meanwhile();
    await this.start();
  }

  async close() {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  // ── behind the doors ──

  evict = (type, id) => this.#peer.call('evict', { type, id });
  evictSessions = () => this.#peer.call('evictSessions');
  file = (type, id) => this.#peer.call('file', { type, id });
  /** Where all of it is kept. */
  get storage() {
    return join(this.#folder, 'storage');
  }
  sql = (statement, ...params) => this.#peer.call('sql', { statement, params });
  errors = () => this.#peer.call('errors');
  inspector = () => this.#peer.call('inspector');

  /** What an object says to the script, and to nobody outside. */
  inside = (args) => this.#peer.call('inside', args);

  /** `{rowsRead, rowsWritten, bytes}` of an object since it was loaded. */
  counters = (type, id) => this.#peer.call('inside', { type, id, path: '/counters' });

  /** Since the start: `messages` that were sent, by the queue's binding, and `calls` of objects, by path. */
  counts = async () => (await fetch(`${this.url}/-/counts`)).json();

  // ── the doors ──

  async get(route) {
    const response = await fetch(`${this.url}${route}`, { headers: shown });
    return { status: response.status, body: await response.json() };
  }

  /** A command, or several of them, that must be accepted. */
  async send(body) {
    const response = await fetch(`${this.url}/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...shown },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    const refused = [answer].flat().find(({ status }) => status && status !== 202);
    if (!response.ok || refused) throw new Error(`refused: ${JSON.stringify(refused ?? answer)}`);
    return answer;
  }

  // ── what is delivered ──

  /** How many events of a type are `journalled`, and how many of them are in its rows (`projected`). */
  async progress(type) {
    const response = await fetch(`${this.url}/admin/projections/${type}`, { headers: admin });
    const { partitions } = await response.json();
    const sum = (figure) => partitions.filter(({ status }) => status === 'ACTIVE').reduce((sum, one) => sum + one[figure], 0);
    return { journalled: sum('head'), projected: sum('position') };
  }

  /** What an administrator sees of a projection. */
  status = async (name) => (await fetch(`${this.url}/admin/projections/${name}`, { headers: admin })).json();

  /** What an administrator orders for it. */
  async order(name, order) {
    const response = await fetch(`${this.url}/admin/projections/${name}/${order}`, { method: 'POST', headers: admin });
    if (!response.ok) throw new Error(`${order} ${name}: ${await response.text()}`);
  }

  /** Waits until this many events of a type are in its rows; gives up with an error when nothing moves for a while. */
  async projected(type, events, { stall = 90_000 } = {}) {
    let [seen, since] = [-1, Date.now()];
    for (;;) {
      const { journalled, projected } = await this.progress(type);
      if (projected >= events) return;
      if (journalled + projected > seen) [seen, since] = [journalled + projected, Date.now()];
      if (Date.now() - since > stall) throw new Error(`of ${events} events ${journalled} are journalled, ${projected} projected`);
      await pause(50);
    }
  }

  /** Waits until the events of a type are projected, and this object has kept that: until it has not written for two seconds. */
  async settled(type, id, events) {
    await this.projected(type, events);
    for (let before = -1, now; ; before = now) {
      now = (await this.counters(type, id)).rowsWritten;
      if (now === before) return;
      await pause(2_000);
    }
  }
}
