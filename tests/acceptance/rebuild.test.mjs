// What an instance remembers of others is a copy: it can be thrown away and read again from the sources.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';
import { addRoom, holds, reserve, settled } from './hotel.mjs';
import { inDatabase, rows } from './storage.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const rebuild = (text, type, id, method = 'POST') =>
  core.as(text).request(`/admin/aggregates/${type}/${id}/rebuild`, { method });
const ada = token('admin', 'ada');

test('a foreign-event store that is spoilt is rebuilt from its sources, and nothing else happens', async () => {
  const room = await addRoom(core);
  const id = await reserve(core, room, '2027-01-01', '2027-01-03');
  await settled(core, id);
  await holds(core, room, [id]);
  const copy = () => rows(core, 'reservation', id, 'SELECT * FROM foreign_events ORDER BY version');
  await core.stop();
  const before = copy();
  assert.equal(before.length, 1);
  inDatabase(core, 'reservation', id, (database) =>
    database.exec("UPDATE foreign_events SET event = '{}'; INSERT INTO foreign_events SELECT source_type, source_id, 99, event FROM foreign_events"),
  );
  await core.start();
  const events = await core.events('reservation', id);
  const { status, body } = await rebuild(ada, 'reservation', id);
  assert.deepEqual([status, body], [200, { streams: 1, events: 1 }]);
  assert.deepEqual(await core.events('reservation', id), events);
  await core.stop();
  assert.deepEqual(copy(), before);
  await core.start();
});

test('an instance that remembers nothing has nothing to rebuild', async () => {
  const room = await addRoom(core);
  for (const [type, id] of [['room', room], ['reservation', fresh('reservation')]]) {
    const { status, body } = await rebuild(ada, type, id);
    assert.deepEqual([status, body], [200, { streams: 0, events: 0 }]);
  }
});

test('administrators alone rebuild', async () => {
  for (const [text, type, method, status, code] of [
    [undefined, 'room', 'POST', 401, 'UNAUTHENTICATED'],
    [token('staff', 'sam'), 'room', 'POST', 403, 'FORBIDDEN'],
    [token('guest', 'ana'), 'room', 'POST', 403, 'FORBIDDEN'],
    [ada, 'castle', 'POST', 404, 'UNKNOWN_AGGREGATE'],
    [ada, 'room', 'GET', 405, 'METHOD_NOT_ALLOWED'],
  ]) {
    const answer = await rebuild(text, type, '12A', method);
    assert.deepEqual([answer.status, answer.body.code], [status, code]);
  }
});
