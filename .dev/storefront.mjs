// `npm run storefront`: the core as `npm start` serves it, an issuer of tokens, and the storefront, which is built again when a page
// changes. With --release the core is the one that is deployed; with --rooms the hotel gets rooms to book.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { coreSettings, startIssuer, storefrontSettings } from './issuer.mjs';
import { buildStorefront, pageSources, storefront } from './pages.mjs';
import { root } from './pins.mjs';
import { end, main, Problem, start } from './process.mjs';
import { setup } from './setup.mjs';
import { secret as developmentKey, sign } from './token.mjs';
import { nodeBinary } from './toolchain.mjs';
import { change, look } from './watch.mjs';
import { wrangler } from './wrangler.mjs';

const patience = 60_000; // ms until the storefront must have answered
const ports = { core: Number(process.env.PORT || 8787), storefront: Number(process.env.STOREFRONT_PORT || 8790), issuer: Number(process.env.ISSUER_PORT || 8791) };
const at = (port) => `http://127.0.0.1:${port}`;
const vars = (settings) => Object.entries(settings).flatMap(([name, value]) => ['--var', `${name}:${value}`]);

/** Whether something answers there. An agent of its own: no proxy of the environment can reach this machine. */
const answers = (url) =>
  new Promise((done) => {
    const request = get(url, { agent: new Agent(), timeout: 5_000 }, (response) => {
      response.resume();
      done(response.statusCode < 500);
    });
    request.on('timeout', () => request.destroy()).on('error', () => done(false));
  });

/** Waits until it answers. What has ended before that will not. */
async function awaited({ child, ended }, url, within) {
  for (const deadline = Date.now() + within; Date.now() < deadline; ) {
    if (await answers(url)) return;
    if (await Promise.race([ended, new Promise((done) => setTimeout(done, 200))])) break;
  }
  await end(child.pid);
  throw new Problem(`${url} does not answer; see the messages above`);
}

/** Rooms for a hotel that has none yet. Adding one again changes nothing. */
async function addRooms(hotelId) {
  const token = sign({ sub: 'storefront-set-up', role: 'staff', exp: Math.floor(Date.now() / 1000) + 600 }, developmentKey());
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const rooms = { 101: [2, 12_500], 102: [2, 12_500], 201: [3, 16_900], 202: [4, 19_800], 301: [2, 34_000] };
  for (const [number, [capacity, nightlyRate]] of Object.entries(rooms)) {
    const id = `${hotelId}-${number}`;
    const body = { aggregateType: 'room', aggregateId: id, commandId: `add-${id}`, name: 'AddRoom', payload: { hotelId, number, capacity, nightlyRate } };
    await fetch(`${at(ports.core)}/commands`, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}

/** Serves it, for ever: what changes is built, and the server begins again with it. Pages that are open keep their sockets, which are the core's. */
async function follow(site, serve) {
  const folders = [join(storefront, 'app'), join(storefront, 'public')];
  let seen = look([...folders, ...pageSources()]);
  for (;;) {
    const ended = await Promise.race([site.ended, change([...folders, ...seen.keys()], seen).then((now) => void (seen = now))]);
    if (ended) return ended;
    try {
      await buildStorefront();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      console.error(`\nedgefold  ${error.message}\n`);
      continue;
    }
    await end(site.child.pid);
    site = await serve();
    console.log('edgefold  the change is served');
  }
}

await main(async () => {
  const { values } = parseArgs({ options: { release: { type: 'boolean', default: false }, rooms: { type: 'boolean', default: false } } });
  await setup();
  await buildStorefront();
  const hotel = 'grand';
  const client = { id: 'storefront', secret: randomBytes(32).toString('base64url') };
  const secret = randomBytes(32).toString('base64url');
  const issuer = await startIssuer({ port: ports.issuer, client }).catch(({ code }) => {
    throw new Problem(`port ${ports.issuer} cannot be used (${code}). Choose another one with ISSUER_PORT`);
  });
  // Both find each other in a registry that no other project of this machine shares.
  const registry = join(root, '.wrangler/registry');
  mkdirSync(registry, { recursive: true });
  const env = { ...process.env, WRANGLER_REGISTRY_PATH: registry, PORT: String(ports.core) };

  const settings = coreSettings({ issuer: issuer.url, secret });
  const core = start(nodeBinary(), [join(root, '.dev/start.mjs'), ...(values.release ? ['--release'] : []), ...vars(settings)], { cwd: root, env });
  await awaited(core, `${at(ports.core)}/healthz`, 30 * patience); // it may have to be compiled first
  if (values.rooms) await addRooms(hotel);

  const pages = storefrontSettings({ core: at(ports.core), issuer: issuer.url, secret, client, hotel });
  const flags = ['--ip', '127.0.0.1', '--port', String(ports.storefront), '--inspector-port', String(ports.storefront + 1000), '--show-interactive-dev-session=false'];
  const [command, args, options] = wrangler('dev', '-c', join(storefront, 'wrangler.toml'), ...flags, ...vars(pages));
  const serve = async () => {
    const site = start(command, args, { ...options, env: { ...options.env, WRANGLER_REGISTRY_PATH: registry, EDGEFOLD_BUILT: 'yes' } });
    await awaited(site, `${at(ports.storefront)}/sign-in`, patience);
    return site;
  };
  const site = await serve();
  console.log(`
edgefold  the storefront is at ${at(ports.storefront)}. Whatever name you sign in with is that of a guest.
          ${values.rooms ? 'The hotel has five rooms.' : 'The hotel has the rooms that you add; `npm run storefront -- --rooms` adds five.'}
          Ctrl-C stops it, the core and the issuer. A change of a page is built and served.
`);
  const ended = await Promise.race([core.ended, follow(site, serve)]);
  throw new Problem(`what served it has ended (status ${ended.code})`);
});
