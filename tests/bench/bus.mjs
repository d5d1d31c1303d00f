// The bus: from append to receipt under a steady load, and from a restart to the end of all that was on its way when the
// runtime was killed.
import { inDatabase } from '../acceptance/storage.mjs';
import { percentile } from './figures.mjs';

const accounts = 20;
const many = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function open(core) {
  const ids = many(accounts, (n) => `payer-${n}`);
  const command = (name, payload) => ids.map((aggregateId) => ({ aggregateType: 'account', aggregateId, name, payload }));
  await core.send(command('OpenAccount', { ownerId: 'bench', currency: 'EUR', overdraftLimit: 0 }));
  await core.send(command('Deposit', { amount: 1_000_000_000 }));
  return ids;
}

/** The events of orders and accounts as their journals have them, read from the objects' storage while the core runs. */
class Journals {
  #core;
  #positions = { order: 0, account: 0 };
  #events = [];

  constructor({ storage }) {
    this.#core = { storage, script: 'edgefold' };
  }

  /** Everything so far, but for what was forgotten. */
  events() {
    for (const [type, after] of Object.entries(this.#positions)) {
      const later = (database) => database.prepare('SELECT position, appends FROM entries WHERE position > ? ORDER BY position').all(after);
      for (const { position, appends } of inDatabase(this.#core, 'journal', `${type}/0`, later)) {
        this.#events.push(...JSON.parse(appends).flatMap(({ events }) => events));
        this.#positions[type] = position;
      }
    }
    return this.#events;
  }

  count = (type) => this.events().filter((event) => event.type === type).length;

  /** Looks only at what comes from now on. */
  forget() {
    this.events();
    this.#events = [];
  }
}

/** What an order waits for: the account's answer, or that it comes too late. */
const ends = ['OrderAccepted', 'OrderTimedOut'];

/** Waits until so many orders have come to one of these ends, and are journalled. Gives how many have to each. */
async function ended(journals, orders, { of = ends, stall = 120_000 } = {}) {
  for (let [seen, since] = [-1, Date.now()]; ; await pause(50)) {
    const counts = of.map(journals.count);
    const now = counts.reduce((sum, one) => sum + one);
    if (now >= orders) return counts;
    if (now > seen) [seen, since] = [now, Date.now()];
    if (Date.now() - since > stall) throw new Error(`${now} of ${orders} orders have come to ${of}`);
  }
}

const accepted = (journals, orders) => ended(journals, orders, { of: ['OrderAccepted'] });

/** How long each of two events of an order is apart, by the instants that they carry: those of append and of receipt. */
function apart(journals, from, to) {
  const at = (wanted) => new Map(
    journals.events().filter(({ type }) => type === wanted).map(({ correlationid, commandid, time }) => [correlationid ?? commandid, Date.parse(time)]),
  );
  const done = at(to);
  return [...at(from)].filter(([order]) => done.has(order)).map(([order, begun]) => done.get(order) - begun);
}

/** So many orders a second, for a while: each asks its account for the money, and hears its answer. */
export async function steady({ core, load, rate, seconds }) {
  const payers = await open(core);
  const { url } = core;
  const warm = await load.call('orders', { url, payers, rate, seconds: 1 });
  const journals = new Journals(core);
  await accepted(journals, warm.orders);
  journals.forget(); // the warm-up is not looked at
  const { orders, took } = await load.call('orders', { url, payers, rate, seconds });
  await accepted(journals, orders);
  const summary = (name, times) => ({ name, count: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99) });
  return {
    perSecond: orders / took,
    figures: [
      summary('a command that an event asks for is carried out', apart(journals, 'OrderPlaced', 'PaymentAuthorised')),
      summary('an event is taken in by whom it is routed to', apart(journals, 'PaymentAuthorised', 'OrderAccepted')),
    ],
  };
}

/** What is sent and called so far, once nothing more has been for some seconds. */
async function quiet(core) {
  for (let before, now; ; before = now) {
    now = await core.counts();
    if (JSON.stringify(now) === JSON.stringify(before)) return now;
    await pause(3_000);
  }
}

/**
 * So many orders a second, for a while; gives the messages and the calls of objects that each of them costs, until everybody has
 * heard of everything. A module around the script counts them, see ../acceptance/switch.mjs.
 */
export async function counted({ core, load, rate, seconds }) {
  const payers = await open(core);
  const before = await quiet(core);
  const { orders } = await load.call('orders', { url: core.url, payers, rate, seconds });
  await accepted(new Journals(core), orders);
  const after = await quiet(core);
  const more = (kind) => Object.entries(after[kind]).map(([name, number]) => [name, number - (before[kind][name] ?? 0)]);
  const each = (kind) => more(kind).filter(([, number]) => number).map(([name, number]) => [name, number / orders]);
  return { orders, messages: each('messages'), calls: each('calls') };
}

/**
 * Kills the runtime while orders are on their way, and waits until all of them have come to their end. What lay in the queue
 * is gone: it is sent again by the orders themselves. An order waits a minute for its account, so whether it is accepted or
 * times out depends on how soon that is.
 */
export async function converge({ core, orders }) {
  const payers = await open(core);
  const line = { sku: 'tea', quantity: 1, unitPrice: 10 };
  const order = (n) => ({
    aggregateType: 'order', aggregateId: `order-${n}`, name: 'PlaceOrder',
    payload: { customerId: 'bench', accountId: payers[n % accounts], lines: [line] },
  });
  const all = many(orders, order);
  const batches = many(Math.ceil(orders / 100), (n) => all.slice(n * 100, n * 100 + 100));
  const stored = await Promise.all(batches.map((batch) => core.send(batch)));
  await core.kill();
  const killed = performance.now();
  await core.start();
  const started = performance.now();
  const journals = new Journals(core);
  const before = journals.count('OrderAccepted');
  const [confirmed, timedOut] = await ended(journals, stored.flat().length);
  const ms = performance.now() - started;
  return { orders, outstanding: orders - before, accepted: confirmed, timedOut, ms, away: started - killed };
}
