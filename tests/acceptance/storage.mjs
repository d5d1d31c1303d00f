// The database of one object, as it lies in the storage folder of a core that is stopped.
import { createHash, createHmac } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How the runtime makes the id of an object from its name. */
function objectId(uniqueKey, name) {
  const key = createHash('sha256').update(uniqueKey).digest();
  const half = (data) => createHmac('sha256', key).update(data).digest().subarray(0, 16);
  const first = half(name);
  return Buffer.concat([first, half(first)]).toString('hex');
}

/** Opens the database of an instance, gives it to `use`, and closes it; gives what `use` gives. */
export function inDatabase(core, type, id, use, { script = 'edgefold' } = {}) {
  const kind = `${script}-${type[0].toUpperCase()}${type.slice(1)}Object`;
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
