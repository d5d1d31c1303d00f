// The ten minutes of the manual: its page, as it stands there, in a browser against the core that is deployed.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { serve, until } from '../../../../../tests/acceptance/harness.mjs';
import { token, vars } from '../../../../../tests/acceptance/tokens.mjs';
import { launch, open } from '../../../../../tests/browser/browser.mjs';
import { addRoom, year } from '../../../../../workers/reservation/tests/hotel.mjs';
import { blocks, bundled } from '../blocks.mjs';

const script = await bundled('page.ts');
const site = createServer(({ url }, response) => {
  const [type, body] = url.startsWith('/page.js') ? ['text/javascript', script] : ['text/html', blocks.get('index.html')];
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
});
await new Promise((done) => site.listen(0, '127.0.0.1', done));
after(() => site.close());
const origin = `http://127.0.0.1:${site.address().port}`;

const core = await serve('core', { ...vars, ALLOWED_ORIGINS: origin });
await addRoom(core, '12A');
const { page, said } = await open(await launch(), `${origin}/?core=${encodeURIComponent(core.url)}&token=${token('guest', 'ana')}`);
const book = async (from, until) => {
  await page.fill('[name=dateStart]', from);
  await page.fill('[name=dateEnd]', until);
  await page.click('button');
};
const status = () => page.locator('[role=status]').textContent();
const shows = (wanted) => until(`it shows ${wanted}`, async () => wanted.test(await status()), { within: 60_000 });

test('it books, and shows what becomes of it; the same nights again are declined, a wrong field is named', async (t) => {
  const times = page.evaluate(() => new Promise((done) => {
    const since = {};
    document.querySelector('form').addEventListener('submit', () => (since.click = performance.now()), { once: true, capture: true });
    const line = document.querySelector('[role=status]');
    new MutationObserver(() => {
      since.tentative ??= performance.now();
      if (/^CONFIRMED/.test(line.textContent)) done([since.tentative - since.click, performance.now() - since.click]);
    }).observe(line, { childList: true });
  }));
  await book(`${year}-01-01`, `${year}-01-03`);
  await shows(/^CONFIRMED/);
  const [tentative, final] = await times;
  t.diagnostic(`${tentative.toFixed(0)} ms from the click to the tentative state, ${final.toFixed(0)} ms to CONFIRMED`);
  await book(`${year}-01-02`, `${year}-01-04`);
  await shows(/^DECLINED NIGHTS_TAKEN/);
  await book(`${year}-01-04`, `${year}-01-02`);
  await shows(/dateEnd/);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('name')), 'dateEnd');
  assert.deepEqual(said, []);
});
