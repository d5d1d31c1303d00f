// A letter that has grown: what an older release stored may be larger now than a message of the queue. It travels as a
// reference, and whoever gets it reads it from the source.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { inDatabase } from './storage.mjs';

const core = await serve('probe', { SEND_AGAIN_SECONDS: '2' }, { switched: true });
const patient = { within: 60_000 };
const heard = async (id) => (await core.state('probe', id))?.state.heard ?? [];

/** An event of an older release that tells another probe, and has this many bytes in a field that is not used any more. */
function insert(database, version, to, bytes) {
  database
    .prepare(`INSERT INTO events (version, id, type, schema_version, time, command_id, metadata, data)
      SELECT ?1, printf('018f0000-0000-7000-8000-%012d', ?1), 'Told', 1, MAX(time), 'old-' || ?1, metadata, json_object('to', ?2, 'filler', ?3) FROM events`)
    .run(version, to, 'x'.repeat(bytes));
  database.prepare("INSERT INTO addressed VALUES ('probe', ?, ?)").run(to, version);
}

for (const bytes of [127_500, 200_000, 600_000]) {
  test(`an event that takes ${bytes} bytes by now arrives, with what stands before it and after it, in order`, async (t) => {
    const [id, to] = [fresh('probe'), fresh('probe')];
    const tell = (count) => core.send('probe', 'Tell', { to, count }, { aggregateId: id });
    await tell(1);
    await until('the first one is heard', async () => (await heard(to)).length === 1, patient);
    await journalled(core, 'probe', id, patient);
    await core.stop();
    inDatabase(core, 'probe', id, (database) => {
      // They were never confirmed: what comes after the first one is sent again.
      database.exec('UPDATE standing SET confirmed = 1, journalled = 1, published = 1');
      [10, bytes, 10].forEach((size, index) => insert(database, index + 2, to, size));
    });
    await core.start();
    await tell(1); // wakes it, and says something itself
    const expected = [1, 2, 3, 4, 5].map((version) => `${id} ${version}`);
    await until('all of it is heard', async () => (await heard(to)).length >= expected.length, patient);
    assert.deepEqual(await heard(to), expected, 'in order, each once');
    const events = await journalled(core, 'probe', id, patient);
    assert.equal(events[2].data.filler.length, bytes);
    const { calls, messages } = await core.counts();
    assert.ok(calls['/part'] >= 1, 'the destination has read it from its source');
    t.diagnostic(JSON.stringify({ messages, part: calls['/part'], span: calls['/span'] }));
  });
}
