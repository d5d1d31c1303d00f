// What is parked survives the end of the runtime at any moment, and what the platform gives up is parked too.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { broken, discard, heard, hears, look, parked, patient, redriven, tell, turn } from './letters.mjs';
import { rows } from './storage.mjs';
import { vars } from './tokens.mjs';

const serve = async (settings, retries) => {
  const core = new Core(configs.probe, { ...vars, ...settings }, undefined, retries);
  after(() => core.close());
  await core.start();
  return core;
};
const names = (source, versions) => versions.map((version) => `${source} ${version}`);
const script = { script: 'edgefold-probe' };

describe('what is parked', { concurrency: true }, () => {
  test('a runtime that is killed between parking and acknowledging parks nothing twice, and its source sends it no more', async () => {
    const core = await serve({ BUS_ATTEMPTS: '1', SEND_AGAIN_SECONDS: '2' });
    const [to, source] = [await broken(core), fresh('source')];
    for (let round = 1; round <= 3; round++) {
      await tell(core, source, to);
      // As soon as the row is there: what comes after it in the script may or may not have happened.
      await until('it is parked', async () => {
        const [{ letters }] = await core.sql("SELECT COUNT(*) AS letters FROM dead_letter WHERE status = 'PARKED'");
        return letters === round;
      }, patient);
      await core.killAndRestart();
    }
    const sequence = await parked(core, `destinationId=${to}`, 3);
    await until('the source knows that all of it was handed over', async () => {
      await new Promise((done) => setTimeout(done, 4_000)); // the alarm rings, and the cursor is kept a second later
      await core.stop();
      const [cursor] = rows(core, 'probe', source, 'SELECT confirmed FROM outbox', script);
      await core.start();
      return cursor?.confirmed === 3;
    }, patient);
    assert.equal((await look(core, `?destinationId=${to}`)).sequences[0].letters, 3);

    // The first is discarded: the mark moves over it as over the others.
    assert.equal((await discard(core, sequence, '1.0')).status, 200);
    await turn(core, to, false);
    await redriven(core, sequence, 2);
    await tell(core, source, to);
    await hears(core, to, names(source, [2, 3, 4]));
    await core.stop();
    const marks = rows(core, 'probe', to, 'SELECT source_id, version FROM marks', script);
    assert.deepEqual(marks, [{ source_id: source, version: 4 }]);
  });

  test('what the queue gives up is parked, in order; what of it can be delivered nevertheless flows at once', async () => {
    // More attempts than the queue allows: it gives up before we do.
    const core = await serve({ BUS_ATTEMPTS: '50' }, 2);
    const [to, source] = [await broken(core), fresh('source')];
    await tell(core, source, to, 2);
    const event = await parked(core, `lane=EVENT&destinationId=${to}`, 2);
    assert.match(event.reason, /the probe is broken/);
    // Nothing was wrong with its other parts.
    await journalled(core, 'probe', source);
    await until('the projection flows', async () => {
      const { sequences } = await look(core, `?lane=PROJECTION&sourceId=${source}`);
      return sequences.every(({ status }) => status === 'FREE');
    }, patient);
    await turn(core, to, false);
    assert.deepEqual(await heard(core, to), []);
    await redriven(core, event, 2);
    assert.deepEqual(await heard(core, to), names(source, [1, 2]));
  });
});
