// Who is asking. The cookie holds the token that the issuer gave; it is verified here, since a page from the cache asks the core nothing.
import { createCore, type Binding } from '@edgefold/client';
import { verifier, type Who } from '@edgefold/client/auth';
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

export const cookieOf = (request: Request, name: string) => new RegExp(`(?:^|; )${name}=([^;]+)`).exec(request.headers.get('cookie') ?? '')?.[1];

/** A cookie that no script reads; with no value it goes. */
export const cookie = (request: Request, name: string, value = '', seconds = value ? 600 : 0) =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${request.url.startsWith('https:') ? '; Secure' : ''}`;

let verify: ReturnType<typeof verifier> | undefined; // it keeps the issuer's keys

/** Who has signed in; nobody, if the cookie is missing, forged or too old. */
export async function guestOf({ request, context }: Asked): Promise<Who | undefined> {
  const { JWKS_URL: jwks, ISSUER: issuer, AUDIENCE: audience } = envOf({ context });
  verify ??= verifier({ jwks, issuer, audience });
  return verify(cookieOf(request, 'session')).catch((error) => {
    if (!error.final) throw error; // the issuer is away: nobody is signed out by that
    return undefined;
  });
}

/** What a page of a guest needs. Whoever has not signed in does so first, and comes back. */
export async function signedIn(asked: Asked) {
  const [who, env] = [await guestOf(asked), envOf(asked)];
  const { pathname, search } = new URL(asked.request.url);
  if (!who) throw redirect(`/sign-in?to=${encodeURIComponent(pathname + search)}`);
  return { who, env, core: createCore({ binding: env.CORE, token: cookieOf(asked.request, 'session')! }), cache: env.CACHE.get(env.CACHE.idFromName('cache')) };
}
