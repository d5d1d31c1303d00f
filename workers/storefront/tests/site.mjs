// The storefront on the real runtime, beside the core and with an issuer: what its tests begin with. Its pages have an address that
// stays when the runtime is restarted, and their way to the core can be cut.
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer, request as call } from 'node:http';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after } from 'node:test';
import { coreSettings, startIssuer, storefrontSettings } from '../../../.dev/issuer.mjs';
import { fresh, serve } from '../../../tests/acceptance/harness.mjs';
import { proxy } from '../../../tests/acceptance/proxy.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
export const assets = join(folder, 'build/client');
const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const client = { id: 'storefront', secret: 'the secret of the storefront' };
const secret = 'the key of the storefront itself, 32 bytes or more';
const name = 'storefront';

/** Files as the platform serves them, and the pages by the Worker. */
async function front() {
  let target;
  const server = createServer((request, response) => {
    const file = join(assets, new URL(request.url, 'http://front').pathname);
    if (file.startsWith(assets) && statSync(file, { throwIfNoEntry: false })?.isFile()) {
      return createReadStream(file).pipe(response.setHeader('content-type', types[extname(file)] ?? 'text/plain'));
    }
    const asked = call(new URL(request.url, target), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    asked.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    request.pipe(asked);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => (server.close(), server.closeAllConnections()));
  return { origin: `http://127.0.0.1:${server.address().port}`, lead: (url) => (target = url) };
}

/** Starts it all; it ends with the test file. */
export async function site(hotel = fresh('hotel')) {
  const [pages, issuer] = [await front(), await startIssuer({ client })];
  let core;
  const network = await proxy({ get url() { return core.url; } });
  after(issuer.close);
  const guest = {
    name, text: readFileSync(join(folder, 'build/server/index.js'), 'utf8'), classes: { CACHE: 'Cache' },
    vars: storefrontSettings({ core: network.url, issuer: issuer.url, secret, client, hotel }),
  };
  core = await serve('core', { ALLOWED_ORIGINS: pages.origin, ...coreSettings({ issuer: issuer.url, secret }) }, { guest, switched: true });
  const lead = async () => pages.lead(await core.direct(name));
  await lead();
  return {
    core, issuer, network, hotel, origin: pages.origin,
    /** A new room of the hotel; gives its id. */
    async room(number, nightlyRate = 12_500, id = fresh('room')) {
      await core.send('room', 'AddRoom', { hotelId: hotel, number, capacity: 2, nightlyRate }, { aggregateId: id });
      return id;
    },
    async restart() {
      await core.killAndRestart();
      await lead();
    },
    cookie: (sub, claims) => `session=${issuer.token(sub, claims)}`,
  };
}
