// A runtime that ends takes its sockets with it, and says nothing. What their sessions have stored goes all the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { rows, tables } from './storage.mjs';
import { seconds, token } from './tokens.mjs';

const skew = 60; // s that a token counts longer than it says: CLOCK_SKEW_MS in shared/kernel/src/limits.rs

/** A device, and some sessions of `who` that follow it and its category. */
async function followed(core, who) {
  const device = fresh('device');
  await core.send('device', 'RegisterDevice', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: device });
  for (let n = 0; n < 3; n++) {
    const talker = await (await core.talk()).init(who);
    await talker.next(talker.subscribe(`subscription { it: device(id: "${device}") { cursor } }`));
    talker.subscribe('subscription { it: devices { cursor } }');
    await talker.ping();
  }
  return device;
}
/** Sessions that have something stored; whoever counts the sockets of `who` is none. */
async function stored(core, who) {
  const seats = await core.sessions();
  return seats.filter((id) => tables(core, 'session', id) > 0).length - (taken(core, who) > 0 ? 1 : 0);
}
const taken = (core, who) => rows(core, 'session', who, 'SELECT session FROM seats').length;

test('when its token ends, nothing is left of a session whose socket has vanished; the seats of others stay', async () => {
  const core = await serve();
  await followed(core, token('staff', 'sam', { exp: seconds() - skew + 20 }));
  assert.equal(await stored(core, 'staff:sam'), 3);
  await core.killAndRestart();
  assert.equal(await stored(core, 'staff:sam'), 3, 'nobody has said that they are gone');
  await until('their alarms have rung', async () => (await stored(core, 'staff:sam')) === 0, { within: 60_000 });
  assert.equal(taken(core, 'staff:sam'), 3, 'whoever counts the sockets finds out by itself');
});

test('whoever tells such a session anything lets it go at once', async () => {
  const core = await serve();
  const device = await followed(core, token('staff', 'sam'));
  await core.killAndRestart();
  assert.equal(await stored(core, 'staff:sam'), 3);
  await core.send('device', 'UpdateDeviceStatus', { status: 'OK', reading: 1, observedAt: '2026-01-31T12:00:00Z' }, { aggregateId: device });
  await until('they are gone', async () => (await stored(core, 'staff:sam')) === 0);
});
