// Emmett with its PostgreSQL store, behind Node's own HTTP server: validate, decide, append one event, answer 202.
//
//   node emmett_postgres.mjs <connection string> <pool size>      prints the port that it listens on
import { createServer } from 'node:http';
import { CommandHandler, InProcessLock } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import { Refused, answer, decide, evolve, initialState, mapToStreamId, reports } from './device.js';

const [connectionString, size] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: Number(size), min: Number(size), idleTimeoutMillis: 0 });
const store = getPostgreSQLEventStore(connectionString, { connectionOptions: { pool } });
const handle = CommandHandler({ evolve, initialState, mapToStreamId, retry: { onVersionConflict: 10 } });
// Commands for one stream wait for each other here, rather than failing in the database and starting again after a pause.
const lock = InProcessLock();

async function commands(said) {
  const all = [said].flat();
  const [{ aggregateId }] = all;
  const done = await lock.withAcquire(() => handle(store, aggregateId, all.map(decide)), { lockId: aggregateId });
  return answer(said, done);
}

async function look(id) {
  const { state } = await store.aggregateStream(mapToStreamId(id), { evolve, initialState });
  return { status: 200, body: { state } };
}

async function fill({ id, events }) {
  for (let left = events; left > 0; left -= 1_000) await store.appendToStream(mapToStreamId(id), reports(Math.min(left, 1_000)));
  return { status: 200, body: {} };
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks));
}

async function route(request) {
  if (request.method === 'GET') return look(request.url.split('/').at(-1));
  if (request.url === '/fill') return fill(await read(request));
  return commands(await read(request));
}

const server = createServer(async (request, response) => {
  const { status, body } = await route(request).catch((error) => ({
    status: error instanceof Refused ? 422 : 500,
    body: { detail: error.message },
  }));
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

await store.schema.migrate();
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
