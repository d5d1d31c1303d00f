// In development an instance may be asked by its id to keep the others waiting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addResource, reserve, settled } from './claims.mjs';
import { fresh, serve } from './harness.mjs';

const [slow, silent] = [fresh('slow'), fresh('silent')];

/** Adds these resources, and claims days of each. Gives the claims. */
async function claimed(core, ids) {
  for (const id of ids) await addResource(core, id);
  return Promise.all(ids.map((id) => reserve(core, id, '2030-01-01', '2030-01-03')));
}

test('in development a slow instance answers late, and a silent one does not', async () => {
  const core = await serve('probe', { ENVIRONMENT: 'development' });
  const [late, never] = await claimed(core, [slow, silent]);
  assert.equal((await settled(core, late)).status, 'CONFIRMED');
  const [created, confirmed] = await core.events('claim', late);
  assert.ok(Date.parse(confirmed.time) - Date.parse(created.time) >= 5_000);
  assert.equal((await core.state('claim', never)).state.status, 'PENDING');
});

test('in production their ids are ids like any other', async () => {
  const core = await serve('probe', { ENVIRONMENT: 'production' });
  const [, never] = await claimed(core, [slow, silent]);
  assert.equal((await settled(core, never)).status, 'CONFIRMED');
});
