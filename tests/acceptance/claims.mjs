// Resources and claims in a test's words.
import assert from 'node:assert/strict';
import { fresh, until } from './harness.mjs';

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

/** Waits until the read model shows what the object says of a claim. */
export async function projected(core, claimId, options) {
  const [row, { version, state }] = await until(
    `the read model of ${claimId} has caught up`,
    async () => {
      const [row] = await core.sql('SELECT * FROM claim WHERE id = ?', claimId);
      const view = await core.state('claim', claimId);
      return row?.version >= view.version && [row, view];
    },
    options,
  );
  assert.deepEqual(
    [row.version, row.status, row.reason, row.user_id, row.resource_id, row.date_start, row.date_end],
    [version, state.status, state.reason ?? null, state.userId, state.resourceId, state.dateStart, state.dateEnd],
  );
}

/** Waits until the read model shows what the object says of a resource. */
export async function resourceProjected(core, resourceId, options) {
  const [row, { version, state }] = await until(
    `the read model of ${resourceId} has caught up`,
    async () => {
      const [row] = await core.sql('SELECT * FROM resource WHERE id = ?', resourceId);
      const view = await core.state('resource', resourceId);
      return row?.version >= view.version && [row, view];
    },
    options,
  );
  assert.deepEqual(
    [row.version, row.status, row.holds, row.number, row.capacity, row.rate],
    [version, state.status, state.holds.length, state.number, state.capacity, state.rate],
  );
}
