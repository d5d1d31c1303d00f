// Deadlines that pass while nobody is there: the runtime is killed right after commands were accepted, and comes back when
// the minute is over. What nobody has answered ends at once, and says so; a late answer is given back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addResource, days, settled } from './claims.mjs';
import { journalled } from './journal.mjs';
import { fresh, serve, until } from './harness.mjs';
import { rows } from './storage.mjs';
import { token } from './tokens.mjs';

/** What a claim waits for, and a little more. */
const minute = 61_000;
const again = { within: 90_000 };
const count = 30;
const many = (make) => Array.from({ length: count }, (_, n) => make(n));

test('what waits for an answer ends when the minute is over, though the runtime was away, and nothing is held for it', async (t) => {
  const core = await serve();
  // Once more when the kill comes too late, after all of them were answered.
  const work = [];
  for (let unanswered = 0; !unanswered; ) {
    assert.ok(work.length < 5 * count, 'a kill comes before the answers at some time');
    if (work.length) await core.start();
    const accepted = [];
    const more = await Promise.all(many(async () => ({ resource: await addResource(core), claim: fresh('claim') })));
    work.push(...more);
    const sent = more.map(({ resource, claim }) =>
      core.send('claim', 'CreateClaim', days(resource, '2030-01-01', '2030-01-03'), { aggregateId: claim }).then(() => accepted.push(claim), () => {}));
    await until('some are accepted', () => accepted.length >= count / 2);
    await core.kill();
    await Promise.all(sent);
    unanswered = accepted.filter((claim) => rows(core, 'claim', claim, 'SELECT version FROM events').length === 1).length;
  }
  await new Promise((done) => setTimeout(done, minute));
  await core.start();

  // Nobody asks them anything: their alarms are overdue and ring.
  const stored = [];
  for (const one of work) if (await core.state('claim', one.claim)) stored.push(one);
  const talker = await (await core.talk()).init(token('operator', 'sam'));
  const watching = 'subscription ($id: ID!) { it: claim(id: $id, after: "0") { event { type } claim { status } } }';
  const hears = new Map(stored.map(({ claim }) => [claim, talker.subscribe(watching, { id: claim })]));
  const [ends, commands] = [{}, new Set()];
  for (const { claim, resource } of stored) {
    const { status } = await settled(core, claim, again);
    ends[status] = (ends[status] ?? 0) + 1;
    await until(`${resource} holds days for nobody but the confirmed`, async () => {
      const { state } = await core.state('resource', resource);
      return state.holds.length === (status === 'CONFIRMED' ? 1 : 0);
    }, again);
    if (status !== 'EXPIRED') continue;
    const watcher = await core.watch('claim', claim);
    const [{ event: created }, { event }] = [await watcher.event(1), await watcher.event(2)];
    assert.equal(event.type, 'ClaimExpired', 'who subscribes hears of it');
    assert.ok(event.time >= created.data.confirmBy, `${event.time} is not before ${created.data.confirmBy}`);
    assert.equal(event.actorrole, 'operator', 'what a deadline leads to goes back to the command that set it');
    await watcher.close();
    const [, expired] = await talker.next(hears.get(claim), 2);
    assert.deepEqual(expired.data.it, { event: { type: 'ClaimExpired' }, claim: { status } });
    await journalled(core, 'resource', resource, again);
    await journalled(core, 'claim', claim, again);
    const { body: caused } = await core.request(`/correlations/${event.correlationid}`);
    const whose = caused.entries.map(({ aggregateId }) => aggregateId);
    assert.ok(whose.includes(claim) && whose.every((id) => [claim, resource].includes(id)), 'it goes back to its own command');
    assert.ok(caused.entries.some(({ eventId }) => eventId === event.id));
    assert.ok(!commands.has(event.commandid), "its command id is nobody else's");
    commands.add(event.commandid);
  }
  t.diagnostic(JSON.stringify(ends));
  assert.ok(ends.EXPIRED > 0, JSON.stringify(ends));
});
