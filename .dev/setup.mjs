// Brings into the project what is missing to build, run and test it. A second run finds everything there.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { debianHere, installDebianOpenssl, installDebianRust } from './debian.mjs';
import { locked } from './lock.mjs';
import { atLeast, root, rust, tools, wasmBindgen, workerBuild } from './pins.mjs';
import { main, output, Problem, run } from './process.mjs';
import { step, timed } from './step.mjs';
import { markDevelopment, secret } from './token.mjs';
import { debianRust, findHostRust, findWorkerRust, nodeBinary, plainEnv, writeShims } from './toolchain.mjs';

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
    const parts = ['--component', 'rust-src,clippy,rustfmt', '--target', 'wasm32-unknown-unknown'];
    return rustup('toolchain', 'install', rust, '--profile', 'minimal', ...parts, log);
  }
  return (
    (await rustup('component', 'add', 'rust-src', '--toolchain', rust, log)) &&
    rustup('target', 'add', 'wasm32-unknown-unknown', '--toolchain', rust, log)
  );
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

/** worker-build links OpenSSL. Where its headers are not installed, Debian's package lends them. */
async function openssl() {
  const given = process.env.OPENSSL_DIR || process.env.OPENSSL_INCLUDE_DIR;
  if (process.platform !== 'linux' || given) return {};
  if ((await output('pkg-config', ['--exists', 'openssl'], { env: plainEnv })) !== undefined) return {};
  if (!(await debianHere())) {
    throw new Problem("OpenSSL's headers are missing. Install them, for example: dnf install openssl-devel pkgconf");
  }
  const into = join(tools, 'openssl');
  await step({
    name: 'openssl',
    label: "unpacking OpenSSL's headers from Debian packages (a few seconds)",
    key: 'libssl-dev',
    makes: into,
    run: (log) => installDebianOpenssl(into, log),
  });
  const triplet = await output('cc', ['-print-multiarch']);
  return {
    OPENSSL_LIB_DIR: join(into, 'usr/lib', triplet),
    OPENSSL_STATIC: '1', // the package's link to the shared library leads nowhere outside the system's folders
    OPENSSL_INCLUDE_DIR: join(into, 'usr/include'),
    CFLAGS: `-I${join(into, 'usr/include', triplet)}`, // opensslconf.h differs per architecture
  };
}

/** Builds a cargo program into the project, without optimising: that halves its build and costs it 0.1 s a run. */
async function cargoInstall({ name, version, bin, args = [], env }) {
  const place = ['--locked', '--force', '--root', join(tools, 'cargo')];
  await step({
    name,
    label: `installing ${name} ${version} (about 1 min)`,
    key: version,
    makes: join(tools, 'cargo/bin', bin),
    run: async (log) =>
      run('cargo', ['install', name, '--version', version, '--bin', bin, ...args, ...place], {
        log,
        cwd: tools,
        env: {
          ...(await env()),
          CARGO_TARGET_DIR: join(tools, 'cargo-build'), // shared: the two have many crates in common
          CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
          CARGO_PROFILE_RELEASE_LTO: 'false',
          CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
        },
      }),
  });
}

export async function setup() {
  await checkPrerequisites();
  await locked('setup', async () => {
    await step({
      name: 'npm',
      label: 'installing the npm packages (about 30 s)',
      key: createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex'),
      makes: join(root, 'node_modules/wrangler/package.json'),
      run: (log) => run('npm', ['ci'], { log, cwd: root, env: plainEnv }),
    });
    nodeBinary(); // says what to do if there is none for this platform
    const { worker, host } = await setUpRust();
    if (!host || !worker) throw new Problem(`no Rust ${rust} or newer to build with. See .tools/log/`);
    await cargoInstall({
      name: 'wasm-bindgen-cli',
      version: wasmBindgen,
      bin: 'wasm-bindgen',
      args: ['--no-default-features'], // its default is TLS for a test runner that is not built here
      env: () => host.env,
    });
    await cargoInstall({
      name: 'worker-build',
      version: workerBuild,
      bin: 'worker-build',
      env: async () => ({ ...host.env, ...(await openssl()) }),
    });
    rmSync(join(tools, 'cargo-build'), { recursive: true, force: true });
    writeShims(worker);
    secret();
    markDevelopment();
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(setup);
