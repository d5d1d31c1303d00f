// The comparison: the same work for Edgefold and for everybody it is compared with, each in processes of its own, in turns.
import { setUpPeers } from '../../.dev/peers.mjs';
import { median, percentile, rounds } from './figures.mjs';
import { contestants } from './peers/contestants.mjs';
import { memory, processorSeconds } from './processes.mjs';

const crowd = Array.from({ length: 200 }, (_, index) => `crowd-${index}`);

/** Single streams are new in each round: some peers read all of a stream for a command, and it would be the longer the later. */
const fresh = (name) => (round) => [`${name}-${round}`];
const same = () => crowd;

export const scenarios = [
  { key: 'one-1', name: 'one, 1 connection', unit: 'commands/s', ids: fresh('one'), connections: 1 },
  { key: 'one-16', name: 'one, 16', unit: 'commands/s', ids: fresh('some'), connections: 16 },
  { key: 'one-64', name: 'one, 64', unit: 'commands/s', ids: fresh('many'), connections: 64 },
  { key: 'crowd-16', name: '200, 16', unit: 'commands/s', ids: same, connections: 16 },
  { key: 'crowd-64', name: '200, 64', unit: 'commands/s', ids: same, connections: 64 },
  { key: 'batches', name: 'batches of 100', unit: 'events/s', ids: fresh('bulk'), connections: 4, batch: 100 },
  { key: 'socket', name: 'socket, 16 in flight', unit: 'commands/s', ids: fresh('socket'), abreast: 16, socket: true },
  { key: 'socket-batches', name: 'socket, batches of 100', unit: 'events/s', ids: fresh('frames'), abreast: 4, batch: 100, socket: true },
];

async function sees(peer, id, events) {
  const seen = await peer.look(id);
  if (seen !== events) throw new Error(`${peer.label}: the state has ${seen} of ${events} events`);
}

/** Commands for a while. Gives what was `accepted`, how fast, with which answer times, at what cost, and how soon all can be read. */
async function measure(peer, load, { ids, connections, abreast, batch, socket }, { time, limit }) {
  const options = { url: peer.url, type: peer.type, ids, id: ids[0], head: 0, connections, abreast, batch, time, limit: Math.ceil(limit / (batch ?? 1)) };
  const before = processorSeconds(peer.pids);
  const { took, commands, times } = await load.call(socket ? 'socket' : 'http', options);
  peer.accepted += commands;
  const answered = performance.now();
  await peer.drain?.();
  const readable = performance.now() - answered;
  // What goes on after the last answer is paid for, too.
  const processor = ((processorSeconds(peer.pids) - before) * 1_000) / commands;
  if (ids.length === 1) await sees(peer, ids[0], commands + 1);
  return { perSecond: commands / took, times, processor, readable };
}

/** Of several rounds: medians, the lowest and the highest, and percentiles over all requests. */
function summary(found, { drain }) {
  const of = (figure) => found.map((one) => one[figure]);
  const times = found.flatMap(({ times }) => times);
  return {
    perSecond: median(of('perSecond')),
    lowest: Math.min(...of('perSecond')),
    highest: Math.max(...of('perSecond')),
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    processor: median(of('processor')),
    ...(drain && { readable: Math.max(...of('readable')) }),
  };
}

async function rates(peers, load, { wanted, time, limit, turns }) {
  const found = new Map(peers.map(({ name }) => [name, new Map()]));
  await Promise.all(peers.map((peer) => peer.prepare(crowd)));
  // Round 0 warms up.
  for (let round = 0; round <= turns; round++) {
    console.log(round ? `edgefold  comparing: round ${round} of ${turns}` : 'edgefold  comparing: warming up');
    for (const scenario of wanted) {
      // Each comes first once in a while: what the one before left behind falls on all of them.
      const order = [...peers.slice(round), ...peers.slice(0, round)].filter(({ sockets }) => sockets || !scenario.socket);
      for (const peer of order) {
        const ids = scenario.ids(round);
        if (ids !== crowd) await peer.prepare(ids);
        await peer.drain?.();
        const one = await measure(peer, load, { ...scenario, ids }, { time: round ? time : Math.min(time, 0.5), limit });
        if (!round) continue;
        const all = found.get(peer.name);
        all.set(scenario.key, [...(all.get(scenario.key) ?? []), one]);
      }
    }
  }
  return Object.fromEntries(
    peers.map((peer) => [
      peer.name,
      Object.fromEntries([...found.get(peer.name)].map(([key, all]) => [key, summary(all, { drain: peer.drain })])),
    ]),
  );
}

/** Milliseconds until somebody sees the state of a stream of so many events, right after everything was started again. */
async function firstLook(peer, id, events, options) {
  const times = [];
  for (let look = 0; look < rounds; look++) {
    await peer.restart(options);
    await peer.look(crowd[0]); // the script and the connection are there: what is measured is the stream
    const begun = performance.now();
    await peer.look(id);
    times.push(performance.now() - begun);
  }
  await sees(peer, id, events);
  return median(times);
}

async function cold(peers, events) {
  const found = {};
  console.log(`edgefold  comparing: first looks at ${events} events`);
  for (const peer of peers.filter(({ alike }) => !alike)) {
    await peer.fill('cold', events);
    found[peer.name] = { ms: await firstLook(peer, 'cold', events) };
    if (peer.snapshots) found[peer.name].without = await firstLook(peer, 'cold', events, { snapshot: false });
  }
  return found;
}

/** @param wanted says of a scenario's name whether it is measured. @param turns rounds that count. */
export async function compare({ load, seconds, limit = 1e9, events, wanted = () => true, turns = rounds }) {
  const postgres = await setUpPeers();
  const peers = contestants(postgres);
  const chosen = scenarios.filter(({ name }) => wanted(name));
  try {
    for (const peer of peers) await peer.start();
    const idle = Object.fromEntries(peers.map((peer) => [peer.name, memory(peer.pids)]));
    const found = await rates(peers, load, { wanted: chosen, time: seconds, limit, turns });
    const busy = Object.fromEntries(peers.map((peer) => [peer.name, memory(peer.pids)]));
    const looks = await cold(peers, events);
    return {
      date: new Date().toISOString().slice(0, 10),
      seconds,
      rounds: turns,
      events,
      postgres: postgres.version,
      scenarios: chosen.map(({ key, name, unit }) => ({ key, name, unit })),
      peers: peers.map(({ name, label, lacks }) => ({
        name, label, lacks, rates: found[name], memory: { idle: idle[name], busy: busy[name] }, cold: looks[name],
      })),
    };
  } finally {
    for (const peer of peers) await peer.close().catch((error) => console.error(error.message));
  }
}
