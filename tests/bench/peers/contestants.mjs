// Whom the comparison is between. Each has `start`, `close` and `restart`, the `pids` of its processes, and says
//
//   url, type    where commands go, and what their aggregate is called there
//   prepare      makes instances known that will be reported to
//   drain        waits until everything accepted so far can be read in lists; absent where there are none
//   fill, look   a stream of so many events, and the first look at its state; another stands for one that is `alike`
//   snapshots    whether `restart` can leave it to the events alone
//   lacks        what it does not do, of what Edgefold does
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { peers } from '../../../.dev/pins.mjs';
import { nodeBinary } from '../../../.dev/toolchain.mjs';
import { Subject } from '../subject.mjs';
import { Server } from './server.mjs';

const patience = 90_000; // ms: what was accepted and is not in lists by then has been lost

async function until(holds) {
  for (const since = Date.now(); !(await holds()); ) {
    if (Date.now() - since > patience) throw new Error('not all that was accepted came into lists');
    await new Promise((done) => setTimeout(done, 20));
  }
}

const report = (number) => ({
  name: 'UpdateDeviceStatus',
  payload: { status: 'OK', reading: number / 8, observedAt: new Date(Date.now() - 600_000 + number).toISOString() },
});

async function post(url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

/** What all of them have in common, around a subject or a server. */
class Contestant {
  constructor(subject, facts) {
    Object.assign(this, { subject, accepted: 0 }, facts);
  }

  get url() {
    return this.subject.url;
  }

  get pids() {
    return this.subject.pids ?? [this.subject.pid];
  }

  start = () => this.subject.start();
  close = () => this.subject.close();
  restart = () => this.subject.restart();

  /** Instances that have not been reported to are loaded, so that nobody is measured while they are made. */
  async prepare(ids) {
    for (const aggregateId of ids) await this.send({ aggregateType: this.type, aggregateId, commandId: `first-${aggregateId}`, ...report(0) });
    this.accepted += ids.length;
  }

  send = (body) => post(`${this.url}/commands`, body);

  async fill(id, events) {
    for (let at = 0; at < events; at += 100) {
      const command = (index) => ({ aggregateType: this.type, aggregateId: id, commandId: `${id}-${at + index}`, ...report(at + index) });
      await this.send(Array.from({ length: Math.min(100, events - at) }, (_, index) => command(index)));
    }
  }

  look(id) {
    return this.seen(`/aggregates/${this.type}/${id}`);
  }

  /** How many events the state is made of. */
  async seen(path) {
    const response = await fetch(`${this.url}${path}`);
    const { state } = await response.json();
    return state.readings;
  }
}

class Core extends Contestant {
  async prepare(ids) {
    const payload = { model: 'bench', ownerId: 'bench' };
    const commands = ids.map((aggregateId) => ({ aggregateType: 'device', aggregateId, name: 'RegisterDevice', payload }));
    for (let at = 0; at < commands.length; at += 100) await this.subject.send(commands.slice(at, at + 100));
    this.accepted += ids.length;
  }

  send = (body) => this.subject.send(body);

  drain() {
    return this.subject.projected('device', this.accepted);
  }

  /** One of them registers it. */
  async fill(id, events) {
    await this.prepare([id]);
    await super.fill(id, events - 1);
    this.accepted += events - 1;
    await this.subject.settled('device', id, this.accepted);
    this.file = await this.subject.file('device', id);
  }

  async look(id) {
    const { body } = await this.subject.get(`/aggregates/device/${id}`);
    return body.version;
  }

  restart = ({ snapshot = true } = {}) => this.subject.restart(() => snapshot || this.#forget());

  #forget() {
    const database = new DatabaseSync(this.file);
    database.exec('DELETE FROM snapshots');
    database.close();
  }
}

class Queued extends Contestant {
  drain() {
    const journalled = async () => (await this.subject.sql('SELECT COALESCE(MAX(position), 0) AS head FROM journal'))[0].head;
    return until(async () => (await journalled()) >= this.accepted);
  }
}

class Journalled extends Contestant {
  drain() {
    const projected = async () => (await this.subject.inside({ type: 'journal', id: 'journal', path: '/' })).projected;
    return until(async () => (await projected()) >= this.accepted);
  }
}

class Emmett extends Contestant {
  /** Without reading the stream before each append, as a command does. */
  fill(id, events) {
    const path = this.type === 'emmett' ? `/aggregates/emmett/${id}/fill` : '/fill';
    return post(`${this.url}${path}`, { id, events });
  }
}

const nothing = 'token and policy, idempotency, bus, journal, read model';

class Cqrs extends Contestant {
  #from = 'aggregates';

  restart = ({ snapshot = true } = {}) => {
    this.#from = snapshot ? 'aggregates' : 'streams';
    return this.subject.restart();
  };

  look = (id) => this.seen(`/${this.#from}/device/${id}`);
}

/** Connections that Emmett and cqrs-es hold: of 4, 8, 16 and 32 those with which both were fastest on two cores. */
const pool = 16;

/** @param postgres what `setUpPeers` gives. */
export function contestants(postgres) {
  const server = (...command) => new Server(postgres, (connection) => [...command, connection, `${pool}`]);
  const emmett = fileURLToPath(new URL('emmett_postgres.mjs', import.meta.url));
  return [
    new Core(new Subject('core'), { name: 'core', label: 'Edgefold', type: 'device', sockets: true, snapshots: true, lacks: '' }),
    new Contestant(new Subject('baseline'), {
      name: 'bare', label: 'bare JavaScript object', type: 'bare', lacks: nothing,
    }),
    new Contestant(new Subject('baseline'), {
      name: 'dedup', label: 'the same, with a row for deduplication', type: 'dedup', lacks: 'token and policy, bus, journal, read model',
    }),
    new Queued(new Subject('baseline'), {
      name: 'queued', label: 'JavaScript with all duties, by a queue into D1', type: 'queued', alike: 'dedup',
      lacks: 'token and policy, routing to other aggregates, processes, subscriptions, rebuilding',
    }),
    new Journalled(new Subject('baseline'), {
      name: 'journalled', label: 'JavaScript with all duties, by a journal object', type: 'journalled', alike: 'dedup',
      lacks: 'token and policy, routing to other aggregates, processes, subscriptions, rebuilding',
    }),
    new Emmett(new Subject('emmett'), {
      name: 'emmettObject', label: 'Emmett, SQLite store in an object', type: 'emmett', lacks: nothing,
    }),
    new Emmett(server(nodeBinary(), emmett), {
      name: 'emmettPostgres', label: 'Emmett with PostgreSQL', type: 'device', lacks: nothing,
    }),
    new Cqrs(server(peers.program), {
      name: 'cqrs', label: 'cqrs-es with postgres-es, axum', type: 'device', snapshots: true, lacks: nothing,
    }),
  ];
}
