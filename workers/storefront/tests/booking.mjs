// What a guest does: sign in, look, book, wait, cancel.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fresh } from '../../../tests/acceptance/harness.mjs';
import { cancel, nights as claim, settled } from '../../reservation/tests/hotel.mjs';
import { it, visit } from './together.mjs';
import { nights, query } from './visitor.mjs';

/** A guest books without the storefront, such as at the desk; gives the id. */
async function reserve(sub, room, { from, until }) {
  const id = fresh('reservation');
  await it.core.send('reservation', 'CreateReservation', claim(room, from, until, sub), { aggregateId: id });
  return id;
}

test('a guest signs in at the issuer, finds a room, and sees it pending and then confirmed', async () => {
  const [room, dates] = [await it.room('101'), nights()];
  const { page, said, is, live, context, press, shows, follow } = await visit(undefined, `/?${query(dates)}`);
  await press('Sign in to book');
  await page.getByLabel('Name').fill('ana');
  await press('Go on');
  await follow('Choose room 101');
  await page.waitForURL('**/book?**');
  await shows('€375');
  const [session] = (await context.cookies()).filter(({ name }) => name === 'session');
  assert.deepEqual([session.httpOnly, session.sameSite], [true, 'Lax']);
  assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), { room, ...dates }, 'the dates are those that were asked for first');
  await it.core.hold(room);
  await press('Book');
  await is('PENDING');
  await live();
  await it.core.release(room);
  await is('CONFIRMED');
  assert.deepEqual(said, []);
});

test('the page is there at once, and says live what the room has answered', async (t) => {
  const room = await it.room('102');
  const times = { tentative: [], final: [] };
  for (let n = 0; n < 5; n++) {
    const { page, is, press, said } = await visit('ana', `/book?${query({ room, ...nights() })}`);
    await page.waitForLoadState('networkidle');
    const since = performance.now();
    await press('Book');
    await page.locator('.status').waitFor();
    times.tentative.push(performance.now() - since);
    await is('CONFIRMED');
    times.final.push(performance.now() - since);
    assert.deepEqual(said, []);
    await page.context().close();
  }
  const [tentative, final] = Object.values(times).map((all) => Math.round(all.sort((a, b) => a - b)[2]));
  t.diagnostic(`click to the tentative page ${tentative} ms, to CONFIRMED ${final} ms`);
});

test('whoever comes second is declined, hears why, and finds other rooms for the same nights', async () => {
  const [room, dates] = [await it.room('103'), nights()];
  const guests = [];
  for (const name of ['ana', 'bob']) guests.push(await visit(name, `/book?${query({ room, ...dates })}`));
  const [ana, bob] = guests;
  await ana.press('Book');
  await ana.is('CONFIRMED');
  await bob.press('Book');
  await bob.is('DECLINED');
  await bob.shows('Somebody else has just taken at least one of these nights.');
  await bob.follow('Other rooms for these nights');
  await bob.heading('Find a room');
  assert.equal(await bob.page.getByRole('link', { name: 'Choose room 103' }).count(), 0);
  assert.deepEqual(Object.fromEntries(new URL(bob.page.url()).searchParams), dates);
  assert.deepEqual([ana.said, bob.said], [[], []]);
});

test('what the core refuses at once is said on the form', async () => {
  const room = await it.room('104');
  const { page, press, shows, said } = await visit('ana', `/book?${query({ room, from: '2020-01-01', until: '2020-01-03' })}`);
  await press('Book');
  await shows('The first night lies in the past.');
  assert.match(page.url(), /\/book\?/);
  assert.equal(said.length, 1, 'the browser itself says that the answer was 422');
});

test('a form that is sent twice books once', async () => {
  const room = await it.room('105');
  const { page, context } = await visit('una', `/book?${query({ room, ...nights() })}`);
  const form = Object.fromEntries(await page.locator('input[type=hidden]').evaluateAll((all) => all.map(({ name, value }) => [name, value])));
  const send = () => context.request.post(page.url(), { form, headers: { origin: it.origin }, maxRedirects: 0 });
  const [one, two] = [await send(), await send()];
  assert.deepEqual([one.status(), two.status()], [302, 302]);
  assert.equal(one.headers().location, two.headers().location);
  assert.equal((await it.core.events('reservation', form.id)).filter(({ type }) => type === 'ReservationCreated').length, 1);
});

test('a room that is taken goes while one looks, and comes back when it is free', async () => {
  const [room, dates] = [await it.room('106'), nights()];
  const { page, live, said } = await visit('ana', `/?${query(dates)}`);
  const choose = page.getByRole('link', { name: 'Choose room 106' });
  await choose.waitFor();
  await live();
  const id = await reserve('bob', room, dates);
  await choose.waitFor({ state: 'detached' });
  await settled(it.core, id);
  await cancel(it.core, id);
  await choose.waitFor();
  assert.deepEqual(said, []);
});

test('a reservation is cancelled on its page, and on every other page of it', async () => {
  const id = await reserve('ana', await it.room('107'), nights());
  await settled(it.core, id);
  const [here, there] = [await visit('ana', `/reservations/${id}`), await visit('ana', `/reservations/${id}`)];
  await there.live();
  await here.press('Cancel the reservation');
  await here.is('CANCELLED');
  await there.is('CANCELLED');
  assert.deepEqual([here.said, there.said], [[], []]);
});

test('my reservations: what happens between the page and its socket is not lost, and the rest is shown live', async () => {
  const room = await it.room('108');
  let open;
  const { page, said, context, shows, live } = await visit('mia', '/reservations');
  await shows('You have not booked anything yet.');
  await context.route('**/ticket', async (route) => {
    await new Promise((done) => (open = done));
    await route.continue();
  });
  await page.reload();
  const id = await reserve('mia', room, nights());
  await settled(it.core, id);
  const badge = (id) => page.locator(`a[href="/reservations/${id}"] .badge`);
  assert.equal(await badge(id).count(), 0, 'the page does not know it yet');
  open();
  await badge(id).filter({ hasText: 'Confirmed' }).waitFor();
  await live();
  await cancel(it.core, id);
  await badge(id).filter({ hasText: 'Cancelled' }).waitFor();
  const next = await reserve('mia', room, nights());
  await badge(next).filter({ hasText: 'Confirmed' }).waitFor();
  assert.deepEqual(said, []);
});
