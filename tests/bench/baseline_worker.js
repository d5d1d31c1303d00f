// What our figures are compared with: the least that a JavaScript Durable Object can do for a command, behind the same
// HTTP shape. It validates, decides, appends one event at an expected version, and answers 202. No idempotency (`Bare`)
// or a row for it in the same transaction (`Dedup`); no publication, no read model, no rules.
import { DurableObject } from 'cloudflare:workers';

const statuses = ['OK', 'WARN', 'FAULT'];
const valid = ({ name, payload }) =>
  name === 'UpdateDeviceStatus' &&
  statuses.includes(payload?.status) &&
  Number.isFinite(payload.reading) &&
  !Number.isNaN(Date.parse(payload.observedAt));

export class Bare extends DurableObject {
  constructor(context, env) {
    super(context, env);
    this.storage = context.storage;
    this.sql = context.storage.sql;
    this.sql.exec(`CREATE TABLE IF NOT EXISTS events (
      version INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, time INTEGER NOT NULL, data TEXT NOT NULL)`);
    this.state = { readings: 0 };
    for (const { data } of this.sql.exec('SELECT data FROM events ORDER BY version')) this.evolve(JSON.parse(data));
  }

  evolve(data) {
    this.state = { ...data, readings: this.state.readings + 1 };
  }

  append(command) {
    if (!valid(command)) return { status: 422, code: 'INVALID' };
    const version = this.state.readings + 1;
    const [id, data] = [crypto.randomUUID(), JSON.stringify(command.payload)];
    this.sql.exec('INSERT INTO events VALUES (?, ?, ?, ?, ?)', version, id, 'DeviceStatusUpdated', Date.now(), data);
    this.evolve(command.payload);
    return { status: 202, commandId: command.commandId, version, events: [{ id, version }] };
  }

  handle(command) {
    return this.append(command);
  }

  async fetch(request) {
    if (request.headers.get('upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    if (request.method === 'GET') return Response.json({ state: this.state });
    const said = await request.json();
    if (Array.isArray(said)) return Response.json(this.storage.transactionSync(() => said.map((one) => this.handle(one))));
    const answer = this.handle(said);
    return Response.json(answer, { status: answer.status });
  }

  webSocketMessage(socket, text) {
    const said = JSON.parse(text);
    const answer = (one) => ({ type: 'accepted', ...this.handle(one), id: one.id });
    const answers =
      said.type === 'commands' ? this.storage.transactionSync(() => said.commands.map(answer)) : [answer(said)];
    for (const one of answers) socket.send(JSON.stringify(one));
  }
}

export class Dedup extends Bare {
  constructor(context, env) {
    super(context, env);
    this.sql.exec('CREATE TABLE IF NOT EXISTS outcomes (id TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID');
  }

  handle(command) {
    const [known] = this.sql.exec('SELECT answer FROM outcomes WHERE id = ?', command.commandId);
    if (known) return JSON.parse(known.answer);
    return this.storage.transactionSync(() => {
      const answer = this.append(command);
      this.sql.exec('INSERT INTO outcomes VALUES (?, ?)', command.commandId, JSON.stringify(answer));
      return answer;
    });
  }
}
