// Builds the scripts: the Worker as it is deployed, into build/; the Worker as `npm start` serves it; and the probe, a second
// script for the acceptance tests. Wrangler calls this before it deploys ([build] in wrangler.toml), so it has to work from a
// bare shell, and to be done at once when nothing has changed.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bind } from './bind.mjs';
import { compile, moduleOf } from './compile.mjs';
import { locked } from './lock.mjs';
import { root } from './pins.mjs';
import { isMain, main } from './process.mjs';
import { setup } from './setup.mjs';
import { timed } from './step.mjs';
import { bindgen } from './toolchain.mjs';

const inputs = [
  'shared', 'workers', 'schema', 'Cargo.toml', 'Cargo.lock', '.cargo', 'rust-toolchain.toml', 'package-lock.json',
  '.dev/build.mjs', '.dev/compile.mjs', '.dev/bind.mjs', '.dev/environment.mjs', '.dev/toolchain.mjs', '.dev/bindgen',
];

/** The script that is deployed. */
export const worker = { name: 'Worker', crate: 'edgefold-core', profile: 'release', optimise: true, out: 'build', inputs };
/** The same, quick to build. It has a folder of its own: neither build counts as the other. */
export const quickWorker = { ...worker, profile: 'worker-dev', optimise: false, out: 'target/worker-dev' };
const engine = inputs.filter((input) => input !== 'workers'); // the probe knows nothing of the domain
/** The script that the engine's acceptance tests run on. */
export const probe = {
  ...worker, name: 'probe', crate: 'edgefold-probe', optimise: false, out: 'target/probe', inputs: [...engine, 'tests/probe'],
};

const stampOf = (script) => join(root, script.out, '.fingerprint');
const outputsOf = (script) => ['index.js', 'index_bg.wasm'].map((name) => join(root, script.out, name));

function* filesUnder(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) yield path;
  if (!stats?.isDirectory()) return;
  for (const name of readdirSync(path).sort()) {
    if (!['target', 'node_modules', 'manual', 'client', 'storefront'].includes(name)) yield* filesUnder(join(path, name));
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

const size = (script) => outputsOf(script).reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);

const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

/** A script of the module that cargo made, unless it is there already. Says whether it is new. */
async function bound(script, before) {
  const makers = [moduleOf(script), bindgen, join(root, '.dev/bind.mjs')].map(modified);
  const there = modified(outputsOf(script)[0]) > Math.max(...makers) && statSync(stampOf(script), { throwIfNoEntry: false });
  if (!there) await bind(moduleOf(script), join(root, script.out), script);
  writeFileSync(stampOf(script), before);
  if (!there && script.optimise) console.log(`edgefold  built the ${script.name}: ${Math.ceil(size(script) / 1024)} KB gzip`);
  return !there;
}

/** Builds scripts of one profile from what the sources are now. Says whether any is new. */
export async function rebuild(scripts, compiled = compile) {
  const before = scripts.map(fingerprint); // a file saved during the build counts as changed after it
  await compiled(scripts);
  const names = scripts.map(({ name }) => name).join(' and the ');
  const binding = () => Promise.all(scripts.map((script, i) => bound(script, before[i])));
  return (await timed(`making the JavaScript side of the ${names}`, binding)).some(Boolean);
}

/** Builds those of the scripts that are not fresh, once the tools for it are there. */
export async function build(...scripts) {
  if (scripts.every(fresh)) return setup();
  await locked('build', async () => {
    const stale = scripts.filter((script) => !fresh(script));
    if (!stale.length) return setup();
    await rebuild(stale, (stale) => setup(() => compile(stale)));
  });
}

/** Compiles scripts side by side, and makes the first: it can be tried while the others are still made small. */
export async function buildFirst(script, ...others) {
  if (fresh(script)) return setup();
  await locked('build', async () => {
    if (fresh(script)) return setup();
    const stale = [script, ...others.filter((other) => !fresh(other))];
    await rebuild([script], () => setup(() => compile(stale)));
  });
}

if (isMain(import.meta.url)) {
  // `npm start` builds by itself, and tells wrangler so.
  if (process.env.EDGEFOLD_BUILT !== 'yes') await main(() => build(worker));
}
