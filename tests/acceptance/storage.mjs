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

/** The objects of an aggregate type, as the runtime calls them. */
const kindOf = (type, { script = 'edgefold' } = {}) => `${script}-${type[0].toUpperCase()}${type.slice(1)}Object`;

function inFile(core, kind, name, use) {
  const database = new DatabaseSync(join(core.storage, 'do', kind, `${name}.sqlite`));
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** Opens the database of an instance, gives it to `use`, and closes it; gives what `use` gives. */
export function inDatabase(core, type, id, use, options) {
  const kind = kindOf(type, options);
  return inFile(core, kind, objectId(kind, id), use);
}

/** Takes back every alarm of this aggregate type, so that nothing wakes its objects but who calls them. */
export const silence = (core, type, options) =>
  inFile(core, kindOf(type, options), 'metadata', (database) => database.exec('DELETE FROM _cf_ALARM'));

/** Every row of a table of an instance. */
export const rows = (core, type, id, statement, options) =>
  inDatabase(core, type, id, (database) => database.prepare(statement).all().map((row) => ({ ...row })), options);
