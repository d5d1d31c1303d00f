// What a destination does not take is held back in order, and holds up nothing but its own sequence. Administrators look at it,
// retry it, discard it.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { configs, Core } from './core.mjs';
import { fresh, until } from './harness.mjs';
import { journalled } from './journal.mjs';
import {
  admin, ask, broken, discard, discardAll, gone, heard, hears, look, parked, patient, redriven, retry, retryAll, tell, told, turn,
  waitingVersions,
} from './letters.mjs';
import { seconds, token, vars } from './tokens.mjs';

const core = new Core(configs.probe, { ...vars, BUS_ATTEMPTS: '2' });
after(() => core.close());
await core.start();

const probe = (id) => ({ aggregateType: 'probe', aggregateId: id });
const names = (source, versions) => versions.map((version) => `${source} ${version}`);

test('the number of a sequence that flows again is never that of another one', async () => {
  const [first, second] = [await broken(core), await broken(core)];
  await tell(core, fresh('source'), first);
  const old = await parked(core, `destinationId=${first}`);
  await turn(core, first, false);
  await redriven(core, old, 1);
  await tell(core, fresh('source'), second);
  const other = await parked(core, `destinationId=${second}`);
  assert.ok(other.id > old.id, `${old.id}, then ${other.id}`);
  const late = await discard(core, old, 1);
  assert.deepEqual([late.status, late.body.code], [404, 'UNKNOWN_SEQUENCE'], 'an old page decides nothing about it');
  assert.deepEqual(await waitingVersions(core, other), [1]);
});

// A few at a time: with all of them at once, the host of the runtime was seen to stand still now and then.
describe('dead letters', { concurrency: true }, () => {
  test('a destination that fails for ever holds up its own sequence alone, which is re-driven in order after the repair', async () => {
    const [to, other, source] = [await broken(core), fresh('well'), fresh('source')];
    await tell(core, source, to, 3);
    const sequence = await parked(core, `destinationId=${to}`, 3);
    assert.deepEqual(sequence, {
      id: sequence.id,
      source: probe(source),
      destination: probe(to),
      status: 'PARKED',
      version: 1,
      attempts: 2,
      code: 'INTERNAL',
      reason: sequence.reason,
      firstAt: sequence.firstAt,
      lastAt: sequence.lastAt,
      nextAt: null,
      decided: null,
    });
    assert.match(sequence.reason, /a panic: the probe is broken/);
    assert.ok(sequence.firstAt < sequence.lastAt);
    const lines = await told(core, source, 'delivery_parked');
    assert.equal(lines.length, 1, 'the log tells once');
    const [{ destination, version, attempts, code }] = lines;
    assert.deepEqual([destination, version, attempts, code], [probe(to), 1, 2, 'INTERNAL']);

    // Everything else of the same source flows, and of the same destination too once it is mended.
    await tell(core, source, other);
    await hears(core, other, names(source, [4]));
    await journalled(core, 'probe', source);
    await tell(core, source, to, 2);
    assert.deepEqual(await waitingVersions(core, sequence), [1, 2, 3, 5, 6]);
    await turn(core, to, false);
    const later = fresh('later');
    await tell(core, later, to);
    await hears(core, to, names(later, [1]));

    await redriven(core, sequence, 5);
    assert.deepEqual(await heard(core, to), [...names(later, [1]), ...names(source, [1, 2, 3, 5, 6])]);
    await tell(core, source, to);
    await hears(core, to, [...names(later, [1]), ...names(source, [1, 2, 3, 5, 6, 7])]);
    const [line] = await told(core, source, 'delivery_retried');
    assert.deepEqual([line.by, line.destination], ['ada', probe(to)], 'the log says who retried it');
    const again = await retry(core, sequence);
    assert.deepEqual([again.status, again.body.code], [404, 'UNKNOWN_SEQUENCE'], 'what flows is not listed');
  });

  test('commands behind one that cannot be run wait for it, even when they could be, and so do events', async () => {
    const [of, source] = [await broken(core), fresh('source')];
    await ask(core, source, of, 2);
    const sequence = await parked(core, `destinationId=${of}`, 2);
    await turn(core, of, false);
    await ask(core, source, of);
    await tell(core, source, of);
    assert.deepEqual(await heard(core, of), []);
    const { items } = await look(core, `/${sequence.id}`);
    const what = items.map(({ version, event, commands }) => [version, event?.type, ...commands.map(({ name }) => name)]);
    assert.deepEqual(what, [[1, undefined, 'Hear'], [2, undefined, 'Hear'], [3, undefined, 'Hear'], [4, 'Told']]);
    await redriven(core, sequence, 4);
    assert.deepEqual(await heard(core, of), [...Array(3).fill(`a question of ${source}`), ...names(source, [4])]);
  });

  test('letters that were under way when their destination failed count as one attempt', async () => {
    const [to, source] = [await broken(core), fresh('source')];
    await tell(core, source, to);
    const delivery = { after: 1, through: 1 }; // a reference: the destination reads version 1 from its source
    const letter = JSON.stringify({ source: probe(source), after: 0, through: 1, deliveries: [{ to: probe(to), delivery }] });
    for (let n = 0; n < 10; n++) await core.letter(letter);
    const sequence = await parked(core, `destinationId=${to}`);
    assert.equal(sequence.attempts, 2);
    const pause = new Date(sequence.lastAt) - new Date(sequence.firstAt);
    assert.ok(pause >= 4_900, `the second attempt was made after the pause: ${pause} ms`);
    await turn(core, to, false);
    await redriven(core, sequence, 1);
    assert.deepEqual(await heard(core, to), names(source, [1]));
  });

  test('a retry that fails changes nothing but what is said of it', async () => {
    const [to, source] = [await broken(core), fresh('source')];
    await tell(core, source, to, 2);
    const before = await parked(core, `destinationId=${to}`, 2);
    const { status, body } = await retry(core, before);
    assert.equal(status, 200);
    assert.equal(body.delivered, 0);
    const { lastAt, decided } = body.sequence;
    assert.deepEqual(body.sequence, { ...before, attempts: 3, lastAt, decided });
    assert.ok(lastAt > before.lastAt);
    assert.deepEqual([decided.by, decided.discarded, decided.reason], ['ada', null, null]);
    assert.deepEqual(await waitingVersions(core, before), [1, 2]);
    assert.deepEqual(await look(core, `?destinationId=${to}`).then(({ sequences }) => sequences), [body.sequence], 'the list says the same');
  });

  test('an event that is discarded is passed over for good, and the next one is not', async () => {
    const [to, source] = [await broken(core), fresh('source')];
    await tell(core, source, to, 3);
    const sequence = await parked(core, `destinationId=${to}`, 3);
    const second = await discard(core, sequence, 2);
    assert.deepEqual([second.status, second.body.code], [409, 'NOT_FIRST']);
    const { status, body } = await discard(core, sequence, 1);
    assert.equal(status, 200, JSON.stringify(body));
    // What is behind it was tried at once, and has failures of its own to come.
    assert.deepEqual([body.delivered, body.sequence.status, body.sequence.version], [0, 'FAILING', 2]);
    const { by, discarded, reason } = body.sequence.decided;
    assert.deepEqual([by, discarded, reason], ['ada', 1, 'it was a test']);
    const rest = await parked(core, `destinationId=${to}`, 2);
    assert.deepEqual([rest.id, rest.version], [sequence.id, 2]);
    await turn(core, to, false);
    await redriven(core, rest, 2);
    await tell(core, source, to);
    await hears(core, to, names(source, [2, 3, 4]));
    const [line] = await told(core, source, 'delivery_discarded');
    assert.deepEqual([line.by, line.version, line.reason], ['ada', 1, 'it was a test'], 'the log keeps it');
  });

  test('who asked for a command that is discarded is told that it was refused', async () => {
    const [of, source] = [await broken(core), fresh('source')];
    await ask(core, source, of);
    const sequence = await parked(core, `destinationId=${of}`);
    const { status, body } = await discard(core, sequence, 1);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.delivered, body.sequence.status], [0, 'FREE']);
    await hears(core, source, ['DISCARDED']);
    await turn(core, of, false);
    await ask(core, source, of);
    await hears(core, of, [`a question of ${source}`]);
    assert.deepEqual(await heard(core, source), ['DISCARDED'], 'it is told once');
  });

  test('all that a query finds is retried, page by page', async () => {
    const [to, other] = [await broken(core), await broken(core)];
    const sources = Array.from({ length: 5 }, () => fresh('source'));
    await Promise.all(sources.map((source) => tell(core, source, to, 2)));
    await tell(core, fresh('source'), other);
    await until('all are parked', async () => (await look(core, `?status=PARKED&destinationId=${to}`)).totals[0]?.sequences === 5, patient);
    await parked(core, `destinationId=${other}`);
    const query = `destinationId=${to}&code=INTERNAL&limit=2`;
    const failed = await retryAll(core, query);
    const { next, ...rest } = failed.body;
    assert.deepEqual([failed.status, rest], [200, { tried: 2, freed: 0, delivered: 0, unreached: 0 }]);
    assert.ok(next > 0);
    await turn(core, to, false);
    await turn(core, other, false);
    const pages = [];
    for (let after = 0; after !== null; after = pages.at(-1).next) {
      const { status, body } = await retryAll(core, `${query}&after=${after}`);
      assert.equal(status, 200, JSON.stringify(body));
      pages.push(body);
    }
    assert.deepEqual(pages.map(({ tried, freed, delivered }) => [tried, freed, delivered]), [[2, 2, 4], [2, 2, 4], [1, 1, 2]]);
    for (const source of sources) {
      const said = (await heard(core, to)).filter((what) => what.startsWith(`${source} `));
      assert.deepEqual(said, names(source, [1, 2]));
    }
    await gone(core, `destinationId=${to}`);
    assert.deepEqual(await heard(core, other), [], 'what the query does not find waits');
    const none = await retryAll(core, query);
    assert.deepEqual(none.body, { tried: 0, freed: 0, delivered: 0, unreached: 0, next: null });
  });

  test('of all that a query finds the version is discarded at which each stands', async () => {
    const to = await broken(core);
    const sources = Array.from({ length: 3 }, () => fresh('source'));
    await Promise.all(sources.map((source, n) => (n ? tell(core, source, to) : ask(core, source, to, 2))));
    await until('all are parked', async () => (await look(core, `?status=PARKED&destinationId=${to}`)).totals[0]?.sequences === 3, patient);
    const { status, body } = await discardAll(core, `status=PARKED&destinationId=${to}`, 'all of it is old');
    assert.deepEqual([status, body], [200, { tried: 3, freed: 2, delivered: 0, unreached: 0, next: null }]);
    await hears(core, sources[0], ['DISCARDED']);
    const { sequences: [left, ...others] } = await look(core, `?destinationId=${to}`);
    assert.deepEqual([left.source, left.version, left.decided.reason, others], [probe(sources[0]), 2, 'all of it is old', []]);
  });

  test('sequences and what waits in them are listed in pages, with totals', async () => {
    const to = await broken(core);
    const sources = Array.from({ length: 5 }, () => fresh('source'));
    await Promise.all(sources.map((source) => tell(core, source, to, 3)));
    const query = `destinationId=${to}&status=PARKED`;
    const [total] = await until('all are parked', async () => {
      const { totals } = await look(core, `?${query}`);
      return totals[0]?.sequences === 5 && totals;
    }, patient);
    assert.deepEqual(total, { status: 'PARKED', code: 'INTERNAL', sequences: 5 });
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
    assert.deepEqual([first.items.map(({ version }) => version), first.next], [[1, 2], 2]);
    const second = await look(core, `/${seen[0].id}?limit=2&after=${first.next}`);
    assert.deepEqual([second.items.map(({ version }) => version), second.next], [[3], null]);
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
      for (const [method, path] of [
        ['GET', ''], ['GET', `/${id}`], ['GET', '/0'], ['POST', `/${id}/retry`], ['POST', `/${id}/discard`], ['POST', '/retry'],
        ['POST', '/discard'],
      ]) {
        const answer = await core.as(text).request(`/admin/dead-letters${path}`, { method });
        assert.deepEqual([answer.status, answer.body.code], [status, code], `${method} ${path}`);
        assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
      }
    }
    for (const [method, path, body, status, code] of [
      ['GET', '?status=LOST', undefined, 422, 'INVALID_FIELD'],
      ['GET', '?status=FREE', undefined, 422, 'INVALID_FIELD'],
      ['GET', '?page=1', undefined, 422, 'UNKNOWN_FIELD'],
      ['POST', '/discard?sourceId=a&sourceId=b', '{"reason":"it is old"}', 422, 'DUPLICATE_PARAMETER'],
      ['GET', '/0', undefined, 404, 'UNKNOWN_SEQUENCE'],
      ['GET', '/x', undefined, 404, 'UNKNOWN_SEQUENCE'],
      ['GET', `/${id}?after=x`, undefined, 422, 'INVALID_FIELD'],
      ['POST', '/0/retry', undefined, 404, 'UNKNOWN_SEQUENCE'],
      ['POST', '/retry?lane=EVENT', undefined, 422, 'UNKNOWN_FIELD'],
      ['POST', '/retry?limit=0', undefined, 422, 'INVALID_FIELD'],
      ['POST', `/${id}/burn`, undefined, 404, 'UNKNOWN_PATH'],
      ['POST', '', undefined, 405, 'METHOD_NOT_ALLOWED'],
      ['GET', `/${id}/retry`, undefined, 405, 'METHOD_NOT_ALLOWED'],
      ['GET', '/retry', undefined, 405, 'METHOD_NOT_ALLOWED'],
      ['POST', `/${id}/discard`, undefined, 400, 'MALFORMED_JSON'],
      ['POST', `/${id}/discard`, '{', 400, 'MALFORMED_JSON'],
      ['POST', `/${id}/discard`, '{"version":1}', 422, 'MISSING_FIELD'],
      ['POST', `/${id}/discard`, '{"reason":"it is old"}', 422, 'MISSING_FIELD'],
      ['POST', `/${id}/discard`, '{"version":1,"reason":""}', 422, 'INVALID_FIELD'],
      ['POST', `/${id}/discard`, '{"version":"1","reason":"it is old"}', 422, 'INVALID_FIELD'],
      ['POST', '/discard', '{}', 422, 'MISSING_FIELD'],
      ['POST', '/discard', '{"version":1,"reason":"it is old"}', 422, 'UNKNOWN_FIELD'],
      ['POST', '/discard?lane=EVENT', '{"reason":"it is old"}', 422, 'UNKNOWN_FIELD'],
    ]) {
      const headers = body && { 'content-type': 'application/json' };
      const answer = await admin(core).request(`/admin/dead-letters${path}`, { method, body, headers });
      assert.deepEqual([answer.status, answer.body.code], [status, code], `${method} ${path} ${body}`);
    }
    assert.deepEqual(await waitingVersions(core, { id }), [1], 'nothing was changed');
  });
});
