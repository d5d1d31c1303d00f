// 500 orders over 20 accounts, with the whole runtime killed again and again in between: the books balance to the cent,
// nothing is held for what has ended, and every order comes to where it belongs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, insist, serve, until } from '../../../tests/acceptance/harness.mjs';
import { account, balanced, goods, ledger } from './shop.mjs';

const [accounts, orders, kills] = [20, 500, 6];
/** What is not confirmed is sent again by an alarm, later and later. */
const again = { within: 150_000 };

test(`${orders} orders over ${accounts} accounts with ${kills} kills: the books balance to the cent`, async (t) => {
  const core = await serve('core', { SEND_AGAIN_SECONDS: '20' });
  const payers = [];
  for (let n = 0; n < accounts; n++) payers.push(await account(core, 10_000));

  const work = Array.from({ length: orders }, (_, n) => ({
    id: fresh('order'), payer: payers[n % accounts], price: 1 + ((n * 7_919) % 997), then: ['ship', 'cancel', 'leave'][n % 3],
  }));
  const send = (type, name, payload, aggregateId, commandId) => insist(core, type, name, payload, { aggregateId, commandId }, ['ORDER_ENDED']);
  const status = async (id) => (await core.state('order', id))?.state.status;
  const run = async ({ id, payer, price, then }) => {
    await send('order', 'PlaceOrder', goods(payer, price), id, `${id}-place`);
    if (then === 'ship') {
      await until(`${id} has its answer`, async () => !['PLACED', undefined].includes(await status(id).catch(() => undefined)), again);
      await send('order', 'UpdateOrderStatus', { status: 'SHIPPED' }, id, `${id}-ship`);
    }
    if (then === 'cancel') await send('order', 'CancelOrder', {}, id, `${id}-cancel`);
  };
  let done = 0;
  const queue = [...work];
  const clients = Array.from({ length: 16 }, async () => {
    for (let next; (next = queue.shift()); done++) await run(next);
  });
  for (let kill = 1; kill <= kills; kill++) {
    const enough = (orders / (kills + 2)) * kill;
    await until('some orders are under way', () => orders - queue.length >= enough, again);
    await core.killAndRestart();
  }
  await Promise.all(clients);
  assert.equal(done, orders);
  const since = Date.now();

  const waiting = new Set(work.map(({ id }) => id));
  await until('no order waits any more', async () => {
    for (const id of waiting) if (['PLACED', 'SHIPPING'].includes(await status(id))) return false; else waiting.delete(id);
    return true;
  }, again);
  const totals = { MoneyDeposited: 0, MoneyWithdrawn: 0, PaymentCaptured: 0, balance: 0 };
  const ends = {};
  for (const payer of payers) {
    const own = work.filter((order) => order.payer === payer).map(({ id }) => id);
    await until(`${payer} holds money for nothing that has ended`, async () => {
      const { state } = await core.state('account', payer);
      const held = state.holds.map(({ paymentId }) => paymentId);
      return (await Promise.all(held.map(status))).every((status) => status === 'ACCEPTED');
    }, again);
    for (const { status } of await balanced(core, payer, own)) ends[status] = (ends[status] ?? 0) + 1;
    for (const [name, sum] of Object.entries(await ledger(core, payer))) totals[name] += sum;
    totals.balance += (await core.state('account', payer)).state.balance;
  }
  assert.equal(totals.MoneyDeposited, accounts * 10_000);
  assert.equal(totals.balance, totals.MoneyDeposited - totals.MoneyWithdrawn - totals.PaymentCaptured);
  assert.ok(ends.SHIPPED > 0 && ends.CANCELLED > 0 && ends.ACCEPTED > 0, JSON.stringify(ends));
  t.diagnostic(`${JSON.stringify(ends)}; ${totals.PaymentCaptured} captured; settled ${Date.now() - since} ms after the last command`);
});
