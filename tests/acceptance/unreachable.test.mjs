// Who follows a category and cannot be reached holds up nobody: the bus has nothing to do with sessions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { until } from './harness.mjs';
import { addRoom } from './hotel.mjs';
import { rows } from './storage.mjs';
import { token, vars } from './tokens.mjs';

const core = new Core(configs.core, vars, undefined, 1); // a letter that comes again more than once is parked
before(() => core.start());
after(() => core.close());

const hour = 3_600_000; // ms
/** So many sessions whose object nobody can call: their names are none of an object. */
const follow = (category, count) =>
  core.sql(
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)
     INSERT INTO category_follower (aggregate_type, session, turn, until) SELECT ?1, 'nobody-' || n, 1, ?3 FROM n`,
    category,
    count,
    Date.now() + hour,
  );
const watch = async (category) => {
  const talker = await (await core.talk()).init(token('staff', 'sam'));
  return [talker, talker.subscribe(`subscription { it: ${category}s(after: "0") { cursor event { aggregateId } } }`)];
};
const told = (talker, id) => talker.results(id).map(({ data }) => data.it.event.aggregateId);
/** How often a session could not be told of anything so far. */
const unreached = async () => (await core.logs()).filter(({ message }) => /a session was not told/.test(message)).length;
const deadLetters = async () => (await core.as(token('admin', 'root')).request('/admin/dead-letters')).body;

test('a follower that is never reached neither parks a letter nor keeps one from being confirmed, and others are told', async () => {
  await follow('room', 3);
  const [talker, watching] = await watch('room');
  await talker.ping();
  const rooms = [];
  for (let n = 0; n < 3; n++) rooms.push(await addRoom(core));
  await talker.next(watching, 3);
  assert.deepEqual(told(talker, watching).sort(), rooms.sort());
  await until('it is seen that some cannot be reached', async () => (await unreached()) >= 3);
  const confirmed = (room) => rows(core, 'room', room, 'SELECT confirmed FROM outbox')[0]?.confirmed;
  await until('all of it is confirmed', () => rooms.every((room) => confirmed(room) === 1));
  assert.deepEqual((await deadLetters()).sequences, []);
});

test('who could not be reached is told again, although the object that tells has ended in between', async () => {
  await core.evictSessions();
  const before = await unreached();
  await until('it is tried again', async () => (await unreached()) > before);
});

test('a category takes so many followers, and says so to the next', async () => {
  await follow('device', 899);
  const [first, watching] = await watch('device');
  await first.ping();
  const [next, refused] = await watch('device');
  const { type, payload } = await next.ended(refused);
  assert.deepEqual([type, payload[0].extensions.code], ['error', 'TOO_MANY_FOLLOWERS']);
  first.complete(watching);
  await first.ping();
  await until('there is room again', async () => {
    const again = next.subscribe('subscription { devices { cursor } }');
    await next.ping();
    return next.of(again).length === 0;
  });
  const { payload: other } = await first.ended(first.subscribe('subscription { devices { cursor } }'));
  assert.equal(other[0].extensions.code, 'TOO_MANY_FOLLOWERS');
});

test('what a category has to tell is told, although its object and the sessions end in between', async () => {
  const [talker, watching] = await watch('account');
  await talker.ping();
  const accounts = [];
  for (let n = 0; n < 10; n++) {
    accounts.push((await core.send('account', 'OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 })).aggregateId);
    await core.evictSessions();
  }
  await talker.next(watching, 10);
  assert.deepEqual(told(talker, watching).sort(), accounts.sort());
});
