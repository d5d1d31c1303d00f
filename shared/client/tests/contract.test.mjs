// The fake core says what the real one says: the same story on both, told by what comes over the wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '@edgefold/client';
import { fakeCore } from '@edgefold/client/testing';
import { serve } from '../../../tests/acceptance/harness.mjs';
import { addResource, Cancel, cancel, client, Create, Listed, ListedLive, settled, Waited, Watched } from './claims.mjs';
import { soon, until } from './documents.mjs';

const Asked = 'query ($id: ID!) { claim(id: $id) { id version status } }';

/** The real core: the resource confirms by itself. */
async function real() {
  const core = await serve();
  return { mine: client(core.url), resourceId: await addResource(core), confirm: (id) => settled(core, id), cancel: (id) => cancel(core, id) };
}

function fake() {
  const it = fakeCore({
    claim: {
      createClaim: ({ input }) => (input.dateEnd < input.dateStart ? { code: 'DATES_REVERSED', field: 'payload.dateEnd', detail: 'the end is before the start' } : { status: 'PENDING', confirmBy: soon(), ...input }),
      cancelClaim: () => ({ status: 'CANCELLED', confirmBy: null }),
    },
  });
  return { mine: it.core, resourceId: 'r', confirm: async (id) => it.confirm(id), cancel: (id) => it.core.send(Cancel, { id }) };
}

/** What a subscription brings until `enough`, without what each core names as it likes. */
function followed(mine, document, variables, ids) {
  const seen = [];
  const stop = mine.follow(document, variables, {
    next: ({ data }) => {
      const { cursor, event, left, caughtUp, claim } = Object.values(data)[0];
      assert.equal(typeof cursor, 'string');
      seen.push([event?.version ?? null, ids.indexOf(left) + 1, caughtUp, claim && `${ids.indexOf(claim.id) + 1} ${claim.version} ${claim.status}`]);
    },
    ended: (error) => seen.push(error?.code ?? 'ended'),
  });
  return { seen, stop };
}

async function story({ mine, resourceId, confirm, cancel }) {
  const told = [];
  const tell = (what, value) => told.push([what, value]);
  const days = (month) => ({ userId: 'sam', resourceId, dateStart: `2031-0${month}-01`, dateEnd: `2031-0${month}-03` });
  const [one, two] = [newId(), newId()];
  const ids = [one, two];
  const waiting = followed(mine, Waited, { id: one }, ids);

  const command = { id: one, commandId: newId(), input: days(1) };
  const sent = await mine.send(Create, command);
  tell('accepted', [sent.id === one, sent.version, sent.answer.duplicate, Date.parse(sent.confirmBy) > Date.now()]);
  await confirm(one);
  const again = await mine.send(Create, command);
  tell('repeated', [again.id === one, again.version, again.answer.duplicate]);
  await until('it has waited', () => waiting.seen.length >= 2);
  tell('waited', waiting.seen.map(([version, , , claim]) => [version, claim]));
  waiting.stop();
  const refused = await mine.send(Create, { input: { ...days(2), dateEnd: '2030-01-01' } }).catch((error) => error);
  tell('refused', [refused.name, refused.code, refused.field, refused.final]);

  tell('asked', (await mine.query(Asked, { id: one })).claim.status);
  tell('nothing', (await mine.query(Asked, { id: newId() })).claim);
  for (const [what, variables, count] of [['from the beginning', { after: '0' }, 2], ['without a cursor', {}, 1], ['after the last', { after: '2' }, 1], ['after the first', { after: '1' }, 1]]) {
    const { seen, stop } = followed(mine, Watched, { id: one, ...variables }, ids);
    await until(`${what} has come`, () => seen.length >= count);
    stop();
    tell(what, seen);
  }
  const nobody = followed(mine, Watched, { id: newId() }, ids);
  await until('it is over', () => nobody.seen.length);
  tell('nobody', nobody.seen);

  const filter = { resourceId, status: 'CONFIRMED' };
  let page;
  await until('the list has it', async () => (page = await mine.query(Listed, { filter })).claims.nodes.length === 1);
  tell('list', page.claims.nodes.map(({ status }) => status));
  const live = followed(mine, ListedLive, { filter, after: page.claims.updatesCursor }, ids);
  await until('it has caught up', () => live.seen.length);
  tell('updates', [...live.seen]);
  await mine.send(Create, { id: two, input: days(3) });
  await confirm(two);
  await until('the second one is there', () => live.seen.at(-1)[3] === '2 2 CONFIRMED');
  await cancel(one);
  await until('the first one has left', () => live.seen.at(-1)[1] === 1);
  tell('comes and leaves', live.seen.slice(-2));
  live.stop();
  return told;
}

test('both tell the same story', async () => {
  const [expected, got] = [await story(await real()), await story(fake())];
  assert.equal(expected.length, 14);
  assert.deepEqual(got, expected);
});
