import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from './harness.mjs';
import { addResource, days, reserve, resource101, settled } from './claims.mjs';

const core = await serve();

test('a command that is sent again is answered its first outcome, and appends nothing', async () => {
  const [aggregateId, commandId] = [fresh('resource'), fresh('command')];
  const first = await core.send('resource', 'AddResource', resource101, { aggregateId, commandId });
  const second = await core.send('resource', 'AddResource', resource101, { aggregateId, commandId });
  assert.deepEqual(second, { ...first, duplicate: true });
  assert.equal((await core.events('resource', aggregateId)).length, 1);
});

test('the order of the fields does not matter to a repeat', async () => {
  const [aggregateId, commandId] = [fresh('resource'), fresh('command')];
  await core.send('resource', 'AddResource', resource101, { aggregateId, commandId });
  const reversed = Object.fromEntries(Object.entries(resource101).reverse());
  assert.equal((await core.send('resource', 'AddResource', reversed, { aggregateId, commandId })).duplicate, true);
});

test('a repeat is answered after more has happened, and after it would be refused', async () => {
  const resource = await addResource(core);
  const [aggregateId, commandId] = [fresh('claim'), fresh('command')];
  const create = () =>
    core.send('claim', 'CreateClaim', days(resource, '2027-01-01', '2027-01-03'), { aggregateId, commandId });
  const first = await create();
  await settled(core, aggregateId);
  await core.send('resource', 'CloseResource', {}, { aggregateId: resource });
  assert.deepEqual(await create(), { ...first, confirmWithinMs: 0, duplicate: true }, 'nothing is left to wait for');
});

test('a repeat of a command that had nothing to append is a duplicate too', async () => {
  const resource = await addResource(core);
  const close = (commandId) => core.send('resource', 'CloseResource', {}, { aggregateId: resource, commandId });
  await close(fresh('command'));
  const commandId = fresh('command');
  const first = await close(commandId);
  assert.deepEqual(first.events, []);
  assert.deepEqual(await close(commandId), { ...first, duplicate: true });
});

test('the same command id with other content is refused', async () => {
  const [aggregateId, commandId] = [fresh('resource'), fresh('command')];
  await core.send('resource', 'AddResource', resource101, { aggregateId, commandId });
  for (const [name, payload] of [
    ['AddResource', { ...resource101, capacity: 3 }],
    ['CloseResource', {}],
  ]) {
    const { status, body } = await core.command('resource', name, payload, { aggregateId, commandId });
    assert.deepEqual([status, body.code, body.field], [422, 'IDEMPOTENCY_KEY_REUSED', 'commandId'], name);
  }
  assert.equal((await core.state('resource', aggregateId)).version, 1);
});

test('of ten identical commands at once one is the first and nine are duplicates', async () => {
  const [aggregateId, commandId] = [fresh('resource'), fresh('command')];
  const all = await Promise.all(
    Array.from({ length: 10 }, () => core.send('resource', 'AddResource', resource101, { aggregateId, commandId })),
  );
  assert.equal(all.filter(({ duplicate }) => !duplicate).length, 1);
  assert.equal(new Set(all.map(({ events }) => events[0].id)).size, 1);
  assert.equal((await core.events('resource', aggregateId)).length, 1);
});

test('of ten identical commands that wait for another object first, one is the first too', async () => {
  const resource = await addResource(core);
  const [aggregateId, commandId] = [fresh('claim'), fresh('command')];
  const payload = days(resource, '2027-01-01', '2027-01-03');
  const all = await Promise.all(
    Array.from({ length: 10 }, () => core.send('claim', 'CreateClaim', payload, { aggregateId, commandId })),
  );
  assert.equal(all.filter(({ duplicate }) => !duplicate).length, 1);
  await settled(core, aggregateId);
  assert.equal((await core.events('claim', aggregateId)).length, 2);
});

test('a refused command leaves its id free', async () => {
  const [aggregateId, commandId] = [fresh('claim'), fresh('command')];
  const payload = days(fresh('resource'), '2027-01-01', '2027-01-03');
  const create = () => core.command('claim', 'CreateClaim', payload, { aggregateId, commandId });
  assert.equal((await create()).body.code, 'RESOURCE_UNKNOWN');
  await addResource(core, payload.resourceId);
  const { status, body } = await create();
  assert.deepEqual([status, body.duplicate], [202, false]);
});

test('an outcome is remembered by an evicted object, by a restarted runtime and by a killed one', async () => {
  const [aggregateId, commandId] = [fresh('resource'), fresh('command')];
  const add = () => core.send('resource', 'AddResource', resource101, { aggregateId, commandId });
  const first = await add();
  for (const end of [() => core.evict('resource', aggregateId), () => core.restart(), () => core.killAndRestart()]) {
    await end();
    assert.deepEqual(await add(), { ...first, duplicate: true });
    const other = await core.command('resource', 'AddResource', { ...resource101, capacity: 1 }, { aggregateId, commandId });
    assert.equal(other.body.code, 'IDEMPOTENCY_KEY_REUSED');
  }
  assert.equal((await core.events('resource', aggregateId)).length, 1);
});

test('the expected version is absent, 0 for a stream that must not exist, or exact', async () => {
  const aggregateId = fresh('resource');
  const send = (name, payload, expectedVersion) => core.command('resource', name, payload, { aggregateId, expectedVersion });
  const conflict = async (answer, currentVersion) => {
    const { status, body } = await answer;
    assert.deepEqual(
      [status, body.code, body.field, body.currentVersion],
      [409, 'VERSION_CONFLICT', 'expectedVersion', currentVersion],
    );
  };
  await conflict(send('AddResource', resource101, 1), 0);
  assert.equal((await send('AddResource', resource101, 0)).status, 202);
  await conflict(send('AddResource', resource101, 0), 1);
  for (const wrong of [0, 2, 99]) await conflict(send('CloseResource', {}, wrong), 1);
  assert.equal((await core.state('resource', aggregateId)).version, 1);
  assert.equal((await send('CloseResource', {}, 1)).status, 202);
  await conflict(send('CloseResource', {}, 1), 2);
});

test('of two writers that expect the same version one wins, and the other is told the current one', async () => {
  const resource = await addResource(core);
  const id = await reserve(core, resource, '2027-03-01', '2027-03-02');
  await settled(core, id);
  const cancel = (reason) =>
    core.command('claim', 'CancelClaim', { reason }, { aggregateId: id, expectedVersion: 2 });
  const answers = await Promise.all([cancel('rain'), cancel('snow')]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 409]);
  assert.equal(answers.find(({ status }) => status === 409).body.currentVersion, 3);
  assert.equal((await core.events('claim', id)).length, 3);
});

test('a repeat is recognised before its expected version is looked at', async () => {
  const [aggregateId, commandId] = [fresh('resource'), fresh('command')];
  const add = () => core.send('resource', 'AddResource', resource101, { aggregateId, commandId, expectedVersion: 0 });
  await add();
  assert.equal((await add()).duplicate, true);
});
