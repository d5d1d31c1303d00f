// What an instance remembers of others is a copy: it can be thrown away and read again from the sources.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';
import { addResource, holds, reserve, settled } from './claims.mjs';
import { inDatabase, rows } from './storage.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const rebuild = (text, type, id, method = 'POST') =>
  core.as(text).request(`/admin/aggregates/${type}/${id}/rebuild`, { method });
const ada = token('admin', 'ada');

test('a foreign-event store that is spoilt is rebuilt from its sources, and nothing else happens', async () => {
  const resource = await addResource(core);
  const id = await reserve(core, resource, '2027-01-01', '2027-01-03');
  await settled(core, id);
  await holds(core, resource, [id]);
  const copy = () => rows(core, 'claim', id, 'SELECT * FROM foreign_events ORDER BY version');
  await core.stop();
  const before = copy();
  assert.equal(before.length, 1);
  inDatabase(core, 'claim', id, (database) =>
    database.exec("UPDATE foreign_events SET event = '{}'; INSERT INTO foreign_events SELECT source_type, source_id, 99, event FROM foreign_events"),
  );
  await core.start();
  const events = await core.events('claim', id);
  const { status, body } = await rebuild(ada, 'claim', id);
  assert.deepEqual([status, body], [200, { streams: 1, events: 1 }]);
  assert.deepEqual(await core.events('claim', id), events);
  await core.stop();
  assert.deepEqual(copy(), before);
  await core.start();
});

test('an instance that remembers nothing has nothing to rebuild', async () => {
  const resource = await addResource(core);
  for (const [type, id] of [['resource', resource], ['claim', fresh('claim')]]) {
    const { status, body } = await rebuild(ada, type, id);
    assert.deepEqual([status, body], [200, { streams: 0, events: 0 }]);
  }
});

test('administrators alone rebuild', async () => {
  for (const [text, type, method, status, code] of [
    [undefined, 'resource', 'POST', 401, 'UNAUTHENTICATED'],
    [token('operator', 'sam'), 'resource', 'POST', 403, 'FORBIDDEN'],
    [token('owner', 'ana'), 'resource', 'POST', 403, 'FORBIDDEN'],
    [ada, 'castle', 'POST', 404, 'UNKNOWN_AGGREGATE'],
    [ada, 'resource', 'GET', 405, 'METHOD_NOT_ALLOWED'],
  ]) {
    const answer = await rebuild(text, type, '12A', method);
    assert.deepEqual([answer.status, answer.body.code], [status, code]);
  }
});
