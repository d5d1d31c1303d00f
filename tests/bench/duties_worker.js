// JavaScript Workers with all the duties of ours, as somebody would write them who knows the platform: idempotency, an event
// at its version, publication, a journal without gaps or repeats, and a row in D1. `Queued` publishes by a queue, whose consumer
// writes journal and row into D1. `Journalled` sends its events to a journal object, which commits what comes within a
// millisecond as one transaction and makes the rows in its own time. No token, no rules, no subscriptions.
import { DurableObject } from 'cloudflare:workers';
import { Dedup } from './baseline_worker.js';

const tables = [
  `CREATE TABLE IF NOT EXISTS journal (position INTEGER PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL, event TEXT NOT NULL, UNIQUE (id, version))`,
  `CREATE TABLE IF NOT EXISTS devices (id TEXT PRIMARY KEY, version INTEGER NOT NULL, status TEXT, reading REAL, observed_at TEXT) WITHOUT ROWID`,
];
const upsert = `INSERT INTO devices (id, version, status, reading, observed_at)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?) WHERE TRUE
  ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, reading = excluded.reading, observed_at = excluded.observed_at
  WHERE excluded.version > version`;

let prepared;
const prepare = (env) => (prepared ??= env.DB.batch(tables.map((sql) => env.DB.prepare(sql))));

/** The last event of each instance, as a row. */
const rows = (events) => {
  const last = new Map(events.map((event) => [event.id, event]));
  return JSON.stringify([...last.values()].map(({ id, version, data }) => [id, version, data.status, data.reading, data.observedAt]));
};

/** Publishes what was appended: what comes while a call is under way goes together in the next one. */
class Publishing extends Dedup {
  constructor(context, env) {
    super(context, env);
    this.sql.exec('CREATE TABLE IF NOT EXISTS cursors (one INTEGER PRIMARY KEY, version INTEGER NOT NULL)');
    const [cursor] = this.sql.exec('SELECT version FROM cursors');
    this.published = this.kept = cursor?.version ?? 0;
  }

  handle(command) {
    const answer = super.handle(command);
    this.ctx.waitUntil(this.publish());
    return answer;
  }

  async publish() {
    if (this.publishing) return;
    this.publishing = true;
    try {
      while (this.published < this.state.readings) {
        const found = this.sql.exec('SELECT version, data FROM events WHERE version > ? ORDER BY version LIMIT 100', this.published);
        const events = [...found].map(({ version, data }) => ({ id: this.ctx.id.name, version, data: JSON.parse(data) }));
        await this.send(events);
        this.published = events.at(-1).version;
      }
    } finally {
      this.publishing = false;
    }
    // A moment later, together with what comes until then.
    if (this.keeping) return;
    this.keeping = true;
    await scheduler.wait(1_000);
    this.keeping = false;
    if (this.kept === this.published) return;
    this.kept = this.published;
    this.sql.exec('INSERT INTO cursors VALUES (1, ?1) ON CONFLICT DO UPDATE SET version = ?1', this.kept);
  }
}

export class Queued extends Publishing {
  send(events) {
    return this.env.QUEUE.send(events, { contentType: 'json' });
  }
}

/** Events of a batch of the queue go to journal and rows in one transaction of D1; what is there already is left out. */
export async function consume(batch, env) {
  await prepare(env);
  const events = batch.messages.flatMap(({ body }) => body);
  const list = JSON.stringify(events.map(({ id, version, data }) => [id, version, JSON.stringify(data)]));
  await env.DB.batch([
    env.DB.prepare('INSERT OR IGNORE INTO journal (id, version, event) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)').bind(list),
    env.DB.prepare(upsert).bind(rows(events)),
  ]);
}

export class Journalled extends Publishing {
  async send(events) {
    const stub = this.env.JOURNAL.getByName('journal');
    const answer = await stub.fetch('https://journal/append', { method: 'POST', body: JSON.stringify(events) });
    if (!answer.ok) throw new Error(`the journal said ${answer.status}`);
  }
}

export class Journal extends DurableObject {
  waiting = [];

  constructor(context, env) {
    super(context, env);
    this.sql = context.storage.sql;
    this.sql.exec('CREATE TABLE IF NOT EXISTS entries (position INTEGER PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL, event TEXT NOT NULL)');
    this.sql.exec('CREATE TABLE IF NOT EXISTS heads (id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID');
    this.sql.exec('CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY, position INTEGER NOT NULL)');
    const [checkpoint] = this.sql.exec('SELECT position FROM checkpoint');
    this.projected = checkpoint?.position ?? 0;
    if (this.projected < this.head()) context.waitUntil(this.project()); // it was unloaded on its way
  }

  async fetch(request) {
    if (request.method === 'GET') return Response.json({ projected: this.projected, head: this.head() });
    const events = await request.json();
    await new Promise((done, fail) => {
      this.waiting.push({ events, done, fail });
      if (this.waiting.length === 1) setTimeout(() => this.commit(), 1);
    });
    return new Response(null, { status: 204 });
  }

  head() {
    return this.sql.exec('SELECT COALESCE(MAX(position), 0) AS head FROM entries').one().head;
  }

  commit() {
    const waiting = this.waiting.splice(0);
    try {
      this.ctx.storage.transactionSync(() => {
        for (const { events } of waiting) {
          const [known] = this.sql.exec('SELECT version FROM heads WHERE id = ?', events[0].id);
          const fresh = events.filter(({ version }) => version > (known?.version ?? 0));
          for (const { id, version, data } of fresh) {
            this.sql.exec('INSERT INTO entries (id, version, event) VALUES (?, ?, ?)', id, version, JSON.stringify(data));
          }
          const last = fresh.at(-1);
          if (last) this.sql.exec('INSERT INTO heads VALUES (?1, ?2) ON CONFLICT DO UPDATE SET version = ?2', last.id, last.version);
        }
      });
      for (const { done } of waiting) done();
    } catch (error) {
      for (const { fail } of waiting) fail(error);
    }
    this.ctx.waitUntil(this.project());
  }

  async project() {
    if (this.projecting) return;
    this.projecting = true;
    try {
      await prepare(this.env);
      for (;;) {
        const found = [...this.sql.exec('SELECT position, id, version, event FROM entries WHERE position > ? ORDER BY position LIMIT 500', this.projected)];
        if (!found.length) return;
        const events = found.map(({ id, version, event }) => ({ id, version, data: JSON.parse(event) }));
        await this.env.DB.prepare(upsert).bind(rows(events)).run();
        this.projected = found.at(-1).position;
        this.sql.exec('INSERT INTO checkpoint VALUES (1, ?1) ON CONFLICT DO UPDATE SET position = ?1', this.projected);
      }
    } finally {
      this.projecting = false;
    }
  }
}
