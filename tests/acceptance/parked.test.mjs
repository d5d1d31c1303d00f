// What is held back survives the end of the runtime at any moment, and what the queue gives up is not lost.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { broken, discard, gone, heard, hears, look, parked, patient, redriven, tell, turn, waitingVersions } from './letters.mjs';
import { rows } from './storage.mjs';
import { vars } from './tokens.mjs';

const serve = async (settings, retries) => {
  const core = new Core(configs.probe, { ...vars, ...settings }, undefined, retries);
  after(() => core.close());
  await core.start();
  return core;
};
const names = (source, versions) => versions.map((version) => `${source} ${version}`);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

describe('what is held back', { concurrency: true }, () => {
  test('a runtime that is killed while something is parked and listed parks nothing twice, and its source sends it no more', async () => {
    const core = await serve({ BUS_ATTEMPTS: '1', SEND_AGAIN_SECONDS: '2' });
    const [to, source] = [await broken(core), fresh('source')];
    // The source knows of the failure within moments, and tells the list 5 s later …
    await tell(core, source, to);
    await sleep(1_500);
    await core.killAndRestart();
    for (let version = 2; version <= 3; version++) {
      // … by a row: what comes after it in the object may or may not have happened.
      await until('it is listed', async () => {
        const [{ listed }] = await core.sql("SELECT COUNT(*) AS listed FROM held WHERE status = 'PARKED'");
        return listed === 1;
      }, patient);
      await tell(core, source, to);
      await core.killAndRestart();
    }
    const sequence = await parked(core, `destinationId=${to}`, 3);
    await until('the source knows that nothing is left to be sent', async () => {
      await sleep(4_000); // the alarm rings, and the cursors are kept a second later
      await core.stop();
      const [cursors] = rows(core, 'probe', source, 'SELECT confirmed, journalled FROM standing');
      await core.start();
      return cursors?.confirmed === 3 && cursors.journalled === 3;
    }, patient);
    assert.deepEqual(await waitingVersions(core, sequence), [1, 2, 3]);

    // The first is discarded: the mark moves over it as over the others.
    assert.equal((await discard(core, sequence, 1)).status, 200);
    await turn(core, to, false);
    await redriven(core, sequence, 2);
    await tell(core, source, to);
    await hears(core, to, names(source, [2, 3, 4]));
    await core.stop();
    const marks = rows(core, 'probe', to, 'SELECT source_id, version FROM marks');
    assert.deepEqual(marks, [{ source_id: source, version: 4 }]);
  });

  test('what the queue gives up is tried by its source, and arrives once and in order', async () => {
    // Nothing is sent again by itself: only what the source hears of the letter brings it on.
    const core = await serve({ SEND_AGAIN_SECONDS: '3600' });
    const probe = (aggregateId) => ({ aggregateType: 'probe', aggregateId });
    const [to, source] = [fresh('slow'), fresh('source')]; // it takes 18 s, and is quick after 24 s
    await tell(core, source, to, 2);
    await sleep(2_000);
    await core.killAndRestart(); // the letter is gone with the queue
    await sleep(25_000);
    assert.deepEqual(await heard(core, to), []);
    const delivery = { after: 2, through: 2 }; // a reference to all that the destination lacks
    const letter = { source: probe(source), after: 0, through: 2, deliveries: [{ to: probe(to), delivery }] };
    await core.letters([JSON.stringify(letter)], 'DEAD');
    await hears(core, to, names(source, [1, 2]));
    await journalled(core, 'probe', source);
    await gone(core, `sourceId=${source}`);
    await tell(core, source, to);
    await hears(core, to, names(source, [1, 2, 3]));
    await journalled(core, 'probe', source);
  });

  test('a message that nobody can read is dropped in the end, and harms nobody', async () => {
    const core = await serve({ BUS_ATTEMPTS: '1' }, 0); // the queue gives a message up that comes again
    const [to, source] = [fresh('probe'), fresh('source')];
    const rubbish = ['rubbish', '{"source":', '{"event":{}}', '[]'];
    for (const queue of ['BUS', 'DEAD']) await core.letters(rubbish, queue);
    await tell(core, source, to, 3);
    await hears(core, to, names(source, [1, 2, 3]));
    await journalled(core, 'probe', source);
    const dropped = await until('all of it is dropped', async () => {
      const lines = (await core.logs()).map(({ message }) => message).filter((line) => line.startsWith('{"') && line.includes('message_unreadable'));
      const dropped = lines.map((line) => JSON.parse(line)).filter(({ givenUp }) => givenUp);
      return dropped.length >= 2 * rubbish.length && dropped;
    }, patient);
    assert.deepEqual([...new Set(dropped.map(({ text }) => text))].sort(), [...rubbish].sort(), 'the log tells what it was');
    assert.equal(dropped.length, 2 * rubbish.length);
    assert.deepEqual((await look(core)).sequences, []);
    await tell(core, source, to);
    await hears(core, to, names(source, [1, 2, 3, 4]));
  });
});
