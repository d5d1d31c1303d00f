// The client of a core: what its parts are put together to.
import { textOf } from './document.js';
import { overHttp, tokenOf, whole, type Ask } from './door.js';
import { CoreError } from './error.js';
import { follow } from './follow.js';
import { listOf } from './live.js';
import { send } from './send.js';
import { Socket } from './socket.js';
import type { Core, CoreOptions } from './types.js';
import { InstanceWatch } from './watch.js';

const closed = () => new CoreError({ code: 'CLOSED', detail: 'the client was closed', final: true });

/** Asks over the socket: for a page that has a ticket and no token. */
const overSocket = (socket: Socket): Ask => (asked, signal) =>
  new Promise((done, fail) => {
    const leave = () => (stop(), fail(signal!.reason));
    const stop = socket.run({
      asked: () => asked,
      next: (answer) => (done(answer), stop()), // or a socket that is cut before it says that this was all would ask again
      ended: (error) => (signal?.removeEventListener('abort', leave), fail(error ?? closed())), // after the answer this says nothing
    });
    if (signal?.aborted) leave();
    signal?.addEventListener('abort', leave, { once: true });
  });

export function createCore(options: CoreOptions): Core {
  if (!options.url === !options.binding) throw new TypeError('a core has a url or a binding');
  const made = { ...options, ...(options.url && { url: options.url.replace(/\/+$/, '') }) };
  const socket = new Socket(made);
  const [http, bySocket] = [overHttp(made), overSocket(socket)];
  const ask: Ask = async (asked, signal) => (made.ticket && !(await tokenOf(made)) ? bySocket(asked, signal) : http(asked, signal));
  const following: Core['follow'] = (document, variables, sink) => follow(socket, document, variables, sink);
  const core: Core = {
    query: async (document, variables, { signal } = {}) => whole(await ask({ query: textOf(document), variables }, signal)),
    send: (document, variables, { signal } = {}) => send(ask, document, variables, signal) as Promise<any>,
    watch: (document, variables, given) => new InstanceWatch(following, document, variables as object, given),
    list: (document, variables) => listOf(core, document, variables as Record<string, unknown>),
    follow: following,
    close: () => socket.close(),
  };
  return core;
}
