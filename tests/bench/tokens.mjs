// What it costs to see who asks: the same request, one at a time, with a token that was never shown before and with one that
// is remembered; and one at a door that wants none.
import { percentile } from './figures.mjs';

export async function tokens({ core, load, count }) {
  const { url } = core;
  const id = 'asked';
  await core.send({ aggregateType: 'device', aggregateId: id, name: 'RegisterDevice', payload: { model: 'bench', ownerId: 'bench' } });
  const path = `/aggregates/device/${id}`;
  const cases = [
    { name: 'a token that is new', path, anew: true },
    { name: 'a token that is remembered', path, anew: false },
    { name: 'no token, at /healthz', path: '/healthz', anew: false },
  ];
  const times = cases.map(() => []);
  // In turns, so that what the machine does meanwhile falls on all of them.
  for (let round = 0; round <= 4; round++) {
    for (const [index, { path, anew }] of cases.entries()) {
      const found = await load.call('asked', { url, path, anew, count: Math.ceil(count / 4) });
      if (round) times[index].push(...found);
    }
  }
  return cases.map(({ name }, index) => ({
    name,
    count: times[index].length,
    p50: percentile(times[index], 0.5),
    p99: percentile(times[index], 0.99),
  }));
}
