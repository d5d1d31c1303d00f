// Commands per second: the same work for the core and for the JavaScript that it is compared with, in turns.
import { median, rounds } from './figures.mjs';

/** Waits until something holds. */
async function until(holds) {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 50));
}

const crowd = Array.from({ length: 200 }, (_, index) => `crowd-${index}`);

const over = {
  /** `POST /commands`. */
  http: (load, { url }, options) => load.call('http', { url, ...options }),
  /** The native socket of one object. */
  async socket(load, subject, { type, ids: [id], ...options }) {
    const { body } = await subject.get(`/aggregates/${type}/${id}`);
    return load.call('socket', { url: subject.url, type, id, head: body.version ?? 0, ...options });
  },
};

const scenarios = [
  { name: 'one object, 1 connection', unit: 'commands/s', door: 'http', ids: ['one'], connections: 1 },
  { name: 'one object, 16 connections', unit: 'commands/s', door: 'http', ids: ['one'], connections: 16 },
  { name: 'one object, 64 connections', unit: 'commands/s', door: 'http', ids: ['one'], connections: 64 },
  { name: '200 objects, 16 connections', unit: 'commands/s', door: 'http', ids: crowd, connections: 16 },
  { name: '200 objects, 64 connections', unit: 'commands/s', door: 'http', ids: crowd, connections: 64 },
  { name: 'one object, batches of 100', unit: 'events/s', door: 'http', ids: ['bulk'], connections: 4, batch: 100 },
  { name: 'one socket, 16 in flight', unit: 'commands/s', door: 'socket', ids: ['socket'], abreast: 16 },
  { name: 'one socket, batches of 100', unit: 'events/s', door: 'socket', ids: ['socket'], abreast: 4, batch: 100 },
];

/** Registers the devices that the scenarios report to. */
async function register(core) {
  const commands = [...new Set(scenarios.flatMap(({ ids }) => ids))].map((aggregateId) => ({
    aggregateType: 'device',
    aggregateId,
    name: 'RegisterDevice',
    payload: { model: 'bench', ownerId: 'bench' },
  }));
  for (let at = 0; at < commands.length; at += 100) await core.send(commands.slice(at, at + 100));
  return commands.length;
}

export async function rates({ core, baseline, load, seconds, limit, wanted }) {
  let [events, queued] = [await register(core), 0];
  const kinds = [
    { name: 'core', subject: core, type: 'device', drain: (commands) => core.projected('device', (events += commands)) },
    { name: 'bare', subject: baseline, type: 'bare' },
    { name: 'dedup', subject: baseline, type: 'dedup' },
    {
      name: 'queued',
      subject: baseline,
      type: 'queued',
      async drain(commands) {
        queued += commands;
        await until(async () => (await baseline.sql('SELECT COUNT(*) AS count FROM journal'))[0].count >= queued);
      },
    },
    {
      name: 'journalled',
      subject: baseline,
      type: 'journalled',
      async drain() {
        const journal = { type: 'journal', id: 'journal', path: '/' };
        let before = -1;
        // What is on its way from the objects has no number here: the journal is still for a moment.
        await until(async () => {
          const { projected, head } = await baseline.inside(journal);
          const still = projected === head && head === before;
          before = head;
          if (!still) await new Promise((done) => setTimeout(done, 50));
          return still;
        });
      },
    },
  ];
  const measured = scenarios.filter(wanted).map((scenario) => ({
    ...scenario,
    drained: [],
    ...Object.fromEntries(kinds.map(({ name }) => [name, []])),
  }));
  // Round 0 warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const scenario of measured) {
      for (const { name, subject, type, drain } of kinds) {
        const { door, ids, connections, abreast, batch } = scenario;
        const time = round ? seconds : Math.min(seconds, 1);
        const options = { type, ids, connections, abreast, batch, time, limit: Math.ceil(limit / (batch ?? 1)) };
        const begun = performance.now();
        const { took, commands } = await over[door](load, subject, options);
        if (round) scenario[name].push(commands / took);
        // What is still on its way must not be paid for by the next one.
        await drain?.(commands);
        if (round && subject === core) scenario.drained.push((commands * 1_000) / (performance.now() - begun));
      }
    }
  }
  return measured.map((scenario) => {
    const figures = Object.fromEntries([...kinds.map(({ name }) => name), 'drained'].map((name) => [name, median(scenario[name])]));
    const duties = Math.max(figures.queued, figures.journalled);
    return { name: scenario.name, unit: scenario.unit, ...figures, toBare: figures.core / figures.bare, toDuties: figures.core / duties };
  });
}
