// The stages of `npm test`: what each runs. A stage writes to its log, and gives false when it failed.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildFirst, probe, worker } from './build.mjs';
import { findChromium } from './chromium.mjs';
import { buildClient, checkClient } from './client.mjs';
import { engineAlone } from './engine.mjs';
import { testFiles } from './files.mjs';
import { bundleGraphiql } from './graphiql.mjs';
import { buildStorefront, checkStorefront, storefront } from './pages.mjs';
import { root } from './pins.mjs';
import { output, Problem, run } from './process.mjs';
import { pythonTools } from './python.mjs';
import { hostRust, nodeBinary, nodeEnv, once } from './toolchain.mjs';
import { tutorial } from './tutorial.mjs';

/** What a stage gives when this machine lacks what it needs. In CI that is a failure. */
export const notChecked = 'not checked';

async function cargoIn(cwd, log, args, more) {
  const { env } = await hostRust();
  return run('cargo', args, { log, cwd, env: { ...env, ...once, ...more }, patient: true });
}

export const cargo = (log, ...args) => cargoIn(root, log, args);

/**
 * cargo's tests, linted as they are compiled: clippy's driver compiles the workspace's own crates, as in cargo-clippy, which would
 * check everything once more. The engine and the samples have the same features, so that what both need is compiled once.
 */
async function linted(cwd, log, args) {
  const clippy = await has(log, 'clippy', 'clippy-driver');
  if (!clippy && lacks('clippy is not part of the Rust toolchain here: nothing is linted') === false) return false;
  const flags = ['-D', 'warnings'].map((flag) => `${flag}__CLIPPY_HACKERY__`).join('');
  const lints = clippy && { RUSTC_WORKSPACE_WRAPPER: 'clippy-driver', CLIPPY_ARGS: flags };
  const features = ['edgefold-flow/planted', 'edgefold-flow/schema', 'edgefold-kernel/schema'].join(',');
  return cargoIn(cwd, log, ['test', '--quiet', '--features', features, ...args], { ...lints, CARGO_TARGET_DIR: join(root, 'target') });
}

/**
 * The engine's crates, tested where there is no sample. The attribute macros are not: their messages name files, and trybuild takes one
 * below target/ for what was built.
 */
const engine = async (log) => linted(await engineAlone(), log, ['--workspace', '--exclude', 'edgefold-describe', '--all-targets']);

/** Tells the stories of many seeds. */
export const simulate = (log, ...args) => cargo(log, 'run', '--quiet', '-p', 'edgefold-simulation', '--', ...args);

/** The samples' crates and the smallest one, the script that binds them, their stories, and the attribute macros. */
async function unit(log) {
  const crates = readdirSync(join(root, 'workers')).filter((name) => existsSync(join(root, `workers/${name}/Cargo.toml`)));
  const named = [...crates, 'thing', 'simulation', 'describe'].flatMap((name) => ['-p', `edgefold-${name}`]);
  // The compiler's messages are not those of clippy's driver.
  const messages = 'a_mistake_is_a_message_at_the_line_that_made_it';
  return (
    (await linted(root, log, [...named, '--all-targets', '--', '--skip', messages])) &&
    (await cargo(log, 'test', '--quiet', '-p', 'edgefold-describe', '--test', 'mistakes', messages)) &&
    run(join(root, 'target/debug/edgefold-simulation'), ['--seeds', '2000'], { log, cwd: root, patient: true })
  );
}

const lacks = (what) => {
  console.log(`edgefold  ${what}`);
  return process.env.CI ? false : notChecked;
};

/** Whether a toolchain has a component: it may be missing, and from a Debian-only machine for good. */
async function has(log, component, command, ...args) {
  const { env } = await hostRust();
  const there = () => output(command, [...args, '--version'], { cwd: root, env });
  if (!(await there()) && env.RUSTUP_TOOLCHAIN) {
    await run('rustup', ['component', 'add', component, '--toolchain', env.RUSTUP_TOOLCHAIN], { log, env, timeout: 60_000 });
  }
  return Boolean(await there());
}

/** Runs cargo with a command of its own that may be missing. */
export async function cargoExtra(log, component, ...args) {
  return (await has(log, component, 'cargo', args[0])) ? cargo(log, ...args) : lacks(`${component} is not part of the Rust toolchain here`);
}

const node = (log, ...args) => run(nodeBinary(), args, { log, cwd: root, env: nodeEnv() });

/** The tests in a folder, named one by one: a folder as argument means another thing in each Node version. */
function testsIn(path, below = root) {
  const folder = join(below, path);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.test.mjs')) : [];
  return files.sort().map((name) => join(folder, name));
}

/** What to say where there is no Chromium; nothing where there is one. */
const withoutChromium = () =>
  findChromium().then(
    () => undefined,
    (error) => {
      if (!(error instanceof Problem)) throw error;
      return error.message;
    },
  );

/** The samples' acceptance tests, each beside what it is about. */
const samplesTests = () => readdirSync(join(root, 'workers')).filter((name) => name !== 'storefront').sort().reverse().flatMap((name) => testsIn(`workers/${name}/tests`));

export const stages = {
  format: (log) => cargoExtra(log, 'rustfmt', 'fmt', '--all', '--check'),
  lint: (log) => cargoExtra(log, 'clippy', 'clippy', '--workspace', '--all-targets', '--', '-D', 'warnings'),
  engine,
  unit,
  tools: (log) => testFiles('tools', log, testsIn('tests/tools')),
  tutorial: (log) => {
    // In a clone that has its own invoice, or not these samples, the tutorial is over.
    const isThere = (name) => existsSync(join(root, 'workers', name));
    return isThere('room') && isThere('reservation') && !isThere('invoice') ? tutorial(log) : notChecked;
  },
  probe: () => buildFirst(probe, worker),
  acceptance: async (log) => {
    await build(probe); // at once if it is fresh; needed when this stage runs alone
    return testFiles('acceptance', log, testsIn('tests/acceptance', await engineAlone()));
  },
  build: () => build(worker),
  samples: async (log) => {
    await build(worker);
    await bundleGraphiql();
    return testFiles('samples', log, samplesTests());
  },
  client: async (log) => {
    await build(probe, worker);
    await buildClient();
    // What is said of the samples is checked where they are.
    const hasSamples = ['room', 'reservation'].every((name) => existsSync(join(root, 'workers', name)));
    if (hasSamples && (await checkClient(log)) === false) return false;
    const lacking = await withoutChromium();
    const folders = ['', ...(hasSamples ? ['/samples'] : [])].flatMap((path) => (lacking ? [path] : [path, `${path}/browser`]));
    const passed = await testFiles('client', log, folders.flatMap((path) => testsIn(`shared/client/tests${path}`)));
    return passed !== false && lacking ? lacks(lacking) : passed;
  },
  browser: async (log) => {
    await build(worker);
    const lacking = await withoutChromium();
    return lacking ? lacks(lacking) : testFiles('browser', log, testsIn('tests/browser'));
  },
  storefront: async (log) => {
    // A domain of its own may have removed it.
    if (!existsSync(storefront)) return notChecked;
    await build(worker);
    await buildStorefront();
    if ((await checkStorefront(log)) === false) return false;
    const lacking = await withoutChromium();
    return lacking ? lacks(lacking) : testFiles('storefront', log, testsIn('workers/storefront/tests'));
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
