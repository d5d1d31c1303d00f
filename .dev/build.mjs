// Builds the Worker into build/. Wrangler calls this before it serves or deploys ([build] in wrangler.toml), so it
// has to work from a bare shell, and to be done at once when nothing has changed. `npm test` also builds the probe,
// a second script of the same make, into target/probe/.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { locked } from './lock.mjs';
import { root, tools } from './pins.mjs';
import { main, Problem, run, tail } from './process.mjs';
import { setup } from './setup.mjs';
import { timed } from './step.mjs';
import { workerEnv, workerTarget } from './toolchain.mjs';

const inputs = [
  'shared', 'workers', 'schema', 'Cargo.toml', 'Cargo.lock', '.cargo', 'rust-toolchain.toml',
  'package-lock.json', '.dev/build.mjs', '.dev/toolchain.mjs', '.dev/pins.mjs',
];

/** A crate that becomes a script: what it is called, where it lies, where the script goes, what it is made from. */
const worker = { name: 'Worker', crate: 'workers/core', out: 'build', inputs };
const engine = inputs.filter((input) => input !== 'workers'); // the probe knows nothing of the domain
const probe = { name: 'probe', crate: 'tests/probe', out: 'target/probe', inputs: [...engine, 'tests/probe'] };

const stampOf = (script) => join(root, script.out, '.fingerprint');
const outputsOf = (script) => ['index.js', 'index_bg.wasm'].map((name) => join(root, script.out, name));

function* filesUnder(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) yield path;
  if (!stats?.isDirectory()) return;
  for (const name of readdirSync(path).sort()) {
    if (name !== 'target' && name !== 'node_modules') yield* filesUnder(join(path, name));
  }
}

/** The content of everything a script is made from: it survives a checkout or a copy, which change times. */
function fingerprint(script) {
  const hash = createHash('sha256');
  for (const input of script.inputs) {
    for (const file of filesUnder(join(root, input))) {
      hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

function fresh(script) {
  try {
    const built = outputsOf(script).every((file) => statSync(file).size > 0);
    return built && readFileSync(stampOf(script), 'utf8') === fingerprint(script);
  } catch {
    return false;
  }
}

function size(script) {
  const bytes = outputsOf(script).reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
  return `${Math.ceil(bytes / 1024)} KB gzip`;
}

async function workerBuild(script) {
  const log = join(tools, 'log', 'build.log');
  mkdirSync(join(tools, 'log'), { recursive: true });
  writeFileSync(log, '');
  rmSync(stampOf(script), { force: true });
  const before = fingerprint(script); // a file saved during the build counts as changed after it
  const first = existsSync(workerTarget) ? '' : ' for the first time (3 to 5 min)';
  const crate = join(root, script.crate);
  const args = ['--release', '--panic-unwind', '--out-dir', relative(crate, join(root, script.out))];
  const ok = await timed(`building the ${script.name}${first}`, () =>
    run(join(tools, 'cargo/bin/worker-build'), args, { log, cwd: crate, env: workerEnv() }),
  );
  if (!ok) throw new Problem(`the ${script.name} does not build. The end of .tools/log/build.log:\n\n${tail(log, 60)}`);
  writeFileSync(stampOf(script), before);
  console.log(`edgefold  built the ${script.name}: ${size(script)}`);
}

async function made(script) {
  if (fresh(script)) return;
  await setup();
  await locked('build', async () => fresh(script) || workerBuild(script));
}

/** The script that is deployed. */
export const build = () => made(worker);

/** The script that the engine's acceptance tests run on. */
export const buildProbe = () => made(probe);

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(build);
