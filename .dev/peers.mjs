// What the benchmark's peers need: their npm packages, the program in Rust, the bundle for the object, and a PostgreSQL.
// Only `npm run bench -- --only peers` comes here: nothing else of the project depends on any of it.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { debianHere, installDebianPostgres } from './debian.mjs';
import { locked } from './lock.mjs';
import { atLeast, peers, postgres, root, tools } from './pins.mjs';
import { output, Problem, run } from './process.mjs';
import { step } from './step.mjs';
import { plainEnv } from './environment.mjs';
import { hostRust, nodeEnv } from './toolchain.mjs';

const folder = join(root, 'tests/bench/peers');
const unpacked = join(tools, 'postgres');
const { target, program, bundle } = peers;

const hashOf = (...files) =>
  files.reduce((hash, file) => hash.update(readFileSync(join(folder, file))), createHash('sha256')).digest('hex');

const packages = () =>
  step({
    name: 'peers-npm',
    label: 'installing the npm packages of the peers',
    key: hashOf('package-lock.json'),
    makes: join(folder, 'node_modules/pg/package.json'),
    run: (log) => run('npm', ['ci'], { log, cwd: folder, env: plainEnv }),
  });

async function cqrs() {
  const sources = readdirSync(join(folder, 'cqrs/src')).sort().map((name) => `cqrs/src/${name}`);
  const { env } = await hostRust();
  await step({
    name: 'peers-cqrs',
    label: 'building cqrs-es with postgres-es behind axum (about 3 min)',
    key: hashOf('cqrs/Cargo.toml', 'cqrs/Cargo.lock', 'cqrs/tables.sql', ...sources),
    makes: program,
    run: (log) =>
      run('cargo', ['build', '--release', '--locked', '--quiet', '--target-dir', target], { log, cwd: join(folder, 'cqrs'), env }),
  });
}

const emmettObject = () =>
  step({
    name: 'peers-object',
    label: "bundling Emmett's object",
    key: hashOf('package-lock.json', 'emmett_object.js', 'device.js', 'no_driver.js', '../peers_worker.js', '../baseline_worker.js', '../duties_worker.js'),
    makes: bundle,
    run: (log) => {
      const args = ['--bundle', '--format=esm', '--target=esnext', '--external:cloudflare:workers', '--alias:sqlite3=./no_driver.js'];
      const files = ['emmett_object.js', `--outfile=${bundle}`];
      return run(join(root, 'node_modules/.bin/esbuild'), [...files, ...args], { log, cwd: folder, env: nodeEnv() });
    },
  });

/** The folders that a PostgreSQL lies in below `place`, where Debian puts it: the newest first. */
function debianPlaces(place) {
  const versions = join(place, 'usr/lib/postgresql');
  const names = existsSync(versions) ? readdirSync(versions) : [];
  return names.sort((one, other) => Number(other) - Number(one)).map((name) => join(versions, name, 'bin'));
}

/** Libraries that were unpacked with the server: none where the system has them all. */
function withLibraries(place) {
  const lib = join(place, 'usr/lib');
  const folders = existsSync(lib) ? readdirSync(lib).filter((name) => name.endsWith('-linux-gnu')) : [];
  return { ...plainEnv, LD_LIBRARY_PATH: folders.map((name) => join(lib, name)).join(':') };
}

/** The first of these folders that has a server that runs and is new enough. */
async function firstOf(places, env = plainEnv) {
  for (const bin of places) {
    const text = existsSync(join(bin, 'initdb')) && (await output(join(bin, 'postgres'), ['--version'], { env }));
    const version = text && text.match(/\d+(\.\d+)*/)?.[0];
    if (version && atLeast(version, postgres)) return { bin, version, env };
  }
  return undefined;
}

/** A PostgreSQL as { bin, version, env }: the system's, else Debian's, then also with the `place` that it was unpacked into. */
async function findPostgres() {
  const named = await output('sh', ['-c', 'command -v initdb'], { env: plainEnv });
  const system = await firstOf([...debianPlaces('/'), ...(named ? [dirname(named)] : [])]);
  if (system) return system;
  if (process.platform !== 'linux' || !(await debianHere())) {
    throw new Problem(`there is no PostgreSQL ${postgres.join('.')} or newer here, and no apt to get one from`);
  }
  await step({
    name: 'postgres',
    label: 'unpacking PostgreSQL from Debian packages (about 20 s)',
    key: postgres.join('.'),
    makes: join(unpacked, 'usr/lib/postgresql'),
    run: (log) => installDebianPostgres(unpacked, log),
  });
  const own = await firstOf(debianPlaces(unpacked), withLibraries(unpacked));
  if (!own) throw new Problem('the PostgreSQL that was unpacked does not run. See .tools/log/postgres.log');
  return { ...own, place: unpacked };
}

/** Sets up what is missing; gives the PostgreSQL. */
export async function setUpPeers() {
  return locked('setup', async () => {
    await packages();
    await Promise.all([cqrs(), emmettObject()]);
    return findPostgres();
  });
}
