// What is away comes back: the socket, the core, the session.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancel } from '../../reservation/tests/hotel.mjs';
import { it, visit } from './together.mjs';
import { nights, query } from './visitor.mjs';

test('a socket that is cut comes back, and what happened meanwhile is shown', async () => {
  const room = await it.room('150');
  await it.core.hold(room);
  const { press, is, live, shows, said } = await visit('ana', `/book?${query({ room, ...nights() })}`);
  await press('Book');
  await is('PENDING');
  await live();
  it.network.down();
  await shows('Reconnecting …');
  await it.core.release(room);
  it.network.mend();
  await is('CONFIRMED');
  await live();
  assert.deepEqual(said.filter((text) => !/WebSocket connection/.test(text)), []);
});

test('whoever has signed out elsewhere is told, and comes back to the same page', async () => {
  const { page, context, live, shows } = await visit('ana', '/reservations');
  await live();
  await context.clearCookies();
  it.network.cut();
  await shows('Signed out');
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await page.getByRole('button', { name: 'Sign in to book' }).click();
  await page.getByLabel('Name').fill('ana');
  await page.getByRole('button', { name: 'Go on' }).click();
  await live();
  assert.match(page.url(), /\/reservations$/);
});

test('a core that was killed is followed again, and the cache too', async () => {
  const room = await it.room('151');
  const { page, press, is, live, id } = await visit('ana', `/book?${query({ room, ...nights() })}`);
  await press('Book');
  await is('CONFIRMED');
  await live();
  await it.restart();
  await cancel(it.core, id());
  await page.locator('.status[data-status="CANCELLED"]').waitFor({ timeout: 60_000 });
  await page.reload();
  await is('CANCELLED');
});
