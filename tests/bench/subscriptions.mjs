// How long it takes from a command until a GraphQL subscription has its event: on an idle core, beside others who command as
// fast as they can, and when session and aggregate sleep.
import WebSocket from 'ws';
import { token } from '../acceptance/tokens.mjs';
import { summary } from './latencies.mjs';

const id = 'subscribed';
const device = { aggregateType: 'device', aggregateId: id };
const crowd = Array.from({ length: 50 }, (_, index) => `beside-${index}`);
const registration = { name: 'RegisterDevice', payload: { model: 'bench', ownerId: 'bench' } };

let made = 0;
/** A reading that is later than the last one. */
const update = () => {
  const observedAt = new Date(Date.UTC(2026, 0, 1) + ++made).toISOString();
  return { name: 'UpdateDeviceStatus', payload: { status: 'OK', reading: made, observedAt } };
};

/** A subscription to the device: `seen()` is the time of its next event. */
async function subscribe(url) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  let arrived;
  const next = () => new Promise((done) => (arrived = done));
  socket.on('message', (data) => {
    const { type } = JSON.parse(data);
    if (type !== 'pong') arrived?.(performance.now());
  });
  await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  const acknowledged = next();
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token: token('staff', 'bench') } }));
  await acknowledged;
  const first = next();
  const query = `subscription { device(id: "${id}") { cursor event { type } device { status reading } } }`;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  await first;
  return { next, close: () => socket.terminate() };
}

async function measure(core, subscription, count, before = () => {}) {
  const times = [];
  for (let number = 0; number < count; number++) {
    await before();
    const event = subscription.next();
    const begun = performance.now();
    const answer = core.send({ ...device, ...update() });
    times.push((await event) - begun);
    await answer;
  }
  return times;
}

export async function subscriptions({ core, load, watched, limit }) {
  await core.send([id, ...crowd].map((aggregateId) => ({ ...device, aggregateId, ...registration })));
  const subscription = await subscribe(core.url);
  await measure(core, subscription, 20); // warms up
  const idle = await measure(core, subscription, watched);

  const asleep = await measure(core, subscription, Math.min(watched, 100), async () => {
    await core.evictSessions();
    await core.evict('device', id);
  });

  let done = false;
  const beside = (async () => {
    while (!done) await load.call('http', { url: core.url, type: 'device', ids: crowd, connections: 4, time: 1, limit });
  })();
  const busy = await measure(core, subscription, watched);
  done = true;
  await beside;
  subscription.close();
  return [
    summary('command to its event at a GraphQL subscription', idle),
    summary('… beside 4 connections that command as fast as they can', busy),
    summary('… when session and aggregate sleep', asleep),
  ];
}
