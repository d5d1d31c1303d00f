// A core: the built script on the real runtime, in a storage folder of its own and on a free port. It is spoken to
// through its doors, as anybody would; it can be stopped, killed and started again on the same storage.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkEvent } from './events.mjs';
import { bearer, token, vars } from './tokens.mjs';
import { Talker } from './talker.mjs';
import { Watcher } from './watcher.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** The wrangler.toml of each script: the one that is deployed, and the one that the engine's own tests run on. */
export const configs = {
  core: join(here, '../../wrangler.toml'),
  probe: join(here, '../probe/wrangler.toml'),
};
/** In each domain the role that acts for anybody. */
const operators = { [configs.core]: 'staff', [configs.probe]: 'operator' };
const patience = 120_000; // ms for the runtime to start, or to stop, on a machine that also compiles

let host;
let cores = 0;
const waiting = new Map();
let calls = 0;
let output = '';

/** The process in which the runtimes of this one are. It is ended with it. */
function hosting() {
  if (host) return host;
  const folder = mkdtempSync(join(tmpdir(), 'edgefold-host-'));
  host = fork(join(here, 'host.mjs'), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, TMPDIR: folder }, // what a killed runtime leaves behind goes with the folder
  });
  for (const stream of [host.stdout, host.stderr]) stream.on('data', (text) => (output = (output + text).slice(-100_000))).unref();
  host.on('message', ({ number, value, error }) => {
    const { done, fail } = waiting.get(number);
    waiting.delete(number);
    return error ? fail(new Error(`${error}\n${output}`)) : done(value);
  });
  host.once('exit', () => {
    for (const { fail } of waiting.values()) fail(new Error(`the process of the runtimes has ended\n${output}`));
  });
  process.on('exit', () => {
    try {
      process.kill(-host.pid, 'SIGKILL');
    } catch {
      // nobody is left in its group
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  host.unref();
  host.channel.unref();
  return host;
}

/** Asks the host. Somebody who waits keeps this process alive. */
async function ask(core, name, args) {
  const { channel } = hosting();
  const number = ++calls;
  channel.ref();
  try {
    return await new Promise((done, fail) => {
      waiting.set(number, { done, fail });
      host.send({ number, core, name, args }, (error) => error && fail(error));
    });
  } finally {
    waiting.delete(number);
    if (!waiting.size) channel.unref();
  }
}

/** What is promised, or a failure if it takes longer. */
async function within(ms, what, promised) {
  let timer;
  const late = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error(`waited ${ms} ms in vain until ${what}\n${output}`)), ms)));
  return Promise.race([promised, late]).finally(() => clearTimeout(timer));
}

export class Core {
  #number = ++cores;
  #isRunning = false;
  #folder = mkdtempSync(join(tmpdir(), 'edgefold-test-'));
  #fresh = true;
  #watchers = new Set();

  /**
   * What every request shows is a token of somebody who acts for anybody.
   *
   * @param settings what it is configured with.
   * @param requests how many are counted until it is too much; with null the platform does not count.
   * @param retries of a message, until the queue gives it up.
   * @param switched whether `d1` can switch D1, and `counts` tells what is sent and called.
   * @param releases of two workers that run side by side, on one storage: `beside` lists the bindings whose objects live in the
   * second one, and `older` which of the two play the first release, of `script` and `beside`. A restart may change `older`.
   *
   * A `guest`, set before the start, is a Worker beside the script that has it as the service binding CORE: see `runtime.mjs`.
   */
  constructor(configFile = configs.probe, settings = vars, requests = undefined, retries = undefined, switched = false, releases = undefined) {
    Object.assign(this, { configFile, vars: settings, requests, retries, switched, releases });
    [, this.script] = readFileSync(configFile, 'utf8').match(/^name = "(.+)"$/m);
    this.headers = bearer(token(operators[configFile], 'sam'));
  }

  // ── its life ──

  async start() {
    const { configFile, vars, requests, retries, switched, releases, guest } = this;
    const args = { configFile, folder: this.#folder, fresh: this.#fresh, vars, requests, retries, switched, releases, guest };
    this.url = await within(patience, 'the runtime starts', this.#call('start', args));
    this.#fresh = false;
    this.#isRunning = true;
    return this;
  }

  /** Ends the runtime and lets it clean up. */
  stop = () => this.#end('stop');

  /** Ends the runtime as a power cut does. */
  kill = () => this.#end('kill');

  async #end(how) {
    const isRunning = this.#isRunning;
    this.#isRunning = false;
    if (isRunning) await within(patience, 'the runtime ends', this.#call(how));
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  async killAndRestart() {
    await this.kill();
    await this.start();
  }

  /** The end: the storage goes too. */
  async close() {
    for (const watcher of this.#watchers) watcher.terminate();
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #call = (name, args) => ask(this.#number, name, args);

  // ── behind the doors ──

  /** What an object answers that was reached by its number alone: the platform does not tell it its name. */
  nameless = (type, id, path) => this.#call('inside', { type, id, path, isNameless: true });
  /** Number of the process group in which the runtimes of all cores of this process are. */
  get group() {
    return hosting().pid;
  }

  /** Unloads one object; its sockets hibernate. Says whether it was awake. */
  evict = (type, id) => this.#call('evict', { type, id });
  /** Unloads the sessions of all GraphQL sockets; the sockets hibernate. Says how many were awake. */
  evictSessions = () => this.#call('evictSessions');
  /** Identifiers of the sessions that have something stored. */
  sessions = () => this.#call('sessions');
  /** `{rowsRead, rowsWritten, bytes}` of an object since it was loaded. */
  counters = (type, id) => this.#call('inside', { type, id, path: '/counters' });
  /** Rows of D1: the read models, and what is kept about them. */
  sql = (statement, ...params) => this.#call('sql', { statement, params });
  /** Makes D1 `away`, `slow` or `well` for the script and its objects, from now on; `sql` reaches it all the same. */
  d1 = (how) => this.#switch(how);
  /** How often the script and its objects have called D1 since the start. */
  d1Calls = () => this.#switch('');
  #switch = (how) => this.#around(`d1/${how}`);
  /** Since the start: `messages` that were sent, by the queue's binding, `calls` of objects, by path, and what is billed; see `switch.mjs`. */
  counts = () => this.#around('counts');
  /** From now on the queue of commands keeps what it takes, and brings nothing of it. */
  keep = () => this.#around('keep');
  /** What it has kept, as texts; from now on it brings what it takes. */
  kept = () => this.#around('kept');
  /** Makes the queue of commands `away` or `well`. */
  queue = (how) => this.#around(`queue/${how}`);
  /** From now on the messages of the bus stay away that hold this word, such as an id: whoever has it is not told, and does not answer. */
  hold = (word) => this.#around(`hold/${word}`);
  /** They come, those that were held back among them. */
  async release(word) {
    const texts = await this.#around(`release/${word}`);
    if (texts.length) await this.letters(texts);
  }
  async #around(path) {
    assert.ok(this.switched, 'this core was made with a switch');
    return (await fetch(`${this.url}/-/${path}`)).json();
  }
  /** How many rows of D1 such a statement reads. */
  rowsRead = (statement, ...params) => this.#call('rowsRead', { statement, params });
  /** Puts a text on the bus. */
  letter = (text) => this.letters([text]);
  /** Puts texts on a queue, at most 100, all at once: on the bus, or that of what the platform gave up. */
  letters = (texts, binding = 'BUS') => this.#call('letters', { texts, binding });
  /** Where the script itself answers, or the guest: Miniflare's own script stands before it at `url`, and opens sockets in its own way. */
  direct = (of) => this.#call('direct', { of });
  /** What the script and the runtime have said since they were started. */
  logs = () => this.#call('logs');
  /** The most memory, in MiB, that the runtime had since this was asked last. */
  peak = () => this.#call('peak');
  /** Where all of it is kept. */
  get storage() {
    return join(this.#folder, 'storage');
  }

  // ── the doors ──

  /** The same doors for somebody else, or with `undefined` for nobody. */
  as(text) {
    const mine = text === undefined ? { authorization: undefined } : bearer(text);
    const post = (path, body, headers) => this.post(path, body, { ...mine, ...headers });
    return {
      post,
      request: (path, options) => this.request(path, { ...options, headers: { ...mine, ...options?.headers } }),
      command: (aggregateType, name, payload, more) => post('/commands', { aggregateType, name, payload, ...more }),
      watch: (type, id, options) => this.watch(type, id, { headers: mine, ...options }),
    };
  }

  /** A request, as `{status, headers, body}` with the body parsed if it is JSON. A header that is undefined is left out. */
  async request(path, options) {
    const headers = Object.entries({ ...this.headers, ...options?.headers }).filter(([, value]) => value !== undefined);
    const response = await fetch(`${this.url}${path}`, { ...options, headers: Object.fromEntries(headers) });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  post(path, body, headers = {}) {
    const options = { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) };
    return this.request(path, { ...options, headers: { 'content-type': 'application/json', ...headers } });
  }

  /** A command at `POST /commands`. `more`: aggregateId, commandId, expectedVersion, metadata. */
  command = (aggregateType, name, payload, more = {}) =>
    this.post('/commands', { aggregateType, name, payload, ...more });

  /** A command that must be accepted; gives the answer. */
  async send(...args) {
    const { status, body } = await this.command(...args);
    assert.equal(status, 202, `${args[1]} is accepted: ${JSON.stringify(body)}`);
    return body;
  }

  /** The state of an instance, or undefined. */
  async state(type, id) {
    const { status, body } = await this.request(`/aggregates/${type}/${encodeURIComponent(id)}`);
    if (status === 404) return undefined;
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** Every event of a stream, each checked as a CloudEvent. */
  async events(type, id) {
    const events = [];
    for (let after = 0; after !== null; ) {
      const { status, body } = await this.request(`/aggregates/${type}/${encodeURIComponent(id)}/events?after=${after}&limit=1000`);
      if (status === 404) return events;
      assert.equal(status, 200, JSON.stringify(body));
      events.push(...body.events);
      after = body.next;
    }
    for (const event of events) checkEvent(event, type, id);
    return events;
  }

  async graphql(query, variables) {
    const { status, body } = await this.post('/graphql', { query, variables });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** A query that must succeed; gives its data. */
  async ask(query, variables) {
    const { data, errors } = await this.graphql(query, variables);
    assert.equal(errors, undefined, JSON.stringify(errors));
    return data;
  }

  /** Opens the GraphQL socket. */
  async talk(options) {
    const talker = new Talker(this.url, options);
    this.#watchers.add(talker);
    await talker.opened;
    return talker;
  }

  /** Opens the native socket of an instance. */
  async watch(type, id, options = {}) {
    const watcher = new Watcher(this.url, type, id, { headers: this.headers, ...options });
    this.#watchers.add(watcher);
    await watcher.opened;
    return watcher;
  }
}
