// D1 is away, slow, or lacks what a statement needs: objects work on, callers are told, and the projection makes nothing worse.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { parked, redriven } from './letters.mjs';
import { vars } from './tokens.mjs';

const core = new Core(configs.probe, { ...vars, BUS_ATTEMPTS: '1' }, undefined, undefined, true); // what cannot heal is parked at once
before(() => core.start());
after(() => core.close());

/** The bus may take its time between two tries. */
const patient = { within: 120_000 };
const ids = (count, kind = 'probe') => Array.from({ length: count }, () => fresh(kind));
const append = (id, count = 1) => core.send('probe', 'Append', { count }, { aggregateId: id });
const logged = async (text) => (await core.logs()).some(({ message }) => text.test(message));
const list = async () => {
  const { body } = await core.post('/graphql', { query: '{ meters { nodes { id } } }' });
  return body.errors?.[0].extensions.code ?? 'OK';
};
const refusal = async () => {
  const { status, body } = await core.request('/correlations/nobody');
  return [status, body.code];
};
/** Calls to D1 while this is done. */
const calls = async (work) => {
  const before = await core.d1Calls();
  await work();
  return (await core.d1Calls()) - before;
};

test('while D1 is away commands are accepted, readers are told, and D1 is not stormed; afterwards all is journalled', async () => {
  const streams = ids(50);
  await core.d1('away');
  const end = Date.now() + 20_000;
  let rounds = 0;
  const made = await calls(async () => {
    await Promise.all(streams.map((id) => append(id)));
    while (Date.now() < end) {
      rounds++;
      assert.deepEqual([await list(), ...(await refusal())], ['UNAVAILABLE', 503, 'UNAVAILABLE']);
      await new Promise((done) => setTimeout(done, 1_000));
    }
    await Promise.all(streams.map((id) => append(id)));
  });
  await core.d1('well');
  for (const id of streams) await journalled(core, 'probe', id, patient);
  assert.equal(await list(), 'OK');
  assert.deepEqual((await core.logs()).filter(({ message }) => message.includes('delivery_parked')), [], 'nothing is parked: it heals');
  // Two calls of each round are the readers' own. A batch of letters makes no more than three, however many streams it has;
  // each letter may come in a batch of its own at first, and those that come again come together.
  const ofTheBus = made - 2 * rounds;
  assert.ok(ofTheBus <= 3 * 2 * streams.length, `${ofTheBus} calls`);
});

test('a D1 that does not answer is given up soon, and holds up no command', async () => {
  await core.d1('slow');
  const since = Date.now();
  const answers = Promise.all([list(), refusal()]);
  const id = fresh('probe');
  await append(id);
  assert.ok(Date.now() - since < 4_000, 'the command has not waited for D1');
  assert.deepEqual(await answers, ['UNAVAILABLE', [503, 'UNAVAILABLE']]);
  assert.ok(Date.now() - since < 15_000, 'the readers have not waited for long');
  await core.d1('well');
  await journalled(core, 'probe', id, patient);
});

test('one stream among a hundred that cannot be projected costs few calls, and is named with what is missing', async () => {
  const [bad, ...good] = [fresh('meter'), ...ids(99)];
  await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: bad });
  await Promise.all(good.map((id) => append(id)));
  for (const id of good) await journalled(core, 'probe', id, patient);
  await journalled(core, 'meter', bad, patient);
  // The same messages once more, all at once, to a journal that knows nothing of them.
  const all = [bad, ...good];
  const rows = await core.sql('SELECT aggregate_id AS id, event FROM journal');
  const message = (id) => {
    const source = { aggregateType: id === bad ? 'meter' : 'probe', aggregateId: id };
    return `{"source":${JSON.stringify(source)},"after":0,"through":1,"events":[${rows.find((row) => row.id === id).event}]}`;
  };
  await core.sql('DELETE FROM journal');
  await core.sql('ALTER TABLE meter RENAME TO meter_away');
  const made = await calls(async () => {
    await core.letters(all.map(message), 'JOURNAL');
    for (const id of good) await journalled(core, 'probe', id, patient);
  });
  assert.ok(made <= 20, `${made} calls`); // 16 of the projection, and what the bus asks and notes
  const name = new RegExp(`meter ${bad} is not projected from version 1 on: defect: .*no such table: meter.*, in: .*INSERT INTO meter`, 's');
  await until('the log tells', () => logged(name));
  assert.equal(await list(), 'INTERNAL');
  await core.sql('ALTER TABLE meter_away RENAME TO meter');
  await redriven(core, await parked(core, `sourceId=${bad}`), 1);
  await journalled(core, 'meter', bad);
  assert.equal(await list(), 'OK');
});
