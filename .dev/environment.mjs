// The environment for what is run here. What a user has set for other projects would break these builds: it is left out,
// and cargo's configuration files, which cannot be left out, are overridden.
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from './pins.mjs';

export const cargoHome = process.env.CARGO_HOME || join(homedir(), '.cargo');

/** Settings of cargo and rustc that change what is built, or with what. Those about the network and the output stay. */
const building = [
  /^(RUSTFLAGS|RUSTDOCFLAGS|CARGO_ENCODED_RUSTFLAGS|CARGO_ENCODED_RUSTDOCFLAGS|RUSTC_BOOTSTRAP)$/,
  /^(RUSTC|RUSTDOC|RUSTC_WRAPPER|RUSTC_WORKSPACE_WRAPPER)$/,
  /^CARGO_(TARGET|PROFILE|UNSTABLE)_/,
  /^CARGO_BUILD_(?!JOBS$)/,
];
/** Settings of npm and Node that leave packages out, or make them behave as in production. */
const installing = [/^NODE_ENV$/, /^npm_config_(omit|only|production|dev|optional|include|ignore_scripts|dry_run|global)$/i];

/** The hosts of this machine, which no proxy can reach. */
const local = ['127.0.0.1', 'localhost', '::1'];

const withLocal = (list = '') => [...new Set([...list.split(',').filter(Boolean), ...local])].join(',');

/** `env` without what breaks a build here, and with this machine excepted from any proxy. */
export function neutral(env) {
  const kept = Object.entries(env).filter(([name]) => ![...building, ...installing].some((unwanted) => unwanted.test(name)));
  const noProxy = withLocal(env.no_proxy || env.NO_PROXY);
  return { ...Object.fromEntries(kept), no_proxy: noProxy, NO_PROXY: noProxy };
}

/** PATH with cargo's own folder behind what the user chose: a new shell may not have it. */
export const searchPath = [...(process.env.PATH ?? '').split(delimiter), join(cargoHome, 'bin')]
  // npm puts the project's node_modules/.bin in front. Its folder vanishes during `npm ci`.
  .filter((folder) => folder && !folder.startsWith(join(root, 'node_modules')))
  .join(delimiter);

export const plainEnv = {
  ...neutral(process.env),
  PATH: searchPath,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_LOG_PATH: join(root, '.wrangler/logs'), // not in the user's home
  CLOUDFLARE_CF_FETCH_ENABLED: 'false', // local requests need no real geography, so no look-up at start
  NO_UPDATE_NOTIFIER: '1',
};

const linkerOf = (target) => `CARGO_TARGET_${target.toUpperCase().replaceAll('-', '_')}_LINKER`;

/**
 * What overrides `config`, the settings in the user's cargo configuration files: environment variables go before them. `linkers`
 * are those of the compiler, by target. A linker or a target is named only where a file names one: cargo by hand, without these
 * variables, then finds the same build.
 */
export function overrides(host, { build = {}, target = {} } = {}, linkers = { [host]: 'cc' }) {
  const named = Object.values(target).some(({ linker }) => linker);
  return {
    CARGO_ENCODED_RUSTFLAGS: '', // none, whatever `build` or `target` says in a file
    RUSTC_WRAPPER: '',
    RUSTC_WORKSPACE_WRAPPER: '',
    ...(named && Object.fromEntries(Object.entries(linkers).map(([target, linker]) => [linkerOf(target), linker]))),
    ...(build.target && { CARGO_BUILD_TARGET: host }), // it cannot be unset
  };
}

/** For the scripts: with panic=unwind, and with a linker that the compiler does not find by itself. */
export const scriptSettings = (wasm, linker) => ({
  RUSTC_BOOTSTRAP: '1',
  CARGO_ENCODED_RUSTFLAGS: '-Cpanic=unwind',
  ...(linker && { [linkerOf(wasm)]: linker }),
  WASM_BINDGEN_USE_JS_SYS: '1', // futures come from js-sys: the `worker` crate is built on those
});
