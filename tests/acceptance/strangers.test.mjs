// Whoever has shown no token gets nothing stored: no table, no alarm, no database.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { alarms, identifiers, isEmpty, tables } from './storage.mjs';
import { token } from './tokens.mjs';

const core = await serve();

/** Sockets of strangers: they wait, they are asked where they are, they close, their token is made up. */
async function strangers() {
  const silent = await core.talk();
  const busy = await core.talk();
  await busy.ping();
  const left = await core.talk();
  await left.close();
  const early = await core.talk();
  early.subscribe('subscription { probes { cursor } }');
  assert.equal((await early.closed).code, 4401);
  const bad = await core.talk();
  bad.say({ type: 'connection_init', payload: { token: 'made.up.entirely' } });
  assert.equal((await bad.closed).code, 4401);
  const ticket = await core.talk();
  ticket.say({ type: 'connection_init', payload: { ticket: `${'0'.repeat(64)}.madeup` } });
  assert.equal((await ticket.closed).code, 4401);
  return [silent, busy];
}

const stored = () => identifiers(core, 'session').filter((id) => !isEmpty(core, 'session', id));

test('a GraphQL socket without a token that counts stores nothing, while it is open and after it', async () => {
  const open = await strangers();
  assert.equal(alarms(core, 'session'), 0, 'no alarm while they are open');
  // Nobody who sleeps has to be woken for it: the session itself counts the seconds.
  for (const talker of open) assert.equal((await talker.closed).code, 4408);
  assert.equal(alarms(core, 'session'), 0, 'nor after they were closed');
  await core.stop();
  assert.deepEqual(identifiers(core, 'session').flatMap((id) => tables(core, 'session', id)), []);
  assert.deepEqual(stored(), []);
  await core.start();
});

test('a token that counts is what an alarm and a database are made for, and both go with the socket', async () => {
  const known = new Set(identifiers(core, 'session'));
  const talker = await (await core.talk()).init(token('operator', 'sam'));
  await until('its alarm is set', () => alarms(core, 'session') > 0);
  await talker.close();
  await until('its alarm is gone', () => alarms(core, 'session') === 0);
  await core.stop();
  const its = identifiers(core, 'session').filter((id) => !known.has(id));
  for (const id of its) assert.ok(!tables(core, 'session', id).includes('operations'));
  await core.start();
});

test('a native socket without a token that counts does not reach an object', async () => {
  for (const headers of [{}, { authorization: 'Bearer made.up.entirely' }]) {
    const id = fresh('probe');
    await assert.rejects(core.watch('probe', id, { headers }), { status: 401 });
  }
  await assert.rejects(core.watch('probe', fresh('probe')), { status: 404 }); // a token that counts, and no instance
  await core.stop();
  assert.deepEqual(identifiers(core, 'probe').flatMap((id) => tables(core, 'probe', id)), []);
  assert.equal(alarms(core, 'probe'), 0);
  await core.start();
});
