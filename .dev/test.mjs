// `npm test`: everything, in order, up to the first failure. `npm test -- <stage>` runs one stage.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildProbe } from './build.mjs';
import { findChromium } from './chromium.mjs';
import { engineAlone } from './engine.mjs';
import { root } from './pins.mjs';
import { main, output, Problem, run } from './process.mjs';
import { pythonTools } from './python.mjs';
import { setup } from './setup.mjs';
import { hostRust, nodeBinary, nodeEnv } from './toolchain.mjs';

const skipped = 'not checked';

// A check from a clean checkout never builds twice, so what an incremental build stores is gigabytes for nothing.
const once = process.env.CI ? { CARGO_INCREMENTAL: '0' } : {};

async function cargo(...args) {
  const { env } = await hostRust();
  return run('cargo', args, { cwd: root, env: { ...env, ...once } });
}

/** rustfmt and clippy may be missing from a toolchain, and from a Debian-only machine for good. */
async function cargoExtra(component, ...args) {
  const { env } = await hostRust();
  const there = () => output('cargo', [args[0], '--version'], { cwd: root, env });
  if (!(await there()) && env.RUSTUP_TOOLCHAIN) {
    await run('rustup', ['component', 'add', component, '--toolchain', env.RUSTUP_TOOLCHAIN], { env, timeout: 60_000 });
  }
  if (await there()) return run('cargo', args, { cwd: root, env: { ...env, ...once } });
  console.log(`edgefold  ${component} is not part of the Rust toolchain here`);
  return process.env.CI ? false : skipped;
}

const node = (...args) => run(nodeBinary(), args, { cwd: root, env: nodeEnv() });

/** The engine's crates, tested where there is no sample; what is compiled for both is compiled once. */
async function engine() {
  const { env } = await hostRust();
  const cwd = await engineAlone();
  return run('cargo', ['test', '--workspace'], { cwd, env: { ...env, ...once, CARGO_TARGET_DIR: join(root, 'target') } });
}

/** The samples' crates, and the script that binds them. */
function unit() {
  const crates = readdirSync(join(root, 'workers')).filter((name) => existsSync(join(root, `workers/${name}/Cargo.toml`)));
  return cargo('test', ...crates.flatMap((name) => ['-p', `edgefold-${name}`]));
}

/** The tests in a folder, named one by one: a folder as argument means another thing in each Node version. */
function testsIn(path, below = root) {
  const folder = join(below, path);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.test.mjs')) : [];
  if (!files.length) throw new Problem(`there are no tests in ${path}`);
  return files.sort().map((name) => join(folder, name));
}

/** Folders in workers/ in which the domain's acceptance tests lie, each beside what it is about. */
const domainTests = () =>
  readdirSync(join(root, 'workers'))
    .map((name) => `workers/${name}/tests`)
    .filter((path) => existsSync(join(root, path)) && readdirSync(join(root, path)).some((name) => name.endsWith('.test.mjs')));

async function acceptance() {
  const engines = testsIn('tests/acceptance', await engineAlone());
  const files = [...engines, ...domainTests().flatMap((path) => testsIn(path))];
  await build(); // at once if it is fresh; needed when this stage runs alone
  await buildProbe();
  // Most of the time they wait for an alarm or for an object to fall asleep: a few at once, whatever the machine has.
  return node('--test', '--test-concurrency=3', ...files);
}

async function browser() {
  const files = testsIn('tests/browser');
  await build();
  try {
    await findChromium();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.log(`edgefold  ${error.message}`);
    return process.env.CI ? false : skipped;
  }
  return node('--test', '--test-concurrency=1', ...files);
}

async function openapi() {
  await build();
  const python = await pythonTools();
  if (python) return node(join(root, 'tests/openapi/run.mjs'), python);
  console.log('edgefold  there is no Python 3.10 or newer with venv here, which schemathesis runs on');
  return process.env.CI ? false : skipped;
}

const stages = {
  format: () => cargoExtra('rustfmt', 'fmt', '--all', '--check'),
  lint: () => cargoExtra('clippy', 'clippy', '--workspace', '--all-targets', '--', '-D', 'warnings'),
  engine,
  unit,
  build: async () => {
    await build();
    await buildProbe();
  },
  acceptance,
  browser,
  openapi,
  demo: async () => {
    await build();
    return node(join(root, 'tests/demo/demo.mjs'));
  },
};

async function runStage(name) {
  const since = Date.now();
  console.log(`\nedgefold  ── ${name}`);
  let result;
  try {
    result = await stages[name]();
  } catch (error) {
    console.error(error instanceof Problem ? `edgefold  ${error.message}` : error);
    result = false;
  }
  const verdict = result === false ? 'failed' : result === skipped ? skipped : 'passed';
  return { name, verdict, seconds: ((Date.now() - since) / 1000).toFixed(1) };
}

await main(async () => {
  const [only] = process.argv.slice(2);
  if (only && !Object.hasOwn(stages, only)) {
    throw new Problem(`there is no stage '${only}'. The stages: ${Object.keys(stages).join(', ')}`);
  }
  await setup();
  const results = [];
  for (const name of only ? [only] : Object.keys(stages)) {
    results.push(await runStage(name));
    if (results.at(-1).verdict === 'failed') break;
  }
  const count = (verdict) => results.filter((result) => result.verdict === verdict).length;
  console.log('');
  for (const { name, verdict, seconds } of results) {
    console.log(`  ${name.padEnd(12)}${verdict.padEnd(12)}${seconds.padStart(8)} s`);
  }
  console.log(`\n${count('passed')} passed, ${count('failed')} failed`);
  return count('failed') ? 1 : 0;
});
