// Emmett with its SQLite store in a Durable Object, which hands it a connection to its own storage: validate, decide, append one
// event, answer 202.
import { DurableObject } from 'cloudflare:workers';
import { CommandHandler, InProcessLock } from '@event-driven-io/emmett';
import { getSQLiteEventStore } from '@event-driven-io/emmett-sqlite';
import { Refused, answer, decide, evolve, initialState, mapToStreamId, reports } from './device.js';

export { default } from '../peers_worker.js';

/** As the driver that the store was written for binds what is no value of SQLite's. */
function bound(value) {
  if (typeof value === 'boolean') return Number(value);
  return value === null || ['string', 'number'].includes(typeof value) ? value : String(value);
}

/** The connection that Emmett asks for, over an object's storage. */
function connection(sql, transaction) {
  const run = (statement, values = []) => sql.exec(statement, ...values.map(bound));
  return {
    close() {},
    command: async (statement, values) => run(statement, values).toArray(),
    batchCommand: async (statements) => statements.forEach((statement) => run(statement)),
    query: async (statement, values) => run(statement, values).toArray(),
    querySingle: async (statement, values) => run(statement, values).toArray()[0] ?? null,
    withTransaction: transaction,
  };
}

const handle = CommandHandler({ evolve, initialState, mapToStreamId, retry: { onVersionConflict: 10 } });
// A statement binds 100 values at most, and an event has ten.
const together = 10;

/** The store, which appends as many events as it is given: in one transaction, with as many statements as it needs. */
function storeOver(storage) {
  let nested = 0;
  const transaction = async (body) => {
    if (nested) return body();
    nested++;
    return storage.transaction(body).finally(() => nested--);
  };
  const own = { singleton: true, connection: connection(storage.sql, transaction) };
  const store = getSQLiteEventStore({ fileName: 'object', connectionOptions: own });
  const appendToStream = (name, events, options) => transaction(async () => {
    let done = { nextExpectedStreamVersion: options?.expectedStreamVersion };
    for (let at = 0; at < events.length; at += together) {
      const expected = { ...options, expectedStreamVersion: done.nextExpectedStreamVersion };
      done = await store.appendToStream(name, events.slice(at, at + together), expected);
    }
    return done;
  });
  return { ...store, appendToStream };
}

export class Emmett extends DurableObject {
  constructor(context, env) {
    super(context, env);
    this.store = storeOver(context.storage);
    this.lock = InProcessLock();
  }

  /** One command, or a batch, which is one append. */
  async commands(said) {
    const all = [said].flat();
    return answer(said, await this.turn(() => handle(this.store, all[0].aggregateId, all.map(decide))));
  }

  turn(body) {
    return this.lock.withAcquire(body, { lockId: 'stream' });
  }

  async fill({ id, events }) {
    for (let left = events; left > 0; left -= 1_000) {
      await this.turn(() => this.store.appendToStream(mapToStreamId(id), reports(Math.min(left, 1_000))));
    }
    return { status: 200, body: {} };
  }

  async look(id) {
    const { state } = await this.store.aggregateStream(mapToStreamId(id), { evolve, initialState });
    return { status: 200, body: { state } };
  }

  async fetch(request) {
    const { pathname } = new URL(request.url);
    const route = async () => {
      if (request.method === 'GET') return this.look(pathname.split('/').at(-1));
      const said = await request.json();
      return pathname === '/commands' ? this.commands(said) : this.fill(said);
    };
    const { status, body } = await route().catch((error) => ({
      status: error instanceof Refused ? 422 : 500,
      body: { detail: error.message },
    }));
    return Response.json(body, { status });
  }
}
