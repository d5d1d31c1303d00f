// A network between a client and a core, which a test can cut.
import { connect, createServer } from 'node:net';
import { after } from 'node:test';

/** Listens for clients of a core, which may be restarted behind it, until the test has ended. `url` is what they call. */
export async function proxy(core) {
  const open = new Set();
  let away = false;
  const server = createServer((near) => {
    if (away) return near.destroy();
    const { hostname, port } = new URL(core.url);
    const far = connect(Number(port), hostname);
    near.pipe(far).pipe(near);
    open.add(near);
    for (const end of [near, far]) end.on('error', () => {}).on('close', () => (near.destroy(), far.destroy(), open.delete(near)));
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
  };
}
