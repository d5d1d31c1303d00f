// Builds the Worker into build/. Wrangler calls this before it serves or deploys ([build] in wrangler.toml), so it
// has to work from a bare shell, and to be done at once when nothing has changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
const out = join(root, 'build');
const stampFile = join(out, '.fingerprint');
const outputs = ['index.js', 'index_bg.wasm'].map((name) => join(out, name));

function* filesUnder(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) yield path;
  if (!stats?.isDirectory()) return;
  for (const name of readdirSync(path).sort()) {
    if (name !== 'target' && name !== 'node_modules') yield* filesUnder(join(path, name));
  }
}

/** The content of everything the Worker is made from: it survives a checkout or a copy, which change times. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of filesUnder(join(root, input))) {
      hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

function fresh() {
  try {
    return outputs.every((file) => statSync(file).size > 0) && readFileSync(stampFile, 'utf8') === fingerprint();
  } catch {
    return false;
  }
}

function size() {
  const bytes = outputs.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
  return `${Math.ceil(bytes / 1024)} KB gzip`;
}

async function workerBuild() {
  const log = join(tools, 'log', 'build.log');
  mkdirSync(join(tools, 'log'), { recursive: true });
  writeFileSync(log, '');
  rmSync(stampFile, { force: true });
  const before = fingerprint(); // a file saved during the build counts as changed after it
  const label = existsSync(workerTarget) ? 'building the Worker' : 'building the Worker for the first time (about 2 min)';
  const ok = await timed(label, () =>
    run(join(tools, 'cargo/bin/worker-build'), ['--release', '--panic-unwind', '--out-dir', '../../build'], {
      log,
      cwd: join(root, 'workers/core'),
      env: workerEnv(),
    }),
  );
  if (!ok) throw new Problem(`the Worker does not build. The end of .tools/log/build.log:\n\n${tail(log, 60)}`);
  writeFileSync(stampFile, before);
  console.log(`edgefold  built the Worker: ${size()}`);
}

export async function build() {
  if (fresh()) return;
  await setup();
  await locked('build', async () => fresh() || workerBuild());
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(build);
