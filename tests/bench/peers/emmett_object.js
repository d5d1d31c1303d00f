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
function connection({ sql, transaction }) {
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

export class Emmett extends DurableObject {
  constructor(context, env) {
    super(context, env);
    const { sql } = context.storage;
    let nested = 0;
    const transaction = async (body) => {
      if (nested) return body();
      nested++;
      return context.storage.transaction(body).finally(() => nested--);
    };
    const own = { singleton: true, connection: connection({ sql, transaction }) };
    this.transaction = transaction;
    this.store = getSQLiteEventStore({ fileName: 'object', connectionOptions: own });
    this.lock = InProcessLock();
  }

  /** One command, or a batch: in one transaction, in as many appends as it needs. */
  async commands(said) {
    const all = [said].flat();
    const { aggregateId } = all[0];
    const run = async () => {
      let done;
      for (let at = 0; at < all.length; at += together) {
        done = await handle(this.store, aggregateId, all.slice(at, at + together).map(decide));
      }
      return done;
    };
    return answer(said, await this.turn(() => (all.length > together ? this.transaction(run) : run())));
  }

  turn(body) {
    return this.lock.withAcquire(body, { lockId: 'stream' });
  }

  async fill({ id, events }) {
    const all = reports(events);
    for (let at = 0; at < events; at += 1_000) {
      await this.transaction(async () => {
        for (let from = at; from < Math.min(at + 1_000, events); from += together) {
          await this.store.appendToStream(mapToStreamId(id), all.slice(from, from + together));
        }
      });
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
