// What fails on our side: the caller gets its code, and its text is in the log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addResource } from './claims.mjs';
import { fresh, serve, until } from './harness.mjs';
import { projected } from './journal.mjs';
import { identifiers, inDatabase, inDatabaseOf } from './storage.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const text = /malformed JSON/;
const logged = async () => (await core.logs()).filter(({ message }) => text.test(message)).length;

test('a resolver that meets a fault says so to the log alone, over HTTP and on the socket', async () => {
  await projected(core, 'resource', await addResource(core));
  const [{ name: table }] = await core.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'resource_g%'");
  await core.sql('DROP VIEW resource');
  await core.sql(`CREATE VIEW resource AS SELECT * FROM ${table} WHERE json('{') IS NULL`);
  const query = '{ resources { nodes { id } } }';
  const { status, body } = await core.post('/graphql', { query }, { accept: 'application/json' });
  assert.deepEqual([status, body.errors[0].extensions.code, body.errors[0].message], [200, 'INTERNAL', 'an error on our side']);
  assert.doesNotMatch(JSON.stringify(body), text);
  await until('it is in the log', async () => (await logged()) === 1);

  const talker = await (await core.talk()).init(token('operator', 'sam'));
  const [answer] = await talker.next(talker.subscribe(query));
  assert.equal(answer.errors[0].extensions.code, 'INTERNAL');
  assert.doesNotMatch(JSON.stringify(talker.frames), text);
  await until('it is in the log again', async () => (await logged()) === 2);
  await talker.close();
});

test('a subscription that cannot be kept ends with an error at once; what was kept goes on', async () => {
  const probe = fresh('probe');
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: probe });
  const known = new Set(identifiers(core, 'session'));
  const talker = await (await core.talk()).init(token('operator', 'pat'));
  const query = 'subscription ($id: ID!) { it: probe(id: $id) { cursor } }';
  const kept = talker.subscribe(query, { id: probe });
  await talker.next(kept);
  // Of the new ones the session is the one that keeps something; the other one counts its principal's sockets.
  for (const identifier of identifiers(core, 'session').filter((identifier) => !known.has(identifier))) {
    inDatabaseOf(core, 'session', identifier, (database) => {
      if (!database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'operations'").get()) return;
      database.exec("CREATE TRIGGER full BEFORE INSERT ON operations BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    });
  }
  const { type, payload } = await talker.ended(talker.subscribe(query, { id: probe }));
  assert.deepEqual([type, payload[0].extensions.code], ['error', 'UNAVAILABLE']);
  await core.evictSessions();
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: probe });
  await talker.next(kept, 2);
  await talker.close();
});

test('a command that fails on our side has its id in the answer, also when the server has made it up: it can be repeated', async () => {
  const id = fresh('probe');
  const panicked = await core.command('probe', 'Panic', { place: 'DECIDE' }, { aggregateId: id });
  assert.deepEqual([panicked.status, panicked.body.code], [500, 'INTERNAL']);
  await core.send('probe', 'Append', { count: 1 }, { aggregateId: id });
  inDatabase(core, 'probe', id, (database) =>
    database.exec("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"));
  const failed = await core.command('probe', 'Append', { count: 1 }, { aggregateId: id });
  assert.deepEqual([failed.status, failed.body.code], [503, 'UNAVAILABLE']);
  for (const { body } of [panicked, failed]) assert.match(body.commandId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  inDatabase(core, 'probe', id, (database) => database.exec('DROP TRIGGER full'));
  const again = { aggregateId: id, commandId: failed.body.commandId };
  assert.equal((await core.send('probe', 'Append', { count: 1 }, again)).version, 2);
  assert.equal((await core.send('probe', 'Append', { count: 1 }, again)).duplicate, true);
});
