// One at a time across processes: `npm start` and `npm test` may set up or build at the same moment.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tools } from './pins.mjs';

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // somebody else's process, but a process
  }
}

/** The owner's pid appears in the lock together with the lock: a link either exists whole or not at all. */
function take(file) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function owner(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0; // gone in the meantime
  }
}

export async function locked(name, body) {
  mkdirSync(tools, { recursive: true });
  const file = join(tools, `${name}.lock`);
  let told = false;
  while (!take(file)) {
    const pid = owner(file);
    if (pid && !alive(pid)) {
      rmSync(file, { force: true }); // its owner was killed
      continue;
    }
    if (!told) console.log(`edgefold  waiting for another ${name} (process ${pid}) to finish`);
    told = true;
    await new Promise((done) => setTimeout(done, 300));
  }
  const release = () => owner(file) === process.pid && rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await body();
  } finally {
    release();
    process.off('exit', release);
  }
}
