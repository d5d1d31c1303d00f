// How long it takes until somebody who waits hears of it. One command at a time, on an idle core.
import { percentile } from './figures.mjs';

export const summary = (name, times) => ({
  name,
  count: times.length,
  p50: percentile(times, 0.5),
  p99: percentile(times, 0.99),
});

const many = (count, make) => Array.from({ length: count }, (_, index) => make(index));

export async function latencies({ core, load, watched, confirmed }) {
  const { url } = core;
  const id = 'watched';
  const device = { aggregateType: 'device', aggregateId: id, name: 'RegisterDevice' };
  await core.send({ ...device, payload: { model: 'bench', ownerId: 'bench' } });
  await load.call('seen', { url, type: 'device', id, head: 1, count: 20 }); // warms up
  const seen = await load.call('seen', { url, type: 'device', id, head: 21, count: watched });

  const warm = 3;
  const rooms = many(warm + confirmed, (index) => `room-${index}`);
  const payload = { hotelId: 'bench', number: '101', capacity: 2, nightlyRate: 10_000 };
  for (const aggregateId of rooms) await core.send({ aggregateType: 'room', aggregateId, name: 'AddRoom', payload });
  const times = await load.call('confirmed', { url, rooms });
  return [
    summary('command to its event at a native socket', seen),
    summary('CreateReservation to CONFIRMED at a native socket', times.slice(warm)),
  ];
}
