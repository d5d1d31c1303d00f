// A destination that is slow holds up nobody else. The bus waits no longer than 10 s for one; what takes longer goes on at the
// other end, and is found done later. A probe whose id begins with `slow` takes 18 s over each of the first deliveries.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { heard, look } from './letters.mjs';
import { rows } from './storage.mjs';

const core = await serve();
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

/** When something was heard of a source, first and last. */
const times = async (id, source) => {
  const heard = (await core.events('probe', id)).filter(({ data }) => data.what?.includes(source));
  return { first: heard[0].time, last: heard.at(-1).time };
};

test('events and commands for a slow destination hold up those for no other, and each event has its effect once, in order', async () => {
  const [slow, quick, other] = [fresh('slow'), fresh('quick'), fresh('quick')];
  const sources = [fresh('source'), fresh('source')];
  const head = await toAll(sources[0], [slow, quick]); // one batch, with letters for both …
  await toAll(sources[1], [other, slow]); // … and the next, which waits until the first has given up the slow one

  for (const [source, to] of [[sources[0], quick], [sources[1], other]]) {
    const expected = [...(await told(source, to)), ...Array(3).fill(`a question of ${source}`)].sort();
    await until(`${to} has all of its own`, async () => JSON.stringify((await heard(core, to)).sort()) === JSON.stringify(expected), patient);
  }

  // The slow one gets there by itself: what was given up at this end goes on at the other, while the next attempts are made.
  const failedTwice = await until('attempts were given up at this end, twice', async () => {
    const { sequences } = await look(core, `?status=FAILING&destinationId=${slow}&sourceId=${sources[0]}`);
    return sequences.length === 2 && sequences.every(({ attempts }) => attempts === 2) && sequences;
  }, patient);
  const came = await times(slow, sources[0]);
  for (const { reason, lastAt } of failedTwice) {
    assert.match(reason, /no answer within 10s/);
    assert.ok(came.first < lastAt, 'what the first attempt brought was there before the second was given up');
  }
  assert.ok((await times(quick, sources[0])).last < came.first, 'the quick one of the same batch had all before the slow one had any');
  assert.ok((await times(other, sources[1])).last < came.first, 'and so had the quick one of the next batch');
  await until('its sequences flow again', async () => (await look(core, `?destinationId=${slow}`)).sequences.length === 0, patient);

  const has = await heard(core, slow);
  for (const source of sources) {
    assert.deepEqual(has.filter((what) => what.startsWith(`${source} `)), await told(source, slow), 'each event once, in order');
    // A probe remembers for 2 s only what a command came to: one that is tried again later than that is run again.
    const asked = has.filter((what) => what === `a question of ${source}`).length;
    assert.ok(asked >= 3 && asked % 3 === 0, `${asked} of 3 commands`);
  }

  // Nothing is left to be sent, and nothing comes any more.
  await until('the sources know that all of it has arrived', async () => {
    await new Promise((done) => setTimeout(done, 1_500)); // the cursor is kept a second after the last confirmation
    await core.stop();
    const confirmed = sources.map((source) => rows(core, 'probe', source, 'SELECT confirmed FROM outbox', script)[0]?.confirmed);
    await core.start();
    return confirmed.every((version) => version === head);
  }, patient);
  for (const source of sources) {
    const events = (await heard(core, slow)).filter((what) => what.startsWith(`${source} `));
    assert.deepEqual(events, await told(source, slow), 'a delivery that was still under way has changed nothing');
  }
});
