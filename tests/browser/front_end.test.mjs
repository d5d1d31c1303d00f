// A front end in a browser, on a stock client, from another origin than the core's.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fresh, serve, until } from '../acceptance/harness.mjs';
import { addRoom, cancel, reserve, settled, year } from '../../workers/reservation/tests/hotel.mjs';
import { proxy } from '../acceptance/proxy.mjs';
import { token } from '../acceptance/tokens.mjs';
import { launch, open } from './browser.mjs';
import { site } from './site.mjs';

const [home, hasty, foreign] = [await site(), await site({ lifetime: 16 }), await site()];
const core = await serve('core', { ALLOWED_ORIGINS: `${home.origin}, ${hasty.origin}` });
const network = await proxy(core);
const browser = await launch();

const visit = async ({ origin }, client) => {
  const { page, said } = await open(browser, `${origin}/?core=${encodeURIComponent(network.url)}&client=${client}`);
  await page.waitForSelector('body[data-ready]');
  after(() => page.context().close());
  const texts = (list) => page.locator(`#${list} li`).allTextContents();
  return {
    page,
    said,
    texts,
    text: (id) => page.locator(`#${id}`).textContent(),
    /** Waits until a list has so many entries, and gives them. */
    async entries(list, count) {
      const look = async () => (await texts(list)).length >= count && texts(list);
      try {
        return await until(`#${list} has ${count} entries`, look);
      } catch (error) {
        throw new Error(`${error.message}. The page shows:\n${await page.innerText('body')}\n${said.join('\n')}`);
      }
    },
    async fill(form, fields) {
      for (const [name, value] of Object.entries(fields)) await page.fill(`#${form} [name=${name}]`, value);
      await page.click(`#${form} button`);
    },
  };
};
const nights = (roomId) => ({ roomId, dateStart: `${year}-01-01`, dateEnd: `${year}-01-03` });
const story = ['1 ReservationCreated PENDING', '2 ReservationConfirmed CONFIRMED', '3 ReservationCancelled CANCELLED'];

for (const client of ['apollo', 'urql']) {
  test(`${client}: a claim is sent, PENDING and then CONFIRMED are shown, and the list has it`, async () => {
    const room = await addRoom(core);
    const visitor = await visit(home, client);
    await visitor.fill('claim', nights(room));
    assert.deepEqual(await visitor.entries('seen', 2), story.slice(0, 2));
    assert.equal(await visitor.text('status'), 'CONFIRMED');
    const id = await visitor.text('reservation');
    await until('the list has it', async () => {
      await visitor.page.click('#list');
      return (await visitor.texts('mine')).includes(`${id} CONFIRMED`);
    });
    assert.deepEqual([await visitor.texts('problems'), visitor.said], [[], []]);
  });

  test(`${client}: a claim that is refused is shown with its reason`, async () => {
    const visitor = await visit(home, client);
    await visitor.fill('claim', nights(fresh('nowhere')));
    const shown = await visitor.entries('problems', 1);
    assert.equal(shown.length, 1);
    assert.match(shown[0], /room/);
  });

  test(`${client}: a connection that is cut comes back with its cursor: nothing is lost, nothing comes twice`, async () => {
    const id = await reserve(core, await addRoom(core), `${year}-01-01`, `${year}-01-03`);
    await settled(core, id);
    const visitor = await visit(home, client);
    await visitor.fill('follow', { id });
    await visitor.entries('seen', 2);
    network.cut();
    await until('it has come back', async () => (await visitor.text('connection')) === 'open, 2 so far');
    network.down();
    await until('it is cut off', async () => (await visitor.text('connection')).startsWith('closed'));
    await cancel(core, id); // nobody can tell it
    network.mend();
    assert.deepEqual(await visitor.entries('seen', 3), story);
  });
}

test('a runtime that is killed is followed again from the cursor', async () => {
  const id = await reserve(core, await addRoom(core), `${year}-01-01`, `${year}-01-03`);
  await settled(core, id);
  const visitor = await visit(home, 'apollo');
  await visitor.fill('follow', { id });
  await visitor.entries('seen', 2);
  await core.killAndRestart();
  await cancel(core, id);
  assert.deepEqual(await visitor.entries('seen', 3), story);
});

test('a token is renewed over the open socket, and in the requests that follow', async () => {
  const visitor = await visit(hasty, 'apollo');
  const [first] = hasty.issued;
  await visitor.fill('claim', nights(await addRoom(core)));
  await visitor.entries('seen', 2);
  const id = await visitor.text('reservation');
  const refused = () => core.as(first).request(`/aggregates/reservation/${id}`).then(({ status }) => status === 401);
  await until('the first token has expired', refused, { within: 60_000 });
  await cancel(core, id);
  assert.deepEqual(await visitor.entries('seen', 3), story);
  await until('the list has it', async () => {
    await visitor.page.click('#list');
    return (await visitor.texts('mine')).includes(`${id} CANCELLED`);
  });
  assert.deepEqual([await visitor.text('connection'), await visitor.texts('problems')], ['open, 1 so far', []]);
});

/** What the native socket gives a page; `sends` are its commands, once it has caught up. */
const native = (page, address, shown) =>
  page.evaluate(
    ({ address, shown }) => {
      const frames = [];
      const socket = new WebSocket(address, ['edgefold.v1', `bearer.${shown}`]);
      window.native = { frames, socket };
      socket.onmessage = ({ data }) => frames.push(JSON.parse(data));
      return new Promise((done) => {
        socket.onopen = () => done({ protocol: socket.protocol });
        socket.onclose = ({ code }) => done({ code });
      });
    },
    { address, shown },
  );

test('the native socket shows its token as a subprotocol, and gives history, live events and answers', async () => {
  const id = await reserve(core, await addRoom(core), `${year}-01-01`, `${year}-01-03`);
  await settled(core, id);
  const { page } = await visit(home, 'apollo');
  const address = `${network.url.replace('http', 'ws')}/aggregates/reservation/${id}?after=0`;
  assert.deepEqual(await native(page, address, token('guest', 'ana')), { protocol: 'edgefold.v1' });
  const frames = (count) => until(`${count} frames have come`, async () => {
    const frames = await page.evaluate(() => window.native.frames);
    return frames.length >= count && frames;
  });
  const history = await frames(3);
  const types = history.map(({ type, event }) => event?.type ?? type);
  assert.deepEqual(types, ['ReservationCreated', 'ReservationConfirmed', 'caughtUp']);
  await page.evaluate(() => window.native.socket.send(JSON.stringify({ type: 'command', id: 'c', name: 'CancelReservation', payload: {} })));
  const [said, heard] = [(await frames(5)).slice(3), ['accepted c', 'event ReservationCancelled']];
  assert.deepEqual(said.map(({ type, id, event }) => `${type} ${id ?? event.type}`).sort(), heard);
});

test('a page of a foreign origin sees nothing and changes nothing', async () => {
  const room = await addRoom(core);
  const id = await reserve(core, room, `${year}-02-01`, `${year}-02-03`);
  await settled(core, id);
  const visitor = await visit(foreign, 'apollo');
  await visitor.fill('claim', nights(room));
  await visitor.entries('problems', 1);
  await visitor.page.click('#list');
  await visitor.entries('problems', 2);
  await visitor.fill('follow', { id });
  await visitor.entries('problems', 3);
  assert.deepEqual([await visitor.texts('seen'), await visitor.texts('mine')], [[], []]);
  assert.match(await visitor.text('connection'), /, 0 so far$/);
  const address = `${network.url.replace('http', 'ws')}/aggregates/reservation/${id}?after=0`;
  assert.deepEqual(await native(visitor.page, address, token('guest', 'ana')), { code: 1006 });
  assert.deepEqual(await visitor.page.evaluate(() => window.native.frames), []);
  const { state } = await core.state('room', room);
  assert.deepEqual(state.holds.map(({ reservationId }) => reservationId), [id]);
});
