// The Worker: pages by React Router, and the class of the cache.
import { createCore } from '@edgefold/client';
import { signer } from '@edgefold/client/auth';
import { projection, ProjectionCache } from '@edgefold/client/workers';
import { createRequestHandler } from 'react-router';
import * as build from 'virtual:react-router/server-build';
import { LiveReservation, LiveRoom } from './app/documents';
import { sessionsOf, type Env } from './app/session';

/** What the pages read: it follows the core, and shows each guest only what is theirs. */
export class Cache extends ProjectionCache<Env> {
  core = () => createCore({ binding: this.env.CORE, token: signer({ secret: this.env.SERVICE_SECRET, issuer: 'storefront', audience: this.env.AUDIENCE, subject: 'storefront', role: 'service' }) });
  projections = {
    reservation: projection(LiveReservation, { visibleTo: (row, who) => row.userId === who.subject }),
    room: projection(LiveRoom, { visibleTo: () => true }),
  };
}

const handle = createRequestHandler(build, import.meta.env.MODE);

export default { fetch: (request: Request, env: Env) => sessionsOf(env).kept(request, (request) => handle(request, { env } as never)) };
