// The probe is an aggregate that misbehaves on request, on the same runtime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrder } from './events.mjs';
import { fresh, serve, until } from './harness.mjs';
import { journalled } from './journal.mjs';

const core = await serve();

/** An answer that is not prompt is a request that hangs. The platform gives up on one after 30 s. */
const prompt = 5_000;
const append = (id, payload) => core.send('probe', 'Append', payload, { aggregateId: id });
const panic = (id, payload) => {
  const body = JSON.stringify({ aggregateType: 'probe', aggregateId: id, name: 'Panic', payload });
  const signal = AbortSignal.timeout(prompt);
  return core.request('/commands', { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal });
};
const started = async () => {
  const id = fresh('probe');
  await append(id, { count: 2, bytes: 10 });
  return id;
};
const counted = async (id, version, bytes = 20) => {
  const view = await core.state('probe', id);
  const { count } = view.state;
  assert.deepEqual([view.version, count, view.state.bytes], [version, version, bytes]);
};

for (const [place, when] of [
  ['DECIDE', 'while it decides'],
  ['EVOLVE', 'while its state changes'],
  ['WRITE', 'while an event is written'],
]) {
  for (const before of place === 'DECIDE' ? [0] : [0, 3]) {
    const after = before ? `, after ${before} good events of the same command` : '';

    test(`an object that panics ${when}${after} answers 500 at once, appends nothing and works on`, async () => {
      const [id, other] = [await started(), await started()];
      const watcher = await core.watch('probe', id);
      await watcher.caughtUp();
      for (let round = 1; round <= 2; round++) {
        const { status, headers, body } = await panic(id, { place, before });
        assert.deepEqual([status, body.code, body.status], [500, 'INTERNAL', 500]);
        assert.equal(headers.get('content-type'), 'application/problem+json');
        assert.doesNotMatch(JSON.stringify(body), /probe panics/, 'the reason is for the log');
        await counted(id, 1 + round);
        await append(id, { count: 1 });
        await counted(id, 2 + round);
      }
      await append(other, { count: 1 });
      await counted(other, 3);
      await watcher.event(4);
      await watcher.ping();
      assert.ok(watcher.isOpen, 'its sockets stay');
      assert.deepEqual(watcher.events, await core.events('probe', id));
      await watcher.close();
      await journalled(core, 'probe', id);
    });

    test(`an object that panics ${when}${after} as the first thing it does has no stream`, async () => {
      const id = fresh('probe');
      assert.equal((await panic(id, { place, before })).status, 500);
      assert.equal(await core.state('probe', id), undefined);
      await append(id, { count: 1 });
      await counted(id, 1, 0);
    });
  }
}

test('a panic among racing commands fails only itself', async () => {
  const id = await started();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => {
      if (n % 3) return append(id, { count: 2 }).then(() => 202);
      return panic(id, { place: ['DECIDE', 'EVOLVE', 'WRITE'][n % 9 / 3], before: 1 }).then(({ status }) => status);
    }),
  );
  assert.equal(answers.filter((status) => status === 500).length, 10);
  await counted(id, 42);
  await journalled(core, 'probe', id);
});

test('a command id that met a panic is free: nothing was decided', async () => {
  const id = await started();
  const commandId = fresh('command');
  const more = { aggregateId: id, commandId };
  assert.equal((await core.command('probe', 'Panic', { place: 'EVOLVE', before: 1 }, more)).status, 500);
  assert.equal((await core.send('probe', 'Append', { count: 1 }, more)).duplicate, false);
});

test('a panic is told in the log', async () => {
  const id = await started();
  await panic(id, { place: 'DECIDE' });
  await until('the log has it', async () => (await core.logs()).some(({ message }) => /the probe panics/.test(message)));
});

test('the events of one command are contiguous, however many commands race', async () => {
  const id = await started();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => append(id, { count: 1 + (n % 7) })),
  );
  const events = await core.events('probe', id);
  checkOrder(events);
  for (const { commandId, firstVersion, version, events: named } of answers) {
    const own = events.slice(firstVersion - 1, version);
    assert.deepEqual(own.map(({ commandid }) => commandid), own.map(() => commandId));
    assert.deepEqual(own.map(({ data }) => data.index), own.map((_, index) => index + 1));
    assert.deepEqual(own.map(({ id }) => id), named.map(({ id }) => id));
  }
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
});

test('a command may append 100 events, and 101 are refused', async () => {
  const id = await started();
  assert.equal((await append(id, { count: 100 })).events.length, 100);
  const { status, body } = await core.command('probe', 'Append', { count: 101 }, { aggregateId: id });
  assert.deepEqual([status, body.code], [413, 'TOO_MANY_EVENTS']);
  await counted(id, 102);
  await journalled(core, 'probe', id);
});

test('an event that no queue message can hold is refused', async () => {
  const id = await started();
  for (const bytes of [127_000, 200_000, 900_000]) {
    const { status, body } = await core.command('probe', 'Append', { count: 1, bytes }, { aggregateId: id });
    assert.deepEqual([status, body.code], [413, 'EVENT_TOO_LARGE'], `${bytes} bytes`);
  }
  await counted(id, 2);
  await append(id, { count: 1 });
  await counted(id, 3);
});

test('when the last event of a command is too large, none of them is appended', async () => {
  const id = await started();
  const { status, body } = await core.command('probe', 'Append', { count: 5, lastTooLarge: true }, { aggregateId: id });
  assert.deepEqual([status, body.code], [413, 'EVENT_TOO_LARGE']);
  await counted(id, 2);
  assert.equal((await core.events('probe', id)).length, 2);
});

test('events that just fit reach everybody: the journal, the pages and the sockets', async () => {
  const id = fresh('probe');
  await append(id, { count: 30, bytes: 126_000 });
  const watcher = await core.watch('probe', id);
  await watcher.caughtUp();
  const events = await journalled(core, 'probe', id, { within: 30_000 });
  assert.equal(events.length, 30);
  assert.deepEqual(watcher.events, events);
  await watcher.close();
});

test('a stream of more than one page is read whole, by pages, by sockets and after an eviction', async () => {
  const id = fresh('probe');
  for (let n = 0; n < 25; n++) await append(id, { count: 100 });
  await core.evict('probe', id);
  await counted(id, 2_500, 0);
  const events = await core.events('probe', id);
  checkOrder(events);
  assert.equal(events.length, 2_500);
  const watcher = await core.watch('probe', id, { after: 700 });
  const { version } = await watcher.caughtUp();
  assert.equal(version, 2_500);
  assert.deepEqual(watcher.events, events.slice(700));
  await watcher.close();
  await journalled(core, 'probe', id, { within: 60_000 });
});

test('live events do not overtake the history of a socket that is catching up', async () => {
  const id = fresh('probe');
  for (let n = 0; n < 25; n++) await append(id, { count: 100 });
  const opening = core.watch('probe', id);
  for (let n = 0; n < 10; n++) await append(id, { count: 10 });
  const watcher = await opening;
  await watcher.event(2_600);
  await watcher.caughtUp(); // behind the last event, and maybe behind a question
  checkOrder(watcher.events);
  assert.equal(watcher.frames.filter(({ type }) => type === 'caughtUp').length, 1);
  await watcher.close();
});

test('a command that decides nothing is accepted on a stream that does not exist, and begins none', async () => {
  const id = fresh('probe');
  const answer = await append(id, { count: 0 });
  assert.deepEqual([answer.firstVersion, answer.version, answer.events], [0, 0, []]);
  assert.equal(await core.state('probe', id), undefined);
});
