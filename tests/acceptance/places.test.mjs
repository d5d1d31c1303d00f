// A principal has so many of the places of a stream, or of a partition of a category, and no more: the others are for others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addResource, days } from './claims.mjs';
import { fresh, serve, until } from './harness.mjs';
import { inDatabase } from './storage.mjs';
import { token } from './tokens.mjs';

const core = await serve('probe', { FOLLOWERS_PER_PRINCIPAL: '2' });
const [ana, ben] = ['ana', 'ben'].map((name) => token('owner', name));
const talk = async (who) => (await core.talk()).init(who);

const claim = fresh('claim');
await core.send('claim', 'CreateClaim', days(await addResource(core), '2027-02-01', '2027-02-02'), { aggregateId: claim });
await core.send('meter', 'RegisterMeter', { model: 'Thermo 2', ownerId: 'ana' }, { aggregateId: 'm-1' });

/** What is followed, by whom it is not the only one, and the object that keeps who does. */
const sources = {
  'a partition of a category': ['subscription { claims(after: "0") { cursor } }', [ana, ben], ['journal', 'claim/0'], ['journals', 'claim/0']],
  'a stream': ['subscription { meter(id: "m-1") { cursor } }', [ana, token('operator', 'sam')], ['meter', 'm-1'], ['meter', 'm-1']],
};

/** The table of an earlier release, with a row for each that this one has, and one more. */
const earlier = ([type]) => {
  const [filters, value] = type === 'journal' ? [', filters TEXT NOT NULL', ", '[]'"] : ['', ''];
  return `ALTER TABLE followers RENAME TO present;
    CREATE TABLE followers (session TEXT PRIMARY KEY, turn INTEGER NOT NULL, until INTEGER NOT NULL${filters}) STRICT, WITHOUT ROWID;
    INSERT INTO followers SELECT session, turn, until${filters && ', filters'} FROM present;
    INSERT INTO followers VALUES ('nobody', 1, ${Date.now() + 60_000}${value});
    DROP TABLE present`;
};

for (const [what, [query, [one, other], stored, loaded]] of Object.entries(sources)) {
  test(`of ${what} one principal has so many places, and whatever happens no more`, async () => {
    const first = await talk(one);
    const follow = async (talker) => {
      const id = talker.subscribe(query);
      await talker.seen('an answer', () => talker.of(id).length > 0);
      const [{ type, payload }] = talker.of(id);
      return [id, type === 'error' ? payload[0].extensions.code : null];
    };
    /** Tries to follow with a socket of its own, and leaves. */
    const tries = async (who) => {
      const talker = await talk(who);
      const [, code] = await follow(talker);
      await talker.close();
      return code;
    };
    const twice = [await follow(first), await follow(first)];
    assert.deepEqual(twice.map(([, code]) => code), [null, null]);
    const second = await talk(one);
    const [, open] = await follow(second);
    assert.equal(open, null, 'the operations of a socket have one place');
    assert.equal(await tries(one), 'TOO_MANY_FOLLOWED');
    assert.equal(await tries(other), null, 'another principal is not concerned');
    await core.evict(...loaded);
    assert.equal(await tries(one), 'TOO_MANY_FOLLOWED', 'the places are known after the object was loaded again');
    second.say({ type: 'ping', payload: { authorization: `Bearer ${one}` } }); // a renewed token takes no second place
    await second.ping();
    await second.close();
    await until('there is a place again', async () => (await tries(one)) === null);
    // An object in which an earlier release has kept its followers.
    const third = await talk(one);
    await until('it is taken', async () => (await follow(third))[1] === null);
    await core.stop();
    inDatabase(core, ...stored, (database) => database.exec(earlier(stored)));
    await core.start();
    const back = [await talk(one), await talk(one)];
    for (const talker of back) assert.equal((await follow(talker))[1], null);
    assert.equal(await tries(one), 'TOO_MANY_FOLLOWED');
    await core.evict(...loaded);
    assert.equal(await tries(one), 'TOO_MANY_FOLLOWED');
    // Sockets that died without a word keep no place, although nothing happens that they would be told of.
    await core.killAndRestart();
    const others = [await talk(one), await talk(one)];
    for (const talker of others) assert.equal((await follow(talker))[1], null);
    assert.equal(await tries(one), 'TOO_MANY_FOLLOWED');
  });
}
