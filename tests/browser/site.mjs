// A web server with the page of a front end, and with tokens for who is signed in there. It is not the core: to a browser it is
// another origin.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after } from 'node:test';
import { build } from 'esbuild';
import { seconds, token } from '../acceptance/tokens.mjs';

const folder = fileURLToPath(new URL('page/', import.meta.url));
const bundled = build({
  entryPoints: [`${folder}page.mjs`],
  bundle: true,
  write: false,
  format: 'esm',
  define: { 'process.env.NODE_ENV': '"production"' },
}).then(({ outputFiles: [{ text }] }) => text);

/**
 * Starts a site that ends with the test file. Its tokens are ana's, who is a guest; `lifetime` is how long each is good for in
 * seconds, with the 60 that the core allows clocks to differ by.
 */
export async function site({ lifetime = 3600 } = {}) {
  const issued = [];
  const answers = {
    '/': async () => ['text/html', await readFile(`${folder}index.html`)],
    '/page.js': async () => ['text/javascript', await bundled],
    '/favicon.ico': async () => ['image/x-icon', ''],
    '/token': async () => {
      issued.push(token('guest', 'ana', { exp: seconds() + lifetime - 60 }));
      return ['application/json', JSON.stringify({ token: issued.at(-1), expiresIn: lifetime })];
    },
  };
  const server = createServer(async (request, response) => {
    const answer = answers[new URL(request.url, 'http://site').pathname];
    if (!answer) return response.writeHead(404).end();
    const [type, body] = await answer();
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  after(() => server.close());
  return { origin: `http://127.0.0.1:${server.address().port}`, issued };
}
