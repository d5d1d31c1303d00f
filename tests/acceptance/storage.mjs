// The database of one object, as it lies in the storage folder of a core.
import { createHash, createHmac } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How the runtime makes the id of an object from its name. */
function objectId(uniqueKey, name) {
  const key = createHash('sha256').update(uniqueKey).digest();
  const half = (data) => createHmac('sha256', key).update(data).digest().subarray(0, 16);
  const first = half(name);
  return Buffer.concat([first, half(first)]).toString('hex');
}

const kindOf = (core, type) => `${core.script}-${type[0].toUpperCase()}${type.slice(1)}Object`;
const fileOf = (core, type, identifier) => join(core.storage, 'do', kindOf(core, type), `${identifier}.sqlite`);

function inFile(file, use, options = {}) {
  const database = new DatabaseSync(file, { timeout: 5_000, ...options });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** Names of the tables that an object of this identifier has. Its core is stopped. */
export function tables(core, type, identifier) {
  const file = fileOf(core, type, identifier);
  if (!existsSync(file)) return [];
  const all = "SELECT name FROM sqlite_master WHERE type = 'table'";
  return inFile(file, (database) => database.prepare(all).all().map(({ name }) => name));
}

/** Whether an object of this identifier has nothing stored, as its files tell without being opened: there are none, or there is one page. */
export function isEmpty(core, type, identifier) {
  const file = fileOf(core, type, identifier);
  return !existsSync(`${file}-wal`) && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= 4096;
}

/** Identifiers of the objects of a class that have a file. */
export function identifiers(core, type) {
  const folder = join(core.storage, 'do', kindOf(core, type));
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sqlite')) : [];
  return files.map((name) => name.slice(0, -'.sqlite'.length)).filter((name) => name !== 'metadata');
}

/** How many objects of a class have an alarm. */
export function alarms(core, type) {
  const file = fileOf(core, type, 'metadata');
  if (!existsSync(file)) return 0;
  const table = "SELECT name FROM sqlite_master WHERE name = '_cf_ALARM'";
  const count = (database) => database.prepare(table).get() && database.prepare('SELECT count(*) AS n FROM _cf_ALARM').get().n;
  return inFile(file, count, { readOnly: true }) ?? 0;
}

/** Opens the database of an object of this identifier, gives it to `use`, and closes it; gives what `use` gives. */
export const inDatabaseOf = (core, type, identifier, use) => inFile(fileOf(core, type, identifier), use);

/** Opens the database of an instance, gives it to `use`, and closes it; gives what `use` gives. */
export const inDatabase = (core, type, id, use) =>
  inFile(fileOf(core, type, objectId(kindOf(core, type), id)), use);

/** Takes back every alarm of this aggregate type, so that nothing wakes its objects but who calls them. */
export const silence = (core, type) =>
  inFile(fileOf(core, type, 'metadata'), (database) => database.exec('DELETE FROM _cf_ALARM'));

/** The alarm of an instance is due: it rings when its core starts, which is stopped. The runtime keeps the instant in two places, and goes by both. */
export function ring(core, type, id) {
  const identifier = objectId(kindOf(core, type), id);
  inFile(fileOf(core, type, 'metadata'), (database) =>
    database.prepare('UPDATE _cf_ALARM SET scheduled_time = 1 WHERE actor_id = ?').run(identifier));
  inDatabase(core, type, id, (database) => database.exec('UPDATE _cf_METADATA SET value = 1 WHERE key = 1'));
}

/** Instant at which the alarm of an instance is set, in milliseconds, or undefined. Its core may run meanwhile. */
export function alarmOf(core, type, id) {
  const identifier = objectId(kindOf(core, type), id);
  const one = 'SELECT scheduled_time / 1000000 AS ms FROM _cf_ALARM WHERE actor_id = ?'; // it is kept in nanoseconds
  return inFile(fileOf(core, type, 'metadata'), (database) => database.prepare(one).get(identifier)?.ms, { readOnly: true });
}

/** Every row of a table of an instance. */
export const rows = (core, type, id, statement) =>
  inDatabase(core, type, id, (database) => database.prepare(statement).all().map((row) => ({ ...row })));
