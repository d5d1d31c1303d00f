// An account on the real runtime: its rules through the doors, its read model, and its GraphQL part.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { journalled } from '../../../tests/acceptance/journal.mjs';
import { listed } from '../../../tests/acceptance/listed.mjs';

const core = await serve('core');

async function account(overdraftLimit = 0, id = fresh('account')) {
  await core.send('account', 'OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit }, { aggregateId: id });
  return id;
}
const send = (id, name, payload) => core.send('account', name, payload, { aggregateId: id });
const refused = async (id, name, payload) => {
  const { status, body } = await core.command('account', name, payload, { aggregateId: id });
  assert.equal(status, 422, JSON.stringify(body));
  return body.code;
};
const figures = async (id) => {
  const { state } = await core.state('account', id);
  return [state.balance, state.available, state.holds.map(({ paymentId, amount }) => [paymentId, amount])];
};

const money = 'id version ownerId currency overdraftLimit balance available held holdCount createdAt';
const one = `query ($id: ID!, $atVersion: Int) { it: account(id: $id, atVersion: $atVersion) { ${money} } }`;

test('an account takes, gives, holds, captures and releases, and its read model says the same', async () => {
  const id = await account(500);
  await send(id, 'Deposit', { amount: 1_000, reference: 'salary' });
  await send(id, 'Withdraw', { amount: 300 });
  await send(id, 'AuthorisePayment', { paymentId: 'p', amount: 400 });
  assert.equal((await send(id, 'AuthorisePayment', { paymentId: 'p', amount: 400 })).events.length, 0);
  await send(id, 'AuthorisePayment', { paymentId: 'q', amount: 100 });
  assert.deepEqual(await figures(id), [700, 700, [['p', 400], ['q', 100]]]);
  await send(id, 'CapturePayment', { paymentId: 'p', amount: 250 });
  const { version } = await send(id, 'ReleasePayment', { paymentId: 'q' });
  assert.deepEqual(await figures(id), [450, 950, []]);
  const events = await journalled(core, 'account', id);
  const now = {
    id, version, ownerId: 'ana', currency: 'EUR', overdraftLimit: 500,
    balance: 450, available: 950, held: 0, holdCount: 0, createdAt: events[0].time,
  };
  assert.deepEqual((await core.ask(one, { id })).it, now);
  assert.deepEqual(await listed(core, 'account', id, version, money), now);
  const { it: then } = await core.ask(one, { id, atVersion: 5 });
  assert.deepEqual([then.version, then.balance, then.available, then.held, then.holdCount], [5, 700, 700, 500, 2]);
});

test('what an account has not got is refused, and changes nothing', async () => {
  const id = await account(100);
  await send(id, 'Deposit', { amount: 50 });
  assert.equal(await refused(id, 'Withdraw', { amount: 151 }), 'INSUFFICIENT_FUNDS');
  assert.equal(await refused(id, 'AuthorisePayment', { paymentId: 'p', amount: 151 }), 'INSUFFICIENT_FUNDS');
  assert.equal(await refused(id, 'CapturePayment', { paymentId: 'p' }), 'PAYMENT_UNKNOWN');
  assert.equal(await refused(id, 'Deposit', { amount: 0 }), 'INVALID_FIELD');
  assert.equal(await refused(id, 'Deposit', { amount: 1.5 }), 'INVALID_FIELD');
  assert.equal(await refused(id, 'OpenAccount', { ownerId: 'ana', currency: 'euro', overdraftLimit: 0 }), 'INVALID_FIELD');
  await send(id, 'AuthorisePayment', { paymentId: 'p', amount: 120 });
  assert.equal(await refused(id, 'AuthorisePayment', { paymentId: 'p', amount: 121 }), 'PAYMENT_EXISTS');
  assert.equal(await refused(id, 'CapturePayment', { paymentId: 'p', amount: 121 }), 'CAPTURE_TOO_HIGH');
  const { status } = await core.command('account', 'ExpirePayment', {}, { aggregateId: id });
  assert.equal(status, 403);
  assert.deepEqual(await figures(id), [50, 30, [['p', 120]]]);
});

test('withdrawals that race never take more than there is, over a kill as well', async () => {
  const id = await account();
  await send(id, 'Deposit', { amount: 1_000 });
  const one = (n) => core.command('account', 'Withdraw', { amount: 90 }, { aggregateId: id, commandId: `${id}-${n}` });
  const statuses = (await Promise.all(Array.from({ length: 20 }, (_, n) => one(n)))).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 202).length, 11);
  await core.killAndRestart();
  for (const n of statuses.keys()) assert.equal((await one(n)).status, statuses[n]);
  assert.deepEqual(await figures(id), [10, 10, []]);
});

test('every command of an account is a mutation', async () => {
  const id = fresh('account');
  const result = '{ __typename ... on Accepted { version } ... on Rejected { code field } }';
  const ask = async (field) => (await core.ask(`mutation { it: ${field} ${result} }`)).it;
  const accepted = (version) => ({ __typename: 'Accepted', version });
  assert.deepEqual(await ask(`openAccount(id: "${id}", input: { ownerId: "ana", currency: "EUR", overdraftLimit: 0 })`), accepted(1));
  assert.deepEqual(await ask(`deposit(id: "${id}", input: { amount: 1000000000, reference: "x" })`), accepted(2));
  assert.deepEqual(await ask(`withdraw(id: "${id}", input: { amount: 1 })`), accepted(3));
  assert.deepEqual(await ask(`authorisePayment(id: "${id}", input: { paymentId: "p", amount: 10 })`), accepted(4));
  assert.deepEqual(await ask(`capturePayment(id: "${id}", input: { paymentId: "p", amount: 4 })`), accepted(5));
  assert.deepEqual(await ask(`authorisePayment(id: "${id}", input: { paymentId: "q", amount: 10 })`), accepted(6));
  assert.deepEqual(await ask(`releasePayment(id: "${id}", input: { paymentId: "q" })`), accepted(7));
  const zero = await ask(`deposit(id: "${id}", input: { amount: 0 })`);
  assert.deepEqual(zero, { __typename: 'Rejected', code: 'INVALID_FIELD', field: 'payload.amount' });
  const shown = await until('the list shows it', async () => {
    const { it } = await core.ask(`{ it: accounts(first: 1) { nodes { id balance } } }`);
    return it.nodes[0]?.id === id && it.nodes[0];
  });
  assert.equal(shown.balance, 999_999_995);
});
