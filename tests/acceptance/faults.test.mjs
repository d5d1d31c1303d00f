// What fails on our side: the caller gets its code, and its text is in the log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addResource } from './claims.mjs';
import { serve, until } from './harness.mjs';
import { projected } from './journal.mjs';
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
