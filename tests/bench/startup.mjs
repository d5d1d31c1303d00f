// What the platform looks at before it takes a script: how large it is, and how long it takes until it may be asked something.
// Both are wrangler's own figures, of the script as it would be deployed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wrangler } from '../../.dev/wrangler.mjs';
import { median } from './figures.mjs';

/** The platform's limits: of a script on the paid plan, compressed, and of its start-up, which had 400 ms until lately. */
export const limits = { bytes: 10 * 2 ** 20, ms: 1_000 };

async function said(...args) {
  const [command, words, options] = wrangler(...args);
  const child = spawn(command, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const code = await new Promise((done) => child.once('close', done));
  if (code) throw new Error(`wrangler ${args[0]} failed\n${text}`);
  return text;
}

/** Milliseconds in which the script had the processor, from a V8 profile of its start. */
function active({ nodes, samples, timeDeltas }) {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id));
  const busy = timeDeltas.filter((_, index) => !idle.has(samples[index]));
  return busy.reduce((sum, micros) => sum + micros, 0) / 1_000;
}

/** Packs the script once, and starts it so many times. */
export async function startup({ starts }) {
  const folder = mkdtempSync(join(tmpdir(), 'edgefold-startup-'));
  const [bundle, profile] = [join(folder, 'worker.bundle'), join(folder, 'cpuprofile')];
  try {
    const packed = await said('deploy', '--dry-run', '--outfile', bundle);
    const kib = (name) => Number(new RegExp(`${name}: ([\\d.]+) KiB`).exec(packed)[1]) * 1_024;
    const times = [];
    for (let start = 0; start < starts; start++) {
      await said('check', 'startup', '--worker', bundle, '--outfile', profile);
      times.push(active(JSON.parse(readFileSync(profile, 'utf8'))));
    }
    return { bytes: kib('Total Upload'), gzip: kib('gzip'), ms: median(times), slowest: Math.max(...times), starts };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
