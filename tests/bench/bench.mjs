// The benchmark: the built script on the real runtime, and JavaScript with fewer duties and with the same ones next to it.
//
//   npm run bench -- --quick            a few hundred operations each: does it run?
//   npm run bench -- --json FILE        the figures as JSON, too
//   npm run bench -- --only rates       one part: rates, latency, subscribe, bus, projections, tokens, rows, cold or startup
//   npm run bench -- --rates 'socket'   only the rates whose name holds this
//   npm run bench -- --only peers       beside others, in Rust and on PostgreSQL; only when it is asked for: it sets these up
//   npm run bench -- --only peers --charts     the same, and writes tables and charts of the manual
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { converge, counted, steady } from './bus.mjs';
import { cold, rowsPerCommand } from './costs.mjs';
import { kilobytes, megabytes, ms, rounds, table, times, whole } from './figures.mjs';
import { latencies } from './latencies.mjs';
import { compare } from './peers.mjs';
import { between, draw } from './peers/charts.mjs';
import { report } from './peers/report.mjs';
import { projections } from './projections.mjs';
import { rates } from './rates.mjs';
import { firstAnswers } from './starts.mjs';
import { limits, startup } from './startup.mjs';
import { subscriptions } from './subscriptions.mjs';
import { tokens } from './tokens.mjs';
import { Peer, Subject } from './subject.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    rates: { type: 'string', default: '' },
    charts: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    events: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '50' },
  },
});
const { quick } = options;
const size = quick
  ? { seconds: 2, limit: 300, rows: 100, events: 1_200, watched: 50, confirmed: 5, rate: 10, orders: 20, asked: 50, starts: 1, firsts: 1 }
  : { seconds: Number(options.seconds ?? 3), limit: Infinity, rows: 1_000, events: Number(options.events), watched: 500, confirmed: 100, rate: Number(options.rate), orders: 500, asked: 2_000, starts: 5, firsts: 9 };

const parts = ['rates', 'latency', 'subscribe', 'bus', 'projections', 'tokens', 'rows', 'cold', 'startup'];
if (options.only && ![...parts, 'peers'].includes(options.only)) {
  console.error(`there is no part '${options.only}'. The parts: ${parts.join(', ')}, peers`);
  process.exit(1);
}
if (options.charts && (options.only !== 'peers' || quick || options.rates)) {
  console.error('the manual shows a whole comparison: --only peers --charts, without --quick and --rates');
  process.exit(1);
}
const wants = (part) => !options.only || options.only === part;
const result = { node: process.version, processors: cpus()[0]?.model, cores: availableParallelism(), quick };
const print = (text) => console.log(text);

const load = new Peer('load.mjs', []);
await load.ready;

/** Each part has a core of its own: none begins with what another left behind. */
async function part(name, body) {
  if (!wants(name)) return;
  const core = await new Subject('core').start();
  try {
    result[name] = await body(core);
    const errors = await core.errors();
    if (errors.length) print(`\n${errors.length} errors were logged; the first: ${errors[0]}`);
  } finally {
    await core.close();
  }
}

await part('rates', async (core) => {
  const baseline = await new Subject('baseline').start();
  try {
    const wanted = ({ name }) => name.includes(options.rates);
    const found = await rates({ core, baseline, load, ...size, limit: quick ? size.limit : 1e9, wanted });
    const line = (one) => [
      `${one.name}, ${one.unit}`,
      ...[one.core, one.drained, one.bare, one.dedup, one.queued, one.journalled].map(whole),
      times(one.toDuties),
    ];
    const head = ['accepted', 'core', 'and projected', 'bare', 'with dedup', 'all duties, queue', 'all duties, journal', 'core to the better'];
    print(table(head, found.map(line)));
    return found;
  } finally {
    await baseline.close();
  }
});

await part('latency', async (core) => {
  const found = await latencies({ core, load, ...size });
  print(table(['latency', 'p50', 'p99', 'of'], found.map((one) => [one.name, ms(one.p50), ms(one.p99), one.count])));
  return found;
});

await part('subscribe', async (core) => {
  const found = await subscriptions({ core, load, ...size, limit: quick ? size.limit : 1e9 });
  print(table(['subscription', 'p50', 'p99', 'of'], found.map((one) => [one.name, ms(one.p50), ms(one.p99), one.count])));
  return found;
});

await part('bus', async (core) => {
  const { perSecond, figures } = await steady({ core, load, ...size, seconds: quick ? 2 : 20 });
  const head = [`from append to receipt, ${whole(perSecond)} orders/s`, 'p50', 'p99', 'of'];
  print(table(head, figures.map((one) => [one.name, ms(one.p50), ms(one.p99), one.count])));
  const counting = await new Subject('core', { counted: true }).start();
  const perOrder = await counted({ core: counting, load, ...size, seconds: quick ? 2 : 10 }).finally(() => counting.close());
  const total = (all) => all.reduce((sum, [, number]) => sum + number, 0);
  const lines = (title, all) => [[title, total(all).toFixed(2)], ...all.map(([name, number]) => [`… ${name}`, number.toFixed(2)])];
  print(table([`for an order, of ${whole(perOrder.orders)}`, ''], [
    ...lines('messages of the queues', perOrder.messages),
    ...lines('calls of objects, those of the doors included', perOrder.calls),
  ]));
  const killed = [];
  for (const seconds of [60, 20]) {
    const subject = await new Subject('core', { settings: { SEND_AGAIN_SECONDS: `${seconds}` } }).start();
    try {
      killed.push({ seconds, ...(await converge({ core: subject, ...size })) });
    } finally {
      await subject.close();
    }
  }
  print(table([`killed with ${whole(size.orders)} orders just placed, sent again after`, ...killed.map(({ seconds }) => `${seconds} s`)], [
    ['orders that were still on their way', ...killed.map((one) => whole(one.outstanding))],
    ['from the restart until the last one had its answer, journalled', ...killed.map((one) => ms(one.ms))],
    ['orders accepted', ...killed.map((one) => whole(one.accepted))],
    ['orders that timed out', ...killed.map((one) => whole(one.timedOut))],
  ]));
  return { perSecond, figures, perOrder, killed };
});

await part('projections', async (core) => {
  const found = await projections(core, { ...size, seconds: quick ? 2 : 20 });
  const { behind, written, again } = found;
  print(table([`from the answer until the row shows it, at ${size.rate} commands/s`, 'p50', 'p99', 'of'], [
    ['one event each', ms(behind.p50), ms(behind.p99), behind.count],
  ]));
  print(table(['rows written for an event', 'in its object', 'in the journal'], [
    ['alone', written.alone.object.toFixed(3), written.alone.journal.toFixed(3)],
    ['in batches of 100', written.together.object.toFixed(3), written.together.journal.toFixed(3)],
  ]));
  print(table([`rows made again from ${whole(again.events)} events`, ''], [
    ['time', ms(again.ms)], ['events a second', whole((again.events * 1_000) / again.ms)],
  ]));
  return found;
});

await part('tokens', async (core) => {
  const found = await tokens({ core, load, count: size.asked });
  print(table(['a request with', 'p50', 'p99', 'of'], found.map((one) => [one.name, ms(one.p50), ms(one.p99), one.count])));
  return found;
});

await part('rows', async (core) => {
  const found = await rowsPerCommand(core, size.rows);
  print(table(['rows', ''], [
    [`written for a command with one event, over ${whole(found.commands)}, all included`, found.rowsPerCommand.toFixed(3)],
  ]));
  return found;
});

await part('cold', async (core) => {
  const found = await cold(core, size.events);
  const { withSnapshot, without } = found;
  print(table([`an object with ${whole(found.events)} events`, 'with snapshot', 'without'], [
    ['database', megabytes(found.bytes)],
    ['first look at its state once it is loaded', ms(withSnapshot.ms), ms(without.ms)],
    ['rows read', whole(withSnapshot.rowsRead), whole(without.rowsRead)],
  ]));
  return found;
});

// No core: wrangler, and then a bare runtime, start the script themselves.
if (wants('startup')) {
  const found = (result.startup = await startup(size));
  print(table(['the script as it is deployed', '', 'slowest', 'limit'], [
    ['size, compressed', kilobytes(found.gzip), '', kilobytes(limits.bytes)],
    ['size, unpacked', kilobytes(found.bytes)],
    [`time to start, of ${whole(found.starts)}`, ms(found.ms), ms(found.slowest), ms(limits.ms)],
  ]));
  found.firsts = await firstAnswers(size.firsts);
  print(table([`from the start of a bare runtime to its first answer, of ${size.firsts}`, 'median', 'fastest', 'slowest', 'beyond the first'],
    found.firsts.map((one) => [one.name, ms(one.ms), ms(one.fastest), ms(one.slowest), ms(one.beyond)])));
}

// No part of the whole: it builds a program in Rust, and takes a PostgreSQL.
if (options.only === 'peers') {
  const wanted = (name) => name.includes(options.rates);
  const long = { seconds: Number(options.seconds ?? 1.5), events: size.events, wanted };
  const compared = await compare({ load, ...(quick ? { ...long, ...size, seconds: 0.5, turns: 1 } : long) });
  const found = (result.peers = { cores: result.cores, ...compared });
  const tables = report(found);
  print(tables);
  if (options.charts) {
    const manual = fileURLToPath(new URL('../../shared/manual', import.meta.url));
    draw(join(manual, 'charts'), found);
    const page = join(manual, 'costs.md');
    writeFileSync(page, between(readFileSync(page, 'utf8'), tables));
  }
}

await load.stop();
const scale = quick ? 'quick: these figures only say that it runs' : `rates: medians of ${rounds} rounds; all else: one run`;
print(`\n${scale}; ${result.cores} cores, the load generator among them\n`);
if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
process.exit();
