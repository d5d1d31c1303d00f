// Whoever is far behind reads page by page, and pays for what it reads without being shown it: others have their turn.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { token } from './tokens.mjs';

const page = 1_000; // SCAN_EVENTS in shared/kernel/src/limits.rs
const pause = 50; // FEED_EVENTS_PER_SECOND there: a page of one principal costs so many ms
const pages = 4;
const feeds = 60;

const core = await serve('probe', { REQUESTS_PER_PRINCIPAL: '1000000' }, { requests: null, switched: true });
const talk = async (name) => (await core.talk()).init(token('owner', name));
const watch = (talker) => talker.subscribe('subscription { it: meters(after: "0") { cursor caughtUp event { version } } }');
const hasCaughtUp = (talker, id) => talker.results(id).some(({ data }) => data.it.caughtUp);
const pulls = async () => (await core.counts()).calls['/pull'] ?? 0;
const follows = async () => (await core.counts()).calls['/follow'] ?? 0;
const meter = fresh('meter');
const report = (n) => ({
  aggregateType: 'meter', aggregateId: meter, name: 'UpdateMeter',
  payload: { status: 'OK', reading: n, observedAt: new Date(Date.UTC(2027, 0, 1) + n).toISOString() },
});

test('there are some thousand events of a meter that is ben\'s', async () => {
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ben' }, { aggregateId: meter });
  for (let n = 0; n < pages * 10; n++) {
    const { body } = await core.post('/commands', Array.from({ length: page / 10 }, (_, index) => report(n * 100 + index)));
    assert.ok(body.every(({ status }) => status === 202));
  }
  const ben = await talk('ben');
  const id = ben.subscribe('subscription ($after: String) { it: meters(after: $after) { cursor caughtUp } }', {});
  await until('all of them are journalled', async () => (await core.ask('{ meters { nodes { version } } }')).meters.nodes[0].version === pages * page + 1);
  ben.complete(id);
});

test('who begins feeds of others\' events again and again reads no more pages than its turns, and nobody waits for it', async () => {
  const [ana, ben] = [await talk('ana'), await talk('ben')];
  const live = ben.subscribe('subscription { it: meters { cursor caughtUp event { version } } }');
  await ben.next(live);
  const [read, since] = [await pulls(), Date.now()];
  let heard = 1;
  const rounds = 3;
  for (let round = 1; round <= rounds; round++) {
    const before = await follows();
    const ids = Array.from({ length: feeds }, () => watch(ana));
    await until('the feeds have begun', async () => (await follows()) >= before + feeds);
    // Commands and live events of others go on.
    await core.send('meter', 'UpdateMeter', report(1e6 + round).payload, { aggregateId: meter });
    await ben.next(live, ++heard);
    assert.ok(!hasCaughtUp(ana, ids.at(-1)), 'they wait for each other, and not ben for them');
    for (const id of ids) ana.complete(id);
  }
  await ana.ping();
  const [taken, own] = [(await pulls()) - read, rounds];
  const turns = (Date.now() - since) / pause;
  assert.ok(taken - own <= turns + 3, `${taken - own} pages in ${turns} turns`);
  assert.ok(taken - own < rounds * feeds, `${taken - own} pages: a feed that has ended reads none`);
});

test('a feed from the beginning comes to its end, and whoever is close to the head has no turn to wait for', async () => {
  const [ana, ben] = [await talk('ana'), await talk('ben')];
  const ids = [watch(ana), watch(ana)];
  await ana.seen('the end of both', () => ids.every((id) => hasCaughtUp(ana, id)));
  const all = watch(ben);
  await ben.seen('all that is there', () => hasCaughtUp(ben, all));
  const versions = ben.results(all).map(({ data }) => data.it.event.version);
  assert.deepEqual(versions, versions.map((_, index) => index + 1));
  assert.ok(versions.length > pages * page);
});
