// How the pages are: for everybody, by keyboard, light, calm and small.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { fresh } from '../../../tests/acceptance/harness.mjs';
import { cancel, nights as claim, settled } from '../../reservation/tests/hotel.mjs';
import { assets } from './site.mjs';
import { silent } from './expiring.mjs';
import { it, visit } from './together.mjs';
import { nights, query } from './visitor.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** Bytes of script after gzip that a page may load. */
const budget = 120 * 1024;

async function reserve(room, { from, until } = nights()) {
  const id = fresh('reservation');
  await it.core.send('reservation', 'CreateReservation', claim(room, from, until, 'amy'), { aggregateId: id });
  await settled(it.core, id);
  return id;
}

/** A page of each kind and in each state, by what is to be seen on it. */
async function everyPage() {
  const [room, dates] = [await it.room('140'), nights()];
  const confirmed = await reserve(room, dates);
  const declined = await reserve(room, dates);
  const cancelled = await reserve(room);
  await cancel(it.core, cancelled);
  return {
    'A room at the Grand': '/sign-in',
    'Find a room': `/?${query(nights())}`,
    'No room is free': `/?${query({ ...nights(), guests: 9 })}`,
    'The day of departure has to come after the first night.': `/?${query({ from: dates.until, until: dates.from })}`,
    'First night': `/book?${query({ room, ...nights() })}`,
    Confirmed: `/reservations/${confirmed}`,
    Declined: `/reservations/${declined}`,
    Cancelled: `/reservations/${cancelled}`,
    'My reservations': '/reservations',
    'Age of the oldest': '/stats',
    'There is nothing here': '/reservations/none',
  };
}

test('axe finds nothing on any page, in light and in dark, on a desk and in a hand', async () => {
  const pages = await everyPage();
  const looks = [
    { colorScheme: 'light', viewport: { width: 1280, height: 720 } },
    // It is the same page: what may be wrong besides are colours and sizes.
    { colorScheme: 'dark', viewport: { width: 360, height: 740 }, rules: { runOnly: ['color-contrast', 'target-size', 'scrollable-region-focusable'] } },
  ];
  const check = async (page, what) => {
    await page.addScriptTag({ path: axe });
    for (const { colorScheme, viewport, rules = {} } of looks) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      const { violations, passes } = await page.evaluate((rules) => globalThis.axe.run(rules), rules);
      assert.ok(passes.length >= (rules.runOnly ? 1 : 10), `${what}: axe has looked`);
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`), [], `${what}, ${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!wide, `${what}, ${viewport.width} wide: nothing is cut off at the side`);
    }
  };
  const { page, shows } = await visit('amy', '/stats');
  for (const [text, path] of Object.entries(pages)) {
    await page.goto(path);
    await shows(text);
    await check(page, path);
  }
  const empty = await visit('zoe', '/reservations');
  await empty.shows('You have not booked anything yet.');
  await check(empty.page, 'no reservations');
  await check(silent.guest.page, 'pending or expired');
});

test('with the keyboard alone a guest finds and books a room', async () => {
  await it.room('141', 10);
  const { page, said, is, live, id } = await visit('kim', '/');
  await live();
  const focused = () => page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent);
  const go = async (name) => {
    for (let pressed = 0; pressed < 60; pressed++) {
      await page.keyboard.press('Tab');
      if ((await focused()) !== name) continue;
      const { width, style } = await page.evaluate(() => {
        const { outlineWidth, outlineStyle } = getComputedStyle(document.activeElement);
        return { width: parseFloat(outlineWidth), style: outlineStyle };
      });
      assert.ok(width >= 2 && style !== 'none', `one sees that ${name} has the focus`);
      return page.keyboard.press('Enter');
    }
    assert.fail(`the keyboard does not come to ${name}`);
  };
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the content');
  await page.keyboard.press('Enter');
  await go('Choose room 141');
  await page.waitForURL('**/book?**');
  await go('Book');
  await is('CONFIRMED');
  await live();
  await go('Cancel the reservation');
  await is('CANCELLED');
  assert.equal((await it.core.state('reservation', id())).state.status, 'CANCELLED');
  assert.deepEqual(said, []);
});

test('a page loads little script, and nothing moves', async (t) => {
  const room = await it.room('142');
  const sizes = {};
  const moved = () => globalThis.moved;
  for (const path of ['/sign-in', `/?${query(nights())}`, `/book?${query({ room, ...nights() })}`, '/reservations', '/stats']) {
    const { page, context } = await visit('amy', '/icon.svg'); // a page on which nothing has been loaded yet
    await context.addInitScript(() => {
      globalThis.moved = 0;
      new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (globalThis.moved += value))).observe({ type: 'layout-shift', buffered: true });
    });
    const scripts = new Set();
    page.on('response', (response) => new URL(response.url()).pathname.endsWith('.js') && scripts.add(new URL(response.url()).pathname));
    await page.goto(path);
    await page.waitForLoadState('networkidle');
    sizes[path] = [...scripts].reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).length, 0);
    assert.ok(scripts.size > 2 && sizes[path] <= budget, `${path} loads ${sizes[path]} bytes of script`);
    if (path.startsWith('/book')) {
      await it.core.hold(room);
      await page.getByRole('button', { name: 'Book', exact: true }).click();
      await page.locator('.live[data-state="live"]').waitFor();
      await page.evaluate(() => (globalThis.moved = 0)); // another page is no shift
      await it.core.release(room);
      await page.locator('.status[data-status="CONFIRMED"]').waitFor();
    }
    assert.ok((await page.evaluate(moved)) < 0.01, `${path}: nothing moves, got ${await page.evaluate(moved)}`);
    await context.close();
  }
  t.diagnostic(`script of a page: ${Math.round(Math.max(...Object.values(sizes)) / 1024)} KB gzip at most`);
});
