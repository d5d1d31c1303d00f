// Deadlines that pass while nobody is there: the runtime is killed right after commands were accepted, and comes back when
// the minute is over. What nobody has answered ends at once, and says so; a late answer is given back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh, serve, until } from '../../../tests/acceptance/harness.mjs';
import { addRoom, nights, settled as answered, year } from '../../reservation/tests/hotel.mjs';
import { journalled } from '../../../tests/acceptance/journal.mjs';
import { account, goods, settled } from '../../order/tests/shop.mjs';
import { token } from '../../../tests/acceptance/tokens.mjs';

/** What a reservation, an order and a round that is played wait for, and a little more. */
const minute = 61_000;
const again = { within: 90_000 };
const count = 30;
const many = (make) => Array.from({ length: count }, (_, n) => make(n));

test('what waits for an answer ends when the minute is over, though the runtime was away, and nothing is held for it', async (t) => {
  const core = await serve('core');
  const rooms = await Promise.all(many(() => addRoom(core)));
  const payers = await Promise.all(many(() => account(core, 1_000)));
  const round = fresh('round');
  const play = (name, payload) => core.send('round', name, payload, { aggregateId: round });
  await play('StartGameRound', { game: 'chess', maxPlayers: 2 });
  await play('JoinRound', { playerId: 'ana' });
  await play('Play', { playerId: 'ana', move: 'e4', points: 1 });

  // Most of them have been stored when the kill comes, and few of them answered.
  const work = many((n) => ({ n, claim: fresh('reservation'), order: fresh('order') }));
  let accepted = 0;
  const sent = work.flatMap(({ n, claim, order }) => [
    core.command('reservation', 'CreateReservation', nights(rooms[n], `${year}-01-01`, `${year}-01-03`), { aggregateId: claim }),
    core.command('order', 'PlaceOrder', goods(payers[n], 400), { aggregateId: order }),
  ].map((answer) => answer.then(() => accepted++, () => {})));
  await until('some are accepted', () => accepted >= count);
  await core.kill();
  await Promise.all(sent);
  await new Promise((done) => setTimeout(done, minute));
  await core.start();

  // Nobody asks them anything: their alarms are overdue and ring.
  const [hotel, shop] = [[], []];
  for (const { n, claim, order } of work) {
    if (await core.state('reservation', claim)) hotel.push({ claim, room: rooms[n] });
    if (await core.state('order', order)) shop.push({ order, payer: payers[n] });
  }
  const talker = await (await core.talk()).init(token('staff', 'sam'));
  const watching = 'subscription ($id: ID!) { it: reservation(id: $id, after: "0") { event { type } reservation { status } } }';
  const hears = new Map(hotel.map(({ claim }) => [claim, talker.subscribe(watching, { id: claim })]));
  const expiries = new Set();
  const ends = {};
  const ended = (status) => (ends[status] = (ends[status] ?? 0) + 1);
  for (const { claim, room } of hotel) {
    const { status } = await answered(core, claim, again);
    ended(status);
    await until(`${room} holds nights for nobody but the confirmed`, async () => {
      const { state } = await core.state('room', room);
      return state.holds.length === (status === 'CONFIRMED' ? 1 : 0);
    }, again);
    if (status !== 'EXPIRED') continue;
    const watcher = await core.watch('reservation', claim);
    const [{ event: created }, { event }] = [await watcher.event(1), await watcher.event(2)];
    assert.equal(event.type, 'ReservationExpired', 'who subscribes hears of it');
    assert.ok(event.time >= created.data.confirmBy, `${event.time} is not before ${created.data.confirmBy}`);
    await watcher.close();
    const [, expired] = await talker.next(hears.get(claim), 2);
    assert.deepEqual(expired.data.it, { event: { type: 'ReservationExpired' }, reservation: { status } });
    await journalled(core, 'room', room, again);
    await journalled(core, 'reservation', claim, again);
    const { body: caused } = await core.request(`/correlations/${event.correlationid}`);
    const whose = caused.entries.map(({ aggregateId }) => aggregateId);
    assert.ok(whose.includes(claim) && whose.every((id) => [claim, room].includes(id)), "its correlation is nobody else's");
    assert.ok(caused.entries.some(({ commandId }) => commandId === event.commandid));
    assert.ok(!expiries.has(event.commandid), "its command id is nobody else's");
    expiries.add(event.commandid);
  }
  for (const { order, payer } of shop) {
    const { status, refusal } = await settled(core, order, again);
    ended(refusal ?? status);
    await until(`${payer} holds money for nobody but the accepted`, async () => {
      const { state } = await core.state('account', payer);
      return state.balance === 1_000 && state.holds.length === (status === 'ACCEPTED' ? 1 : 0);
    }, again);
    await journalled(core, 'order', order, again);
  }
  t.diagnostic(JSON.stringify(ends));
  assert.ok(ends.EXPIRED > 0 && ends.NO_ANSWER > 0, JSON.stringify(ends));

  const idle = await until('the round is over', async () => {
    const { state } = await core.state('round', round);
    return state.status === 'FINISHED' && state;
  }, again);
  assert.equal(idle.ending, 'IDLE');
  const finished = (await core.events('round', round)).at(-1);
  assert.equal(finished.actorrole, 'staff', 'what a deadline leads to goes back to the command that set it');
});
