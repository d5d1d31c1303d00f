// `npm run projections -- list | status NAME | rebuild NAME | pause NAME | resume NAME | cancel NAME | retry NAME`: looks after the
// processors that make read models, of the core on this machine or of a deployed one.
//
//   --url URL       the core; http://127.0.0.1:8787 when left out
//   --token TOKEN   of an administrator; without it CORE_TOKEN counts, and on this machine one is made
//   --wait          after `rebuild`: until readers see the new rows, with progress
//   --json          the answer as it comes
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isMain, main, Problem } from './process.mjs';
import { secret, sign } from './token.mjs';

const orders = ['rebuild', 'pause', 'resume', 'cancel', 'retry'];
const usage = `usage: npm run projections -- list | status NAME | ${orders.join(' NAME | ')} NAME [--url URL] [--token TOKEN] [--wait] [--json]`;
const local = 'http://127.0.0.1:8787';
const patience = 60; // s without progress, until it is said that there is none

const whole = (number) => Math.round(number).toLocaleString('en');

/** Rows of cells, each column as wide as it must be. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => `${row[column]}`.length)));
  return rows.map((row) => row.map((cell, column) => `${cell}`.padEnd(widths[column])).join('   ').trimEnd()).join('\n');
}

const rebuilt = ({ generation, events, of, rate, secondsLeft, isPaused }) => {
  const left = secondsLeft === null ? 'stands' : `${whole(secondsLeft)} s left`;
  return `generation ${generation}: ${whole(events)} of ${whole(of)} events, ${whole(rate)} a second, ${isPaused ? 'paused' : left}`;
};

/** Every processor in a line. */
export const listed = (projections) =>
  table([
    ['name', 'healthy', 'behind', 'parked', 'rebuild'],
    ...projections.map(({ name, isHealthy, lagEvents, lagSeconds, parkedStreams, rebuild }) => [
      name, isHealthy ? 'yes' : 'NO', `${whole(lagEvents)} events, ${whole(lagSeconds)} s`, whole(parkedStreams), rebuild ? rebuilt(rebuild) : '',
    ]),
  ]);

/** One processor, partition by partition, with what is parked. */
export function shown({ name, version, partitions, unreached, rebuild }) {
  const lines = [`${name}, version ${version}`];
  if (rebuild) lines.push(rebuilt(rebuild));
  lines.push(
    table([
      ['partition', 'generation', 'status', 'state', 'position', 'head', 'behind', 'a second', 'parked'],
      ...partitions.map((one) => [
        `${one.category}/${one.partition}`, one.generation, one.status, one.state, whole(one.position), whole(one.head),
        `${whole(one.lagEvents)} events, ${whole(one.lagSeconds)} s`, whole(one.rate), whole(one.parkedStreams),
      ]),
    ]),
  );
  for (const { category, partition, error, parked } of partitions) {
    if (error) lines.push(`${category}/${partition} fails: ${error.code}: ${error.reason}`);
    for (const { aggregateId, position, error, attempts } of parked) {
      lines.push(`${category} ${aggregateId} is parked after position ${position}, ${attempts} attempts: ${error.code}: ${error.reason}`);
    }
  }
  lines.push(...unreached.map((said) => `not reached: ${said}`));
  return lines.join('\n');
}

class Admin {
  constructor({ url, token }) {
    const base = url ?? local;
    const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(base).hostname);
    const shown = token ?? process.env.CORE_TOKEN;
    if (!shown && !isLocal) throw new Problem('a token of an administrator is needed: --token TOKEN, or CORE_TOKEN');
    const now = Math.floor(Date.now() / 1000);
    this.base = base.replace(/\/$/, '');
    this.token = shown ?? sign({ sub: 'projections', role: 'admin', iat: now, exp: now + 3600 }, secret());
  }

  async ask(path, method = 'GET') {
    const headers = { authorization: `Bearer ${this.token}` };
    const response = await fetch(`${this.base}/admin/projections${path}`, { method, headers }).catch((error) => {
      throw new Problem(`${this.base} does not answer (${error.cause?.code ?? error.message}): does the core run?`);
    });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new Problem(`${body.code ?? response.status}: ${body.detail ?? response.statusText}`);
    return body;
  }

  one = (name) => this.ask(`/${encodeURIComponent(name)}`);
}

/** Waits until a rebuild has come to its end, and says how far it is. */
async function follow(admin, name) {
  let [before, since] = ['', Date.now()];
  for (;;) {
    const { rebuild, ...status } = await admin.one(name);
    if (!rebuild) return status;
    const line = rebuilt(rebuild);
    if (line !== before) {
      console.log(line);
      [before, since] = [line, Date.now()];
    } else if (Date.now() - since > patience * 1_000) {
      throw new Problem(`nothing has moved for ${patience} s; npm run projections -- status ${name} says more`);
    }
    await pause(1_000);
  }
}

async function projections() {
  let asked;
  try {
    asked = parseArgs({
      allowPositionals: true,
      options: { url: { type: 'string' }, token: { type: 'string' }, wait: { type: 'boolean' }, json: { type: 'boolean' } },
    });
  } catch (error) {
    throw new Problem(`${error.message}\n${usage}`);
  }
  const { values, positionals } = asked;
  const [what, name, ...rest] = positionals;
  const isList = what === 'list' && !name;
  if (!isList && (rest.length || !name || ![...orders, 'status'].includes(what))) throw new Problem(usage);
  const admin = new Admin(values);
  const print = (value, text) => console.log(values.json ? JSON.stringify(value, null, 2) : text(value));
  if (isList) {
    const { projections } = await admin.ask('');
    print(projections, listed);
    return 0;
  }
  if (what === 'status') {
    print(await admin.one(name), shown);
    return 0;
  }
  await admin.ask(`/${encodeURIComponent(name)}/${what}`, 'POST');
  const status = what === 'rebuild' && values.wait ? await follow(admin, name) : await admin.one(name);
  print(status, shown);
  return 0;
}

if (isMain(import.meta.url)) await main(projections);
