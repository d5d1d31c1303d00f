// What a customer pays: the price of the catalogue, at every door. The staff alone names prices.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';
import { account, goods } from './shop.mjs';

const core = await serve('core');
const ana = core.as(token('guest', 'ana'));
const line = (sku, unitPrice, quantity = 1) => ({ sku, quantity, unitPrice });
const catalogue = (name, payload) => core.send('catalogue', name, payload, { aggregateId: 'main' });
const setPrice = (sku, unitPrice) => catalogue('SetPrice', { sku, unitPrice });
const place = (at, payload, more) => at.command('order', 'PlaceOrder', payload, more);
const refusal = ({ status, body }) => [status, body.code, body.field, body.detail];

let payer;
before(async () => {
  payer = await account(core, 100_000);
  assert.deepEqual(refusal(await place(ana, goods(payer, 400))), [422, 'ARTICLE_UNKNOWN', 'payload.lines[0].sku', 'the catalogue has no article tea']);
  await catalogue('OpenCatalogue', { currency: 'EUR' });
  await setPrice('tea', 400);
  await setPrice('cup', 900);
});

const wrong = (n, price, got) => [422, 'PRICE_DIFFERS', `payload.lines[${n}].unitPrice`, `the price of tea is ${price}, got ${got}`];

test('a customer pays what the catalogue says, and nothing else, whichever line it is in', async () => {
  const lines = (...lines) => ({ customerId: 'ana', accountId: payer, lines });
  assert.equal((await place(ana, lines(line('tea', 400, 2), line('cup', 900)))).status, 202);
  assert.deepEqual(refusal(await place(ana, goods(payer, 1))), wrong(0, 400, 1));
  assert.deepEqual(refusal(await place(ana, goods(payer, 0))), wrong(0, 400, 0));
  assert.deepEqual(refusal(await place(ana, goods(payer, 401))), wrong(0, 400, 401));
  assert.deepEqual(refusal(await place(ana, lines(line('tea', 400), line('tea', 1)))), wrong(1, 400, 1), 'an article twice');
  assert.deepEqual(refusal(await place(ana, lines(line('tea', 400), line('pot', 1)))).slice(0, 3), [422, 'ARTICLE_UNKNOWN', 'payload.lines[1].sku']);
});

test('the price is checked at every door, for a service that acts for a customer, and not for the staff', async () => {
  const cheap = goods(payer, 1);
  const shop = core.as(token('guest', 'ana', { act: { sub: 'shop|1' } }));
  assert.equal((await place(shop, cheap)).body.code, 'PRICE_DIFFERS');
  const batch = [cheap, goods(payer, 400)].map((payload) => ({ aggregateType: 'order', name: 'PlaceOrder', payload }));
  const answers = (await ana.post('/commands', batch)).body;
  assert.deepEqual(answers.map(({ status, code }) => [status, code]), [[422, 'PRICE_DIFFERS'], [202, undefined]]);
  const same = batch.map((message) => ({ ...message, aggregateId: 'one-order' })).reverse();
  const first = (await ana.post('/commands', same)).body;
  assert.deepEqual(first.map(({ status, code }) => [status, code]), [[202, undefined], [422, 'ORDER_EXISTS']]);
  const query = `mutation { placeOrder(input: { customerId: "ana", accountId: "${payer}", lines: [{ sku: "tea", quantity: 1, unitPrice: 1 }] }) { ... on Rejected { code field } } }`;
  const { placeOrder } = (await ana.post('/graphql', { query })).body.data;
  assert.deepEqual(placeOrder, { code: 'PRICE_DIFFERS', field: 'payload.lines[0].unitPrice' });
  const talker = await (await core.talk()).init(token('guest', 'ana'));
  const [{ data }] = await talker.next(talker.subscribe(query));
  assert.deepEqual(data.placeOrder, placeOrder);
  const watcher = await ana.watch('order', first[0].aggregateId);
  watcher.say({ type: 'command', id: 'again', name: 'PlaceOrder', payload: cheap });
  assert.equal((await watcher.frame('answer', ({ id }) => id === 'again')).code, 'ORDER_EXISTS');
  for (const role of ['device', 'service', 'admin']) assert.equal((await place(core.as(token(role, 'ana')), cheap)).status, 403, role);
  assert.equal((await place(core, cheap)).status, 202);
  assert.equal((await place(core.as(token('staff', 'sam', { act: { sub: 'phone|1' } })), cheap)).status, 202);
});

test('a changed price holds for orders from then on, and an order that is sent again is the one that was placed', async () => {
  await setPrice('cake', 300);
  const lines = [line('cake', 300)];
  const order = { customerId: 'ana', accountId: payer, lines };
  const ids = { aggregateId: fresh('order'), commandId: fresh('command') };
  assert.equal((await place(ana, order, ids)).status, 202);
  await setPrice('cake', 350);
  assert.deepEqual((await place(ana, order, ids)).body.duplicate, true);
  assert.equal((await place(ana, { ...order, lines: [line('cake', 350)] }, ids)).body.code, 'IDEMPOTENCY_KEY_REUSED');
  assert.equal((await place(ana, order)).body.code, 'PRICE_DIFFERS');
  assert.equal((await place(ana, { ...order, lines: [line('cake', 350)] })).status, 202);
  await catalogue('WithdrawArticle', { sku: 'cake' });
  assert.equal((await place(ana, { ...order, lines: [line('cake', 350)] })).body.code, 'ARTICLE_UNKNOWN');
  assert.equal((await core.events('order', ids.aggregateId))[0].data.total, 300);
});

test('an order that races with a change of the price is placed at one of the two, or refused', async () => {
  await setPrice('pie', 100);
  const order = { customerId: 'ana', accountId: payer, lines: [line('pie', 100)] };
  const [, ...placed] = await Promise.all([setPrice('pie', 200), ...Array.from({ length: 8 }, () => place(ana, order))]);
  for (const answer of placed) {
    if (answer.status === 202) assert.equal((await core.events('order', answer.body.aggregateId))[0].data.total, 100);
    else assert.equal(answer.body.code, 'PRICE_DIFFERS');
  }
  assert.equal((await place(ana, order)).body.code, 'PRICE_DIFFERS');
});

test('a customer pays in the currency of the catalogue', async () => {
  const yen = fresh('account');
  await ana.command('account', 'OpenAccount', { ownerId: 'ana', currency: 'JPY', overdraftLimit: 0 }, { aggregateId: yen });
  const refused = await place(ana, goods(yen, 400));
  assert.deepEqual(refusal(refused).slice(0, 3), [422, 'CURRENCY_DIFFERS', 'payload.accountId']);
  assert.equal((await place(core, goods(yen, 400))).status, 202);
});

test('nobody but the staff changes prices, and everybody reads them', async () => {
  for (const [name, payload] of [['OpenCatalogue', { currency: 'EUR' }], ['SetPrice', { sku: 'tea', unitPrice: 1 }], ['WithdrawArticle', { sku: 'tea' }]]) {
    for (const role of ['guest', 'device', 'service', 'admin']) {
      for (const aggregateId of ['main', fresh('catalogue')]) {
        const answer = await core.as(token(role, 'ana')).command('catalogue', name, payload, { aggregateId });
        assert.notEqual(answer.status, 202, `${role} ${name}`);
      }
    }
  }
  const query = '{ catalogue(id: "main") { currency articles { sku unitPrice } } }';
  const { data } = (await ana.post('/graphql', { query })).body;
  assert.equal(data.catalogue.articles.find(({ sku }) => sku === 'tea').unitPrice, 400);
  assert.equal((await core.as(undefined).request('/aggregates/catalogue/main')).status, 401);
});
