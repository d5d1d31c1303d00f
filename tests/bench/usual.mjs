// The usual commands, and what each of them costs: counted on the real runtime, by what the platform bills.
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const slack = 5_000; // ms after which an alarm that was due has rung for certain, as an object sees it that wakes
const objects = ['Room', 'Reservation', 'Account', 'Order', 'Device', 'Journal'];

/** What is billed so far: requests of the script and of objects, rows, alarms, queue operations. */
async function billed(core) {
  const { messages, requests, rung, read, written } = await core.counts();
  const ofObjects = (figures) => objects.reduce((sum, name) => sum + (figures[`${name}Object`] ?? 0), 0);
  const ofJournals = (figures) => figures.JournalObject ?? 0;
  return {
    'worker-request': requests.script ?? 0,
    'object-request': ofObjects(requests),
    'row-written/aggregates': ofObjects(written) - ofJournals(written),
    'row-written/journals': ofJournals(written),
    'row-written/D1': written.D1 ?? 0,
    'row-read': ofObjects(read) + (read.D1 ?? 0),
    'queue-operation': 3 * (messages.BUS ?? 0), // each message is written, read and deleted
    alarm: ofObjects(rung),
  };
}

/** CPU seconds that the processes of the runtime have taken, where the machine tells it. */
function cpuSeconds({ group }) {
  const ticks = 100; // a second, on every Linux
  const of = (pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      return Number(fields[2]) === group ? (Number(fields[11]) + Number(fields[12])) / ticks : 0;
    } catch {
      return 0; // it has just ended
    }
  };
  return process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)).reduce((sum, pid) => sum + of(pid), 0) : NaN;
}

/** Waits until nothing is billed any more, for longer than an alarm takes to ring; gives what was billed. */
async function quiet(core, again) {
  const quietFor = again * 1_000 + 3_000; // ms
  let [seen, since] = [undefined, 0];
  for (;;) {
    const now = await billed(core);
    // To ask is a request, too, but not one of the script.
    if (JSON.stringify(now) !== JSON.stringify(seen)) [seen, since] = [now, Date.now()];
    if (Date.now() - since > quietFor) return now;
    await pause(500);
  }
}

/** Does `work` for each of so many, at most `width` of them at once. */
async function each(count, width, work) {
  let next = 0;
  const one = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, one));
}

/**
 * How the commands come: each alone, with its objects asleep before and after it; or so many at a time. `again`: seconds after which the
 * core sends again what nobody has answered for. An alarm is set for it with each command, and rings then; on a busy machine nothing
 * should be late by so much.
 */
export const loads = {
  alone: { commands: 6, width: 1, again: 5 },
  some: { commands: 100, width: 4, again: 20 },
  load: { commands: 320, width: 64, again: 20 },
};

/** What others have a part in takes longer, and somebody waits for it: fewer at a time, so that nothing is late and asked for again. */
const among = { commands: 96, width: 16 };
const least = (one, other) => Object.fromEntries(Object.entries(one).map(([name, figure]) => [name, Math.min(figure, other[name] ?? figure)]));

const night = (index) => new Date(Date.UTC(new Date().getUTCFullYear() + 1, 0, 1 + index)).toISOString().slice(0, 10);

/**
 * For each usual command: `prepare` makes what it needs for so many and gives what `send` then does with the number of one, and
 * `ends`: what an instance shows when all that follows has happened. `width`: how many are under way at once; `bounded` by so many.
 */
export const usual = {
  report: {
    async prepare(core, name, { commands, width }) {
      // Alone, each device reports once. Otherwise a few report often.
      const devices = width === 1 ? commands : 16;
      const id = (index) => `${name}-${index % devices}`;
      const registration = { model: 'meter', ownerId: 'ana' };
      await each(devices, 8, (index) => core.send('device', 'RegisterDevice', registration, { aggregateId: id(index) }));
      const begun = Date.now();
      const report = (index, by) => {
        const payload = { status: 'OK', reading: index, observedAt: new Date(begun + by).toISOString() };
        return core.send('device', 'UpdateDeviceStatus', payload, { aggregateId: id(index) });
      };
      // Its first report gives a device the status by which it is listed. That seldom changes.
      await each(devices, 8, (index) => report(index, 0));
      return { touched: (index) => [['device', id(index)]], send: (index) => report(index, 1 + index) };
    },
  },
  reservation: {
    bounded: among,
    async prepare(core, name, { commands, width }) {
      const rooms = width === 1 ? commands : width;
      const room = (index) => `${name}-room-${index % rooms}`;
      const shape = { hotelId: 'grand', number: '1', capacity: 2, nightlyRate: 9_900 };
      await each(rooms, 8, (index) => core.send('room', 'AddRoom', shape, { aggregateId: room(index) }));
      const id = (index) => `${name}-${index}`;
      const send = (index) => {
        const turn = Math.floor(index / rooms);
        const nights = { dateStart: night(turn), dateEnd: night(turn + 1) };
        return core.send('reservation', 'CreateReservation', { userId: `guest-${index}`, roomId: room(index), ...nights }, { aggregateId: id(index) });
      };
      // Each room has had guests before.
      await each(rooms, 8, (index) => send(commands + index));
      return {
        touched: (index) => [['reservation', id(index)], ['room', room(index)]],
        send,
        ends: (index) => ['reservation', id(index), 'CONFIRMED'],
      };
    },
  },
  order: {
    bounded: among,
    async prepare(core, name, { commands, width }) {
      const accounts = width === 1 ? commands : width;
      const account = (index) => `${name}-account-${index % accounts}`;
      await each(accounts, 8, async (index) => {
        const aggregateId = account(index);
        await core.send('account', 'OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 0 }, { aggregateId });
        await core.send('account', 'Deposit', { amount: 1_000_000 }, { aggregateId });
      });
      const id = (index) => `${name}-${index}`;
      const send = (index) => {
        const lines = [{ sku: 'tea', quantity: 1, unitPrice: 100 }];
        return core.send('order', 'PlaceOrder', { customerId: 'ana', accountId: account(index), lines }, { aggregateId: id(index) });
      };
      // Each account has paid before.
      await each(accounts, 8, (index) => send(commands + index));
      return {
        touched: (index) => [['order', id(index)], ['account', account(index)]],
        send,
        ends: (index) => ['order', id(index), 'ACCEPTED'],
      };
    },
  },
};

/**
 * What one such command costs at such a load, on average: with all that follows from it, until everything has come to rest. `missed`:
 * how many have not ended as they usually do.
 */
export async function costOf(core, command, load) {
  const { prepare, bounded = {} } = usual[command];
  const { commands, width, again } = least(loads[load], bounded);
  const { send, ends, touched } = await prepare(core, `${command}-${load}`, { commands, width });
  await quiet(core, again);
  const sleep = async (index) => {
    for (const [type, id] of touched(index)) await core.evict(type, id);
  };
  if (width === 1) {
    await pause(slack);
    await each(commands, 8, sleep);
  }
  const [before, cpu] = [await billed(core), cpuSeconds(core)];
  await each(commands, width, async (index) => {
    await send(index);
    if (width > 1) return;
    // What follows is over well before the alarm rings, and the platform has put the objects to sleep by then.
    await pause(2_500);
    await sleep(index);
  });
  const after = await quiet(core, again);
  const cpuMs = ((cpuSeconds(core) - cpu) * 1_000) / commands;
  let missed = 0;
  if (ends) {
    await each(commands, 8, async (index) => {
      const [type, id, status] = ends(index);
      if ((await core.state(type, id)).state.status !== status) missed++;
    });
  }
  const perCommand = Object.entries(after).map(([name, figure]) => [name, (figure - before[name]) / commands]);
  return { missed, cpuMs, figures: Object.fromEntries(perCommand) };
}
