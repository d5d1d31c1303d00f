// Without JavaScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { it, visit } from './together.mjs';
import { nights, query } from './visitor.mjs';

test('without JavaScript a guest signs in, books, looks again, and cancels', async () => {
  const [room, dates] = [await it.room('120'), nights()];
  const { page, press, follow, is, heading, shows } = await visit(undefined, '/reservations', { javaScriptEnabled: false });
  await press('Sign in to book');
  await page.getByLabel('Name').fill('ned');
  await press('Go on');
  await shows('You have not booked anything yet.');
  await follow('Rooms');
  await page.getByLabel('First night').fill(dates.from);
  await page.getByLabel('Departure').fill(dates.until);
  await press('Show rooms');
  await follow('Choose room 120');
  await it.core.hold(room);
  await press('Book');
  await is('PENDING');
  await it.core.release(room);
  await is('CONFIRMED'); // the page loads itself again
  await press('Cancel the reservation');
  await is('CANCELLED');
  await follow('My reservations');
  await heading('My reservations');
  assert.equal(await page.locator('.badge').textContent(), 'Cancelled');
  await press('Sign out');
  await heading('A room at the Grand');
});
