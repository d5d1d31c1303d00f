// D1 is away or slow: lists say so, everything else goes on, and nothing makes it worse.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journalled, rows } from './journal.mjs';
import { token } from './tokens.mjs';

const core = await serve('probe', {}, { switched: true });

/** A processor that has met a D1 that is away looks again within a minute. */
const patient = { within: 120_000 };
const ids = (count, kind = 'probe') => Array.from({ length: count }, () => fresh(kind));
const append = (id, count = 1) => core.send('probe', 'Append', { count }, { aggregateId: id });
const register = (id) => core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: id });
const list = async () => {
  const { body, headers } = await core.post('/graphql', { query: '{ meters { nodes { id } } }' });
  const code = body.errors?.[0].extensions.code ?? 'OK';
  if (code === 'UNAVAILABLE') assert.ok(Number(headers.get('retry-after')) > 0, 'it says when to come again');
  return code;
};
/** What does not need D1: a query by id, a correlation, and what was journalled. */
async function others(id, correlation) {
  const { meter } = await core.ask('query ($id: ID!) { meter(id: $id) { version } }', { id });
  const { status, body } = await core.request(`/correlations/${correlation}`);
  return [meter.version, status, body.entries.length];
}

test('while D1 is away lists say so and everything else goes on; D1 is not stormed, and the rows follow by themselves', async () => {
  const streams = ids(50);
  const [meter, watched] = ids(2, 'meter');
  const { commandId } = await register(meter);
  await journalled(core, 'meter', meter);
  const talker = await (await core.talk()).init(token('operator', 'sam'));
  const watching = talker.subscribe('subscription { it: meters { meter { id } } }');
  await talker.ping();
  await core.d1('away');
  const before = await core.d1Calls();
  const end = Date.now() + 20_000;
  await Promise.all(streams.map((id) => append(id)));
  await register(watched);
  let rounds = 0;
  while (Date.now() < end) {
    rounds++;
    assert.equal(await list(), 'UNAVAILABLE');
    assert.deepEqual(await others(meter, commandId), [1, 200, 1]);
    await new Promise((done) => setTimeout(done, 1_000));
  }
  await Promise.all(streams.map((id) => append(id)));
  for (const id of streams) await journalled(core, 'probe', id);
  const seen = () => talker.results(watching).some(({ data }) => data.it.meter?.id === watched);
  await until('whoever watches has heard', seen);
  // One call of each round is the reader's own. A journal tries after 1, 2, 4 … s, however many events it has.
  const ofJournals = (await core.d1Calls()) - before - rounds;
  assert.ok(ofJournals <= 20, `${ofJournals} calls`);
  await core.d1('well');
  await until('all rows are there', async () => {
    const all = await rows(core, 'probe');
    return streams.every((id) => all.find((row) => row.id === id)?.version === 2);
  }, patient);
  await until('lists are, too', async () => (await list()) === 'OK');
  await until('the row of the other category is, too', async () => (await rows(core, 'meter')).some(({ id }) => id === watched), patient);
  await talker.close();
});

test('a D1 that does not answer is given up soon, and holds up nothing but lists', async () => {
  const id = fresh('probe');
  await append(id);
  await core.d1('slow');
  let answered;
  list().then((code) => (answered = code));
  await append(id);
  await journalled(core, 'probe', id);
  assert.equal(answered, undefined, 'neither command nor journal has waited for D1');
  await until('the reader has its answer', () => answered === 'UNAVAILABLE', { within: 50_000 }); // D1 itself takes 60 s
  await core.d1('well');
  await until('the row is there', async () => (await rows(core, 'probe')).find((row) => row.id === id)?.version === 2, patient);
});
