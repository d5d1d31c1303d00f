// A server that is a program of its own and prints the port it listens on, with the PostgreSQL that it keeps its events in.
import { createInterface } from 'node:readline';
import { start } from '../../../.dev/process.mjs';
import { nodeEnv } from '../../../.dev/toolchain.mjs';
import { Postgres } from './postgres.mjs';

export class Server {
  #program;

  /** @param postgres what `setUpPeers` gives. @param command gives the command and its arguments for a connection string. */
  constructor(postgres, command) {
    this.postgres = new Postgres(postgres);
    this.command = command;
  }

  get pids() {
    return [this.#program.child.pid, this.postgres.pid];
  }

  async start() {
    await this.postgres.create();
    return this.#serve();
  }

  async #serve() {
    const [command, ...args] = this.command(this.postgres.connection);
    this.#program = start(command, args, { env: nodeEnv(), stdio: ['ignore', 'pipe', 'inherit'] });
    const said = createInterface(this.#program.child.stdout)[Symbol.asyncIterator]().next();
    const ended = this.#program.ended.then(() => ({ value: undefined }));
    const { value: port } = await Promise.race([said, ended]);
    if (!port) throw new Error(`${command} did not start`);
    this.url = `http://127.0.0.1:${port}`;
    return this;
  }

  async #end() {
    process.kill(this.#program.child.pid, 'SIGTERM');
    await this.#program.ended;
  }

  async restart() {
    await this.#end();
    await this.postgres.stop();
    await this.postgres.start();
    await this.#serve();
  }

  async close() {
    await this.#end();
    await this.postgres.close();
  }
}
