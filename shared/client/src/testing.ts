// `@edgefold/client/testing`: a core that lives in a front end's unit test. The client in front of it is the real one, so that what
// a page does on a cut or a late answer is what it will do.
import { createCore } from './core.js';
import { newId } from './id.js';
import { parse, pick, type Field } from './selection.js';
import type { Core, WebSocketLike } from './types.js';

type Row = Record<string, any> & { id: string };
/** What a command makes of an instance: its fields, or `{ code, detail, field? }` when it is refused. */
export type Rule = (variables: any, row: Row | undefined) => Record<string, any>;

/** The name of a list, as the core makes it. */
const plural = (type: string) => (/[^aeiou]y$/.test(type) ? type.replace(/y$/, 'ies') : /(s|x|z|ch|sh)$/.test(type) ? `${type}es` : `${type}s`);

interface Happened {
  type: string;
  before: Row | undefined;
  row: Row;
  event: Record<string, any>;
}

export interface FakeCore {
  /** What the page gets. */
  core: Core;
  /** Adds a row, or changes it: those who watch are told, under the name of the event. */
  put(type: string, row: Row, event?: string): Row;
  /** The row as it is now. */
  get(type: string, id: string): Row | undefined;
  /** Whatever waits is CONFIRMED. */
  confirm(id: string): Row;
  /** … or DECLINED, with the code of the refusal. */
  decline(id: string, refusal: string): Row;
  /** … or EXPIRED. */
  expire(id: string): Row;
  /** From now on nothing is answered, until `release`. What was asked is decided all the same. */
  hold(): void;
  release(): void;
  /** Refuses the next command. */
  refuse(rejected: { code: string; detail?: string; field?: string; rule?: string }): void;
  /** Cuts every connection, with this close code; the next one comes through. */
  cut(code?: number): void;
  /** The network is away, until `up`. */
  down(): void;
  up(): void;
  /** No token counts any more. */
  signOut(): void;
  /** The commands that were decided, as `{ name, variables }`. */
  readonly commands: readonly { name: string; variables: any }[];
  /** Sockets that are open. */
  readonly sockets: number;
}

/** `types`: the commands of each type of instance, by the names of their mutations. */
export function fakeCore(types: Record<string, Record<string, Rule>> = {}): FakeCore {
  const rows = new Map<string, Row>();
  const journal: Happened[] = [];
  const outcomes = new Map<string, any>();
  const commands: { name: string; variables: any }[] = [];
  const sockets = new Set<FakeSocket>();
  let [isAway, isSignedOut] = [false, false];
  let held: Promise<void> | undefined;
  let release = () => {};
  let refusal: object | undefined;

  const keyOf = (type: string, id: string) => `${type} ${id}`;
  const named = (text: string) => text[0]!.toUpperCase() + text.slice(1);
  const matches = (row: Row | undefined, filter: any) => !!row && Object.entries(filter ?? {}).every(([name, wanted]) => wanted == null || !(name in row) || row[name] === wanted);

  function put(type: string, row: Row, event = `${named(type)}Changed`): Row {
    const before = rows.get(keyOf(type, row.id));
    const version = (before?.version ?? 0) + 1;
    const after: Row = { createdAt: new Date().toISOString(), ...before, ...row, version, __typename: named(type) };
    rows.set(keyOf(type, row.id), after);
    const { __typename, ...data } = row;
    journal.push({ type, before, row: after, event: { id: newId(), cursor: `${version}`, type: event, version, time: new Date().toISOString(), aggregateId: row.id, data } });
    for (const socket of sockets) socket.pump();
    return after;
  }

  function settle(id: string, status: string, more: object = {}): Row {
    const [key, row] = [...rows].find(([, row]) => row.id === id) ?? [];
    if (!key || !row) throw new Error(`there is no instance ${id}`);
    return put(key.split(' ')[0]!, { ...row, ...more, status, confirmBy: null }, `${named(key.split(' ')[0]!)}${named(status.toLowerCase())}`);
  }

  function command(name: string, { commandId = newId(), id = newId(), ...rest }: any): any {
    const known = outcomes.get(commandId);
    if (known) return { ...known, duplicate: true };
    const variables = { id, ...rest };
    const [type, rules] = Object.entries(types).find(([, rules]) => Object.hasOwn(rules, name)) ?? [];
    if (!type || !rules) throw new Error(`the fake core knows no command ${name}`);
    commands.push({ name, variables });
    const rejected = refusal ?? rules[name]!(variables, rows.get(keyOf(type, id)));
    refusal = undefined;
    if ('code' in rejected) return { __typename: 'Rejected', detail: rejected.code, commandId, ...rejected };
    const row = put(type, { ...rejected, id }, named(name));
    const waits = row.confirmBy ? Math.max(Date.parse(row.confirmBy) - Date.now(), 0) : 0;
    const answer = { __typename: 'Accepted', commandId, aggregateType: type.replace(/[A-Z]/g, '_$&').toUpperCase(), aggregateId: id, firstVersion: row.version, version: row.version, events: [], confirmWithinMs: waits, duplicate: false, [type]: row };
    outcomes.set(commandId, answer);
    return answer;
  }

  /** The type that a field is about, and whether it is its list. */
  function typeOf(field: string): [string, boolean] {
    const known = [...Object.keys(types), ...[...rows.keys()].map((key) => key.split(' ')[0]!)];
    const listed = known.find((type) => plural(type) === field);
    return listed || known.includes(field) || !field.endsWith('s') ? [listed ?? field, !!listed] : [field.slice(0, -1), true];
  }

  function answer({ query, variables }: any): any {
    const { kind, root } = parse(query, variables);
    if (kind === 'mutation') return { data: { [root.alias]: pick(command(root.name, root.args), root) } };
    const [type, isList] = typeOf(root.name);
    if (!isList) return { data: { [root.alias]: pick(rows.get(keyOf(type, String(root.args.id))) ?? null, root) } };
    const nodes = [...rows].filter(([key, row]) => key.startsWith(`${type} `) && matches(row, root.args.filter)).map(([, row]) => row).reverse();
    const page = { nodes, edges: nodes.map((node) => ({ node, cursor: node.id })), updatesCursor: `${journal.length}`, pageInfo: { hasNextPage: false, hasPreviousPage: false, endCursor: null, startCursor: null } };
    return { data: { [root.alias]: pick(page, root) } };
  }

  async function call(_url: any, { body, signal }: any): Promise<Response> {
    if (isAway) throw new TypeError('fetch failed');
    if (isSignedOut) return Response.json({ errors: [{ message: 'the token does not count', extensions: { code: 'INVALID_TOKEN' } }] }, { status: 401 });
    let answered: any;
    try {
      answered = answer(JSON.parse(body));
    } catch (error) {
      // A mistake of the test: final, so that it is told at once.
      return Response.json({ errors: [{ message: (error as Error).message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] }, { status: 400 });
    }
    const aborted = new Promise<never>((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason), { once: true }));
    while (held) await Promise.race([held, aborted]);
    return Response.json(answered);
  }

  /** One subscription: where it stands in the journal, and whether it has said that it has caught up. */
  interface Followed {
    root: Field;
    type: string;
    isList: boolean;
    at: number;
    caughtUp: boolean;
  }

  class FakeSocket implements WebSocketLike {
    onopen: WebSocketLike['onopen'] = null;
    onmessage: WebSocketLike['onmessage'] = null;
    onclose: WebSocketLike['onclose'] = null;
    onerror: WebSocketLike['onerror'] = null;
    #followed = new Map<string, Followed>();

    constructor() {
      queueMicrotask(() => {
        if (isAway) return this.close(1006);
        sockets.add(this);
        this.onopen?.({});
      });
    }

    close(code = 1000) {
      sockets.delete(this);
      queueMicrotask(() => this.onclose?.({ code, reason: '' }));
    }

    #say = (message: object) => void queueMicrotask(() => sockets.has(this) && this.onmessage?.({ data: JSON.stringify(message) }));

    send(text: string) {
      const { type, id, payload } = JSON.parse(text);
      if (type === 'connection_init') return isSignedOut ? this.close(4401) : this.#say({ type: 'connection_ack' });
      if (type === 'ping') return this.#say({ type: 'pong' });
      if (type === 'complete') return void this.#followed.delete(id);
      if (type === 'subscribe') this.#subscribe(id, payload);
    }

    #subscribe(id: string, payload: any) {
      const { kind, root } = parse(payload.query, payload.variables);
      if (kind !== 'subscription') {
        this.#say({ type: 'next', id, payload: answer(payload) });
        return this.#say({ type: 'complete', id });
      }
      const [type, isList] = typeOf(root.name);
      const { after, id: instance, wait } = root.args as any;
      const row = rows.get(keyOf(type, instance));
      if (!isList && !row && !wait) return this.#say({ type: 'error', id, payload: [{ message: `there is no ${type} ${instance}`, extensions: { code: 'UNKNOWN_INSTANCE' } }] });
      const past = journal.map((one, i) => ({ ...one, i })).filter((one) => one.type === type && (isList || one.row.id === instance));
      // A list counts places of the journal, an instance its versions; without a cursor an instance shows its latest event.
      const begin = isList ? Number(after ?? journal.length) : after == null ? (past.at(-1)?.i ?? 0) : (past.find((one) => one.row.version > Number(after))?.i ?? journal.length);
      this.#followed.set(id, { root, type, isList, at: begin, caughtUp: false });
      this.pump();
    }

    /** Sends what has happened since, and once that everything has come. */
    pump() {
      for (const [id, followed] of this.#followed) {
        const { root, type, isList } = followed;
        const { id: instance, filter } = root.args as any;
        const fresh = journal.slice(followed.at).map((one, i) => ({ ...one, place: `${followed.at + i + 1}` }));
        followed.at = journal.length;
        const told = fresh.filter((one) => one.type === type && (isList ? matches(one.row, filter) || matches(one.before, filter) : one.row.id === instance));
        // What is left of the past says so with its last item.
        const items = told.map(({ row, event, place }, i) => {
          const left = isList && !matches(row, filter) ? row.id : null;
          return { cursor: isList ? place : `${row.version}`, event, left, caughtUp: followed.caughtUp || i === told.length - 1, [type]: left ? null : row };
        });
        const waits = !isList && !rows.has(keyOf(type, instance));
        if (!items.length && !followed.caughtUp && !waits) items.push({ cursor: isList ? `${journal.length}` : `${rows.get(keyOf(type, instance))!.version}`, event: null as any, left: null, caughtUp: true, [type]: null });
        followed.caughtUp ||= items.length > 0;
        for (const item of items) this.#say({ type: 'next', id, payload: { data: { [root.alias]: pick(item, root) } } });
      }
    }
  }

  const cut = (code = 1006) => [...sockets].forEach((socket) => socket.close(code));
  return {
    core: createCore({ url: 'http://core.test', token: 'a token of the test', fetch: call as typeof fetch, WebSocket: FakeSocket }),
    put,
    get: (type, id) => rows.get(keyOf(type, id)),
    confirm: (id) => settle(id, 'CONFIRMED'),
    decline: (id, refusal) => settle(id, 'DECLINED', { refusal }),
    expire: (id) => settle(id, 'EXPIRED'),
    hold: () => void (held ??= new Promise((done) => (release = () => ((held = undefined), done())))),
    release: () => release(),
    refuse: (rejected) => void (refusal = rejected),
    cut,
    down: () => ((isAway = true), cut()),
    up: () => void (isAway = false),
    signOut: () => ((isSignedOut = true), cut(4401)),
    commands,
    get sockets() {
      return sockets.size;
    },
  };
}
