// Who follows a category and cannot be reached holds up nobody: the bus has nothing to do with sessions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { until } from './harness.mjs';
import { addResource } from './claims.mjs';
import { rows } from './storage.mjs';
import { token, vars } from './tokens.mjs';

const core = new Core(configs.probe, { ...vars, BUS_ATTEMPTS: '1' }); // what fails is parked at once
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
const watch = async (category, after = '0') => {
  const talker = await (await core.talk()).init(token('operator', 'sam'));
  return [talker, talker.subscribe(`subscription { it: ${category}s(after: "${after}") { cursor event { aggregateId } } }`)];
};
const told = (talker, id) => talker.results(id).map(({ data }) => data.it.event.aggregateId);
/** How often a session could not be told of anything so far. */
const unreached = async () => (await core.logs()).filter(({ message }) => /a session was not told/.test(message)).length;
const deadLetters = async () => (await core.as(token('admin', 'root')).request('/admin/dead-letters')).body;

test('a follower that is never reached neither parks anything nor keeps an event from being confirmed, and others are told', async () => {
  await follow('resource', 3);
  const [talker, watching] = await watch('resource');
  await talker.ping();
  const resources = [];
  for (let n = 0; n < 3; n++) resources.push(await addResource(core));
  await talker.next(watching, 3);
  assert.deepEqual(told(talker, watching).sort(), resources.sort());
  await until('it is seen that some cannot be reached', async () => (await unreached()) >= 3);
  const confirmed = (resource) => rows(core, 'resource', resource, 'SELECT confirmed FROM cursors')[0]?.confirmed;
  await until('all of it is confirmed', () => resources.every((resource) => confirmed(resource) === 1));
  assert.deepEqual((await deadLetters()).sequences, []);
});

test('who could not be reached is told again, although the object that tells has ended in between', async () => {
  await core.evictSessions();
  const before = await unreached();
  await until('it is tried again', async () => (await unreached()) > before);
});

test('a category takes so many followers, and says so to the next', async () => {
  await follow('meter', 899);
  const [first, watching] = await watch('meter');
  await first.ping();
  const [next, refused] = await watch('meter');
  const { type, payload } = await next.ended(refused);
  assert.deepEqual([type, payload[0].extensions.code], ['error', 'TOO_MANY_FOLLOWERS']);
  first.complete(watching);
  await first.ping();
  await until('there is resource again', async () => {
    const again = next.subscribe('subscription { meters { cursor } }');
    await next.ping();
    return next.of(again).length === 0;
  });
  const { payload: other } = await first.ended(first.subscribe('subscription { meters { cursor } }'));
  assert.equal(other[0].extensions.code, 'TOO_MANY_FOLLOWERS');
});

test('what a category has to tell is told, although its object and the sessions end in between', async () => {
  const [{ position }] = await core.sql('SELECT MAX(position) AS position FROM journal');
  const [talker, watching] = await watch('resource', position);
  await talker.ping();
  const resources = [];
  for (let n = 0; n < 10; n++) {
    resources.push(await addResource(core));
    await core.evictSessions();
  }
  await talker.next(watching, 10);
  assert.deepEqual(told(talker, watching).sort(), resources.sort());
});
