// Sign-in of a site whose pages a server renders: OpenID Connect's authorisation code with PKCE (RFC 7636). The token lies in a cookie that
// no script reads, and is verified for every page, since a page from a cache asks the core nothing.
import { verifier, type VerifierOptions, type Who } from './auth.js';
import type { Binding } from './types.js';

export interface SessionOptions extends Omit<VerifierOptions, 'secret'> {
  jwks: string;
  issuer: string;
  audience: string;
  /** Where the issuer asks who somebody is, and where it exchanges codes. */
  authorizeUrl: string;
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** What is asked for, such as `openid offline_access`, which many issuers want for a token of renewal. */
  scope?: string;
  /** Path of this site to which the issuer leads back: `/signed-in`. */
  back?: string;
  /** Path that leads to the sign-in: `/sign-in`. */
  door?: string;
}

export interface Sessions {
  /** Who has signed in; nobody, if the cookie is missing, forged or too old. Fails while the issuer's keys cannot be had. */
  who(request: Request): Promise<Who | undefined>;
  /** The token of whoever calls. It was verified only if `who` has said so. */
  token(request: Request): string | undefined;
  /** Off to the issuer. After it, the browser goes to `to`, of this site. */
  signIn(request: Request, to?: string): Promise<Response>;
  /** Back from the issuer: its code becomes a token, and the token the session. */
  signedIn(request: Request): Promise<Response>;
  signOut(request: Request): Response;
  /** A ticket of the core's, with which a page opens its socket: the answer to `ticket` of `createCore`. */
  ticket(request: Request, core: Binding): Promise<Response>;
  /**
   * Answers a request with a session that goes on: a token that has nearly ended gives way to a new one, if the issuer has given a token
   * of renewal. Everything of a site goes through it.
   */
  kept(request: Request, answer: (request: Request) => Promise<Response> | Response): Promise<Response>;
}

/** Milliseconds before the end of a token at which it gives way. */
const early = 60_000;
/** Seconds for which a token of renewal is kept; the issuer may end it sooner. */
const lasting = 30 * 24 * 60 * 60;

const cookieOf = (request: Request, name: string) => new RegExp(`(?:^|; )${name}=([^;]+)`).exec(request.headers.get('cookie') ?? '')?.[1];

/** A cookie that no script reads; with no value it goes. */
const cookie = (request: Request, name: string, value = '', seconds = value ? 600 : 0) =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${request.url.startsWith('https:') ? '; Secure' : ''}`;

const redirect = (location: string, cookies: string[] = []) =>
  new Response(null, { status: 302, headers: [['location', location], ['cache-control', 'no-store'], ...cookies.map((text): [string, string] => ['set-cookie', text])] });

/** When a token says that it ends, whoever has signed it. */
function endOf(token: string | undefined): number {
  try {
    return JSON.parse(atob(token!.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))).exp * 1000 || 0;
  } catch {
    return 0;
  }
}

/** Makes the sessions of a site. Keep it in a variable of the module: it remembers the issuer's keys. */
export function sessions(options: SessionOptions): Sessions {
  const { authorizeUrl, tokenUrl, clientId: client_id, clientSecret: client_secret, scope, back = '/signed-in', door = '/sign-in' } = options;
  const call = options.fetch ?? globalThis.fetch.bind(globalThis);
  const verify = verifier(options);

  const token = (request: Request) => cookieOf(request, 'session');
  const who = (request: Request) =>
    verify(token(request)).catch((error) => {
      if (!error.final) throw error; // the issuer is away: nobody is signed out by that
      return undefined;
    });

  /** What the issuer gives for this, as cookies; nothing if it gives none. */
  async function exchanged(request: Request, form: Record<string, string>) {
    const answer = await call(tokenUrl, { method: 'POST', body: new URLSearchParams({ ...form, client_id, client_secret }) });
    if (!answer.ok) return undefined;
    const { access_token, expires_in = 3600, refresh_token } = (await answer.json()) as { access_token: string; expires_in?: number; refresh_token?: string };
    const cookies = [cookie(request, 'session', access_token, expires_in)];
    if (refresh_token) cookies.push(cookie(request, 'renewal', encodeURIComponent(refresh_token), lasting));
    return { access_token, cookies };
  }

  async function signIn(request: Request, to = '/') {
    const [state, secret] = [crypto.randomUUID(), crypto.randomUUID() + crypto.randomUUID()];
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret)));
    const code_challenge = btoa(String.fromCharCode(...digest)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    const redirect_uri = new URL(back, request.url).href;
    const asked = new URLSearchParams({ response_type: 'code', client_id, redirect_uri, state, code_challenge, code_challenge_method: 'S256', ...(scope && { scope }) });
    return redirect(`${authorizeUrl}?${asked}`, [cookie(request, 'signing', [state, secret, encodeURIComponent(to)].join('|'))]);
  }

  async function signedIn(request: Request) {
    const { searchParams, origin } = new URL(request.url);
    const [state, code_verifier = '', to = ''] = cookieOf(request, 'signing')?.split('|') ?? [];
    if (!state || searchParams.get('state') !== state) return redirect(door);
    const redirect_uri = new URL(back, request.url).href;
    const found = await exchanged(request, { grant_type: 'authorization_code', code: searchParams.get('code') ?? '', redirect_uri, code_verifier });
    if (!found) return redirect(door);
    const wanted = decodeURIComponent(to);
    const { pathname, search, origin: where } = new URL(URL.canParse(wanted, request.url) ? wanted : '/', request.url); // of this site, whatever it says
    return redirect(where === origin ? `/${pathname.replace(/^\/+/, '')}${search}` : '/', [...found.cookies, cookie(request, 'signing')]);
  }

  const signOut = (request: Request) => redirect(door, [cookie(request, 'session'), cookie(request, 'renewal')]);

  async function ticket(request: Request, core: Binding) {
    if (!(await who(request))) return new Response(null, { status: 401 });
    const answer = await core.fetch('https://core/tickets', { method: 'POST', headers: { authorization: `Bearer ${token(request)}` } });
    const { ticket } = (await answer.json()) as { ticket?: string };
    return new Response(ticket ?? '', { status: answer.status, headers: { 'cache-control': 'no-store' } });
  }

  async function kept(request: Request, answer: (request: Request) => Promise<Response> | Response) {
    const renewal = cookieOf(request, 'renewal');
    if (!renewal || endOf(token(request)) - Date.now() > early) return answer(request);
    const refresh_token = decodeURIComponent(renewal);
    // While the issuer is away the old token counts until its end.
    const found = await exchanged(request, { grant_type: 'refresh_token', refresh_token }).catch(() => undefined);
    if (!found) return answer(request);
    const others = (request.headers.get('cookie') ?? '').split('; ').filter((one) => !one.startsWith('session='));
    const headers = new Headers(request.headers);
    headers.set('cookie', [...others, `session=${found.access_token}`].join('; '));
    const given = await answer(new Request(request, { headers }));
    const response = new Response(given.body, given);
    // What the answer says of the session itself counts: somebody may be signing out.
    if (!given.headers.getSetCookie().some((one) => one.startsWith('session='))) for (const one of found.cookies) response.headers.append('set-cookie', one);
    return response;
  }

  return { who, token, signIn, signedIn, signOut, ticket, kept };
}
