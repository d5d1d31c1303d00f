// Accounts and orders in a test's words.
import assert from 'node:assert/strict';
import { fresh, until } from '../../../tests/acceptance/harness.mjs';

/** Opens an account with so much money in it; gives its id. */
export async function account(core, amount, { ownerId = 'ana', id = fresh('account') } = {}) {
  await core.send('account', 'OpenAccount', { ownerId, currency: 'EUR', overdraftLimit: 0 }, { aggregateId: id });
  if (amount) await core.send('account', 'Deposit', { amount }, { aggregateId: id });
  return id;
}

/** So much worth of goods, as the payload of PlaceOrder. */
export const goods = (accountId, unitPrice, customerId = 'ana') =>
  ({ customerId, accountId, lines: [{ sku: 'tea', quantity: 1, unitPrice }] });

/** Places an order; gives its id. */
export async function place(core, accountId, unitPrice, id = fresh('order')) {
  await core.send('order', 'PlaceOrder', goods(accountId, unitPrice), { aggregateId: id });
  return id;
}

export const update = (core, id, status) => core.send('order', 'UpdateOrderStatus', { status }, { aggregateId: id });
export const cancel = (core, id, payload = {}) => core.send('order', 'CancelOrder', payload, { aggregateId: id });

/** Waits until the order is no longer on its way between two statuses; gives its state. */
export const settled = (core, id, options) =>
  until(
    `${id} is neither PLACED nor SHIPPING`,
    async () => {
      const { state } = await core.state('order', id);
      return !['PLACED', 'SHIPPING'].includes(state.status) && state;
    },
    options,
  );

/** Waits until the account holds money for exactly these payments; gives its state. */
export const holds = (core, accountId, payments, options) => {
  const expected = JSON.stringify([...payments].sort());
  return until(
    `${accountId} holds money for ${expected}`,
    async () => {
      const { state } = await core.state('account', accountId);
      return JSON.stringify(state.holds.map(({ paymentId }) => paymentId).sort()) === expected && state;
    },
    options,
  );
};

/** What the stream of an account says that came in and went out. */
export async function ledger(core, accountId) {
  const sums = { MoneyDeposited: 0, MoneyWithdrawn: 0, PaymentCaptured: 0 };
  for (const { type, data } of await core.events('account', accountId)) if (type in sums) sums[type] += data.amount;
  return sums;
}

/** Checks that the balance of an account is the sum of its entries, and that the entries are what these orders say. */
export async function balanced(core, accountId, orders) {
  const states = await Promise.all(orders.map(async (id) => ({ id, ...(await core.state('order', id)).state })));
  const paid = states.filter(({ status }) => ['SHIPPED', 'DELIVERED'].includes(status));
  const accepted = states.filter(({ status }) => status === 'ACCEPTED');
  const { state } = await core.state('account', accountId);
  const sums = await ledger(core, accountId);
  assert.equal(state.balance, sums.MoneyDeposited - sums.MoneyWithdrawn - sums.PaymentCaptured, accountId);
  assert.equal(sums.PaymentCaptured, paid.reduce((sum, { total }) => sum + total, 0), `${accountId} paid what was shipped`);
  assert.deepEqual(
    state.holds.map(({ paymentId, amount }) => [paymentId, amount]).sort(),
    accepted.map(({ id, total }) => [id, total]).sort(),
    `${accountId} holds what is accepted`,
  );
  assert.equal(state.available, state.balance - accepted.reduce((sum, { total }) => sum + total, 0));
  return states;
}
