// `npm run projections -- list | status NAME | rebuild NAME [--wait] | pause NAME | resume NAME | cancel NAME | retry NAME`: looks after
// the projections of the core on this machine (PORT as with `npm start`), or of another one (`--url`, with an administrator's `--token`).
import { parseArgs } from 'node:util';
import { isMain, main, Problem } from './process.mjs';
import { secret, sign } from './token.mjs';

const orders = ['rebuild', 'pause', 'resume', 'cancel', 'retry'];
const usage = `usage: npm run projections -- list | status NAME | ${orders.join(' NAME | ')} NAME
       [--wait] with rebuild: until readers see the new rows
       [--url https://core.example.com --token TOKEN] for a core that is deployed`;
const every = 1_000; // ms between two looks at a rebuild

/** A token for an administrator of this machine, for as long as a rebuild may take. */
function ownToken() {
  const now = Math.floor(Date.now() / 1000);
  return sign({ sub: 'operator', role: 'admin', iat: now, exp: now + 24 * 3600 }, secret());
}

/** Where the core is, and what it is shown. A token of this machine goes nowhere else. */
function core({ url, token }) {
  if (url && !token) throw new Problem('another core wants a token of its own: --token');
  const base = url ?? `http://127.0.0.1:${process.env.PORT || 8787}`;
  if (!/^https?:\/\//.test(base)) throw new Problem(`--url ${base}: expected https://…`);
  return { base: base.replace(/\/+$/, ''), token: token ?? ownToken() };
}

async function ask({ base, token }, path, method = 'GET') {
  let response;
  try {
    response = await fetch(`${base}/admin/projections${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  } catch (error) {
    throw new Problem(`nobody answers at ${base}: ${error.cause?.message ?? error.message}`);
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new Problem(`${response.status} ${body.code ?? ''}: ${body.detail ?? response.statusText}`);
}

const count = (number, one, many = `${one}s`) => `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

/** How far a rebuild is, in a line. */
export function progress({ generation, events, of, rate, secondsLeft, isPaused }) {
  const part = of ? Math.floor((100 * events) / of) : 100;
  const left = secondsLeft === null ? '' : `, ${count(secondsLeft, 'second')} left`;
  const pace = isPaused ? ', paused' : `, ${Math.round(rate).toLocaleString('en')} events/s${left}`;
  return `rebuild ${generation}: ${part} %, ${events.toLocaleString('en')} of ${count(of, 'event')}${pace}`;
}

/** A projection in a line. */
export function line({ name, isHealthy, lagEvents, lagSeconds, parkedStreams, rebuild, unreached }) {
  const said = [isHealthy ? 'well' : 'STALLED', `${count(lagEvents, 'event')} behind${lagEvents ? ` for ${count(lagSeconds, 'second')}` : ''}`];
  if (parkedStreams) said.push(count(parkedStreams, 'stream waits', 'streams wait'));
  if (rebuild) said.push(progress(rebuild));
  if (unreached.length) said.push(`${count(unreached.length, 'partition')} not reached`);
  return `${name.padEnd(16)} ${said.join(' · ')}`;
}

/** All that is known of a projection. */
function show(projection) {
  console.log(line(projection));
  for (const { category, partition, generation, status, state, position, head, lagSeconds, rate, error, parked } of projection.partitions) {
    console.log(`  ${`${category}/${partition}`.padEnd(18)} generation ${generation} ${status} ${state}: ${position} of ${head}, ${lagSeconds} s behind, ${Math.round(rate)} events/s`);
    if (error) console.log(`    ${error.code}: ${error.reason}`);
    for (const { aggregateId, position, error, attempts } of parked) {
      console.log(`    ${aggregateId} waits after position ${position}, ${count(attempts, 'attempt')}: ${error.reason}`);
    }
  }
  projection.unreached.forEach((said) => console.log(`  not reached: ${said}`));
}

/** Follows a rebuild until readers see its rows, or it has ended otherwise. */
async function follow(core, name, { rebuild: first, ...rest }) {
  if (!first) return show(rest);
  for (let said = ''; ; await new Promise((done) => setTimeout(done, every))) {
    const { rebuild, partitions } = await ask(core, `/${name}`);
    if (rebuild?.generation === first.generation) {
      const now = progress(rebuild);
      if (now !== said) console.log((said = now));
      continue;
    }
    const isSeen = partitions.some(({ generation, status }) => status === 'ACTIVE' && generation === first.generation);
    if (!isSeen) throw new Problem(`rebuild ${first.generation} was cancelled, or a later one has taken its place`);
    return console.log(`readers see generation ${first.generation}`);
  }
}

export async function projections(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { url: { type: 'string' }, token: { type: 'string' }, wait: { type: 'boolean', default: false } },
  });
  const [what, name, more] = positionals;
  const isOne = what === 'status' || orders.includes(what);
  if (more || (isOne ? !name : what !== 'list' || name)) throw new Problem(usage);
  const at = core(values);
  if (what === 'list') (await ask(at, '')).projections.forEach((one) => console.log(line(one)));
  else if (what === 'status') show(await ask(at, `/${encodeURIComponent(name)}`));
  else {
    const now = await ask(at, `/${encodeURIComponent(name)}/${what}`, 'POST');
    if (what === 'rebuild' && values.wait) await follow(at, encodeURIComponent(name), now);
    else show(now);
  }
  return 0;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    try {
      return await projections(process.argv.slice(2));
    } catch (error) {
      if (/^ERR_PARSE_ARGS/.test(error.code)) throw new Problem(`${error.message}\n${usage}`);
      throw error;
    }
  });
}
