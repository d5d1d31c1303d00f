// A destination that is slow holds up nobody else. Nobody waits longer than 10 s for one; what takes longer goes on at the other
// end, and is found done later. That heals by itself, so it is never parked. A probe whose id begins with `slow` takes 18 s over
// each of the first deliveries.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { broken, gone, heard, logged, look, parked, tell, told as tells } from './letters.mjs';
import { rows } from './storage.mjs';

const core = await serve('probe', { BUS_ATTEMPTS: '1' }); // what cannot heal is parked at once
const patient = { within: 120_000 };

/** Three events and three commands for each of these, alternating, decided together: one letter has them all. */
async function toAll(source, destinations) {
  const commands = [1, 2, 3].flatMap(() =>
    destinations.flatMap((to) => [
      { aggregateType: 'probe', aggregateId: source, name: 'Tell', payload: { to, count: 1 } },
      { aggregateType: 'probe', aggregateId: source, name: 'Ask', payload: { of: to, count: 1 } },
    ]),
  );
  const { status, body } = await core.post('/commands', commands);
  assert.deepEqual([status, ...new Set(body.map(({ status }) => status))], [200, 202]);
  return body.length;
}

/** Versions of the events of a source that tell this destination. */
const told = async (source, to) =>
  (await core.events('probe', source)).filter(({ data }) => data.to === to).map(({ sequence }) => `${source} ${Number(sequence)}`);

/** When something was heard of a source, first and last. */
const times = async (id, source) => {
  const heard = (await core.events('probe', id)).filter(({ data }) => data.what?.includes(source));
  return { first: heard[0].time, last: heard.at(-1).time };
};

test('events and commands for a slow destination hold up those for no other, and each event has its effect once, in order', async () => {
  const [slow, quick, other] = [fresh('slow'), fresh('quick'), fresh('quick')];
  const sources = [fresh('source'), fresh('source')];
  const head = await toAll(sources[0], [slow, quick]); // one batch, with deliveries for both …
  await toAll(sources[1], [other, slow]); // … and the next, which waits until the first has given up the slow one
  const bad = await broken(core);
  await tell(core, fresh('source'), bad);

  for (const [source, to] of [[sources[0], quick], [sources[1], other]]) {
    const expected = [...(await told(source, to)), ...Array(3).fill(`a question of ${source}`)].sort();
    await until(`${to} has all of its own`, async () => JSON.stringify((await heard(core, to)).sort()) === JSON.stringify(expected), patient);
  }

  // The slow one gets there by itself: what was given up at this end goes on at the other, while the next attempts are made.
  const failing = await until('attempts were given up at this end, twice', async () => {
    const { sequences } = await look(core, `?destinationId=${slow}&sourceId=${sources[0]}`);
    return sequences[0]?.attempts === 2 && sequences[0];
  }, patient);
  const { status, version, code, reason, nextAt } = failing;
  assert.deepEqual([status, version, code], ['FAILING', 1, 'UNAVAILABLE']);
  assert.match(reason, /no answer within 10s/);
  const came = await times(slow, sources[0]);
  assert.ok(came.first < nextAt, 'what the first attempt brought was there before the third');
  assert.ok((await times(quick, sources[0])).last < came.first, 'the quick one of the same batch had all before the slow one had any');
  assert.ok((await times(other, sources[1])).last < came.first, 'and so had the quick one of the next batch');
  const [line] = await tells(core, sources[0], 'delivery_failing');
  assert.deepEqual([line.destination.aggregateId, line.version, line.attempts, line.code], [slow, 1, 2, 'UNAVAILABLE']);

  // What fails is shown beside what is parked, unless the query says otherwise.
  await parked(core, `destinationId=${bad}`);
  const ends = async (query) => [...new Set((await look(core, query)).sequences.map(({ destination }) => destination.aggregateId))].sort();
  assert.deepEqual(await ends(''), [bad, slow].sort());
  assert.deepEqual([await ends('?status=FAILING'), await ends('?status=PARKED')], [[slow], [bad]]);
  assert.deepEqual([await ends('?code=UNAVAILABLE'), await ends('?code=INTERNAL'), await ends('?code=NONE')], [[slow], [bad], []]);
  const { totals } = await look(core, '');
  assert.deepEqual(totals.map(({ status, code }) => [status, code]), [['FAILING', 'UNAVAILABLE'], ['PARKED', 'INTERNAL']]);

  await gone(core, `destinationId=${slow}`);
  const has = await heard(core, slow);
  for (const source of sources) {
    assert.deepEqual(has.filter((what) => what.startsWith(`${source} `)), await told(source, slow), 'each event once, in order');
    assert.equal(has.filter((what) => what === `a question of ${source}`).length, 3, 'each command once');
    assert.deepEqual(await logged(core, source, 'delivery_parked'), [], 'it was never parked');
  }

  // Nothing is left to be sent, and nothing comes any more.
  await until('the sources know that all of it has arrived', async () => {
    await new Promise((done) => setTimeout(done, 1_500)); // the cursor is kept a second after the last confirmation
    await core.stop();
    const confirmed = sources.map((source) => rows(core, 'probe', source, 'SELECT confirmed FROM standing')[0]?.confirmed);
    await core.start();
    return confirmed.every((version) => version === head);
  }, patient);
  for (const source of sources) {
    const events = (await heard(core, slow)).filter((what) => what.startsWith(`${source} `));
    assert.deepEqual(events, await told(source, slow), 'a delivery that was still under way has changed nothing');
  }
});
