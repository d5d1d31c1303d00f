// D1 refuses everything for two minutes, or for as long as all of it takes. Aggregates need no database to agree with each other: every reservation and every order
// ends as it would have with D1, in time, and is journalled; the read models catch up afterwards by themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { journalled, projected as caughtUp, rows } from '../../../tests/acceptance/journal.mjs';
import { addRoom, nights, projected, roomProjected, settled as reserved, year } from '../../reservation/tests/hotel.mjs';
import { account, balanced, goods, settled as ordered } from './shop.mjs';

const minutes = 2;
/** Both wait a minute for their answer. */
const inTime = { within: 60_000 };
/** The pauses between the attempts of the processors have grown to a minute. */
const afterwards = { within: 120_000 };
const at = (ms) => new Promise((done) => setTimeout(done, ms));

/** Two ask for each room, and only one can have it. */
async function claims(core, rooms) {
  const pairs = rooms.map((room) => [0, 1].map(() => ({ id: fresh('reservation'), room })));
  await Promise.all(pairs.flat().map(({ id, room }) =>
    core.send('reservation', 'CreateReservation', nights(room, `${year}-01-01`, `${year}-01-03`), { aggregateId: id })));
  for (const pair of pairs) {
    const ends = [];
    for (const { id } of pair) {
      const { status, refusal } = await reserved(core, id, inTime);
      ends.push(`${status} ${refusal ?? ''}`.trim());
    }
    assert.deepEqual(ends.sort(), ['CONFIRMED', 'DECLINED NIGHTS_TAKEN'], JSON.stringify(pair));
  }
  return pairs.flat().map(({ id }) => ['reservation', id]);
}

/** Two want money of each account, and there is enough for one. */
async function orders(core, payers) {
  const pairs = payers.map((payer) => [0, 1].map(() => ({ id: fresh('order'), payer })));
  await Promise.all(pairs.flat().map(({ id, payer }) => core.send('order', 'PlaceOrder', goods(payer, 400), { aggregateId: id })));
  for (const pair of pairs) {
    const ends = [];
    for (const { id } of pair) {
      const { status, refusal } = await ordered(core, id, inTime);
      ends.push(`${status} ${refusal ?? ''}`.trim());
    }
    assert.deepEqual(ends.sort(), ['ACCEPTED', 'DECLINED INSUFFICIENT_FUNDS'], JSON.stringify(pair));
    await balanced(core, pair[0].payer, pair.map(({ id }) => id));
  }
  return pairs.flat().map(({ id }) => ['order', id]);
}

test('with D1 away for two minutes 200 reservations and 100 orders end as ever, and the read models catch up', async (t) => {
  const core = await serve('core', {}, { switched: true });
  const many = (count, make) => Promise.all(Array.from({ length: count }, make));
  const [rooms, payers] = [await many(100, () => addRoom(core)), await many(50, () => account(core, 500))];

  const away = Date.now();
  await core.d1('away');
  const end = away + minutes * 60_000;
  // Most of them at once, some when D1 has been away for a while, and some when it is to come back soon.
  const done = [];
  for (const [second, from, to] of [[0, 0, 0.8], [40, 0.8, 0.9], [80, 0.9, 1]]) {
    await at(Math.max(0, away + second * 1_000 - Date.now()));
    const part = (all) => all.slice(from * all.length, to * all.length);
    done.push(...(await Promise.all([claims(core, part(rooms)), orders(core, part(payers))])).flat());
    t.diagnostic(`after ${Math.round((Date.now() - away) / 1_000)} s: ${done.length} have their answer`);
  }
  assert.equal(done.length, 300);
  for (const type of ['reservation', 'order']) assert.deepEqual(await rows(core, type), [], 'the read models know nothing of it');
  const everything = [...done, ...rooms.map((id) => ['room', id]), ...payers.map((id) => ['account', id])];
  for (const [type, id] of everything) await journalled(core, type, id, inTime); // which needs no D1 either
  await at(Math.max(0, end - Date.now()));
  await core.d1('well'); // all of that was while D1 was away

  // Nobody sends a command any more.
  const since = Date.now();
  for (const [type, id] of everything) {
    if (type === 'reservation') await projected(core, id, afterwards);
    else if (type === 'room') await roomProjected(core, id, afterwards);
    else await caughtUp(core, type, id, afterwards);
  }
  t.diagnostic(`the read models have all of it ${Math.round((Date.now() - since) / 1_000)} s after D1 was back`);
  assert.deepEqual(await core.sql('SELECT * FROM parked'), [], 'a database that is away is nobody\'s poison');
  await until('nothing is held back any more', async () => !(await core.sql('SELECT * FROM held')).length, afterwards);
});
