// Finds cargo and Node, and gives the environments for the host build, for the scripts and for wrangler.
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { overrides, plainEnv, scriptSettings, searchPath } from './environment.mjs';
import { atLeast, nodeForWrangler, parts, root, rust, tools } from './pins.mjs';
import { output, Problem } from './process.mjs';

export const wasm = 'wasm32-unknown-unknown';
export const debianRust = join(tools, 'rust');
export const workerTarget = join(root, 'target/worker'); // apart from the host's: other flags, other std
export const bindgen = join(tools, 'cargo/bin/edgefold-bindgen');

const debianLibraries = () => {
  const lib = join(debianRust, 'usr/lib');
  return join(lib, readdirSync(lib).find((name) => name.endsWith('-linux-gnu')));
};

/** What cargo's configuration files say, the user's among them. */
async function cargoConfig(env) {
  const ask = ['-Zunstable-options', 'config', 'get', '--format', 'json'];
  const text = await output('cargo', ask, { env: { ...env, RUSTC_BOOTSTRAP: '1' }, cwd: root });
  return text && JSON.parse(text); // none if cargo cannot read them: its own message says so when it builds
}

/** A Rust toolchain as { env, host }: what to set to get it, and what it builds for. Undefined if there is none. */
async function probe(env) {
  const text = await output('rustc', ['-vV'], { env, cwd: root });
  const version = text?.match(/^release: (\d+\.\d+\.\d+)/m)?.[1];
  if (!version || !atLeast(version, parts(rust))) return undefined;
  if (!(await output('cargo', ['--version'], { env, cwd: root }))) return undefined;
  const [, host] = text.match(/^host: (\S+)/m);
  return { env: { ...env, ...overrides(host, await cargoConfig(env), { [host]: 'cc', [wasm]: 'rust-lld' }) }, host };
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

/** A check from a clean checkout never builds twice, and nobody debugs what it builds: what that would store is gigabytes. */
export const once = process.env.CI ? { CARGO_INCREMENTAL: '0', CARGO_PROFILE_DEV_DEBUG: '0' } : {};

export async function hostRust() {
  const found = await findHostRust();
  if (!found) throw new Problem('no Rust toolchain: `node .dev/setup.mjs` installs one');
  return found;
}

/** The Rust for the scripts, with the source of its library: rustup's once it has that, else the one unpacked from Debian. */
export async function findWorkerRust() {
  const rustup = await probe(rustupEnv(rust));
  const sysroot = rustup && (await output('rustc', ['--print', 'sysroot'], { env: rustup.env, cwd: root }));
  if (sysroot && existsSync(join(sysroot, 'lib/rustlib/src/rust/library/Cargo.lock'))) {
    return { ...rustup, bin: join(sysroot, 'bin') };
  }
  const debian = existsSync(debianRust) && (await probe(debianEnv()));
  if (!debian) return undefined;
  const bin = join(debianRust, 'usr/bin');
  return { ...debian, bin, linker: join(bin, readdirSync(bin).find((name) => name.startsWith('wasm-ld'))) };
}

/** cargo for the scripts, as { cargo, env }: the compiler by its path, past whatever rustup would choose. */
export async function workerCargo() {
  const found = await findWorkerRust();
  if (!found) throw new Problem('no Rust toolchain with the source of its library: `node .dev/setup.mjs` installs one');
  const { bin, env, linker } = found;
  const settings = { ...scriptSettings(wasm, linker), RUSTC: join(bin, 'rustc'), CARGO_TARGET_DIR: workerTarget };
  return { cargo: join(bin, 'cargo'), env: { ...env, ...settings } };
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
  NODE_COMPILE_CACHE: join(tools, 'node-cache'), // each test starts a runtime, and that loads the same large modules
});
