// The database of one object, as it lies in the storage folder of a core.
import { createHash, createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const patience = 5_000; // ms for the runtime to let us look

/** How the runtime makes the id of an object from its name. */
function objectId(uniqueKey, name) {
  const key = createHash('sha256').update(uniqueKey).digest();
  const half = (data) => createHmac('sha256', key).update(data).digest().subarray(0, 16);
  const first = half(name);
  return Buffer.concat([first, half(first)]).toString('hex');
}

const kindOf = (type, script = 'edgefold') => `${script}-${type[0].toUpperCase()}${type.slice(1)}Object`;

/** How many tables of ours an object of this identifier has; none when nothing is stored for it. */
export function tables(core, type, identifier) {
  const file = join(core.storage, 'do', kindOf(type), `${identifier}.sqlite`);
  if (!existsSync(file)) return 0;
  const database = new DatabaseSync(file, { readOnly: true, timeout: patience });
  try {
    return database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all().filter(({ name }) => !name.startsWith('_')).length;
  } finally {
    database.close();
  }
}

/** Opens the database of an instance, gives it to `use`, and closes it; gives what `use` gives. */
export function inDatabase(core, type, id, use, { script = 'edgefold' } = {}) {
  const kind = kindOf(type, script);
  const database = new DatabaseSync(join(core.storage, 'do', kind, `${objectId(kind, id)}.sqlite`));
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** Every row of a table of an instance. */
export const rows = (core, type, id, statement, options) =>
  inDatabase(core, type, id, (database) => database.prepare(statement).all().map((row) => ({ ...row })), options);
