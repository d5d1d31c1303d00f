// Brings into the project what is missing to build, run and test it. A second run finds everything there.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianHere, installDebianRust } from './debian.mjs';
import { plainEnv } from './environment.mjs';
import { locked } from './lock.mjs';
import { atLeast, root, rust, tools } from './pins.mjs';
import { isMain, main, output, Problem, run } from './process.mjs';
import { step, timed } from './step.mjs';
import { markDevelopment, secret } from './token.mjs';
import { bindgen, debianRust, findHostRust, findWorkerRust, nodeBinary } from './toolchain.mjs';

const patience = 180_000; // ms for rustup before its servers count as out of reach

async function checkPrerequisites() {
  const has = (command) => output(command, ['--version'], { env: plainEnv, cwd: root });
  if (!['linux', 'darwin'].includes(process.platform)) {
    throw new Problem(`${process.platform} is not supported. Under Windows, use WSL.`);
  }
  if (!atLeast(process.versions.node, [20])) {
    throw new Problem(`Node ${process.versions.node} is too old. Install Node 20 or newer.`);
  }
  if (!(await has('npm'))) throw new Problem('npm is missing. Install Node 20 or newer together with npm.');
  if (!(await has('cc'))) {
    const remedy = process.platform === 'darwin' ? 'xcode-select --install' : 'apt-get install gcc libc6-dev';
    throw new Problem(`there is no C compiler (cc), which Rust links with. Install one, for example: ${remedy}`);
  }
}

const rustup = (...args) => run('rustup', args.slice(0, -1), { env: plainEnv, log: args.at(-1), timeout: patience });
const rustupHere = () => output('rustup', ['--version'], { env: plainEnv });

/** Adds to rustup's toolchain what the Worker's build needs; installs the toolchain if need be. */
async function addToRustup(log) {
  if (!(await rustupHere())) return false;
  const installed = (await output('rustup', ['toolchain', 'list'], { env: plainEnv })) ?? '';
  if (!installed.split('\n').some((line) => line.startsWith(rust))) {
    return rustup('toolchain', 'install', rust, '--profile', 'minimal', '--component', 'rust-src,clippy,rustfmt', log);
  }
  return rustup('component', 'add', 'rust-src', '--toolchain', rust, log);
}

async function setUpRust() {
  const known = await findWorkerRust();
  if (known) return { worker: known, host: await findHostRust() };
  const cargo = await output('cargo', ['--version'], { env: plainEnv, cwd: '/' });
  if (!cargo && !(await rustupHere())) {
    throw new Problem(
      'there is no cargo, neither on PATH nor in CARGO_HOME. Install Rust with rustup: see rust-lang.org/tools/install',
    );
  }
  const log = join(tools, 'log', 'rustup.log');
  mkdirSync(join(tools, 'log'), { recursive: true });
  writeFileSync(log, '');
  const added = await timed(`adding the library source to Rust ${rust} with rustup`, () => addToRustup(log));
  if (!added || !(await findWorkerRust())) {
    if (!(await debianHere())) {
      throw new Problem(
        `rustup could not download the library source of Rust ${rust}, and there is no apt to get it from.\n` +
          'Check the network or its proxy settings (https_proxy), then run this again. Details: .tools/log/rustup.log',
      );
    }
    await step({
      name: 'rust',
      label: 'rustup cannot download here: unpacking Rust from Debian packages, 150 MB (about 1 min)',
      key: rust,
      makes: join(debianRust, 'usr/bin/rustc'),
      run: (log) => installDebianRust(debianRust, log),
    });
  }
  return { worker: await findWorkerRust(), host: await findHostRust() };
}

const hashOf = (...files) =>
  files.reduce((hash, file) => hash.update(readFileSync(join(root, file))), createHash('sha256')).digest('hex');

const npmPackages = () =>
  step({
    name: 'npm',
    label: 'installing the npm packages',
    key: hashOf('package-lock.json'),
    makes: join(root, 'node_modules/wrangler/package.json'),
    // Whatever the user's npm configuration leaves out: the tools are development packages, their native parts optional.
    run: (log) => run('npm', ['ci', '--include=dev', '--include=optional'], { log, cwd: root, env: plainEnv }),
  });

/** The binding generator: from its library, since that and a main function are a third of its command line's crates. */
const bindingGenerator = ({ env }) =>
  step({
    name: 'bindgen',
    label: 'building the binding generator',
    key: hashOf(...['Cargo.toml', 'Cargo.lock', 'src/main.rs'].map((name) => `.dev/bindgen/${name}`)),
    makes: bindgen,
    run: (log) => {
      const place = ['--path', join(root, '.dev/bindgen'), '--root', join(tools, 'cargo'), '--target-dir', join(tools, 'cargo-build')];
      return run('cargo', ['install', '--locked', '--force', ...place], { log, cwd: root, env });
    },
  }).then(() => rmSync(join(tools, 'cargo-build'), { recursive: true, force: true }));

/**
 * Sets up what is missing. What needs only Rust goes on beside the rest as `meanwhile`: compilers and downloads wait for
 * different things. Nobody else waits for it.
 */
export async function setup(meanwhile = () => {}) {
  await checkPrerequisites();
  let going;
  await locked('setup', async () => {
    const built = setUpRust().then(({ host, worker }) => {
      if (!host || !worker) throw new Problem(`no Rust ${rust} or newer to build with. See .tools/log/`);
      going = Promise.resolve(meanwhile());
      going.catch(() => {}); // it is awaited below
      return bindingGenerator(host);
    });
    await Promise.all([npmPackages(), built]);
    nodeBinary(); // says what to do if there is none for this platform
    secret();
    markDevelopment();
  });
  await going;
}

if (isMain(import.meta.url)) await main(() => setup());
