// A PostgreSQL for one peer: a cluster of its own in a folder of its own, reached over a Unix socket, with fsync on.
//
// PostgreSQL does not run as root. Started by root, the server gets the user that Debian has for it, else `nobody`; from
// a project that only root may read, that user gets a copy of the server.
import { chmodSync, chownSync, closeSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { output, run, start } from '../../../.dev/process.mjs';

const patience = 30_000; // ms for the server to start

// What somebody sets who runs PostgreSQL on a machine of this size; all that a commit promises stays as it is.
const settings = {
  fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on',
  shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '15min', max_connections: 60,
  listen_addresses: '', timezone: 'UTC', log_timezone: 'UTC',
};

/** Whom the server runs as: undefined for whoever runs this. */
async function user() {
  if (process.getuid() !== 0) return undefined;
  const ids = async (name) => Promise.all(['-u', '-g'].map(async (what) => Number(await output('id', [what, name]))));
  const [uid, gid] = (await output('id', ['-u', 'postgres'])) ? await ids('postgres') : await ids('nobody');
  return { uid, gid };
}

export class Postgres {
  #folder = mkdtempSync(join(tmpdir(), 'edgefold-bench-postgres-'));
  #server;

  /** @param found what `setUpPeers` gives. */
  constructor({ bin, env, version, place }) {
    Object.assign(this, { bin, env, place });
    this.version = version;
  }

  get pid() {
    return this.#server.child.pid;
  }

  /** What a client connects with. */
  get connection() {
    return `postgresql://bench@localhost/postgres?host=${encodeURIComponent(this.#folder)}`;
  }

  get #data() {
    return join(this.#folder, 'data');
  }

  get #log() {
    return join(this.#folder, 'log');
  }

  async #own() {
    this.user = await user();
    mkdirSync(this.#data);
    if (!this.user) return;
    for (const path of [this.#folder, this.#data]) chownSync(path, this.user.uid, this.user.gid);
    chmodSync(this.#folder, 0o755); // root looks in, too, and so do the peers
    if (!this.place) return;
    const copy = join(this.#folder, 'server');
    cpSync(this.place, copy, { recursive: true, verbatimSymlinks: true });
    this.env = { ...this.env, LD_LIBRARY_PATH: this.env.LD_LIBRARY_PATH.replaceAll(this.place, copy) };
    this.bin = join(copy, relative(this.place, this.bin));
  }

  async create() {
    await this.#own();
    const options = { env: this.env, cwd: this.#folder, log: this.#log, ...this.user };
    const args = ['-D', this.#data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-instructions'];
    if (!(await run(join(this.bin, 'initdb'), args, options))) throw new Error(`initdb failed: see ${this.#log}`);
    return this.start();
  }

  async start() {
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const log = openSync(this.#log, 'a');
    const options = { env: this.env, cwd: this.#folder, stdio: ['ignore', log, log], ...this.user };
    this.#server = start(join(this.bin, 'postgres'), ['-D', this.#data, '-k', this.#folder, ...args], options);
    closeSync(log);
    for (const since = Date.now(); !this.#ready(); ) {
      if (Date.now() - since > patience) throw new Error(`PostgreSQL did not start: see ${this.#log}`);
      await new Promise((done) => setTimeout(done, 20));
    }
    return this;
  }

  /** The server says so in the last line of the file with its number. */
  #ready() {
    try {
      return /^ready\s*$/m.test(readFileSync(join(this.#data, 'postmaster.pid'), 'utf8'));
    } catch {
      return false; // not there yet
    }
  }

  /** Ends sessions and server in order: what is committed is in the data files when it starts again. */
  async stop() {
    process.kill(this.pid, 'SIGINT');
    await this.#server.ended;
  }

  async close() {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
