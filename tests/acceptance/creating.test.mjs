// A command that begins a stream and names no instance: sent again, it reaches the instance that it began, at every door.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBeginnings } from './beginnings.mjs';
import { addResource, days } from './claims.mjs';
import { fresh, serve } from './harness.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const claim = days(await addResource(core), '2030-01-01', '2030-01-02');

checkBeginnings(core, token('operator', 'sam'), {
  resource: ['AddResource', { groupId: 'group', number: '2', capacity: 2, rate: 1 }, { capacity: 3 }],
  meter: ['RegisterMeter', { model: 'm', ownerId: 'ana' }, { model: 'n' }],
  claim: ['CreateClaim', claim, { dateEnd: '2030-03-01' }],
});

test('a repeat finds its instance also after the runtime was killed', async () => {
  const send = () => core.as(token('owner', 'ana')).command('claim', 'CreateClaim', claim, { commandId: 'once' });
  const first = await send();
  assert.equal(first.status, 202);
  await core.killAndRestart();
  const second = await send();
  const { confirmWithinMs } = second.body; // from then on, which depends on the load
  assert.deepEqual([second.status, second.body], [202, { ...first.body, confirmWithinMs, duplicate: true }]);
});

test('the key is the caller\'s own: another one with the same key begins another instance', async () => {
  const key = fresh('key');
  const answers = [];
  for (const [role, sub, userId] of [['owner', 'ana', 'ana'], ['owner', 'ben', 'ben'], ['operator', 'ana', 'ana']]) {
    const { status, body } = await core.as(token(role, sub)).command('claim', 'CreateClaim', { ...claim, userId }, { commandId: key });
    assert.deepEqual([status, body.duplicate], [202, false]);
    answers.push(body.aggregateId);
  }
  assert.equal(new Set(answers).size, 3);
});
