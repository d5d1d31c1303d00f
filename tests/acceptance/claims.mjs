// Resources and claims in a test's words.
import assert from 'node:assert/strict';
import { fresh, until } from './harness.mjs';
import { projected as caughtUp } from './journal.mjs';

export const resource101 = { groupId: 'group', number: '101', capacity: 2, rate: 12_500 };

export async function addResource(core, id = fresh('resource')) {
  await core.send('resource', 'AddResource', resource101, { aggregateId: id });
  return id;
}

/** Days of a resource, as the payload of CreateClaim. */
export const days = (resourceId, dateStart, dateEnd, userId = 'ana') => ({ userId, resourceId, dateStart, dateEnd });

/** Claims days; gives the id of the claim. */
export async function reserve(core, resourceId, dateStart, dateEnd, id = fresh('claim')) {
  await core.send('claim', 'CreateClaim', days(resourceId, dateStart, dateEnd), { aggregateId: id });
  return id;
}

export const cancel = (core, id, payload = {}) =>
  core.send('claim', 'CancelClaim', payload, { aggregateId: id });

/** Waits until the resource has answered; gives the state of the claim. */
export const settled = (core, id, options) =>
  until(
    `${id} is no longer PENDING`,
    async () => {
      const { state } = await core.state('claim', id);
      return state.status !== 'PENDING' && state;
    },
    options,
  );

/** Waits until the resource holds days for exactly these claims. */
export const holds = (core, resourceId, claims, options) => {
  const expected = JSON.stringify([...claims].sort());
  return until(
    `${resourceId} holds days for ${expected}`,
    async () => {
      const { state } = await core.state('resource', resourceId);
      return JSON.stringify(state.holds.map(({ claimId }) => claimId).sort()) === expected && state.holds;
    },
    options,
  );
};

/** Waits until the row in D1 shows what the object says of a claim. */
export async function projected(core, id, options) {
  const [{ began, ...row }, { version, state }] = await caughtUp(core, 'claim', id, options);
  assert.ok(Date.parse(began));
  assert.deepEqual(row, { id, version, ...state });
}

/** Waits until the row in D1 shows what the object says of a resource: it leaves out the holds, and says how many there are. */
export async function resourceProjected(core, id, options) {
  const [{ began, ...row }, { version, state }] = await caughtUp(core, 'resource', id, options);
  assert.ok(Date.parse(began));
  assert.deepEqual(row, { id, version, ...state, holdCount: state.holds.length, holds: [] });
}
