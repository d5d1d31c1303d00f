// From a command id to every event and command that it caused, over all aggregates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from './harness.mjs';
import { addRoom, cancel, holds, nights, reserve, settled as answered } from './hotel.mjs';
import { account, goods, settled } from './shop.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const line = ({ kind, aggregateType, name }) => `${aggregateType} ${kind === 'event' ? 'happened' : 'asked'}: ${name}`;
const path = (id, query = '') => `/correlations/${encodeURIComponent(id)}${query}`;

/** Waits until so many entries are listed; gives them. */
const listed = (id, count, as = core) =>
  until(`${count} entries are listed for ${id}`, async () => {
    const { status, body } = await as.request(path(id));
    return status === 200 && body.entries.length >= count && body.entries;
  });

/** What is listed, whatever the order: two events may reach the journal at the same moment. */
const lines = (entries) => entries.map(line).sort();

/** Checks that each entry is what the streams say, and goes back to the command or to another entry. */
async function checked(entries, command) {
  const ids = new Set([command, ...entries.flatMap(({ eventId, commandId }) => [eventId, commandId])]);
  for (const entry of entries) {
    if (entry.commandId !== command) assert.ok(ids.has(entry.causationId), `${JSON.stringify(entry)} has its cause in the list`);
    if (entry.kind === 'event') {
      const stream = await core.events(entry.aggregateType, entry.aggregateId);
      const event = stream[entry.version - 1];
      assert.deepEqual(
        [entry.eventId, entry.name, entry.commandId, entry.causationId, entry.time, entry.actor, entry.actorRole],
        [event.id, event.type, event.commandid, event.causationid, event.time, event.actor, event.actorrole],
      );
    }
    assert.deepEqual([entry.actor, entry.actorRole], ['sam', 'staff'], 'whoever sent the command is behind all of it');
  }
}

test('an order is followed through its payment to its shipment', async () => {
  const payer = await account(core, 1_000);
  const [id, place, ship] = [fresh('order'), fresh('place'), fresh('ship')];
  await core.send('order', 'PlaceOrder', goods(payer, 400), { aggregateId: id, commandId: place });
  await settled(core, id);
  const metadata = { causationId: place };
  await core.send('order', 'UpdateOrderStatus', { status: 'SHIPPED' }, { aggregateId: id, commandId: ship, metadata });
  assert.equal((await settled(core, id)).status, 'SHIPPED');
  const paid = [
    'order happened: ShipmentRequested', 'account asked: CapturePayment',
    'account happened: PaymentCaptured', 'order happened: OrderShipped',
  ];
  const placed = [
    'order happened: OrderPlaced', 'account asked: AuthorisePayment',
    'account happened: PaymentAuthorised', 'order happened: OrderAccepted',
  ];
  const second = await listed(ship, 4);
  assert.deepEqual(lines(second), paid.sort());
  await checked(second, ship);
  assert.ok(second.every(({ correlationId }) => correlationId === ship));
  const all = await listed(place, 8);
  assert.deepEqual(lines(all), [...placed, ...paid].sort(), 'what a command names as its cause is caused by it');
  await checked(all, place);
  // A command that was asked for is a command id like any other.
  const asked = all.find(({ name }) => name === 'AuthorisePayment');
  assert.equal(asked.aggregateId, payer);
  assert.deepEqual(lines(await listed(asked.commandId, 2)), ['account happened: PaymentAuthorised', 'order happened: OrderAccepted']);
});

test('a command that was refused is listed, and what its refusal led to', async () => {
  const payer = await account(core, 100);
  const [id, place] = [fresh('order'), fresh('place')];
  await core.send('order', 'PlaceOrder', goods(payer, 400), { aggregateId: id, commandId: place });
  assert.equal((await settled(core, id)).status, 'DECLINED');
  const entries = await listed(place, 3);
  assert.deepEqual(lines(entries), ['account asked: AuthorisePayment', 'order happened: OrderDeclined', 'order happened: OrderPlaced']);
  const [asked, declined] = ['AuthorisePayment', 'OrderDeclined'].map((name) => entries.find((entry) => entry.name === name));
  assert.equal(declined.commandId, `refused.${asked.commandId}`);
  await checked(entries, place);
});

test('a reservation is followed to its room and back, page by page', async () => {
  const room = await addRoom(core);
  const [id, claim] = [fresh('reservation'), fresh('claim')];
  await core.send('reservation', 'CreateReservation', nights(room, '2030-01-01', '2030-01-03'), { aggregateId: id, commandId: claim });
  await answered(core, id);
  await cancel(core, id);
  await holds(core, room, []);
  const expected = [
    'reservation happened: ReservationConfirmed', 'reservation happened: ReservationCreated', 'room asked: HoldRoom', 'room happened: RoomHeld',
  ];
  assert.deepEqual(lines(await listed(claim, 4)), expected, 'the cancellation is another command');
  const pages = [];
  for (let after = 0; after !== null; ) {
    const { status, body } = await core.request(path(claim, `?after=${after}&limit=1`));
    assert.equal(status, 200);
    pages.push(body.entries);
    after = body.next;
  }
  assert.deepEqual(pages.map(({ length }) => length).sort(), [1, 1, 2], 'an event a page, with what it asked for');
  assert.deepEqual(lines(pages.flat()), expected);
});

test('each sees of it what the policies of the instances say: the staff all, a guest its own, and others nothing', async () => {
  const room = await addRoom(core);
  const [ana, ben] = ['ana', 'ben'].map((name) => core.as(token('guest', name)));
  const [id, claim] = [fresh('reservation'), fresh('claim')];
  const { status } = await ana.command('reservation', 'CreateReservation', nights(room, '2030-01-01', '2030-01-03'), { aggregateId: id, commandId: claim });
  assert.equal(status, 202);
  await listed(claim, 4);
  const own = await ana.request(path(claim));
  assert.deepEqual(lines(own.body.entries), ['reservation happened: ReservationConfirmed', 'reservation happened: ReservationCreated']);
  const known = await ben.request(path(claim));
  const unknown = await ben.request(path('nobody'));
  for (const { status, body } of [known, unknown]) assert.deepEqual([status, body.code], [404, 'UNKNOWN_CORRELATION']);
  assert.equal(known.body.detail.replace(claim, ''), unknown.body.detail.replace('nobody', ''), 'one cannot be told from the other');
  assert.equal((await ben.request(path(claim, '?after=1'))).status, 404);
  for (const role of ['device', 'admin']) {
    assert.equal((await core.as(token(role, 'ana')).request(path(claim))).status, 404, `${role} of the same name`);
  }
  assert.equal((await core.as(undefined).request(path(claim))).status, 401);
  assert.equal((await core.as('rubbish').request(path(claim))).status, 401);
});

test('a list that cannot be had is refused with what was expected', async () => {
  for (const [asked, status, code] of [
    [path('nobody'), 404, 'UNKNOWN_CORRELATION'],
    [path('a/b'), 422, 'INVALID_FIELD'],
    [path('x', '?limit=0'), 422, 'INVALID_LIMIT'],
    [path('x', '?limit=101'), 422, 'INVALID_LIMIT'],
    [path('x', '?after=-1'), 422, 'INVALID_CURSOR'],
    [path('x', '?before=1'), 422, 'UNKNOWN_PARAMETER'],
  ]) {
    const { status: found, body } = await core.request(asked);
    assert.deepEqual([found, body.code], [status, code], asked);
  }
  const { status } = await core.post(path('x'), {});
  assert.equal(status, 405);
});
