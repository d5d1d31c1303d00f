// A network between a client and a core, which a test can cut.
import { connect, createServer } from 'node:net';
import { after } from 'node:test';

/**
 * Listens for clients of a core, which may be restarted behind it, until the test has ended. `url` is what they call. Without
 * `upgrades` it refuses websockets, as some networks do; `refused` counts them.
 */
export async function proxy(core, { upgrades = true } = {}) {
  const open = new Set();
  let [away, refused] = [false, 0];
  const server = createServer((near) => {
    if (away) return near.destroy();
    open.add(near);
    near.on('error', () => {}).on('close', () => open.delete(near));
    // Clients speak first; and whoever wants a websocket opens a connection for it.
    near.once('data', (head) => {
      if (!upgrades && /^upgrade: websocket/im.test(head)) {
        refused++;
        return near.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      }
      const { hostname, port } = new URL(core.url);
      const far = connect(Number(port), hostname);
      far.write(head);
      near.pipe(far).pipe(near);
      for (const end of [near, far]) end.on('error', () => {}).on('close', () => (near.destroy(), far.destroy()));
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const cut = () => open.forEach((socket) => socket.destroy());
  after(() => {
    cut();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Cuts every connection; the next one comes through. */
    cut,
    /** Cuts every connection, and lets none through until `mend`. */
    down() {
      away = true;
      cut();
    },
    mend: () => (away = false),
    /** How many websockets it has refused. */
    get refused() {
      return refused;
    },
  };
}
