// The client and its hooks in a browser, from another origin than the core's: over its websocket, or streams where it is refused, cuts and a
// restart.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import { build } from 'esbuild';
import { serve, until } from '../../../../tests/acceptance/harness.mjs';
import { proxy } from '../../../../tests/acceptance/proxy.mjs';
import { token, vars } from '../../../../tests/acceptance/tokens.mjs';
import { launch, open } from '../../../../tests/browser/browser.mjs';
import { addResource, cancel } from '../claims.mjs';

const { outputFiles: [{ text }] } = await build({
  entryPoints: [fileURLToPath(new URL('page.mjs', import.meta.url))],
  bundle: true, write: false, format: 'esm', define: { 'process.env.NODE_ENV': '"development"' },
});
const answers = {
  '/': () => ['text/html', '<!doctype html><div id="root"></div><script type="module" src="/page.js"></script>'],
  '/page.js': () => ['text/javascript', text],
  '/favicon.ico': () => ['image/x-icon', ''],
  '/token': () => ['text/plain', token('owner', 'ana')],
};
const site = createServer((request, response) => {
  const [type, body] = answers[new URL(request.url, 'http://site').pathname]();
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
});
await new Promise((done) => site.listen(0, '127.0.0.1', done));
after(() => site.close());
const origin = `http://127.0.0.1:${site.address().port}`;

const core = await serve('probe', { ...vars, ALLOWED_ORIGINS: origin });
const networks = { 'a websocket': await proxy(core), 'streams, where websockets are refused': await proxy(core, { upgrades: false }) };
const browser = await launch();

async function visit(network) {
  const resource = await addResource(core);
  const { page, said } = await open(browser, `${origin}/?core=${encodeURIComponent(network.url)}&resource=${resource}`);
  after(() => page.context().close());
  await page.waitForSelector('[data-state=live]', { state: 'attached' });
  return {
    page,
    said,
    resource,
    async claim(from, to) {
      await page.fill('[name=dateStart]', from);
      await page.fill('[name=dateEnd]', to);
      await page.click('button');
    },
    shows: (selector, wanted) => until(`${selector} shows ${wanted}`, async () => wanted.test((await page.locator(selector).allTextContents()).join()), { within: 60_000 }),
  };
}

test('a claim is shown at once, then CONFIRMED, in the list and by itself; a refusal at its field', async () => {
  const { page, said, claim, shows } = await visit(networks['a websocket']);
  const watched = page.evaluate(() => new Promise((done) => {
    const texts = [];
    new MutationObserver(() => {
      const now = document.querySelector('ul').innerText;
      if (texts.at(-1) !== now) texts.push(now);
      if (now === 'CONFIRMED') done(texts);
    }).observe(document.querySelector('ul'), { childList: true, subtree: true, characterData: true });
  }));
  await claim('2031-01-01', '2031-01-03');
  await shows('#claim', /^CONFIRMED live/);
  assert.equal((await watched)[0], 'PENDING tentative');
  await claim('2031-01-03', '2031-01-01');
  await shows('#error', /^DATES_REVERSED dateEnd$/);
  await shows('li', /^CONFIRMED$/); // the row that was expected has gone again
  assert.deepEqual(said, []);
});

for (const [how, network] of Object.entries(networks)) {
  test(`a cut and a restarted core, over ${how}: the page has each event once, and is live again`, async () => {
    const { page, claim, shows, resource } = await visit(network);
    await claim('2031-01-01', '2031-01-03');
    await shows('#claim', /^CONFIRMED live/);
    network.down();
    await shows('#claim', /^CONFIRMED behind/);
    await core.restart();
    const { body } = await core.post('/graphql', { query: `{ claims(filter: { resourceId: "${resource}" }) { nodes { id } } }` });
    await cancel(core, body.data.claims.nodes[0].id);
    network.mend();
    await shows('#claim', /^CANCELLED live/);
    await shows('li', /^CANCELLED$/);
    const seen = await page.evaluate(() => window.seen);
    assert.deepEqual([seen.at(-1), seen], [3, [...new Set(seen)].sort()], 'in order, and none twice');
  });
}
