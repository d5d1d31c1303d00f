// The partitions of a category are those that the setting names and those that something was appended to. Whatever else a caller
// names is no partition, and nothing is begun for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addResource, cancel, projected, reserve, settled } from './claims.mjs';
import { serve, until } from './harness.mjs';
import { identifiers, rows, tables } from './storage.mjs';
import { token } from './tokens.mjs';

const set = (claims) => ({ JOURNAL_PARTITIONS: `claim=${claims}` });
const core = await serve('probe', set(3));
const admin = core.as(token('admin', 'root'));
const ana = token('owner', 'ana');
const operator = token('operator', 'sam');
const watch = (talker, after) =>
  talker.subscribe('subscription ($after: String) { it: claims(after: $after) { cursor caughtUp event { aggregateId version } } }', { after });
const talk = async (who = ana) => (await core.talk()).init(who);
const items = (talker, id) => talker.results(id).map(({ data }) => data.it);
const caughtUp = (talker, id) => talker.seen(`the word that ${id} has caught up`, () => items(talker, id).some((item) => item.caughtUp));
/** The partitions that the read models know of. */
const known = async () => (await core.sql("SELECT DISTINCT partition FROM checkpoint WHERE category = 'claim' ORDER BY partition")).map((row) => row.partition);
const status = async (name) => (await admin.request(`/admin/projections/${name}`)).body;
const rebuilt = async (name) => {
  const generation = async () => Math.max(...(await status(name)).partitions.map((one) => one.generation));
  const before = await generation();
  assert.equal((await admin.post(`/admin/projections/${name}/rebuild`)).status, 200);
  await until('the rebuild has ended', async () => !(await status(name)).rebuild && (await generation()) > before, { within: 40_000 });
};

const claims = [];
test('there are claims in all three', async () => {
  const resource = await addResource(core);
  for (let day = 1; day <= 9; day++) {
    const id = await reserve(core, resource, `2027-02-0${day}`, `2027-02-${String(day + 1).padStart(2, '0')}`);
    await settled(core, id);
    claims.push(id);
  }
  await projected(core, claims.at(-1));
  for (const number of [0, 1, 2]) assert.ok(rows(core, 'journal', `claim/${number}`, 'SELECT 1 FROM entries').length > 0);
});

test('a cursor that names partitions which there are not begins none, and a rebuild ends all the same', async () => {
  const [talker, before] = [await talk(), identifiers(core, 'journal')];
  // Nobody can make a cursor up, but the same deployment may have had more partitions.
  const wide = await serve('probe', set(64));
  const many = (await wide.ask('{ claims { updatesCursor } }')).claims.updatesCursor;
  await wide.close();
  const all = watch(talker, many);
  await caughtUp(talker, all);
  assert.equal(items(talker, all).filter(({ event }) => event).length, 2 * claims.length, 'each of what there is');
  const given = items(talker, all).at(-1).cursor;
  assert.ok(given.length < many.length / 4, 'a cursor that is given out names what there is');
  assert.deepEqual(await known(), [0, 1, 2]);
  await rebuilt('claim');
  assert.deepEqual(await known(), [0, 1, 2]);
  await core.stop();
  const made = identifiers(core, 'journal').filter((identifier) => !before.includes(identifier));
  for (const identifier of made) assert.deepEqual(tables(core, 'journal', identifier), []);
  await core.start();
});

test('what lies in partitions of another, larger setting stays readable, and a cursor of then goes on', async () => {
  const first = await talk(operator);
  const watching = watch(first, '0');
  await caughtUp(first, watching);
  const then = items(first, watching).at(-1).cursor;
  core.vars = { ...core.vars, ...set(1) };
  await core.restart();
  const back = await talk(operator);
  const again = watch(back, then);
  await caughtUp(back, again);
  for (const id of claims) await cancel(core, id);
  const versions = () => items(back, again).flatMap(({ event }) => event ?? []).map(({ aggregateId, version }) => `${aggregateId} ${version}`);
  await back.seen('every claim that was cancelled', () => versions().length >= claims.length);
  assert.deepEqual(versions().sort(), claims.map((id) => `${id} 3`).sort());
  core.vars = { ...core.vars, ...set(3) };
  await core.restart();
});

test('a place of a partition that nothing was ever appended to is not begun again with the next generation', async () => {
  // As a release before this one has left it.
  await core.sql("INSERT INTO checkpoint (name, generation, category, partition, turn, position, \"check\", is_caught_up) SELECT name, generation, category, 40, 1, 0, '', 1 FROM checkpoint WHERE name = 'claim' AND category = 'claim' AND partition = 0");
  await rebuilt('claim');
  assert.equal((await core.ask('{ claims(first: 100) { nodes { id } } }')).claims.nodes.length, claims.length);
  assert.deepEqual(await known(), [0, 1, 2]);
});
