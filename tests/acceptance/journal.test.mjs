// The journal of a category is an object: what a stream appends is there once and in order, whatever is killed; and it costs few rows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, insist, serve, until } from './harness.mjs';
import { journal, journalled } from './journal.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const patient = { within: 60_000 };
const append = (id, count = 1, more = {}) => core.send('probe', 'Append', { count }, { aggregateId: id, ...more });
const shown = (id) => core.sql('SELECT version FROM probe WHERE id = ?', id).then(([row]) => row?.version, () => undefined);

test('what is appended is journalled and projected at once', async () => {
  const id = fresh('probe');
  await append(id, 3);
  await journalled(core, 'probe', id, patient);
  await until('the row is there', async () => (await shown(id)) === 3);
});

test('everything is there once and in order when the runtime is killed again and again', async () => {
  const ids = [fresh('probe'), fresh('probe'), fresh('probe')];
  let isOver = false;
  const kills = (async () => {
    for (let kill = 0; kill < 4; kill++) {
      await new Promise((done) => setTimeout(done, 700));
      await core.killAndRestart();
    }
    isOver = true;
  })();
  const sends = ids.map(async (id) => {
    for (let command = 0; !isOver; command++) {
      await insist(core, 'probe', 'Append', { count: 2 }, { aggregateId: id, commandId: `${id}-${command}` });
    }
  });
  await Promise.all([kills, ...sends]);
  for (const id of ids) {
    const events = await journalled(core, 'probe', id, { within: 120_000 });
    await until('its row is there', async () => (await shown(id)) === events.length, { within: 120_000 });
  }
  const found = journal(core, 'probe').map(({ event }) => event.id);
  assert.equal(new Set(found).size, found.length, 'no event is there twice');
});

test('a correlation is told to those who may see it, page by page, and to nobody else', async () => {
  const [id, ticket] = [fresh('probe'), fresh('ticket')];
  await append(id, 3, { metadata: { correlationId: ticket } });
  await append(id, 2, { metadata: { correlationId: ticket } });
  await journalled(core, 'probe', id, patient);
  const versions = [];
  for (let after = 0; after !== null; ) {
    const { status, body } = await core.request(`/correlations/${ticket}?limit=2&after=${after}`);
    assert.equal(status, 200, JSON.stringify(body));
    versions.push(...body.entries.map(({ version }) => version));
    after = body.next;
  }
  assert.deepEqual(versions, [1, 2, 3, 4, 5]);
  const stranger = await core.as(token('owner', 'nobody')).request(`/correlations/${ticket}`);
  assert.deepEqual([stranger.status, stranger.body.code], [404, 'UNKNOWN_CORRELATION']);
});
