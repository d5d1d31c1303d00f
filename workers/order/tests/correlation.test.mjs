// An order is followed from its command id over the account that pays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { account, goods, settled } from './shop.mjs';

const core = await serve('core');
const line = ({ kind, aggregateType, name }) => `${aggregateType} ${kind === 'event' ? 'happened' : 'asked'}: ${name}`;
const path = (id, query = '') => `/correlations/${encodeURIComponent(id)}${query}`;

/** Waits until so many entries are listed; gives them. */
const listed = (id, count, as = core) =>
  until(`${count} entries are listed for ${id}`, async () => {
    const { status, body } = await as.request(path(id));
    return status === 200 && body.entries.length >= count && body.entries;
  });

/** What is listed, whatever the order: two events may be of the same moment. */
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
  const metadata = { causationId: place, correlationId: place };
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
  const all = await listed(place, 8);
  assert.deepEqual(lines(all), [...placed, ...paid].sort(), 'what a command names as its correlation is listed with it');
  await checked(all, place);
  assert.ok(all.every(({ correlationId }) => correlationId === place));
  const second = all.filter(({ correlationClaimed }) => correlationClaimed);
  assert.deepEqual(lines(second), paid.sort(), 'only the second command has named one');
  await checked(second, ship);
  for (const [name, result] of [['AuthorisePayment', 'PaymentAuthorised'], ['CapturePayment', 'PaymentCaptured']]) {
    const asked = all.find((entry) => entry.name === name);
    assert.equal(asked.aggregateId, payer);
    const results = all.filter(({ kind, commandId }) => kind === 'event' && commandId === asked.commandId);
    assert.deepEqual(lines(results), [`account happened: ${result}`]);
  }
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
