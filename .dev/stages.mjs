// The stages of `npm test`: what each runs. A stage writes to its log, and gives false when it failed.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildFirst, probe, worker } from './build.mjs';
import { findChromium } from './chromium.mjs';
import { engineAlone } from './engine.mjs';
import { bundleGraphiql } from './graphiql.mjs';
import { root } from './pins.mjs';
import { output, Problem, run } from './process.mjs';
import { pythonTools } from './python.mjs';
import { hostRust, nodeBinary, nodeEnv } from './toolchain.mjs';
import { tutorial } from './tutorial.mjs';

/** What a stage gives when this machine lacks what it needs. In CI that is a failure. */
export const notChecked = 'not checked';

// A check from a clean checkout never builds twice, so what an incremental build stores is gigabytes for nothing.
const once = process.env.CI ? { CARGO_INCREMENTAL: '0' } : {};

// Files at once: they mostly wait, for an alarm or for an object to fall asleep, whatever the machine has. The two stages run
// side by side.
const [acceptanceFiles, samplesFiles] = [5, 4];

export async function cargo(log, ...args) {
  const { env } = await hostRust();
  return run('cargo', args, { log, cwd: root, env: { ...env, ...once } });
}

/**
 * The engine's crates, tested where there is no sample; what is compiled for both is compiled once. The messages of the attribute
 * macros are not: they name files, and trybuild takes one below target/ for what was built.
 */
async function engine(log) {
  const { env } = await hostRust();
  const cwd = await engineAlone();
  return run('cargo', ['test', '--workspace', '--exclude', 'edgefold-describe', '--quiet'], { log, cwd, env: { ...env, ...once, CARGO_TARGET_DIR: join(root, 'target') } });
}

/** Tells the stories of many seeds. */
export const simulate = (log, ...args) => cargo(log, 'run', '--quiet', '-p', 'edgefold-simulation', '--', ...args);

/** The samples' crates and the smallest one, the script that binds them, their stories, and the attribute macros. */
async function unit(log) {
  const crates = readdirSync(join(root, 'workers')).filter((name) => existsSync(join(root, `workers/${name}/Cargo.toml`)));
  const passed = await cargo(log, 'test', '--quiet', ...[...crates, 'thing', 'simulation', 'describe'].flatMap((name) => ['-p', `edgefold-${name}`]));
  return passed === false ? passed : simulate(log, '--seeds', '2000');
}

const lacks = (what) => {
  console.log(`edgefold  ${what}`);
  return process.env.CI ? false : notChecked;
};

/** rustfmt and clippy may be missing from a toolchain, and from a Debian-only machine for good. */
export async function cargoExtra(log, component, ...args) {
  const { env } = await hostRust();
  const there = () => output('cargo', [args[0], '--version'], { cwd: root, env });
  if (!(await there()) && env.RUSTUP_TOOLCHAIN) {
    await run('rustup', ['component', 'add', component, '--toolchain', env.RUSTUP_TOOLCHAIN], { log, env, timeout: 60_000 });
  }
  return (await there()) ? cargo(log, ...args) : lacks(`${component} is not part of the Rust toolchain here`);
}

const node = (log, ...args) => run(nodeBinary(), args, { log, cwd: root, env: nodeEnv() });

const reporter = `--test-reporter=${join(root, '.dev/reporter.mjs')}`;

/** The tests in a folder, named one by one: a folder as argument means another thing in each Node version. */
function testsIn(path, below = root) {
  const folder = join(below, path);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.test.mjs')) : [];
  return files.sort().map((name) => join(folder, name));
}

/** Milliseconds after which a test or a file of tests has failed: the longest takes five minutes on a busy machine. */
const longest = 15 * 60_000;

function nodeTests(log, files, concurrency) {
  if (!files.length) throw new Problem('there are no tests where they should be');
  return node(log, '--test', `--test-concurrency=${concurrency}`, `--test-timeout=${longest}`, reporter, ...files);
}

/** The samples' acceptance tests, each beside what it is about. */
const samplesTests = () => readdirSync(join(root, 'workers')).sort().reverse().flatMap((name) => testsIn(`workers/${name}/tests`));

export const stages = {
  format: (log) => cargoExtra(log, 'rustfmt', 'fmt', '--all', '--check'),
  lint: (log) => cargoExtra(log, 'clippy', 'clippy', '--workspace', '--all-targets', '--', '-D', 'warnings'),
  engine,
  unit,
  tools: (log) => nodeTests(log, testsIn('tests/tools'), 2),
  tutorial: (log) => {
    // In a clone that has its own invoice, or not these samples, the tutorial is over.
    const isThere = (name) => existsSync(join(root, 'workers', name));
    return isThere('room') && isThere('reservation') && !isThere('invoice') ? tutorial(log) : notChecked;
  },
  probe: () => buildFirst(probe, worker),
  acceptance: async (log) => {
    await build(probe); // at once if it is fresh; needed when this stage runs alone
    return nodeTests(log, testsIn('tests/acceptance', await engineAlone()), acceptanceFiles);
  },
  build: () => build(worker),
  samples: async (log) => {
    await build(worker);
    await bundleGraphiql();
    return nodeTests(log, samplesTests(), samplesFiles);
  },
  browser: async (log) => {
    await build(worker);
    try {
      await findChromium();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return lacks(error.message);
    }
    return nodeTests(log, testsIn('tests/browser'), 1);
  },
  openapi: async (log) => {
    await build(worker);
    const python = await pythonTools();
    if (python) return node(log, join(root, 'tests/openapi/run.mjs'), python);
    return lacks('there is no Python 3.10 or newer with venv here, which schemathesis runs on');
  },
  demo: async (log) => {
    await build(worker);
    return node(log, join(root, 'tests/demo/demo.mjs'));
  },
};
