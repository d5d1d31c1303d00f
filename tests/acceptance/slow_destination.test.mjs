// A destination that is slow holds up nobody else. The bus waits no longer than 10 s for one; what takes longer goes on at the
// other end, and is found done later. A probe whose id begins with `slow` takes 18 s over each of the first deliveries.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { heard, look } from './letters.mjs';
import { rows } from './storage.mjs';

const core = await serve('probe');
const script = { script: 'edgefold-probe' };
const patient = { within: 120_000 };

/** Three events and three commands for each of these, alternating, decided together: their letters share batches. */
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

test('events and commands for a slow destination hold up those for no other, and each has its effect once, in order', async () => {
  const [slow, quick, other] = [fresh('slow'), fresh('quick'), fresh('quick')];
  const sources = [fresh('source'), fresh('source')];
  const head = await toAll(sources[0], [slow, quick]);
  await toAll(sources[1], [other, slow]);

  for (const [source, to] of [[sources[0], quick], [sources[1], other]]) {
    const expected = [...(await told(source, to)), ...Array(3).fill(`a question of ${source}`)].sort();
    await until(`${to} has all of its own`, async () => JSON.stringify((await heard(core, to)).sort()) === JSON.stringify(expected), patient);
  }
  assert.deepEqual(await heard(core, slow), [], 'the slow one has nothing yet');

  // It gets there by itself: what was given up at this end goes on at the other, while the next attempts are made.
  const failedTwice = await until('attempts were given up at this end, twice', async () => {
    const { sequences } = await look(core, `?status=FAILING&destinationId=${slow}`);
    return sequences.length >= 2 && sequences.every(({ attempts }) => attempts === 2) && sequences;
  }, patient);
  await until('its sequences flow again', async () => (await look(core, `?destinationId=${slow}`)).sequences.length === 0, patient);
  const latest = (await core.events('probe', slow)).at(-1);
  for (const { reason, lastAt } of failedTwice) {
    assert.match(reason, /no answer within 10s/);
    assert.ok(latest.time < lastAt, 'what the first attempt brought was there before the second was given up');
  }
  const has = await heard(core, slow);
  for (const source of sources) {
    assert.deepEqual(has.filter((what) => what.startsWith(`${source} `)), await told(source, slow), 'each event once, in order');
    assert.equal(has.filter((what) => what === `a question of ${source}`).length, 3, 'each command once');
  }
  assert.equal(has.length, 12);

  // Nothing is left to be sent, and nothing comes any more.
  await until('the sources know that all of it has arrived', async () => {
    await new Promise((done) => setTimeout(done, 1_500)); // the cursor is kept a second after the last confirmation
    await core.stop();
    const confirmed = sources.map((source) => rows(core, 'probe', source, 'SELECT confirmed FROM outbox', script)[0]?.confirmed);
    await core.start();
    return confirmed.every((version) => version === head);
  }, patient);
  assert.deepEqual(await heard(core, slow), has);
});
