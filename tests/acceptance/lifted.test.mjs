// An object that an earlier build has written gets the tables of this one when it wakes: it keeps its events, its outcomes and its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resource101 } from './claims.mjs';
import { fresh, serve } from './harness.mjs';
import { journalled } from './journal.mjs';
import { inDatabase, rows } from './storage.mjs';

const core = await serve();

/** The tables as the first build made them. */
const earlier = `
  CREATE TABLE cursors (one INTEGER PRIMARY KEY CHECK (one = 1), confirmed INTEGER NOT NULL, journalled INTEGER NOT NULL,
    published INTEGER NOT NULL) STRICT;
  CREATE TABLE named (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, partition INTEGER NOT NULL) STRICT;
  CREATE TABLE outcomes (day INTEGER NOT NULL, command_id TEXT NOT NULL, fingerprint TEXT NOT NULL, after INTEGER NOT NULL,
    through INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (day, command_id)) STRICT, WITHOUT ROWID;
  INSERT INTO cursors SELECT 1, 1, 1, 1;
  INSERT INTO named SELECT 1, id, partition FROM standing;
  INSERT INTO outcomes SELECT expires_at / 86400000, command_id, fingerprint, version - 1, through, expires_at FROM events;
  DROP TABLE standing;
  ALTER TABLE events DROP COLUMN fingerprint;
  ALTER TABLE events DROP COLUMN through;
  ALTER TABLE events DROP COLUMN expires_at;`;

test('an object of an earlier build goes on from where it was', async () => {
  const [id, commandId] = [fresh('resource'), fresh('command')];
  const add = () => core.send('resource', 'AddResource', resource101, { aggregateId: id, commandId });
  const first = await add();
  await journalled(core, 'resource', id);
  const before = await core.state('resource', id);
  await core.stop();
  inDatabase(core, 'resource', id, (database) => database.exec(earlier));
  await core.start();
  assert.deepEqual(await core.state('resource', id), before);
  assert.deepEqual(await add(), { ...first, duplicate: true });
  assert.equal((await core.send('resource', 'CloseResource', {}, { aggregateId: id })).version, 2);
  await journalled(core, 'resource', id);
  await core.stop();
  const [standing] = rows(core, 'resource', id, 'SELECT id, journalled >= 1 AS has FROM standing');
  assert.deepEqual(standing, { id, has: 1 });
  await core.start();
});

test('a journal of an earlier build goes on from where it was, and answers what a correlation has caused', async () => {
  const [first, second] = [fresh('resource'), fresh('resource')];
  const metadata = { correlationId: fresh('chain') };
  const add = async (aggregateId) => {
    await core.send('resource', 'AddResource', resource101, { aggregateId, metadata });
    await journalled(core, 'resource', aggregateId);
  };
  await add(first);
  await core.stop();
  inDatabase(core, 'journal', 'resource/0', (database) => database.exec('ALTER TABLE links DROP COLUMN claimed'));
  await core.start();
  await add(second);
  const { body } = await core.request(`/correlations/${metadata.correlationId}`);
  const events = body.entries.filter(({ kind }) => kind === 'event');
  assert.deepEqual(events.map(({ aggregateId }) => aggregateId), [first, second], JSON.stringify(body));
  await core.stop();
  const links = rows(core, 'journal', 'resource/0', 'SELECT id, claimed FROM links');
  assert.deepEqual([first, second].map((wanted) => links.find(({ id }) => id === wanted).claimed), [0, 1], 'from now on it is kept who claims');
  await core.start();
});
