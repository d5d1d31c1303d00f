// The bounds that a hotel sets, at every door and for the guest itself: no stay in the past, too far ahead or too long, and no room
// whose holds are used up by one guest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from '../../../tests/acceptance/harness.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';
import { addRoom, nights, settled } from './hotel.mjs';

const core = await serve('core');
const guest = token('guest', 'ana');
const ana = core.as(guest);
/** So many days from today. */
const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);

test('a stay in the past, too far ahead or too long is refused at every door', async () => {
  const room = await addRoom(core);
  const talker = await (await core.talk()).init(guest);
  for (const [from, to, code] of [
    [day(-3), day(1), 'ARRIVAL_PAST'],
    ['0000-01-01', '9999-12-31', 'ARRIVAL_PAST'],
    [day(733), day(734), 'ARRIVAL_TOO_FAR'],
    ['9999-12-30', '9999-12-31', 'ARRIVAL_TOO_FAR'],
    [day(2), '9999-12-31', 'STAY_TOO_LONG'],
  ]) {
    const message = { aggregateType: 'reservation', name: 'CreateReservation', payload: nights(room, from, to) };
    assert.equal((await ana.post('/commands', message)).body.code, code);
    const batch = (await ana.post('/commands', [message, message])).body;
    assert.deepEqual(batch.map((answer) => answer.code), [code, code]);
    assert.equal((await core.post('/commands', message)).body.code, code, 'the staff, too');
    const query = 'mutation ($input: CreateReservationInput!) { it: createReservation(input: $input) { ... on Rejected { code } } }';
    const variables = { input: message.payload };
    assert.equal((await ana.post('/graphql', { query, variables })).body.data.it.code, code);
    const [{ data }] = await talker.next(talker.subscribe(query, variables));
    assert.equal(data.it.code, code);
  }
  assert.equal((await core.state('room', room)).version, 1, 'the room was asked for nothing');
});

test('one guest holds a room twenty times, and others hold it all the same', async () => {
  const room = await addRoom(core);
  const stay = (n, userId = 'ana') => ({ aggregateType: 'reservation', name: 'CreateReservation', payload: nights(room, day(10 + n), day(11 + n), userId) });
  const batch = (await ana.post('/commands', Array.from({ length: 21 }, (_, n) => stay(n)))).body;
  assert.deepEqual(new Set(batch.map(({ status }) => status)), new Set([202]));
  const states = await Promise.all(batch.map(({ aggregateId }) => settled(core, aggregateId)));
  const statuses = states.map(({ status, refusal }) => refusal ?? status);
  assert.deepEqual([statuses.filter((it) => it === 'CONFIRMED').length, statuses.filter((it) => it === 'TOO_MANY_HOLDS_OF_GUEST').length], [20, 1]);
  const ben = (await core.as(token('guest', 'ben')).post('/commands', stay(40, 'ben'))).body;
  assert.equal((await settled(core, ben.aggregateId)).status, 'CONFIRMED');
});
