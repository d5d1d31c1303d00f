// Subscriptions to a whole category, fed from the partitions of its journal.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { addResource, cancel, days, reserve, resource101, settled } from './claims.mjs';
import { rows } from './storage.mjs';
import { token, vars } from './tokens.mjs';

const operator = token('operator', 'sam');
const document = `subscription ($filter: ClaimFilter, $after: String) { it: claims(filter: $filter, after: $after) {
  cursor left caughtUp event { type version aggregateId } claim { id version status resourceId userId } } }`;
const watch = (talker, variables) => talker.subscribe(document, variables);
const items = (talker, id) => talker.results(id).map(({ data, errors }) => {
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.it;
});
/** Those with an event, as `id version`, in the order in which they came. */
const told = (talker, id) => items(talker, id).filter(({ event }) => event).map(({ event: { aggregateId, version } }) => `${aggregateId} ${version}`);
const caughtUp = (talker, id) => talker.seen(`the word that ${id} has caught up`, () => items(talker, id).some((item) => item.caughtUp));
const refused = async (talker, variables) => (await talker.ended(watch(talker, variables))).payload[0].extensions.code;
const sorted = (list) => [...list].sort();

/** The events of claims that each partition of the journal has, as `id version`. */
const journal = (core, partitions) => Array.from({ length: partitions }, (_, partition) => {
  const select = (statement) => rows(core, 'journal', `claim/${partition}`, statement);
  // A partition to which no claim belongs has no table.
  if (!select("SELECT 1 FROM sqlite_master WHERE name = 'entries'").length) return [];
  return select('SELECT appends FROM entries ORDER BY position').flatMap(({ appends }) =>
    JSON.parse(appends).flatMap(({ events }) => events.map(({ subject, sequence }) => `${subject} ${Number(sequence)}`)));
});
/** Checks that what was told is just this, and in the order of each partition. */
function inOrder(seen, partitions) {
  assert.deepEqual(sorted(seen), sorted(partitions.flat()));
  for (const partition of partitions) assert.deepEqual(seen.filter((event) => partition.includes(event)), partition);
}

async function serve(partitions) {
  const core = new Core(configs.probe, { ...vars, JOURNAL_PARTITIONS: `claim=${partitions}` }, undefined, undefined, true);
  after(() => core.close());
  await core.start();
  return core;
}

for (const partitions of [1, 3]) {
  test(`a journal of ${partitions}`, async (t) => {
    const core = await serve(partitions);
    const talk = async (who = operator) => (await core.talk()).init(who);
    /** A cursor that says: from now on. */
    const now = async () => (await core.ask('{ claims { updatesCursor } }')).claims.updatesCursor;
    const behind = (before) => journal(core, partitions).map((events, n) => events.slice(before[n].length));

    await t.test('what happens to any claim comes once, in the order of its stream, with its row', async () => {
      const [talker, resource] = [await talk(), await addResource(core)];
      const [watching, others] = [watch(talker), talker.subscribe('subscription { it: meters { cursor caughtUp event { id } } }')];
      await Promise.all([watching, others].map((id) => caughtUp(talker, id)));
      assert.deepEqual(items(talker, watching).map(({ event, claim, left }) => [event, claim, left]), [[null, null, null]], 'nothing was there');
      for (let day = 1; day <= 9; day++) await reserve(core, resource, `2027-02-1${day - 1}`, `2027-02-1${day}`);
      await talker.next(watching, 19);
      await talker.ping();
      inOrder(told(talker, watching), journal(core, partitions));
      const changes = items(talker, watching).filter(({ event }) => event);
      for (const { event, claim, caughtUp } of changes) {
        assert.ok(claim.version >= event.version && caughtUp);
        assert.deepEqual([claim.id, claim.resourceId, claim.userId], [event.aggregateId, resource, 'ana']);
      }
      assert.equal(items(talker, others).length, 1, 'nothing of another category');
      // From any cursor on, and from the beginning.
      const middle = watch(talker, { after: changes[8].cursor });
      await talker.next(middle, 9);
      assert.deepEqual(sorted([...told(talker, watching).slice(0, 9), ...told(talker, middle)]), sorted(told(talker, watching)));
      assert.deepEqual(items(talker, middle).map(({ caughtUp }) => caughtUp), [...Array(8).fill(false), true]);
      const all = watch(talker, { after: '0' });
      await caughtUp(talker, all);
      inOrder(told(talker, all), journal(core, partitions));
    });

    await t.test('a filter holds what a list would hold, and says what it holds no more', async () => {
      const [talker, mine, other] = [await talk(), await addResource(core), await addResource(core)];
      const filtered = watch(talker, { filter: { resourceId: mine, status: 'CONFIRMED' }, after: await now() });
      await caughtUp(talker, filtered);
      const ids = [];
      for (const resource of [mine, other, mine]) {
        const id = await reserve(core, resource, `2027-03-0${ids.length + 1}`, `2027-03-0${ids.length + 2}`);
        await settled(core, id);
        ids.push(id);
      }
      await cancel(core, ids[1]);
      await cancel(core, ids[2]);
      await talker.seen('the word that one has left', () => items(talker, filtered).some(({ left }) => left));
      // The events of each claim come in order; those of two may lie in two partitions.
      const said = (id, of) => items(talker, id).filter(({ left, claim }) => (left ?? claim?.id) === of).map(({ left, event }) => `${event.type}${left ? ' left' : ''}`);
      const expected = [['ClaimConfirmed'], [], ['ClaimConfirmed', 'ClaimCancelled left']];
      await talker.seen('word of the first', () => said(filtered, ids[0]).length > 0);
      assert.deepEqual(ids.map((id) => said(filtered, id)), expected);
      // Whoever was away hears of it, too.
      const back = watch(talker, { filter: { resourceId: mine, status: 'CONFIRMED' }, after: items(talker, filtered)[0].cursor });
      await caughtUp(talker, back);
      assert.deepEqual(ids.map((id) => said(back, id)), expected);
    });

    await t.test('from a list to its updates nothing is missing and nothing is left over, whatever goes on meanwhile', async () => {
      const [talker, resource] = [await talk(), await addResource(core)];
      const filter = { resourceId: resource, status: 'CONFIRMED' };
      const list = 'query ($filter: ClaimFilter) { claims(filter: $filter, first: 100) { updatesCursor nodes { id version } } }';
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let day = 1; day <= 6; day++) {
          const id = await reserve(core, resource, `2027-0${writer + 4}-1${day}`, `2027-0${writer + 4}-1${day + 1}`);
          await settled(core, id);
          if (day % 2) await cancel(core, id);
        }
      });
      const seen = [];
      for (let n = 0; n < 5; n++) {
        const { updatesCursor, nodes } = (await core.ask(list, { filter })).claims;
        seen.push({ id: watch(talker, { filter, after: updatesCursor }), nodes });
        await new Promise((done) => setTimeout(done, 100));
      }
      await Promise.all(writers);
      const show = ({ id, nodes }) => {
        const map = new Map(nodes.map((row) => [row.id, row.version]));
        for (const { claim, left } of items(talker, id)) {
          if (claim) map.set(claim.id, Math.max(claim.version, map.get(claim.id) ?? 0));
          if (left) map.delete(left);
        }
        return sorted([...map].map(String));
      };
      const there = async () => sorted((await core.ask(list, { filter })).claims.nodes.map(({ id, version }) => `${id},${version}`));
      await until('the list is settled', async () => (await there()).length === 12);
      for (const one of seen) await until('the updates show what the list shows', async () => String(show(one)) === String(await there()));
    });

    await t.test('an owner hears of its own alone, and is woken by nothing else', async () => {
      const resource = await addResource(core);
      const talkers = await Promise.all(['ana', 'ben'].map((name) => talk(token('owner', name))));
      const from = await now();
      const [ana, ben] = talkers.map((talker) => watch(talker, { after: from }));
      await Promise.all([caughtUp(talkers[0], ana), caughtUp(talkers[1], ben)]);
      const tells = async () => (await core.counts()).calls['/told'] ?? 0;
      const before = await tells();
      for (const [user, day] of [['ben', 1], ['ana', 3]]) {
        const id = fresh('claim');
        await core.send('claim', 'CreateClaim', days(resource, `2027-09-0${day}`, `2027-09-0${day + 1}`, user), { aggregateId: id });
        await settled(core, id);
      }
      await Promise.all([talkers[0].next(ana, 3), talkers[1].next(ben, 3)]);
      await Promise.all(talkers.map((talker) => talker.ping()));
      const users = (n, id) => items(talkers[n], id).slice(1).map(({ claim }) => claim.userId);
      assert.deepEqual([users(0, ana), users(1, ben)], [['ana', 'ana'], ['ben', 'ben']]);
      assert.ok(await tells() - before <= 4 + 4 * 5, 'of four events each tells one owner; earlier tests have five sessions');
      for (const who of [token('machine', 'ana'), token('admin', 'ana')]) assert.equal(await refused(await talk(who), {}), 'FORBIDDEN');
    });

    await t.test('sessions and journals that sleep are woken by an event of the category', async () => {
      const [talker, resource, before] = [await talk(), await addResource(core), journal(core, partitions)];
      const watching = watch(talker, { after: await now() });
      await caughtUp(talker, watching);
      for (let day = 1; day <= 3; day++) {
        await core.evictSessions();
        for (let n = 0; n < partitions; n++) await core.evict('journals', `claim/${n}`);
        const id = await reserve(core, resource, `2027-10-0${day}`, `2027-10-0${day + 1}`);
        await settled(core, id);
        await talker.next(watching, 1 + 2 * day);
      }
      inOrder(told(talker, watching), behind(before));
    });

    await t.test('after the runtime is killed a client comes back with its cursor, and gets what it missed; the dead are forgotten', async () => {
      const [dead, resource, before] = [await talk(), await addResource(core), journal(core, partitions)];
      const watching = watch(dead, { after: await now() });
      await settled(core, await reserve(core, resource, '2027-11-01', '2027-11-02'));
      await dead.next(watching, 2);
      await core.killAndRestart();
      const id = await reserve(core, resource, '2027-11-03', '2027-11-04');
      await settled(core, id);
      const back = await talk();
      const again = watch(back, { after: items(dead, watching).at(-1).cursor });
      await until('what it missed has come', () => told(back, again).length >= 2);
      await cancel(core, id);
      await until('what comes then has come', () => told(back, again).length >= 3);
      inOrder([...told(dead, watching), ...told(back, again)], behind(before));
      const followers = (n) => rows(core, 'journal', `claim/${n}`, 'SELECT session FROM followers').length;
      const all = () => Array.from({ length: partitions }, (_, n) => followers(n));
      await reserve(core, resource, '2027-11-05', '2027-11-06');
      await back.close();
      await until('nobody follows, as far as somebody was told', () => all().some((count) => count === 0));
    });

    await t.test('subscriptions go on while D1 is away', async () => {
      const [talker, resource, from] = [await talk(), await addResource(core), await now()];
      const live = watch(talker, { after: from });
      await caughtUp(talker, live);
      await core.d1('away');
      const id = await reserve(core, resource, '2027-12-01', '2027-12-02');
      await settled(core, id);
      await until('it is told', () => told(talker, live).includes(`${id} 2`));
      const late = watch(talker, { after: from });
      await caughtUp(talker, late);
      assert.deepEqual(told(talker, late), told(talker, live));
      await core.d1('well');
    });

    await t.test('a cursor that is none, of another category, or of another past is refused clearly', async () => {
      const talker = await talk();
      const cursor = await now();
      const other = (await core.ask('{ meters { updatesCursor } }')).meters.updatesCursor;
      for (const wrong of ['-1', 'x', String(1e12), '', other, cursor.slice(1)]) assert.equal(await refused(talker, { after: wrong }), 'INVALID_CURSOR', wrong);
      const made = (places) => Buffer.from(JSON.stringify(['claim', places])).toString('base64url');
      for (const places of [[[1, '00000000']], Array(64).fill([0, ''])]) assert.equal(await refused(talker, { after: made(places) }), 'INVALID_CURSOR');
      const elsewhere = await serve(partitions);
      const [there, place] = [await (await elsewhere.talk()).init(operator), await addResource(elsewhere)];
      await settled(elsewhere, await reserve(elsewhere, place, '2027-12-01', '2027-12-02'));
      assert.equal(await refused(there, { after: cursor }), 'STALE_CURSOR', 'of another past: the seal is the same');
      assert.equal(await refused(talker, { filter: { startingFrom: '2027-02-30' } }), 'INVALID_FIELD');
    });
  });
}

test('every category can be watched', async () => {
  const core = await serve(1);
  const talker = await (await core.talk()).init(operator);
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
    const told = () => talker.results(id).map(({ data }) => data.it).filter(({ event }) => event);
    await until(`the new ${type} has come`, () => told().some((it) => it[type].id === aggregateId && it.event.aggregateId === aggregateId));
    assert.deepEqual(new Set(told().map(({ event }) => event.aggregateType)), new Set([type.toUpperCase()]));
  }
});
