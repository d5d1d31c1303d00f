// What one instance gets of a batch travels in one call, and its commands share one transaction.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { ask, heard, hears, patient, tell } from './letters.mjs';

const core = await serve();

const askedBy = (source, count) => Array.from({ length: count }, () => `a question of ${source}`);

test('the commands of one batch are decided together: one instant, one after the other, each once', async () => {
  const [to, source] = [fresh('probe'), fresh('source')];
  await ask(core, source, to, 50);
  await hears(core, to, askedBy(source, 50));
  const [events, asked] = [await core.events('probe', to), await core.events('probe', source)];
  assert.equal(new Set(events.map(({ time }) => time)).size, 1, 'one transaction has one instant');
  assert.deepEqual(events.map(({ causationid }) => causationid), asked.map(({ id }) => id), 'in the order of the source');
});

test('events and commands of many sources reach one instance side by side', async () => {
  const to = fresh('probe');
  const sources = Array.from({ length: 8 }, () => fresh('source'));
  await Promise.all(sources.flatMap((source) => [ask(core, source, to, 5), tell(core, source, to, 5)]));
  await until('it has heard all', async () => (await heard(core, to)).length === 80, patient);
  const said = await heard(core, to);
  for (const source of sources) {
    assert.equal(said.filter((what) => what === `a question of ${source}`).length, 5);
    const told = said.filter((what) => what.startsWith(`${source} `)).map((what) => Number(what.split(' ')[1]));
    assert.equal(told.length, 5);
    assert.deepEqual(told, told.toSorted((one, other) => one - other), 'in the order of the source');
  }
});
