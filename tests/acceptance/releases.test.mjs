// Two releases of the script side by side, as during a deploy: the objects of resources run in a worker of their own, on the same
// storage and queues. Nothing is declined by the deploy; what older code cannot take waits for newer code, and says so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addResource, cancel, holds, reserve, settled } from './claims.mjs';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import { token, vars } from './tokens.mjs';

const releases = { beside: ['RESOURCE'], older: [] };
const core = new Core(configs.probe, { ...vars, SEND_AGAIN_SECONDS: '5' }, undefined, undefined, false, releases);
before(() => core.start());
after(() => core.close());

/** A pause after a failure may take half a minute by the time at which the deploy is through. */
const again = { within: 55_000 };

/** These play the first release from now on: of `script`, which has the claims and the bus, and `beside`, which has the resources. */
async function play(...older) {
  releases.older = older;
  await core.restart();
}

/** What the administrators' list says of the deliveries of a claim. */
async function listed(id) {
  const { status, body } = await core.as(token('admin', 'ada')).request(`/admin/dead-letters?sourceId=${id}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body.sequences.map(({ status, code, destination }) => [status, code, destination?.aggregateId]);
}

const failing = (id, resource) =>
  until(`the list says that ${id} waits for newer code`, async () => {
    const found = await listed(id);
    assert.ok(found.every(([status]) => status === 'FAILING'), JSON.stringify(found));
    return JSON.stringify(found) === JSON.stringify([['FAILING', 'NEWER_CODE_NEEDED', resource]]);
  }, again);

const flows = (id) => until(`nothing of ${id} is listed any more`, async () => !(await listed(id)).length, again);
const start = (id) => core.send('claim', 'StartClaim', {}, { aggregateId: id });
const held = async (resource) => (await core.state('resource', resource)).state.holds;

test('what a newer claim asks of an older resource waits until the resource is new, in order; a field more is no obstacle', async () => {
  await play('beside');
  const [resource, other] = [await addResource(core), await addResource(core)];
  const id = await reserve(core, resource, '2027-01-01', '2027-01-03');
  assert.equal((await settled(core, id)).status, 'CONFIRMED', 'the older resource leaves out what it does not know');
  const taken = await reserve(core, resource, '2027-01-02', '2027-01-04');
  assert.deepEqual([(await settled(core, taken)).status, (await settled(core, taken)).refusal], ['DECLINED', 'DAYS_TAKEN'], 'its rules answer');
  assert.deepEqual((await held(resource)).map(({ userId }) => userId), [undefined]);

  await start(id);
  await failing(id, resource);
  await cancel(core, id); // what comes after it waits behind it …
  const free = await reserve(core, resource, '2027-02-01', '2027-02-03'); // … and what others ask of the same resource does not
  assert.equal((await settled(core, free)).status, 'CONFIRMED');
  const elsewhere = await reserve(core, other, '2027-01-01', '2027-01-03');
  assert.equal((await settled(core, elsewhere)).status, 'CONFIRMED');
  assert.deepEqual((await held(resource)).map(({ claimId }) => claimId), [id, free]);
  await failing(id, resource);

  await play(); // the deploy is through
  await holds(core, resource, [free], again);
  const types = (await core.events('resource', resource)).map(({ type }) => type);
  assert.deepEqual(types, ['ResourceAdded', 'ResourceHeld', 'ResourceHeld', 'ResourceOccupied', 'ResourceReleased'], 'in order, each once');
  await flows(id);
  assert.equal((await core.state('claim', id)).state.status, 'CANCELLED');
  for (const claim of [id, taken, free, elsewhere]) await journalled(core, 'claim', claim, again);
});

test('what an older claim asks of a newer resource, which needs more, waits until the claim is new, and is in time', async () => {
  await play('script');
  const resource = await addResource(core);
  const ids = [];
  for (const [from, to] of [['2027-01-01', '2027-01-03'], ['2027-01-05', '2027-01-07']]) ids.push(await reserve(core, resource, from, to));
  for (const id of ids) await failing(id, resource);
  for (const id of ids) assert.equal((await core.state('claim', id)).state.status, 'PENDING', 'the deploy declines nothing');
  assert.deepEqual(await held(resource), []);

  await play();
  for (const id of ids) assert.equal((await settled(core, id, again)).status, 'CONFIRMED', id);
  await holds(core, resource, ids, again);
  assert.deepEqual((await held(resource)).map(({ userId }) => userId), ['ana', 'ana'], 'the newer claim says it');
  for (const id of ids) {
    await flows(id);
    await journalled(core, 'claim', id, again);
  }
});

test('a claim that is made before a deploy and started after it ends as any other, whichever side is new first', async () => {
  for (const order of [['script'], ['beside']]) {
    await play('script', 'beside');
    const [resource, id] = [await addResource(core), fresh('claim')];
    await reserve(core, resource, '2027-01-01', '2027-01-03', id);
    assert.equal((await settled(core, id)).status, 'CONFIRMED');
    await play(...order);
    await start(id);
    await play();
    await until('the resource knows that the guest is there', async () => (await held(resource))[0]?.occupied, again);
    await flows(id);
    assert.equal((await core.events('resource', resource)).length, 3);
  }
});
