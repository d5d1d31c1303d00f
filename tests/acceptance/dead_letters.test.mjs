// What cannot be delivered is parked in order, and holds up nothing but its own sequence. Administrators look at it, retry
// it, discard it.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import {
  admin, ask, broken, discard, heard, hears, look, parked, patient, redriven, retry, tell, turn,
} from './letters.mjs';
import { seconds, token, vars } from './tokens.mjs';

const core = new Core(configs.probe, { ...vars, BUS_ATTEMPTS: '2' });
after(() => core.close());
await core.start();

const names = (source, versions) => versions.map((version) => `${source} ${version}`);
const versions = async (id) => {
  const rows = await core.sql('SELECT version FROM journal WHERE aggregate_id = ? ORDER BY position', id);
  return rows.map(({ version }) => version);
};

describe('dead letters', { concurrency: true }, () => {
  test('a destination that fails for ever holds up its own sequence alone, which is re-driven in order after the repair', async () => {
    const [to, other, source] = [await broken(core), fresh('well'), fresh('source')];
    await tell(core, source, to, 3);
    const sequence = await parked(core, `destinationId=${to}`, 3);
    assert.deepEqual(sequence, {
      id: sequence.id,
      lane: 'EVENT',
      destination: { aggregateType: 'probe', aggregateId: to },
      source: { aggregateType: 'probe', aggregateId: source },
      status: 'PARKED',
      attempts: 2,
      reason: sequence.reason,
      firstAt: sequence.firstAt,
      lastAt: sequence.lastAt,
      letters: 3,
    });
    assert.match(sequence.reason, /a panic: the probe is broken/);
    assert.ok(sequence.firstAt < sequence.lastAt);

    // Everything else of the same source flows, and of the same destination too once it is mended.
    await tell(core, source, other);
    await hears(core, other, names(source, [4]));
    await journalled(core, 'probe', source);
    await tell(core, source, to, 2);
    await parked(core, `destinationId=${to}`, 5);
    await turn(core, to, false);
    const later = fresh('later');
    await tell(core, later, to);
    await hears(core, to, names(later, [1]));

    await redriven(core, sequence, 5);
    assert.deepEqual(await heard(core, to), [...names(later, [1]), ...names(source, [1, 2, 3, 5, 6])]);
    await tell(core, source, to);
    await hears(core, to, [...names(later, [1]), ...names(source, [1, 2, 3, 5, 6, 7])]);
    const { items } = await look(core, `/${sequence.id}`);
    assert.deepEqual(items.map(({ id, status, decidedBy }) => [id, status, decidedBy]), [1, 2, 3, 5, 6].map((n) => [`${n}.0`, 'DELIVERED', 'ada']));
  });

  test('commands behind one that cannot be run wait for it, even when they could be', async () => {
    const [of, source] = [await broken(core), fresh('source')];
    await ask(core, source, of, 2);
    const sequence = await parked(core, `lane=ERRAND&destinationId=${of}`, 2);
    await turn(core, of, false);
    await ask(core, source, of);
    await parked(core, `lane=ERRAND&destinationId=${of}`, 3);
    assert.deepEqual(await heard(core, of), []);
    const { items } = await look(core, `/${sequence.id}`);
    assert.deepEqual(items.map(({ errand }) => errand.name), ['Hear', 'Hear', 'Hear']);
    await redriven(core, sequence, 3);
    assert.deepEqual(await heard(core, of), Array(3).fill(`a question of ${source}`));
  });

  test('an event that cannot be projected is projected after the repair, with what follows it', async () => {
    const source = fresh('source');
    await core.send('probe', 'Panic', { place: 'TABLE', before: 1 }, { aggregateId: source });
    const sequence = await parked(core, `lane=PROJECTION&sourceId=${source}`);
    assert.equal(sequence.destination, null);
    assert.match(sequence.reason, /probe_table/);
    await core.send('probe', 'Append', { count: 2 }, { aggregateId: source });
    await parked(core, `lane=PROJECTION&sourceId=${source}`, 3);
    assert.deepEqual(await versions(source), [1]);
    await core.sql('CREATE TABLE probe_table (id TEXT, version INTEGER)');
    await redriven(core, sequence, 3);
    assert.deepEqual(await versions(source), [1, 2, 3, 4]);
    assert.deepEqual(await core.sql('SELECT * FROM probe_table'), [{ id: source, version: 2 }]);
  });

  test('a destination that fails for a while and recovers needs nobody', async () => {
    const [to, source] = [await broken(core), fresh('source')];
    await tell(core, source, to, 2);
    const failing = async () => (await look(core, `?status=FAILING&destinationId=${to}`)).sequences;
    await until('it has failed once', async () => (await failing()).length === 1, patient);
    await turn(core, to, false);
    await hears(core, to, names(source, [1, 2]));
    await until('it is forgotten', async () => (await failing()).length === 0, patient);
    assert.deepEqual((await look(core, `?destinationId=${to}`)).sequences, []);
  });

  test('a retry that fails changes nothing but what is said of it', async () => {
    const [to, source] = [await broken(core), fresh('source')];
    await tell(core, source, to, 2);
    const before = await parked(core, `destinationId=${to}`, 2);
    const { status, body } = await retry(core, before);
    assert.equal(status, 200);
    assert.equal(body.delivered, 0);
    assert.deepEqual({ ...body.sequence, lastAt: '' }, { ...before, attempts: 3, lastAt: '' });
    assert.ok(body.sequence.lastAt > before.lastAt);
  });

  test('an event that is discarded is passed over for good, and the next one is not', async () => {
    const [to, source] = [await broken(core), fresh('source')];
    await tell(core, source, to, 3);
    const sequence = await parked(core, `destinationId=${to}`, 3);
    const second = await discard(core, sequence, '2.0');
    assert.deepEqual([second.status, second.body.code], [409, 'NOT_FIRST']);
    const { status, body } = await discard(core, sequence, '1.0');
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.discarded, body.sequence.status, body.sequence.letters], [1, 'PARKED', 2]);
    await turn(core, to, false);
    await redriven(core, sequence, 2);
    await tell(core, source, to);
    await hears(core, to, names(source, [2, 3, 4]));
    const { items } = await look(core, `/${sequence.id}?limit=1`);
    const [{ status: mark, reason, decidedBy, event }] = items;
    assert.deepEqual([mark, reason, decidedBy, event.sequence], ['DISCARDED', 'it was a test', 'ada', '0000000001']);
  });

  test('who asked for a command that is discarded is told that it was refused', async () => {
    const [of, source] = [await broken(core), fresh('source')];
    await ask(core, source, of);
    const sequence = await parked(core, `lane=ERRAND&destinationId=${of}`);
    const { status, body } = await discard(core, sequence, '1.0');
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.sequence.status, body.sequence.letters], ['FREE', 0]);
    await hears(core, source, ['DISCARDED']);
    await turn(core, of, false);
    await ask(core, source, of);
    await hears(core, of, [`a question of ${source}`]);
  });

  test('an event that is discarded by its projection is journalled, and what follows it is projected', async () => {
    const source = fresh('source');
    await core.send('probe', 'Panic', { place: 'PROJECT', before: 1 }, { aggregateId: source });
    const sequence = await parked(core, `lane=PROJECTION&sourceId=${source}`);
    await core.send('probe', 'Append', { count: 1 }, { aggregateId: source });
    await parked(core, `lane=PROJECTION&sourceId=${source}`, 2);
    assert.equal((await discard(core, sequence, '2.0')).status, 200);
    await redriven(core, sequence, 1);
    await journalled(core, 'probe', source);
  });

  test('a letter that cannot be read is parked as it came, and can be discarded', async () => {
    const text = `rubbish ${fresh('letter')}`;
    await core.letter(text);
    const mine = async ({ id }) => (await look(core, `/${id}`)).items[0]?.text === text;
    const sequence = await until('it is parked', async () => {
      const { sequences } = await look(core, '?lane=UNREADABLE');
      for (const one of sequences) if (await mine(one)) return one;
    }, patient);
    assert.deepEqual([sequence.source, sequence.destination], [null, null]);
    const again = await retry(core, sequence);
    assert.deepEqual([again.status, again.body.delivered, again.body.sequence.attempts], [200, 0, 3]);
    const { body } = await discard(core, sequence, '0.0');
    assert.equal(body.sequence.status, 'FREE');
    const gone = await retry(core, sequence);
    assert.deepEqual([gone.status, gone.body.code], [409, 'NOT_PARKED']);
  });

  test('sequences and letters are listed in pages, with totals', async () => {
    const to = await broken(core);
    const sources = Array.from({ length: 5 }, () => fresh('source'));
    await Promise.all(sources.map((source) => tell(core, source, to, 3)));
    const query = `destinationId=${to}&lane=EVENT`;
    const [total] = await until('all are parked', async () => {
      const { totals } = await look(core, `?${query}`);
      return totals[0]?.sequences === 5 && totals[0].letters === 15 && totals;
    }, patient);
    assert.deepEqual(total, { lane: 'EVENT', sequences: 5, letters: 15 });
    const seen = [];
    for (let next = 0; next !== null; ) {
      const page = await look(core, `?${query}&limit=2&after=${next}`);
      assert.deepEqual(page.totals, [total]);
      seen.push(...page.sequences);
      next = page.next;
    }
    assert.deepEqual(seen.map(({ id }) => id), seen.map(({ id }) => id).sort((a, b) => a - b));
    assert.deepEqual(seen.map(({ source }) => source.aggregateId).sort(), [...sources].sort());
    const first = await look(core, `/${seen[0].id}?limit=2`);
    assert.deepEqual([first.items.map(({ id }) => id), first.next], [['1.0', '2.0'], '2.0']);
    const second = await look(core, `/${seen[0].id}?limit=2&after=${first.next}`);
    assert.deepEqual([second.items.map(({ id }) => id), second.next], [['3.0'], null]);
  });

  test('administrators alone come in, and what they ask is checked', async () => {
    const to = await broken(core);
    await tell(core, fresh('source'), to);
    const { id } = await parked(core, `destinationId=${to}`);
    const callers = [
      [undefined, 401, 'UNAUTHENTICATED'],
      [token('admin', 'ada', { exp: seconds() - 61 }), 401, 'INVALID_TOKEN'],
      [token('owner', 'ada'), 403, 'FORBIDDEN'],
      [token('operator', 'ada'), 403, 'FORBIDDEN'],
      [token('machine', 'ada'), 403, 'FORBIDDEN'],
    ];
    for (const [text, status, code] of callers) {
      for (const [method, path] of [['GET', ''], ['GET', `/${id}`], ['GET', '/0'], ['POST', `/${id}/retry`], ['POST', `/${id}/discard`]]) {
        const answer = await core.as(text).request(`/admin/dead-letters${path}`, { method });
        assert.deepEqual([answer.status, answer.body.code], [status, code], `${method} ${path}`);
        assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
      }
    }
    for (const [method, path, body, status, code] of [
      ['GET', '?status=LOST', undefined, 422, 'INVALID_FIELD'],
      ['GET', '?page=1', undefined, 422, 'UNKNOWN_FIELD'],
      ['GET', '/0', undefined, 404, 'UNKNOWN_SEQUENCE'],
      ['GET', '/x', undefined, 404, 'UNKNOWN_SEQUENCE'],
      ['POST', '/0/retry', undefined, 404, 'UNKNOWN_SEQUENCE'],
      ['POST', `/${id}/burn`, undefined, 404, 'UNKNOWN_PATH'],
      ['POST', '', undefined, 405, 'METHOD_NOT_ALLOWED'],
      ['GET', `/${id}/retry`, undefined, 405, 'METHOD_NOT_ALLOWED'],
      ['POST', `/${id}/discard`, undefined, 400, 'MALFORMED_JSON'],
      ['POST', `/${id}/discard`, '{', 400, 'MALFORMED_JSON'],
      ['POST', `/${id}/discard`, '{"letter":"1.0"}', 422, 'MISSING_FIELD'],
      ['POST', `/${id}/discard`, '{"letter":"1.0","reason":""}', 422, 'INVALID_FIELD'],
    ]) {
      const headers = body && { 'content-type': 'application/json' };
      const answer = await admin(core).request(`/admin/dead-letters${path}`, { method, body, headers });
      assert.deepEqual([answer.status, answer.body.code], [status, code], `${method} ${path} ${body}`);
    }
    assert.equal((await look(core, `/${id}`)).letters, 1, 'nothing was changed');
  });
});
