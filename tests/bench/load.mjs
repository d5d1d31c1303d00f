// The load generator, a process of its own. It is told what to do by IPC, and answers with what it saw.
import { Pool } from 'undici';
import WebSocket from 'ws';
import { bearer, token } from '../acceptance/tokens.mjs';

const year = new Date().getUTCFullYear() + 1;
const shown = bearer(token('staff', 'bench'));

let made = 0;
const run = `${process.pid}-${Date.now().toString(36)}`;

/** A reading that no other command has. */
export function update() {
  const number = ++made;
  return {
    name: 'UpdateDeviceStatus',
    payload: { status: 'OK', reading: number / 8, observedAt: new Date(Date.now() - 1_000 + number / 1_000).toISOString() },
    commandId: `${run}-${number}`,
  };
}

const many = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const seconds = (since) => (performance.now() - since) / 1_000;
const accepted = (status, what) => {
  if (status !== 202) throw new Error(`not accepted (${status}): ${JSON.stringify(what).slice(0, 300)}`);
};

/**
 * Calls `once` over and over, `abreast` at a time, until the time is over or the limit is reached. Gives the seconds it `took`, and
 * the milliseconds of each call.
 */
async function loop({ abreast, time, limit }, once) {
  const [begun, times] = [performance.now(), []];
  let left = limit;
  await Promise.all(
    many(abreast, async () => {
      while (seconds(begun) < time && left-- > 0) {
        const since = performance.now();
        await once();
        times.push(performance.now() - since);
      }
    }),
  );
  return { took: seconds(begun), times };
}

const calls = {
  /** `POST /commands`, one command or a batch in each request, round robin over the instances. */
  async http({ url, type, ids, connections, batch = 1, time, limit }) {
    const pool = new Pool(url, { connections, pipelining: 1 });
    let [sent, commands] = [0, 0];
    const { took, times } = await loop({ abreast: connections, time, limit }, async () => {
      const aggregateId = ids[sent++ % ids.length];
      const message = () => ({ aggregateType: type, aggregateId, ...update() });
      const body = JSON.stringify(batch > 1 ? many(batch, message) : message());
      const headers = { 'content-type': 'application/json', ...shown };
      const response = await pool.request({ path: '/commands', method: 'POST', headers, body });
      const text = await response.body.text();
      if (batch === 1) accepted(response.statusCode, text);
      else for (const answer of JSON.parse(text)) accepted(answer.status, answer);
      commands += batch;
    });
    await pool.close();
    return { took, commands, times };
  },

  /** Commands over one native socket: single ones, or batches, with some of them under way at any time. */
  async socket({ url, type, id, head, abreast, batch = 1, time, limit }) {
    const socket = await open(url, type, id, head);
    const waiting = new Map();
    let [frames, commands] = [0, 0];
    socket.on('message', (data) => {
      const said = JSON.parse(data);
      if (said.type !== 'accepted' && said.type !== 'rejected') return;
      const done = waiting.get(said.id);
      waiting.delete(said.id);
      done?.(said);
    });
    const answer = (id) => new Promise((done) => waiting.set(id, done));
    const { took, times } = await loop({ abreast, time, limit }, async () => {
      const asked = many(batch, () => ({ id: `${++frames}`, ...update() }));
      const answers = asked.map(({ id }) => answer(id));
      const [one] = asked;
      socket.send(JSON.stringify(batch > 1 ? { type: 'commands', commands: asked } : { type: 'command', ...one }));
      for (const said of await Promise.all(answers)) accepted(said.status, said);
      commands += batch;
    });
    socket.terminate();
    return { took, commands, times };
  },

  /** From the command, sent over HTTP one at a time, to its event at a native socket, in milliseconds. */
  async seen({ url, type, id, head, count }) {
    const socket = await open(url, type, id, head);
    const pool = new Pool(url, { connections: 1, pipelining: 1 });
    let arrived;
    socket.on('message', (data) => {
      const { type: kind, event } = JSON.parse(data);
      if (kind === 'event') arrived?.(event.sequence);
    });
    const times = [];
    for (let number = 0; number < count; number++) {
      const event = new Promise((done) => (arrived = done));
      const body = JSON.stringify({ aggregateType: type, aggregateId: id, ...update() });
      const begun = performance.now();
      const headers = { 'content-type': 'application/json', ...shown };
      const response = pool.request({ path: '/commands', method: 'POST', headers, body });
      await event;
      times.push(performance.now() - begun);
      await (await response).body.dump();
    }
    socket.terminate();
    await pool.close();
    return times;
  },

  /** From the command that claims nights to their confirmation at the reservation's native socket, in milliseconds. */
  async confirmed({ url, rooms }) {
    const pool = new Pool(url, { connections: 1, pipelining: 1 });
    const post = async (body) => {
      const headers = { 'content-type': 'application/json', ...shown };
      const response = await pool.request({ path: '/commands', method: 'POST', headers, body: JSON.stringify(body) });
      accepted(response.statusCode, await response.body.text());
    };
    const times = [];
    for (const aggregateId of rooms) {
      const id = `reservation-${run}-${++made}`;
      const payload = { userId: 'ana', roomId: aggregateId, dateStart: `${year}-01-01`, dateEnd: `${year}-01-02` };
      const begun = performance.now();
      await post({ aggregateType: 'reservation', aggregateId: id, name: 'CreateReservation', payload });
      const socket = new WebSocket(address(url, 'reservation', id, 1), { headers: shown });
      await new Promise((done, fail) => {
        socket.once('error', fail);
        socket.on('message', (data) => /ReservationConfirmed/.test(data) && done());
      });
      times.push(performance.now() - begun);
      socket.terminate();
    }
    await pool.close();
    return times;
  },

  /** So many orders a second, whether those before them are answered or not. */
  async orders({ url, payers, rate, seconds: time }) {
    const pool = new Pool(url, { connections: 64, pipelining: 1 });
    const headers = { 'content-type': 'application/json', ...shown };
    const lines = [{ sku: 'tea', quantity: 1, unitPrice: 10 }];
    const begun = performance.now();
    const answers = [];
    for (let orders = 0; orders < rate * time; orders++) {
      const wait = begun + (orders * 1_000) / rate - performance.now();
      if (wait > 0) await new Promise((done) => setTimeout(done, wait));
      const payload = { customerId: 'bench', accountId: payers[orders % payers.length], lines };
      const body = JSON.stringify({ aggregateType: 'order', name: 'PlaceOrder', payload });
      const answer = pool.request({ path: '/commands', method: 'POST', headers, body });
      answers.push(answer.then(async ({ statusCode, body }) => accepted(statusCode, await body.text())));
    }
    const took = seconds(begun);
    await Promise.all(answers);
    await pool.close();
    return { orders: answers.length, took };
  },

  /** Requests one after the other, in milliseconds each: with a token that nobody has shown before, or with the same. */
  async asked({ url, path, count, anew }) {
    const pool = new Pool(url, { connections: 1, pipelining: 1 });
    const times = [];
    for (let number = 0; number < count; number++) {
      const headers = anew ? bearer(token('staff', `bench-${run}-${++made}`)) : shown;
      const begun = performance.now();
      const { statusCode, body } = await pool.request({ path, method: 'GET', headers });
      await body.dump();
      times.push(performance.now() - begun);
      if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`);
    }
    await pool.close();
    return times;
  },

  stop: () => process.disconnect(),
};

const address = (url, type, id, after) => `${url.replace('http', 'ws')}/aggregates/${type}/${id}?after=${after}`;

async function open(url, type, id, after) {
  const socket = new WebSocket(address(url, type, id, after), { headers: shown });
  await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  // Now and then it is asked whether it has everything.
  socket.on('message', (data) => {
    if (data.toString('utf8', 0, 14) === '{"type":"ping"') socket.send(`${data}`.replace('ping', 'pong'));
  });
  return socket;
}

process.on('message', async ({ call, what, args }) => {
  try {
    const value = await calls[what](args);
    if (process.connected) process.send({ call, value });
  } catch (error) {
    process.send({ call, error: String(error?.stack ?? error) });
  }
});
process.send({ ready: true });
