// The engine by itself: a copy of the project without the samples and the script that deploys them. The engine's tests run
// there, so that nothing of it can come to need a word of the samples' domain.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { copied } from './copy.mjs';
import { root } from './pins.mjs';

/** Whether a file goes with the samples: it is theirs, registers them, or is printed of them. */
function isOfSamples(path, samples) {
  return [
    /^(workers|tests\/(simulation|thing))\//,
    /^wrangler\.toml$/,
    /^schema\/(golden|graphql|sql\/projection)\//,
    /^schema\/(openapi\.json|routes\.md)$/,
    new RegExp(`^schema/json/(${samples.join('|')})/`),
  ].some((pattern) => pattern.test(path));
}

/** The workspace without the crates in workers/, and those that know them. */
const withoutSamples = (manifest) => manifest.replace('"workers/*", ', '').replace(/, "tests\/(simulation|thing)"/g, '').replace(/^\[profile\.dev\.package\.edgefold-simulation\]\n.*\n/m, '').replace(/^.*path = "workers\/.*\n/gm, '');

/** Brings the copy up to date; gives its folder. */
export async function engineAlone() {
  // A type has _ where the name of its folder has -.
  const samples = readdirSync(join(root, 'workers')).map((name) => name.replaceAll('-', '_'));
  return copied('engine', {
    links: ['node_modules', 'target/probe'],
    keeps: (path) => !isOfSamples(path, samples),
    changes: { 'Cargo.toml': withoutSamples },
  });
}
