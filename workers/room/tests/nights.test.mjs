// Which rooms are free: asked by a guest who plans a stay, while others hold nights, give them back, and rooms close.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';
import { cancel, holds, nights, reserve, room101, settled, year } from '../../reservation/tests/hotel.mjs';

const core = await serve('core');
const ana = core.as(token('guest', 'ana'));
const day = (n) => `${year}-06-${String(n).padStart(2, '0')}`;

/** Rooms of a hotel of their own; gives the hotel and their ids. */
async function hotel(count) {
  const hotelId = fresh('hotel');
  const rooms = Array.from({ length: count }, () => fresh('room'));
  for (const [n, id] of rooms.entries()) {
    await core.send('room', 'AddRoom', { ...room101, hotelId, number: `${101 + n}` }, { aggregateId: id });
  }
  return { hotelId, rooms };
}

/** The list as a guest asks for it: the body of the answer. */
async function ask(filter, more = {}) {
  const query = `query ($filter: RoomFilter, $least: [MinVersion!], $first: Int, $after: String) {
    rooms(filter: $filter, minVersion: $least, first: $first, after: $after) { nodes { id holdCount status } pageInfo { hasNextPage endCursor } } }`;
  const { status, body } = await ana.post('/graphql', { query, variables: { filter, ...more } });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Ids of the rooms of a hotel that are free from one day to another, as a guest is told. */
async function free(hotelId, from, to) {
  const { data, errors } = await ask({ hotelId, freeFrom: day(from), freeUntil: day(to) });
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.rooms.nodes.map(({ id }) => id);
}

/** Waits until exactly these rooms are free. */
const freed = (hotelId, from, to, rooms) =>
  until(`of ${hotelId} ${rooms} are free`, async () => String(await free(hotelId, from, to)) === String(rooms));

test('a room is free until its nights are held, and again when they are given back', async () => {
  const { hotelId, rooms } = await hotel(3);
  const [first, second, third] = rooms;
  await freed(hotelId, 10, 13, rooms);
  const stay = await reserve(core, second, day(10), day(13));
  assert.equal((await settled(core, stay)).status, 'CONFIRMED');
  await freed(hotelId, 10, 13, [first, third]);
  for (const [from, to, isFree] of [[9, 10, true], [13, 14, true], [1, 10, true], [9, 11, false], [12, 13, false], [11, 12, false], [1, 30, false]]) {
    assert.deepEqual(await free(hotelId, from, to), isFree ? rooms : [first, third], `from ${day(from)} to ${day(to)}`);
  }
  // What is held before and after leaves a gap that somebody can have.
  const next = await reserve(core, second, day(15), day(20));
  assert.equal((await settled(core, next)).status, 'CONFIRMED');
  await freed(hotelId, 14, 16, [first, third]);
  assert.deepEqual(await free(hotelId, 13, 15), rooms);
  await cancel(core, stay);
  await holds(core, second, [next]);
  await freed(hotelId, 10, 13, rooms);
  assert.deepEqual(await free(hotelId, 14, 16), [first, third], 'the other stay goes on');
});

test('a room that is closed is not free, whatever nights it holds', async () => {
  const { hotelId, rooms: [open, closed] } = await hotel(2);
  await freed(hotelId, 1, 2, [open, closed]);
  await core.send('room', 'CloseRoom', {}, { aggregateId: closed });
  await freed(hotelId, 1, 2, [open]);
  const { data } = await ask({ hotelId, status: 'CLOSED', freeFrom: day(1), freeUntil: day(2) });
  assert.deepEqual(data.rooms.nodes, []);
});

test('it is one condition among others, and pages keep it', async () => {
  const { hotelId, rooms } = await hotel(7);
  const taken = [rooms[1], rooms[4]];
  for (const room of taken) await settled(core, await reserve(core, room, day(5), day(8)));
  const left = rooms.filter((id) => !taken.includes(id));
  await freed(hotelId, 6, 7, left);
  const pages = [];
  for (let after = null; ; ) {
    const { data } = await ask({ hotelId, guests: 2, freeFrom: day(6), freeUntil: day(7) }, { first: 2, after });
    pages.push(data.rooms.nodes.map(({ id }) => id));
    after = data.rooms.pageInfo.endCursor;
    if (!data.rooms.pageInfo.hasNextPage) break;
  }
  assert.deepEqual(pages.map(({ length }) => length), [2, 2, 1]);
  assert.deepEqual(pages.flat(), left);
  assert.deepEqual((await ask({ hotelId, guests: 3, freeFrom: day(6), freeUntil: day(7) })).data.rooms.nodes, []);
});

test('a guest learns that a room is taken, and not by whom', async () => {
  const { hotelId, rooms: [room] } = await hotel(1);
  const id = fresh('reservation');
  await core.send('reservation', 'CreateReservation', nights(room, day(1), day(4), 'ben'), { aggregateId: id });
  assert.equal((await settled(core, id)).status, 'CONFIRMED');
  await freed(hotelId, 1, 2, []);
  const elsewhere = await ask({ hotelId, freeFrom: day(4), freeUntil: day(5) });
  assert.deepEqual(elsewhere.data.rooms.nodes, [{ id: room, holdCount: 1, status: 'OPEN' }]);
  for (const said of [elsewhere, await ask({ hotelId, freeFrom: day(1), freeUntil: day(2) })]) {
    for (const secret of [id, 'ben']) assert.ok(!JSON.stringify(said).includes(secret), secret);
  }
});

test('a list that waits for the version of a room knows its nights as well', async () => {
  const { hotelId, rooms } = await hotel(2);
  const [room, other] = rooms;
  for (let n = 1; n <= 10; n++) {
    const { version } = await core.state('room', room);
    await settled(core, await reserve(core, room, day(n), day(n + 1)));
    // Not waited for but by the list itself.
    const least = [{ type: 'ROOM', id: room, version: version + 1 }];
    const { data, errors } = await ask({ hotelId, freeFrom: day(n), freeUntil: day(n + 1) }, { least });
    assert.equal(errors, undefined, JSON.stringify(errors));
    assert.deepEqual(data.rooms.nodes.map(({ id }) => id), [other], `${n} stays`);
  }
});

test('one of the two days alone, days that are none or the wrong way round are refused', async () => {
  for (const [filter, field] of [
    [{ freeFrom: day(1) }, 'filter.freeUntil'],
    [{ freeUntil: day(2) }, 'filter.freeUntil'],
    [{ freeFrom: day(2), freeUntil: day(2) }, 'filter.freeUntil'],
    [{ freeFrom: day(3), freeUntil: day(2) }, 'filter.freeUntil'],
    [{ freeFrom: `${year}-02-30`, freeUntil: `${year}-03-02` }, 'filter.freeFrom'],
    [{ freeFrom: `${year}-02-02`, freeUntil: 'tomorrow' }, 'filter.freeUntil'],
  ]) {
    const { errors } = await ask(filter);
    assert.equal(errors[0].extensions.code, 'INVALID_FIELD', JSON.stringify(filter));
    assert.match(errors[0].message, new RegExp(`^${field}: `), JSON.stringify(filter));
  }
});

test('a subscription does not know what is free, and says so', async () => {
  const talker = await (await core.talk()).init(token('guest', 'ana'));
  for (const filter of [{ freeFrom: day(1), freeUntil: day(2) }, { freeFrom: day(1) }]) {
    const id = talker.subscribe('subscription ($filter: RoomFilter) { rooms(filter: $filter) { cursor } }', { filter });
    await talker.seen('an answer', () => talker.of(id).length > 0);
    const [{ type, payload }] = talker.of(id);
    assert.deepEqual([type, payload[0].extensions.code], ['error', 'INVALID_FIELD'], JSON.stringify(filter));
  }
});
