// What holds of every aggregate that is deployed, whatever it is about.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { addRoom, reserve, settled, year } from '../../reservation/tests/hotel.mjs';
import { account, place, settled as orderSettled } from '../../order/tests/shop.mjs';
import { listed } from '../../../tests/acceptance/listed.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';

const core = await serve('core');
const talk = async () => (await core.talk()).init(token('staff', 'sam'));

test('every category can be watched', async () => {
  const talker = await talk();
  const account = (await core.send('account', 'OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 })).aggregateId;
  await core.send('account', 'Deposit', { amount: 1 }, { aggregateId: account });
  const payloads = {
    room: ['AddRoom', { hotelId: 'grand', number: '1', capacity: 1, nightlyRate: 1 }],
    device: ['RegisterDevice', { model: 'Thermo 2', ownerId: 'ana' }],
    account: ['OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 }],
    order: ['PlaceOrder', { customerId: 'ana', accountId: account, lines: [{ sku: 'a', quantity: 1, unitPrice: 1 }] }],
    round: ['StartGameRound', { game: 'chess', maxPlayers: 2 }],
    catalogue: ['OpenCatalogue', { currency: 'EUR' }],
  };
  const watched = Object.keys(payloads).map((type) => [
    type,
    talker.subscribe(`subscription { it: ${type}s(after: "0") { cursor event { aggregateType aggregateId } ${type} { id version } } }`),
  ]);
  for (const [type, id] of watched) {
    const [name, payload] = payloads[type];
    const { aggregateId } = await core.send(type, name, payload);
    const told = () => talker.results(id).map(({ data }) => data.it).filter(({ event }) => event); // one may say only that it has caught up
    await until(`the new ${type} has come`, () => told().some((it) => it[type].id === aggregateId && it.event.aggregateId === aggregateId));
    assert.deepEqual(new Set(told().map(({ event }) => event.aggregateType)), new Set([type.toUpperCase()]));
  }
});

test('every aggregate can be watched', async () => {
  const talker = await talk();
  const send = async (type, name, payload) => [type, (await core.send(type, name, payload)).aggregateId];
  const account = await send('account', 'OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 });
  await core.send('account', 'Deposit', { amount: 1 }, { aggregateId: account[1] });
  const made = [
    account,
    await send('room', 'AddRoom', { hotelId: 'grand', number: '1', capacity: 1, nightlyRate: 1 }),
    await send('device', 'RegisterDevice', { model: 'Thermo 2', ownerId: 'ana' }),
    await send('order', 'PlaceOrder', { customerId: 'ana', accountId: account[1], lines: [{ sku: 'a', quantity: 1, unitPrice: 1 }] }),
    await send('round', 'StartGameRound', { game: 'chess', maxPlayers: 2 }),
    await send('catalogue', 'OpenCatalogue', { currency: 'EUR' }),
  ];
  for (const [type, id] of made) {
    const watching = talker.subscribe(`subscription { it: ${type}(id: "${id}", after: "0") { cursor event { aggregateType } ${type} { id version } } }`);
    const [{ data }] = await talker.next(watching);
    assert.deepEqual(data.it, { cursor: '1', event: { aggregateType: type.toUpperCase() }, [type]: { id, version: 1 } });
  }
});

test('every instance can be asked for by version, by instant, and with what was just written', async () => {
  const room = await addRoom(core);
  const reservation = await reserve(core, room, `${year}-01-01`, `${year}-01-03`);
  await settled(core, reservation);
  const wallet = await account(core, 5_000);
  const order = await place(core, wallet, 700);
  await orderSettled(core, order);
  const device = fresh('device');
  await core.send('device', 'RegisterDevice', { model: 'm', ownerId: 'ana' }, { aggregateId: device });
  const round = fresh('round');
  await core.send('round', 'StartGameRound', { game: 'go', maxPlayers: 2 }, { aggregateId: round });
  const { aggregateId: catalogue } = await core.send('catalogue', 'OpenCatalogue', { currency: 'EUR' });
  const instances = { room, reservation, account: wallet, order, device, round, catalogue };
  for (const [type, id] of Object.entries(instances)) {
    const stream = await core.events(type, id);
    const one = async (args) => (await core.ask(`query ($id: ID!) { it: ${type}(id: $id ${args}) { id version } }`, { id })).it;
    const [first, last] = [stream[0], stream.length];
    assert.deepEqual(await one(''), { id, version: last }, type);
    assert.deepEqual(await listed(core, type, id, last), { id, version: last }, type);
    assert.deepEqual(await one('atVersion: 1'), { id, version: 1 }, type);
    assert.deepEqual(await one(`atVersion: ${last}`), { id, version: last }, type);
    assert.deepEqual(await one(`at: "${stream.at(-1).time}"`), { id, version: last }, type);
    const before = new Date(Date.parse(first.time) - 1).toISOString();
    assert.equal(await one(`at: "${before}"`), null, type);
    const { errors } = await core.graphql(`query ($id: ID!) { it: ${type}(id: $id, atVersion: 1, at: "2027-01-01T00:00:00Z") { id } }`, { id });
    assert.equal(errors[0].extensions.code, 'INVALID_QUERY', type);
  }
});

test('who may see an instance and not send to it is refused on the native socket, too', async () => {
  const [round, device] = [fresh('round'), fresh('device')];
  await core.send('round', 'StartGameRound', { game: 'chess', maxPlayers: 2 }, { aggregateId: round });
  await core.send('device', 'RegisterDevice', { model: 'm', ownerId: 'ana' }, { aggregateId: device });
  const report = { status: 'OK', reading: 1, observedAt: new Date().toISOString() };
  for (const [type, id, name, payload] of [
    ['round', round, 'FinishRound', {}],
    ['round', round, 'JoinRound', { playerId: 'ben' }],
    ['device', device, 'UpdateDeviceStatus', report],
    ['device', device, 'DecommissionDevice', {}],
  ]) {
    const watcher = await core.as(token('guest', 'ana')).watch(type, id);
    watcher.say({ type: 'command', id: 'one', name, payload });
    watcher.say({ type: 'commands', commands: [{ id: 'two', name, payload }] });
    await watcher.frame('answer', (frame) => frame.id === 'two');
    const answers = watcher.frames.filter((frame) => frame.id).map(({ type, status, code }) => [type, status, code]);
    assert.deepEqual(answers, Array(2).fill(['rejected', 403, 'FORBIDDEN']), name);
    watcher.terminate();
    assert.equal((await core.events(type, id)).length, 1, 'nothing was stored');
  }
});
