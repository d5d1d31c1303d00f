// Who follows a category and cannot be reached holds up nobody.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { until } from './harness.mjs';
import { addResource } from './claims.mjs';
import { journalled } from './journal.mjs';
import { inDatabase } from './storage.mjs';
import { token, vars } from './tokens.mjs';

const core = new Core(configs.probe, { ...vars, BUS_ATTEMPTS: '1' }); // what fails is parked at once
before(() => core.start());
after(() => core.close());

const hour = 3_600_000; // ms
const table = readFileSync(new URL('../../schema/sql/journal/followers_table.sql', import.meta.url), 'utf8');
/** So many sessions whose object nobody can call: their names are none of an object. The category has events already. */
async function follow(category, count) {
  await core.stop();
  inDatabase(core, 'journal', `${category}/0`, (database) => {
    database.exec(table);
    const add = database.prepare("INSERT INTO followers (session, turn, until, filters) VALUES (?, 1, ?, '[]')");
    for (let n = 1; n <= count; n++) add.run(`nobody-${n}`, Date.now() + hour);
  });
  await core.start();
}
const watch = async (category, role = 'operator', after = '0') => {
  const talker = await (await core.talk()).init(token(role, 'sam'));
  return [talker, talker.subscribe(`subscription ($after: String) { it: ${category}s(after: $after) { cursor event { aggregateId } } }`, { after })];
};
const told = (talker, id) => talker.results(id).map(({ data }) => data.it.event?.aggregateId).filter(Boolean);
const heard = (talker, id, resources) =>
  talker.seen(`word of ${resources}`, () => resources.every((resource) => told(talker, id).includes(resource)));
/** How often a session could not be told of anything so far. */
const unreached = async () => (await core.logs())
  .reduce((sum, { message }) => sum + Number(/(\d+) sessions were not told/.exec(message)?.[1] ?? 0), 0);
const deadLetters = async () => (await core.as(token('admin', 'root')).request('/admin/dead-letters')).body;

test('a follower that is never reached neither parks anything nor keeps an event from being journalled, and others are told', async () => {
  await addResource(core);
  await follow('resource', 3);
  const [talker, watching] = await watch('resource');
  await talker.next(watching);
  const resources = [];
  for (let n = 0; n < 3; n++) resources.push(await addResource(core));
  await heard(talker, watching, resources);
  await until('it is seen that some cannot be reached', async () => (await unreached()) >= 3);
  for (const resource of resources) await journalled(core, 'resource', resource);
  assert.deepEqual((await deadLetters()).sequences, []);
});

test('who could not be reached is told again, although the journal has ended in between', async () => {
  await core.evict('journals', 'resource/0');
  const before = await unreached();
  await until('it is tried again', async () => (await unreached()) > before);
});

test('a category takes so many followers, the last of them only if they list everything, and says so to the next', async () => {
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' });
  await follow('meter', 899);
  const end = async ([talker, id]) => {
    const { type, payload } = await talker.ended(id);
    return [type, payload[0].extensions.code];
  };
  assert.deepEqual(await end(await watch('meter', 'owner')), ['error', 'TOO_MANY_FOLLOWERS']);
  const [first, watching] = await watch('meter');
  await first.next(watching);
  const [next, refused] = await watch('meter');
  assert.deepEqual(await end([next, refused]), ['error', 'TOO_MANY_FOLLOWERS']);
  first.complete(watching);
  await first.ping();
  await until('there is room again', async () => {
    const again = next.subscribe('subscription { meters { cursor } }');
    await next.seen('an answer', () => next.of(again).length > 0);
    return next.results(again).length > 0;
  });
  assert.deepEqual(await end([first, first.subscribe('subscription { meters { cursor } }')]), ['error', 'TOO_MANY_FOLLOWERS']);
});

test('what a category has to tell is told, although the journal and the sessions end in between', async () => {
  const { resources: { updatesCursor } } = await core.ask('{ resources { updatesCursor } }');
  const [talker, watching] = await watch('resource', 'operator', updatesCursor);
  await talker.next(watching);
  const resources = [];
  for (let n = 0; n < 10; n++) {
    resources.push(await addResource(core));
    await core.evict('journals', 'resource/0');
    await core.evictSessions();
  }
  await heard(talker, watching, resources);
  assert.deepEqual(told(talker, watching).sort(), resources.sort(), 'each once');
});
