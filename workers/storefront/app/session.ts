// Who is asking, and what the pages of a guest need.
import { createCore, type Binding } from '@edgefold/client';
import { sessions, type Sessions } from '@edgefold/client/auth';
import type { CacheStub } from '@edgefold/client/workers';
import { redirect } from 'react-router';
import type { Cache } from '../worker';

export interface Env extends Record<'CORE_URL' | 'ISSUER' | 'AUDIENCE' | 'JWKS_URL' | 'AUTHORIZE_URL' | 'TOKEN_URL' | 'CLIENT_ID' | 'CLIENT_SECRET' | 'SERVICE_SECRET' | 'HOTEL', string> {
  CORE: Binding;
  CACHE: { idFromName(name: string): unknown; get(id: unknown): CacheStub<Cache['projections']> };
}

interface Asked {
  request: Request;
  context: unknown;
}

export const envOf = ({ context }: Pick<Asked, 'context'>) => (context as { env: Env }).env;

let made: Sessions | undefined; // it keeps the issuer's keys
export const sessionsOf = ({ JWKS_URL: jwks, ISSUER: issuer, AUDIENCE: audience, AUTHORIZE_URL: authorizeUrl, TOKEN_URL: tokenUrl, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret }: Env) =>
  (made ??= sessions({ jwks, issuer, audience, authorizeUrl, tokenUrl, clientId, clientSecret }));

/** What a page of a guest needs. Whoever has not signed in does so first, and comes back. */
export async function signedIn({ request, context }: Asked) {
  const env = envOf({ context });
  const [who, { pathname, search }] = [await sessionsOf(env).who(request), new URL(request.url)];
  if (!who) throw redirect(`/sign-in?to=${encodeURIComponent(pathname + search)}`);
  return { who, env, core: createCore({ binding: env.CORE, token: sessionsOf(env).token(request)! }), cache: env.CACHE.get(env.CACHE.idFromName('cache')) };
}
