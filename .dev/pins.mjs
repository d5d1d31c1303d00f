// What is pinned outside package.json and Cargo.lock, and where things live in the project.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const tools = join(root, '.tools');

/** What the benchmark builds for its peers: the program of cqrs-es, and the script with Emmett's object. */
export const peers = {
  target: join(root, 'target/peers'),
  program: join(root, 'target/peers/release/edgefold-bench-cqrs'),
  bundle: join(root, 'target/peers/emmett_object.js'),
};

export const rust = '1.95.0'; // = rust-toolchain.toml
export const chromium = [150]; // the least that the tests in a browser are tried with: Debian stable's is newer
export const postgres = [14]; // the least that the benchmark's peers are tried with
export const nodeForWrangler = [22, 19]; // the least that wrangler and undici run on

/** A version as numbers, so that 1.100 counts as newer than 1.95. */
export const parts = (version) => version.split('.').map(Number);

export function atLeast(version, least) {
  const have = parts(version);
  for (const [i, want] of least.entries()) {
    if (have[i] !== want) return have[i] > want;
  }
  return true;
}
