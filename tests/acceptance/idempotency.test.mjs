import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';
import { addRoom, nights, reserve, room101, settled } from './hotel.mjs';

const core = await serve();

test('a command that is sent again is answered its first outcome, and appends nothing', async () => {
  const [aggregateId, commandId] = [fresh('room'), fresh('command')];
  const first = await core.send('room', 'AddRoom', room101, { aggregateId, commandId });
  const second = await core.send('room', 'AddRoom', room101, { aggregateId, commandId });
  assert.deepEqual(second, { ...first, duplicate: true });
  assert.equal((await core.events('room', aggregateId)).length, 1);
});

test('the order of the fields does not matter to a repeat', async () => {
  const [aggregateId, commandId] = [fresh('room'), fresh('command')];
  await core.send('room', 'AddRoom', room101, { aggregateId, commandId });
  const reversed = Object.fromEntries(Object.entries(room101).reverse());
  assert.equal((await core.send('room', 'AddRoom', reversed, { aggregateId, commandId })).duplicate, true);
});

test('a repeat is answered after more has happened, and after it would be refused', async () => {
  const room = await addRoom(core);
  const [aggregateId, commandId] = [fresh('reservation'), fresh('command')];
  const create = () =>
    core.send('reservation', 'CreateReservation', nights(room, '2027-01-01', '2027-01-03'), { aggregateId, commandId });
  const first = await create();
  await settled(core, aggregateId);
  await core.send('room', 'CloseRoom', {}, { aggregateId: room });
  assert.deepEqual(await create(), { ...first, duplicate: true });
});

test('a repeat of a command that had nothing to append is a duplicate too', async () => {
  const room = await addRoom(core);
  const close = (commandId) => core.send('room', 'CloseRoom', {}, { aggregateId: room, commandId });
  await close(fresh('command'));
  const commandId = fresh('command');
  const first = await close(commandId);
  assert.deepEqual(first.events, []);
  assert.deepEqual(await close(commandId), { ...first, duplicate: true });
});

test('the same command id with other content is refused', async () => {
  const [aggregateId, commandId] = [fresh('room'), fresh('command')];
  await core.send('room', 'AddRoom', room101, { aggregateId, commandId });
  for (const [name, payload] of [
    ['AddRoom', { ...room101, capacity: 3 }],
    ['CloseRoom', {}],
  ]) {
    const { status, body } = await core.command('room', name, payload, { aggregateId, commandId });
    assert.deepEqual([status, body.code, body.field], [422, 'IDEMPOTENCY_KEY_REUSED', 'commandId'], name);
  }
  assert.equal((await core.state('room', aggregateId)).version, 1);
});

test('of ten identical commands at once one is the first and nine are duplicates', async () => {
  const [aggregateId, commandId] = [fresh('room'), fresh('command')];
  const all = await Promise.all(
    Array.from({ length: 10 }, () => core.send('room', 'AddRoom', room101, { aggregateId, commandId })),
  );
  assert.equal(all.filter(({ duplicate }) => !duplicate).length, 1);
  assert.equal(new Set(all.map(({ events }) => events[0].id)).size, 1);
  assert.equal((await core.events('room', aggregateId)).length, 1);
});

test('of ten identical commands that wait for another object first, one is the first too', async () => {
  const room = await addRoom(core);
  const [aggregateId, commandId] = [fresh('reservation'), fresh('command')];
  const payload = nights(room, '2027-01-01', '2027-01-03');
  const all = await Promise.all(
    Array.from({ length: 10 }, () => core.send('reservation', 'CreateReservation', payload, { aggregateId, commandId })),
  );
  assert.equal(all.filter(({ duplicate }) => !duplicate).length, 1);
  await settled(core, aggregateId);
  assert.equal((await core.events('reservation', aggregateId)).length, 2);
});

test('a refused command leaves its id free', async () => {
  const [aggregateId, commandId] = [fresh('reservation'), fresh('command')];
  const payload = nights(fresh('room'), '2027-01-01', '2027-01-03');
  const create = () => core.command('reservation', 'CreateReservation', payload, { aggregateId, commandId });
  assert.equal((await create()).body.code, 'ROOM_UNKNOWN');
  await addRoom(core, payload.roomId);
  const { status, body } = await create();
  assert.deepEqual([status, body.duplicate], [202, false]);
});

test('an outcome is remembered by an evicted object, by a restarted runtime and by a killed one', async () => {
  const [aggregateId, commandId] = [fresh('room'), fresh('command')];
  const add = () => core.send('room', 'AddRoom', room101, { aggregateId, commandId });
  const first = await add();
  for (const end of [() => core.evict('room', aggregateId), () => core.restart(), () => core.killAndRestart()]) {
    await end();
    assert.deepEqual(await add(), { ...first, duplicate: true });
    const other = await core.command('room', 'AddRoom', { ...room101, capacity: 1 }, { aggregateId, commandId });
    assert.equal(other.body.code, 'IDEMPOTENCY_KEY_REUSED');
  }
  assert.equal((await core.events('room', aggregateId)).length, 1);
});

test('the expected version is absent, 0 for a stream that must not exist, or exact', async () => {
  const aggregateId = fresh('room');
  const send = (name, payload, expectedVersion) => core.command('room', name, payload, { aggregateId, expectedVersion });
  const conflict = async (answer, currentVersion) => {
    const { status, body } = await answer;
    assert.deepEqual(
      [status, body.code, body.field, body.currentVersion],
      [409, 'VERSION_CONFLICT', 'expectedVersion', currentVersion],
    );
  };
  await conflict(send('AddRoom', room101, 1), 0);
  assert.equal((await send('AddRoom', room101, 0)).status, 202);
  await conflict(send('AddRoom', room101, 0), 1);
  for (const wrong of [0, 2, 99]) await conflict(send('CloseRoom', {}, wrong), 1);
  assert.equal((await core.state('room', aggregateId)).version, 1);
  assert.equal((await send('CloseRoom', {}, 1)).status, 202);
  await conflict(send('CloseRoom', {}, 1), 2);
});

test('of two writers that expect the same version one wins, and the other is told the current one', async () => {
  const room = await addRoom(core);
  const id = await reserve(core, room, '2027-03-01', '2027-03-02');
  await settled(core, id);
  const cancel = (reason) =>
    core.command('reservation', 'CancelReservation', { reason }, { aggregateId: id, expectedVersion: 2 });
  const answers = await Promise.all([cancel('rain'), cancel('snow')]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 409]);
  assert.equal(answers.find(({ status }) => status === 409).body.currentVersion, 3);
  assert.equal((await core.events('reservation', id)).length, 3);
});

test('a repeat is recognised before its expected version is looked at', async () => {
  const [aggregateId, commandId] = [fresh('room'), fresh('command')];
  const add = () => core.send('room', 'AddRoom', room101, { aggregateId, commandId, expectedVersion: 0 });
  await add();
  assert.equal((await add()).duplicate, true);
});
