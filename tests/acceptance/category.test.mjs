// Subscriptions to a whole category, fed from the read side.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { addResource, cancel, days, reserve, resource101, settled } from './claims.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const operator = token('operator', 'sam');
const talk = async (who = operator) => (await core.talk()).init(who);

const document = `subscription ($filter: ClaimFilter, $after: String) { it: claims(filter: $filter, after: $after) {
  cursor event { type version aggregateId } claim { id version status resourceId userId } } }`;
const watch = (talker, variables) => talker.subscribe(document, variables);
const items = (talker, id) => talker.results(id).map(({ data, errors }) => {
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.it;
});
const places = (talker, id) => items(talker, id).map(({ event: { aggregateId, version } }) => `${aggregateId} ${version}`);
/** Waits until the session has joined: what it said before this is answered. */
const joined = (talker) => talker.ping();

/** The journal's events of claims, as `id version`, in order. */
async function journal(after = 0) {
  const rows = await core.sql("SELECT position, aggregate_id, version FROM journal WHERE aggregate_type = 'claim' AND position > ? ORDER BY position", after);
  return rows.map(({ aggregate_id, version }) => `${aggregate_id} ${version}`);
}
const last = async () => (await core.sql('SELECT COALESCE(MAX(position), 0) AS position FROM journal'))[0].position;

test('what happens to any claim comes once, in the order of the journal, with its row', async () => {
  const [talker, resource, from] = [await talk(), await addResource(core), await last()];
  const [watching, others] = [watch(talker, { after: String(from) }), talker.subscribe('subscription { it: meters { cursor } }')];
  await joined(talker);
  for (let day = 1; day <= 9; day++) await reserve(core, resource, `2027-02-1${day - 1}`, `2027-02-1${day}`);
  await talker.next(watching, 18);
  await talker.ping();
  assert.deepEqual(places(talker, watching), await journal(from));
  for (const { cursor, event, claim } of items(talker, watching)) {
    assert.ok(Number(cursor) > from);
    assert.ok(claim.version >= event.version, 'the read model has the event');
    assert.deepEqual([claim.id, claim.resourceId, claim.userId], [event.aggregateId, resource, 'ana']);
  }
  const cursors = items(talker, watching).map(({ cursor }) => Number(cursor));
  assert.deepEqual(cursors, [...new Set(cursors)].sort((a, b) => a - b));
  assert.deepEqual(items(talker, others), [], 'nothing of another category');
  // From a cursor on, and from the beginning.
  const middle = watch(talker, { after: String(cursors[8]) });
  await talker.next(middle, 9);
  assert.deepEqual(places(talker, middle), places(talker, watching).slice(9));
  const all = watch(talker, { after: '0' });
  const expected = await journal();
  await talker.next(all, expected.length);
  assert.deepEqual(places(talker, all), expected);
});

test('a filter leaves out what a list would leave out, and the cursor goes on behind it', async () => {
  const [talker, mine, other, from] = [await talk(), await addResource(core), await addResource(core), await last()];
  const filtered = watch(talker, { filter: { resourceId: mine, status: 'CANCELLED' }, after: String(from) });
  await joined(talker);
  const ids = [];
  for (const resource of [mine, other, mine]) {
    const id = await reserve(core, resource, `2027-03-0${ids.length + 1}`, `2027-03-0${ids.length + 2}`);
    await settled(core, id);
    ids.push(id);
  }
  await cancel(core, ids[1]);
  await cancel(core, ids[2]);
  const seen = () => items(talker, filtered).find(({ event }) => event.type === 'ClaimCancelled');
  await until('it is told of the one that was cancelled', seen);
  for (const { claim } of items(talker, filtered)) {
    assert.deepEqual([claim.id, claim.status], [ids[2], 'CANCELLED']);
  }
});

test('an owner hears of its own alone; who sees no list hears that', async () => {
  const [resource, from] = [await addResource(core), await last()];
  const talkers = await Promise.all(['ana', 'ben'].map((name) => talk(token('owner', name))));
  const [ana, ben] = talkers.map((talker) => watch(talker, { after: String(from) }));
  await Promise.all(talkers.map(joined));
  for (const [user, day] of [['ben', 1], ['ana', 3]]) {
    const id = fresh('claim');
    await core.send('claim', 'CreateClaim', days(resource, `2027-04-0${day}`, `2027-04-0${day + 1}`, user), { aggregateId: id });
    await settled(core, id);
  }
  await Promise.all([talkers[0].next(ana, 2), talkers[1].next(ben, 2)]);
  await Promise.all(talkers.map((talker) => talker.ping()));
  const users = (n, id) => items(talkers[n], id).map(({ claim }) => claim.userId);
  assert.deepEqual([users(0, ana), users(1, ben)], [['ana', 'ana'], ['ben', 'ben']]);
  for (const who of [token('machine', 'ana'), token('admin', 'ana')]) {
    const talker = await talk(who);
    const { payload } = await talker.ended(watch(talker, {}));
    assert.equal(payload[0].extensions.code, 'FORBIDDEN');
  }
});

test('a session that hibernates is woken by an event of its category', async () => {
  const [talker, resource, from] = [await talk(), await addResource(core), await last()];
  const watching = watch(talker, {});
  await joined(talker);
  await until('it has joined', async () => (await core.sql("SELECT session FROM category_follower WHERE aggregate_type = 'claim'")).length > 0);
  for (let day = 1; day <= 3; day++) {
    await core.evictSessions();
    const id = await reserve(core, resource, `2027-05-0${day}`, `2027-05-0${day + 1}`);
    await settled(core, id);
    await talker.next(watching, 2 * day);
  }
  assert.deepEqual(places(talker, watching), await journal(from));
});

test('after the runtime is killed a client comes back with its cursor, and gets what it missed; the dead are forgotten', async () => {
  const [before, resource, from] = [await talk(), await addResource(core), await last()];
  const watching = watch(before, { after: String(from) });
  await joined(before);
  await settled(core, await reserve(core, resource, '2027-06-01', '2027-06-02'));
  await before.next(watching, 2);
  await core.killAndRestart();
  const id = await reserve(core, resource, '2027-06-03', '2027-06-04');
  await settled(core, id);
  const after = await talk();
  const again = watch(after, { after: items(before, watching).at(-1).cursor });
  await after.next(again, 2);
  await cancel(core, id);
  await after.next(again, 3);
  assert.deepEqual([...places(before, watching), ...places(after, again)], await journal(from));
  const followers = () => core.sql("SELECT session FROM category_follower WHERE aggregate_type = 'claim'");
  await until('only one follows', async () => (await followers()).length === 1);
  await after.close();
  await until('nobody follows', async () => (await followers()).length === 0);
});

test('a cursor that is none, or ahead of the journal, is refused clearly', async () => {
  const talker = await talk();
  for (const after of ['-1', 'x', String(1e12)]) {
    const { payload } = await talker.ended(watch(talker, { after }));
    assert.equal(payload[0].extensions.code, 'INVALID_CURSOR', after);
  }
  const { payload } = await talker.ended(watch(talker, { filter: { startingFrom: '2027-02-30' } }));
  assert.equal(payload[0].extensions.code, 'INVALID_FIELD');
});

test('a page of the journal ends with the event that reaches its bytes', async () => {
  const statement = readFileSync(new URL('../../schema/sql/d1/query/journal_after.sql', import.meta.url), 'utf8');
  const page = (bytes) => core.sql(statement, 0, 'claim', 100, bytes);
  const all = await page(1e9);
  assert.ok(all.some(({ event }) => event === null) && all.length > 20, 'the rows of other categories are passed over');
  for (const bytes of [1, 1_000, 5_000]) {
    let taken = 0;
    const expected = all.filter(({ event }) => {
      const fits = taken < bytes;
      taken += fits && event ? Buffer.byteLength(event) : 0;
      return fits;
    });
    assert.deepEqual(await page(bytes), expected, `${bytes} bytes`);
  }
});

test('every category can be watched', async () => {
  const talker = await talk();
  const payloads = {
    resource: ['AddResource', resource101],
    claim: ['CreateClaim', days(await addResource(core), '2027-07-01', '2027-07-02')],
    meter: ['RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }],
  };
  const watched = Object.keys(payloads).map((type) => [
    type,
    talker.subscribe(`subscription { it: ${type}s(after: "0") { cursor event { aggregateType aggregateId } ${type} { id version } } }`),
  ]);
  for (const [type, id] of watched) {
    const [name, payload] = payloads[type];
    const { aggregateId } = await core.send(type, name, payload);
    await until(`the new ${type} has come`, () =>
      talker.results(id).some(({ data }) => data.it[type].id === aggregateId && data.it.event.aggregateId === aggregateId),
    );
    assert.deepEqual(new Set(talker.results(id).map(({ data }) => data.it.event.aggregateType)), new Set([type.toUpperCase()]));
  }
});
