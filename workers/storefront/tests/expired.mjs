// What has waited since expiring.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silent } from './expiring.mjs';
import { it } from './together.mjs';

test('when the minute is over the page says so by itself, and one may try again with the same nights', async () => {
  const { page, is, follow, heading, press, said, id } = silent.guest;
  await page.locator('.status[data-status="EXPIRED"]').waitFor({ timeout: 90_000 });
  assert.equal((await it.core.state('reservation', id())).state.status, 'EXPIRED');
  const first = id();
  await follow('Try again');
  await page.waitForURL('**/book?**');
  await heading('Room 404');
  assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), { room: silent.room, ...silent.dates });
  await press('Book');
  await is('PENDING');
  assert.notEqual(id(), first);
  assert.deepEqual(said, []);
  await it.core.release(silent.room);
});
