// The saga of an order on the real runtime: it pays from an account, and gives back what it does not need.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { journalled } from '../../../tests/acceptance/journal.mjs';
import { listed } from '../../../tests/acceptance/listed.mjs';
import { account, balanced, cancel, goods, holds, place, settled, update } from './shop.mjs';

const core = await serve('core');
const types = async (type, id) => (await core.events(type, id)).map((event) => event.type);
const fields = 'id version status refusal reason customerId accountId lines { sku quantity unitPrice } total createdAt';

test('an order is accepted when the account holds the money, shipped when it has paid, and delivered', async () => {
  const payer = await account(core, 1_000);
  const id = fresh('order');
  const answer = await core.send('order', 'PlaceOrder', goods(payer, 400), { aggregateId: id });
  assert.ok(answer.confirmWithinMs > 0 && answer.confirmWithinMs <= 60_000, `${answer.confirmWithinMs} ms`);
  const watcher = await core.watch('order', id);
  assert.equal((await watcher.event(2)).event.type, 'OrderAccepted');
  assert.equal((await core.state('order', id)).state.status, 'ACCEPTED');
  assert.equal((await holds(core, payer, [id])).available, 600);
  await update(core, id, 'SHIPPED');
  assert.equal((await settled(core, id)).status, 'SHIPPED');
  await update(core, id, 'DELIVERED');
  const expected = ['OrderPlaced', 'OrderAccepted', 'ShipmentRequested', 'OrderShipped', 'OrderDelivered'];
  assert.deepEqual(await types('order', id), expected);
  await balanced(core, payer, [id]);
  const events = await journalled(core, 'order', id);
  const { customerId, accountId, lines } = goods(payer, 400);
  const now = { id, version: 5, status: 'DELIVERED', refusal: null, reason: null, customerId, accountId, lines, total: 400, createdAt: events[0].time };
  assert.deepEqual((await core.ask(`query ($id: ID!) { it: order(id: $id) { ${fields} } }`, { id })).it, now);
  assert.deepEqual(await listed(core, 'order', id, 5, fields), now);
});

test('an order that the account cannot pay is declined with the refusal of the account', async () => {
  const payer = await account(core, 399);
  const id = await place(core, payer, 400);
  const { status, refusal } = await settled(core, id);
  assert.deepEqual([status, refusal], ['DECLINED', 'INSUFFICIENT_FUNDS']);
  await balanced(core, payer, [id]);
});

test('an order that is cancelled frees the money, whether the account has answered or not', async () => {
  const payer = await account(core, 1_000);
  const accepted = await place(core, payer, 400);
  await settled(core, accepted);
  const placed = await place(core, payer, 300);
  await cancel(core, placed);
  await cancel(core, accepted, { reason: 'rain' });
  assert.equal((await core.state('order', accepted)).state.reason, 'rain');
  await journalled(core, 'order', placed);
  await holds(core, payer, []);
  const refused = await core.command('order', 'UpdateOrderStatus', { status: 'SHIPPED' }, { aggregateId: placed });
  assert.equal(refused.body.code, 'ORDER_ENDED');
  await balanced(core, payer, [placed, accepted]);
});

test('an order does not pay from the account of another, which looks like one that does not exist', async () => {
  const payer = await account(core, 1_000, { ownerId: 'ben' });
  for (const accountId of [payer, 'nowhere']) {
    const { status, body } = await core.command('order', 'PlaceOrder', goods(accountId, 400));
    assert.deepEqual([status, body.code], [422, 'ACCOUNT_UNKNOWN']);
  }
  assert.deepEqual(await types('account', payer), ['AccountOpened', 'MoneyDeposited']);
});

test('a payment that the staff makes is none of an order of the same name', async () => {
  const payer = await account(core, 1_000);
  const id = fresh('order');
  await core.send('account', 'AuthorisePayment', { paymentId: id, amount: 100 }, { aggregateId: payer });
  await place(core, payer, 100, id);
  const { status, refusal } = await settled(core, id);
  assert.deepEqual([status, refusal], ['DECLINED', 'PAYMENT_EXISTS']);
  await journalled(core, 'order', id);
  await core.send('account', 'CapturePayment', { paymentId: id }, { aggregateId: payer });
  assert.equal((await core.state('account', payer)).state.balance, 900);
  assert.equal((await core.state('order', id)).state.status, 'DECLINED');
});

test('orders that race for the same money never get more than there is', async () => {
  const payer = await account(core, 1_000);
  const orders = await Promise.all(Array.from({ length: 12 }, () => place(core, payer, 150)));
  const states = await Promise.all(orders.map((id) => settled(core, id)));
  assert.equal(states.filter(({ status }) => status === 'ACCEPTED').length, 6);
  const accepted = orders.filter((_, n) => states[n].status === 'ACCEPTED');
  await Promise.all(accepted.map((id, n) => (n % 2 ? cancel(core, id) : update(core, id, 'SHIPPED'))));
  for (const id of accepted) await settled(core, id);
  const { balance } = await holds(core, payer, []);
  assert.equal(balance, 550);
  await balanced(core, payer, orders);
});

test('every command of an order is a mutation', async () => {
  const payer = await account(core, 1_000);
  const id = fresh('order');
  const result = '{ __typename ... on Accepted { version } ... on Rejected { code } }';
  const ask = async (field) => (await core.ask(`mutation { it: ${field} ${result} }`)).it;
  const input = `{ customerId: "ana", accountId: "${payer}", lines: [{ sku: "tea", quantity: 2, unitPrice: 10 }] }`;
  const placed = await ask(`placeOrder(id: "${id}", input: ${input})`);
  assert.deepEqual(placed, { __typename: 'Accepted', version: 1 });
  await settled(core, id);
  assert.equal((await ask(`updateOrderStatus(id: "${id}", status: SHIPPED)`)).version, 3);
  await settled(core, id);
  assert.deepEqual(await ask(`cancelOrder(id: "${id}", reason: "late")`), { __typename: 'Rejected', code: 'ORDER_SHIPPED' });
  const { it } = await core.ask('{ it: orders(first: 100) { nodes { id status } } }');
  assert.ok(it.nodes.some((node) => node.id === id));
});
