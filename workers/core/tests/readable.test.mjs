// What is accepted can be read: arbitrary commands of every aggregate, made from their printed schemas, are sent; whatever was
// accepted is read back through every door after the object has been unloaded.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { journal } from '../../../tests/acceptance/journal.mjs';
import { listed } from '../../../tests/acceptance/listed.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';

const core = await serve('core');
const schemas = new URL('../../../schema/json/', import.meta.url);

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function random(state = seed) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const next = random();
const pick = (list) => list[Math.floor(next() * list.length)];
const times = (count, make) => Array.from({ length: count }, make);

const day = () => `20${30 + Math.floor(next() * 8)}-0${1 + Math.floor(next() * 9)}-1${Math.floor(next() * 10)}`;
/** A day so far ahead. */
const ahead = (from, to) => new Date(Date.now() + (from + Math.floor(next() * (to - from))) * 86_400_000).toISOString().slice(0, 10);
const days = ['0000-01-01', '9999-12-31', '2028-02-29', '9999-12-30'];
const instants = [
  '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:60Z', '2016-12-31T23:59:60Z',
  '2026-06-30T23:59:60.5Z', '9999-12-31T23:59:59-00:01', '1969-12-31T23:59:59.999Z', '2026-01-01t12:00:00+05:30',
];
/** Characters that somebody somewhere writes down in another way. */
const odd = ['a', 'Z', ' ', '"', '\\', '\'', '<', '&', '{', '\u00e9', '\u2028', '\ufeff', '\u{1f600}', '\u0301', '%', '\u00a0'];
const plain = ['a', 'Z', '9', '-', '.', '_', '~', ':', '@', '!', '%', '?', '#', '"', '\\', '&'];

// The staff, who sends all this, has to say for whom.
const owned = { ownerId: 'ana', userId: 'ana', customerId: 'ana', playerId: 'ana' };

/** A value that a schema describes, or one just beside it. */
function value(schema, defs, name) {
  if (schema.$ref) return value({ ...schema, ...defs[schema.$ref.split('/').at(-1)], $ref: undefined }, defs, name);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return value(pick(choices), defs, name);
  if ('const' in schema) return schema.const;
  if (schema.enum) return pick(schema.enum);
  const type = Array.isArray(schema.type) ? pick(schema.type) : schema.type;
  const [min, max] = [schema.minimum ?? -9, schema.maximum ?? 9];
  switch (type) {
    case 'object': {
      const wanted = Object.entries(schema.properties ?? {}).filter(([field]) => schema.required?.includes(field) || next() < (field in owned ? 0.95 : 0.5));
      return Object.fromEntries(wanted.map(([field, part]) => [field, value(part, defs, field)]));
    }
    case 'array': return times(Math.max(schema.minItems ?? 0, Math.floor(next() * 3)), () => value(schema.items, defs, name));
    case 'integer': return next() < 0.3 ? pick([min, max, 0, 1]) : Math.max(min, Math.floor(next() * Math.min(max, 50)));
    case 'number': return pick([min, max, 0, -0, 0.1, 5e-324, 1e21, -2.5e-3, 9007199254740993, next()]);
    case 'boolean': return next() < 0.5;
    case 'null': return null;
    default: return text(schema, name);
  }
}

function text({ format, pattern, maxLength = 40 }, name) {
  if (format === 'date') return next() < 0.2 ? pick(days) : name === 'dateEnd' ? ahead(30, 90) : ahead(1, 60);
  if (format === 'date-time') return next() < 0.6 ? pick(instants) : `${day()}T12:00:0${Math.floor(next() * 10)}.${Math.floor(next() * 1e6)}Z`;
  if (name in owned && next() < 0.8) return owned[name];
  if (name === 'roomId' || name === 'accountId') return instances[name.slice(0, -2)][0];
  if (name === 'paymentId') return pick(['p-1', 'p-2']);
  if (pattern === '^[A-Z]{3}$') return pick(['EUR', 'USD', 'ZZZ']);
  const letters = pattern?.startsWith('^[!') ? plain : odd;
  return times(pick([1, 2, 7, maxLength]), () => pick(letters)).join('');
}

/** Every command of the catalogue: its aggregate, its name, and what it may hold. */
const commands = readdirSync(schemas, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap(({ name: type }) =>
  readdirSync(new URL(`${type}/`, schemas)).filter((file) => file.endsWith('.command.json')).map((file) => ({
    type,
    name: file.split('.')[0],
    schema: JSON.parse(readFileSync(new URL(`${type}/${file}`, schemas), 'utf8')),
  })),
);
const types = [...new Set(commands.map(({ type }) => type))];
const instances = Object.fromEntries(types.map((type) => [type, times(4, () => fresh(type))]));
const reached = new Set();

const make = ({ type, name, schema }, aggregateId) => ({ aggregateType: type, aggregateId, name, payload: value(schema, schema.$defs ?? {}, name) });

/** Sends them in one batch; nothing but an acceptance or a refusal may come of it. */
async function send(messages) {
  const { status, body } = await core.post('/commands', messages);
  assert.equal(status, 200);
  for (const [n, answer] of body.entries()) {
    const asked = JSON.stringify(messages[n]);
    assert.ok([202, 403, 409, 413, 422].includes(answer.status), `SEED=${seed} ${asked}: ${JSON.stringify(answer)}`);
    assert.notEqual(answer.code, 'EVENT_UNREADABLE', `SEED=${seed} the rules take what cannot be stored: ${asked}`);
    if (answer.status === 202) reached.add(messages[n].name);
  }
}

test('an instant that its stored form could not say is refused, and nothing is stored', async () => {
  for (const endsAt of ['9999-12-31T23:59:60Z', '2026-06-30T23:59:60Z', '9999-12-31T23:59:59-00:01']) {
    const id = fresh('round');
    const { status, body } = await core.command('round', 'StartGameRound', { game: 'chess', maxPlayers: 2, endsAt }, { aggregateId: id });
    assert.deepEqual([status, body.code, body.field], [422, 'INVALID_FIELD', 'payload.endsAt'], endsAt);
    assert.equal(await core.state('round', id), undefined);
  }
});

test('arbitrary commands of every aggregate are accepted or refused, and never an error', async () => {
  // What reservations and orders rest on.
  await core.send('room', 'AddRoom', { hotelId: 'grand', number: '1', capacity: 2, nightlyRate: 1 }, { aggregateId: instances.room[0] });
  await core.send('account', 'OpenAccount', { ownerId: 'ana', currency: 'EUR', overdraftLimit: 1e12 }, { aggregateId: instances.account[0] });
  for (const type of types) {
    const own = commands.filter((command) => command.type === type);
    for (const id of instances[type]) {
      // Those that begin a stream come by themselves, sooner or later: whatever else comes before is refused.
      for (let round = 0; round < 3; round++) await send(times(60, () => make(pick(own), id)));
    }
  }
  for (const type of types) {
    for (const id of instances[type]) assert.ok(await core.state(type, id), `SEED=${seed} there is a ${type} ${id}`);
  }
});

test('every command that is not the system\'s own was accepted at least once', async () => {
  const open = [];
  for (const { type, name } of commands) {
    const { body } = await core.command(type, name, {}, { aggregateId: fresh(type) });
    if (body.code !== 'COMMAND_INTERNAL') open.push({ type, name });
  }
  // A payment has to be answered before an order can be shipped: that story is told elsewhere.
  const missing = () => open.filter(({ name }) => !reached.has(name) && name !== 'UpdateOrderStatus');
  // What ends an instance may have come first, everywhere: then others are begun.
  for (let n = 0; n < 50 && missing().length; n++) {
    for (const type of new Set(missing().map(({ type }) => type))) {
      const id = fresh(type);
      instances[type].push(id);
      await send(times(30, () => make(pick(commands.filter((command) => command.type === type)), id)));
      if (!(await core.state(type, id))) instances[type].pop();
    }
  }
  assert.deepEqual(missing(), [], `SEED=${seed}`);
});

test('each instance is read back at every door after it was unloaded', async () => {
  const talker = await (await core.talk()).init(token('staff', 'sam'));
  for (const type of types) {
    for (const id of instances[type]) {
      const why = `SEED=${seed} ${type} ${id}`;
      const before = await core.state(type, id);
      await core.evict(type, id);
      const after = await core.state(type, id);
      assert.ok(after.version >= before.version, why);
      if (after.version === before.version) assert.deepEqual(after, before, why);
      const events = await core.events(type, id);
      assert.equal(events.length, after.version, why);
      const past = await core.request(`/aggregates/${type}/${id}?version=1`);
      assert.equal(past.status, 200, why);
      const upper = type.toUpperCase();
      const { it, events: shown } = await core.ask(`{
        it: ${type}(id: "${id}", atVersion: ${after.version}) { id version }
        events(aggregateType: ${upper}, aggregateId: "${id}", first: 100) { edges { node { type version data time } } }
      }`);
      assert.deepEqual(it, { id, version: after.version }, why);
      assert.equal(shown.edges.length, Math.min(100, events.length), why);
      const watched = talker.subscribe(`subscription { it: ${type}(id: "${id}", after: "0") { event { version } } }`);
      const results = await talker.next(watched, after.version);
      assert.deepEqual(results.filter(({ errors }) => errors), [], why);
      talker.complete(watched);
      const watcher = await core.watch(type, id);
      await watcher.event(after.version);
      watcher.terminate();
    }
  }
  await talker.close();
});

test('the read models have all of it', async () => {
  for (const type of types) {
    for (const id of instances[type]) {
      const { version } = await core.state(type, id);
      assert.ok((await listed(core, type, id, version)).version >= version, `SEED=${seed} ${type} ${id}`);
    }
  }
});

test('nobody has complained: no event could not be read, journalled or projected', async () => {
  await until('the journal has all of it', async () => {
    let there = 0;
    for (const type of types) for (const id of instances[type]) there += (await core.state(type, id)).version;
    return journal(core).length >= there;
  });
  await until('and so have the read models', async () => {
    const { status, body } = await core.as(token('admin', 'root')).request('/admin/projections');
    assert.equal(status, 200);
    return body.projections.every(({ lagEvents }) => lagEvents === 0);
  });
  assert.deepEqual(await core.sql('SELECT * FROM parked'), [], `SEED=${seed}`);
  const faults = (await core.logs()).filter(({ level }) => level === 'error');
  assert.deepEqual(faults, [], `SEED=${seed}`);
});
