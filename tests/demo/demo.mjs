// `npm run demo`: one guest, one room, and what becomes of a reservation. It exits 0 only if all of it is true.
import assert from 'node:assert/strict';
import { configs, Core } from '../acceptance/core.mjs';
import { token } from '../acceptance/tokens.mjs';

const say = (text = '') => console.log(text && `  ${text}`);
const chapter = (title) => console.log(`\n${title}\n`);

const room = 'room-101';
const year = new Date().getUTCFullYear() + 1;
const ana = { userId: 'ana', roomId: room, dateStart: `${year}-05-10`, dateEnd: `${year}-05-13` };
const ben = { userId: 'ben', roomId: room, dateStart: `${year}-05-12`, dateEnd: `${year}-05-14` };

const result = `__typename
  ... on Accepted { aggregateId version confirmWithinMs }
  ... on Rejected { code detail }`;
const addRoom = `mutation ($id: ID!, $input: AddRoomInput!) { it: addRoom(id: $id, input: $input) { ${result} } }`;
const createReservation = `mutation ($input: CreateReservationInput!) { it: createReservation(input: $input) { ${result} } }`;
const cancelReservation = `mutation ($id: ID!, $reason: String!) { it: cancelReservation(id: $id, reason: $reason) { ${result} } }`;
const reservation = `query ($id: ID!) { it: reservation(id: $id) { id version status refusal } }`;
const reservations = `query ($roomId: ID!, $least: [MinVersion!]) {
  it: reservations(filter: { roomId: $roomId }, orderBy: OLDEST, minVersion: $least) { nodes { id status refusal reason userId dateStart dateEnd } } }`;
const watchReservation = `subscription ($id: ID!) {
  it: reservation(id: $id, after: "0") { event { type } now: reservation { status refusal reason } } }`;
const watchRoom = `subscription ($id: ID!) { it: room(id: $id, after: "0") { event { type } now: room { holdCount } } }`;
const theRoom = `query ($id: ID!) { it: room(id: $id) { version status holdCount } }`;
const freeRooms = `query ($from: Date!, $until: Date!, $least: [MinVersion!]) {
  it: rooms(filter: { freeFrom: $from, freeUntil: $until }, minVersion: $least) { nodes { id } } }`;

async function story(core) {
  const command = async (mutation, variables) => {
    const { it } = await core.ask(mutation, variables);
    assert.equal(it.__typename, 'Accepted', `the command is accepted, not refused: ${it.code} ${it.detail}`);
    return it;
  };
  const read = async (query, variables) => (await core.ask(query, variables)).it;
  const socket = await (await core.talk()).init(token('staff', 'sam'));
  /** What a subscription says of a version: the event, and what came of it. */
  const hear = async (subscription, version) => {
    const { data } = (await socket.next(subscription, version))[version - 1];
    const { event, now } = data.it;
    const why = now.refusal ?? now.reason;
    say(`the socket says   ${event.type.padEnd(22)}→ ${now.status}${why ? ` (${why})` : ''}`);
    return now.status;
  };

  chapter('A room opens.');
  const input = { hotelId: 'grand', number: '101', capacity: 2, nightlyRate: 12_500 };
  const added = await command(addRoom, { id: room, input });
  say(`addRoom           accepted at version ${added.version}`);

  chapter('Ana wants it from 10 to 13 May.');
  const hers = await command(createReservation, { input: ana });
  say(`createReservation accepted at version ${hers.version}; the room's answer is worth ${hers.confirmWithinMs / 1000} s of waiting`);
  const anaHears = socket.subscribe(watchReservation, { id: hers.aggregateId });
  assert.equal(await hear(anaHears, 1), 'PENDING', 'the room has been asked');
  assert.equal(await hear(anaHears, 2), 'CONFIRMED', 'the room holds the nights');

  chapter('Ben wants it from 12 to 14 May. The night of the 12th is taken.');
  const his = await command(createReservation, { input: ben });
  const benHears = socket.subscribe(watchReservation, { id: his.aggregateId });
  assert.equal(await hear(benHears, 1), 'PENDING', 'the room has been asked');
  assert.equal(await hear(benHears, 2), 'DECLINED', 'two guests never share a night');
  const declined = await read(reservation, { id: his.aggregateId });
  assert.deepEqual([declined.status, declined.refusal], ['DECLINED', 'NIGHTS_TAKEN']);

  chapter('Ana falls ill.');
  const cancelled = await command(cancelReservation, { id: hers.aggregateId, reason: 'a cold' });
  say(`cancelReservation accepted at version ${cancelled.version}`);
  assert.equal(await hear(anaHears, 3), 'CANCELLED');

  chapter('The room has its nights back.');
  // Added, held for Ana, released.
  const released = (await socket.next(socket.subscribe(watchRoom, { id: room }), 3))[2].data.it;
  assert.deepEqual([released.event.type, released.now.holdCount], ['RoomReleased', 0]);
  const free = await read(theRoom, { id: room });
  assert.equal(free.holdCount, 0);
  say(`room              version ${free.version}, ${free.status}, ${free.holdCount} holds`);
  const nights = { from: ben.dateStart, until: ben.dateEnd, least: [{ type: 'ROOM', id: room, version: 3 }] };
  assert.deepEqual((await read(freeRooms, nights)).nodes, [{ id: room }], 'Ben could have it now');
  say(`rooms             free from ${ben.dateStart} to ${ben.dateEnd}: ${room}`);

  chapter('What happened, as it is stored.');
  for (const [type, id, expected] of [
    ['room', room, ['RoomAdded', 'RoomHeld', 'RoomReleased']],
    ['reservation', hers.aggregateId, ['ReservationCreated', 'ReservationConfirmed', 'ReservationCancelled']],
    ['reservation', his.aggregateId, ['ReservationCreated', 'ReservationDeclined']],
  ]) {
    say(`${type} ${id}`);
    const events = await core.events(type, id);
    for (const { sequence, time, type, data } of events) {
      say(`  ${Number(sequence)}  ${time.slice(11, 23)}  ${type.padEnd(22)}${JSON.stringify(data)}`);
    }
    assert.deepEqual(events.map(({ type }) => type), expected);
  }

  chapter('What can be asked, from the read model.');
  const least = [[hers, 3], [his, 2]].map(([{ aggregateId: id }, version]) => ({ type: 'RESERVATION', id, version }));
  const { nodes } = await read(reservations, { roomId: room, least });
  for (const { userId, dateStart, dateEnd, status, refusal, reason } of nodes) {
    say(`${userId}  ${dateStart} – ${dateEnd}  ${status.padEnd(10)} ${refusal ?? reason}`);
  }
  assert.deepEqual(nodes.map(({ id, status }) => [id, status]), [[hers.aggregateId, 'CANCELLED'], [his.aggregateId, 'DECLINED']]);
}

const core = new Core(configs.core);
try {
  await core.start();
  console.log(`edgefold  a fresh core on ${core.url}`);
  await story(core);
  console.log('\nedgefold  the end. All of it held.\n');
} catch (error) {
  console.error(`\nedgefold  the demo stops here: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await core.close();
}
