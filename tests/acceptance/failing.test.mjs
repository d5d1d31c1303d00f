// A destination that fails is tried again by its source, and needs nobody once it is well. The list for administrators says so, as
// soon as D1 lets it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { admin, ask, broken, gone, hears, listed, logged, look, patient, retry, tell, told, turn } from './letters.mjs';
import { vars } from './tokens.mjs';

const core = new Core(configs.probe, vars, undefined, undefined, true);
before(() => core.start());
after(() => core.close());

const names = (source, versions) => versions.map((version) => `${source} ${version}`);

test('a destination that fails for a while and recovers needs nobody', async () => {
  const [to, source] = [await broken(core), fresh('source')];
  await tell(core, source, to, 2);
  await ask(core, source, to);
  const failing = await listed(core, `destinationId=${to}`, 'FAILING');
  assert.ok(failing.attempts >= 2, 'what may be over in a moment is not listed');
  assert.ok(failing.firstAt < failing.lastAt && failing.lastAt < failing.nextAt);
  const [line] = await told(core, source, 'delivery_failing');
  const { destination, version, attempts, code, since } = line;
  assert.deepEqual([destination.aggregateId, version, attempts, code, since], [to, 1, 2, 'INTERNAL', failing.firstAt]);
  await turn(core, to, false);
  await hears(core, to, [...names(source, [1, 2]), `a question of ${source}`]);
  await gone(core, `destinationId=${to}`);
  assert.deepEqual(await logged(core, source, 'delivery_parked'), []);
});

test('the list lags behind while D1 is away, and catches up; what it leads to says how it is', async () => {
  const [to, source] = [await broken(core), fresh('source')];
  const unheard = async () => (await core.logs()).filter(({ message }) => message.startsWith('the list of what is held back is not told')).length;
  await core.d1('away');
  await tell(core, source, to);
  await until('the list could not be told', async () => (await logged(core, source, 'delivery_failing')).length > 0 && (await unheard()) > 0, patient);
  const { status, body } = await admin(core).request('/admin/dead-letters');
  assert.deepEqual([status, body.code], [503, 'UNAVAILABLE']);
  await core.d1('well');
  assert.deepEqual((await look(core, `?destinationId=${to}`)).sequences, []);
  const failing = await listed(core, `destinationId=${to}`, 'FAILING');

  const before = await unheard();
  await core.d1('away');
  await turn(core, to, false);
  await hears(core, to, names(source, [1]));
  await until('the list could not be told that it flows', async () => (await unheard()) > before, patient);
  await core.d1('well');
  assert.equal((await look(core, `?destinationId=${to}`)).sequences[0].status, 'FAILING');
  const { sequence, items } = await look(core, `/${failing.id}`);
  assert.deepEqual([sequence.status, items], ['FREE', []]);
  const again = await retry(core, failing);
  assert.deepEqual([again.status, again.body.code], [404, 'UNKNOWN_SEQUENCE']);
});
