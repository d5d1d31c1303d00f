// Finds cargo, and makes the environments for the host build and for the Worker's.
//
// The Worker is built with panic=unwind, so that a panic fails one request and not all of them. That needs
// std built from source, which cargo allows on nightly only. Instead of a nightly that changes every day, the
// pinned stable compiler is told to accept it (RUSTC_BOOTSTRAP), and small stand-ins for cargo, rustc and
// rustup translate worker-build's `+nightly` to that compiler.
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { atLeast, nodeForWrangler, parts, root, rust, tools } from './pins.mjs';
import { output, Problem } from './process.mjs';

export const shims = join(tools, 'shims');
export const debianRust = join(tools, 'rust');
export const workerTarget = join(root, 'target/worker'); // apart from the host's: other compiler, other std
const wasm = 'wasm32-unknown-unknown';

const cargoHome = process.env.CARGO_HOME || join(homedir(), '.cargo');

/** PATH with cargo's own folder behind what the user chose: a new shell may not have it. */
const searchPath = [...(process.env.PATH ?? '').split(delimiter), join(cargoHome, 'bin')]
  // npm puts the project's node_modules/.bin in front. Its folder vanishes during `npm ci`.
  .filter((folder) => folder && !folder.startsWith(join(root, 'node_modules')))
  .join(delimiter);

export const plainEnv = {
  ...process.env,
  PATH: searchPath,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_LOG_PATH: join(root, '.wrangler/logs'), // not in the user's home
  CLOUDFLARE_CF_FETCH_ENABLED: 'false', // local requests need no real geography, so no look-up at start
  NO_UPDATE_NOTIFIER: '1',
};

const debianLibraries = () => {
  const lib = join(debianRust, 'usr/lib');
  return join(lib, readdirSync(lib).find((name) => name.endsWith('-linux-gnu')));
};

/** A Rust toolchain as { env, rustc }: what to set to get it, and its version. Undefined if there is none. */
async function probe(env) {
  const text = await output('rustc', ['--version'], { env, cwd: root });
  const version = text?.match(/^rustc (\d+\.\d+\.\d+)/)?.[1];
  if (!version || !atLeast(version, parts(rust))) return undefined;
  return (await output('cargo', ['--version'], { env, cwd: root })) && { env, version };
}

const rustupEnv = (toolchain) => ({ ...plainEnv, RUSTUP_TOOLCHAIN: toolchain });

function debianEnv() {
  return {
    ...plainEnv,
    PATH: [join(debianRust, 'usr/bin'), searchPath].join(delimiter),
    LD_LIBRARY_PATH: [debianLibraries(), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
  };
}

/** The Rust for everything that runs on this machine: the pinned one, else one that is new enough. */
export async function findHostRust() {
  return (
    (await probe(rustupEnv(rust))) ??
    (await probe(rustupEnv('stable'))) ??
    (existsSync(debianRust) ? probe(debianEnv()) : undefined)
  );
}

export async function hostRust() {
  const found = await findHostRust();
  if (!found) throw new Problem('no Rust toolchain: `node .dev/setup.mjs` installs one');
  return found;
}

/** The Rust for the Worker: rustup's once it has the library source, else the one unpacked from Debian. */
export async function findWorkerRust() {
  const sysroot = await output('rustc', ['--print', 'sysroot'], { env: rustupEnv(rust), cwd: root });
  const has = (path) => existsSync(join(sysroot, 'lib/rustlib', path));
  if (sysroot && (await probe(rustupEnv(rust))) && has('src/rust/library/Cargo.lock') && has(wasm)) {
    return { kind: 'rustup', bin: join(sysroot, 'bin'), sysroot };
  }
  if (existsSync(debianRust)) {
    return { kind: 'debian', bin: join(debianRust, 'usr/bin'), sysroot: join(debianRust, 'usr') };
  }
  return undefined;
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Writes the stand-ins that worker-build finds first on its PATH. */
export function writeShims({ kind, bin, sysroot }) {
  mkdirSync(shims, { recursive: true });
  const linker = kind === 'debian' && readdirSync(bin).find((name) => name.startsWith('wasm-ld'));
  const settings = [
    'export RUSTC_BOOTSTRAP=1',
    `export RUSTC=${quoted(join(bin, 'rustc'))}`,
    kind === 'debian' && `export LD_LIBRARY_PATH=${quoted(debianLibraries())}"\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    linker && `export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=${quoted(join(bin, linker))}`,
  ].filter(Boolean);
  const scripts = {
    cargo: [...settings, `exec ${quoted(join(bin, 'cargo'))} "$@"`],
    rustc: [...settings, `exec ${quoted(join(bin, 'rustc'))} "$@"`],
    // worker-build asks rustup whether nightly has the library source. It has: setup saw to it.
    rustup: ['echo "rust-src (installed)"'],
  };
  for (const [name, lines] of Object.entries(scripts)) {
    const file = join(shims, name);
    const body = ['#!/bin/sh', 'case "${1:-}" in +*) shift ;; esac', ...lines, ''].join('\n');
    writeFileSync(file, body);
    chmodSync(file, 0o755);
  }
  // worker-build looks whether this folder exists. std itself is built from source into the target folder.
  mkdirSync(join(sysroot, 'lib/rustlib', wasm, 'lib'), { recursive: true });
}

/** The project's own Node: wrangler and the tests need a newer one than may be installed. */
export function nodeBinary() {
  const platform = `node-${process.platform}-${process.arch}`;
  const own = join(root, 'node_modules', platform, 'bin/node');
  if (existsSync(own)) return own;
  if (atLeast(process.versions.node, nodeForWrangler)) return process.execPath;
  throw new Problem(
    `no packaged Node for ${platform}, and this one is ${process.versions.node}: ` +
      `wrangler needs ${nodeForWrangler.join('.')} or newer. Install Node 24.`,
  );
}

/** For wrangler and the tests: the project's node and commands first. */
export const nodeEnv = () => ({
  ...plainEnv,
  PATH: [join(nodeBinary(), '..'), join(root, 'node_modules/.bin'), searchPath].join(delimiter),
});

/** For worker-build: the stand-ins first, and its helpers named, so that it downloads none. */
export const workerEnv = () => ({
  ...plainEnv,
  PATH: [shims, join(nodeBinary(), '..'), searchPath].join(delimiter),
  CARGO_TARGET_DIR: workerTarget,
  RUST_BACKTRACE: '0', // a compile error says enough without worker-build's own stack
  WASM_BINDGEN_BIN: join(tools, 'cargo/bin/wasm-bindgen'),
  WASM_OPT_BIN: join(root, 'node_modules/binaryen/bin/wasm-opt'),
  ESBUILD_BIN: join(root, 'node_modules/esbuild/bin/esbuild'),
});
