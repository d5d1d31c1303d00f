// The next release of a script: the same code in another folder, so that objects meet it on the storage that they have.
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Restarts a core on the next release of its script, does `work`, and brings the first one back. */
export async function released(core, work) {
  const folder = mkdtempSync(join(tmpdir(), 'edgefold-release-'));
  const first = core.configFile;
  const config = readFileSync(first, 'utf8');
  const [, main] = config.match(/^main = "(.+)"$/m);
  cpSync(dirname(join(dirname(first), main)), join(folder, 'build'), { recursive: true });
  appendFileSync(join(folder, 'build/index.js'), '\n// the next release\n');
  writeFileSync(join(folder, 'wrangler.toml'), config.replace(main, 'build/index.js'));
  try {
    core.configFile = join(folder, 'wrangler.toml');
    await core.restart();
    await work();
  } finally {
    core.configFile = first;
    await core.restart();
    rmSync(folder, { recursive: true, force: true });
  }
}
