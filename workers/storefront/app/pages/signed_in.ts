// Back from the issuer: its code becomes a token, and the token the session.
import { redirect } from 'react-router';
import { cookie, cookieOf, envOf } from '../session';
import type { Route } from './+types/signed_in';

export async function loader({ request, context }: Route.LoaderArgs) {
  const { TOKEN_URL, CLIENT_ID: client_id, CLIENT_SECRET: client_secret } = envOf({ context });
  const { searchParams, href } = new URL(request.url);
  const [state, code_verifier = '', to = ''] = cookieOf(request, 'signing')?.split('|') ?? [];
  if (!state || searchParams.get('state') !== state) return redirect('/sign-in');
  const form = { grant_type: 'authorization_code', code: searchParams.get('code') ?? '', redirect_uri: new URL('/signed-in', href).href, client_id, client_secret, code_verifier };
  const answer = await fetch(TOKEN_URL, { method: 'POST', body: new URLSearchParams(form) });
  if (!answer.ok) return redirect('/sign-in');
  const { access_token, expires_in } = (await answer.json()) as { access_token: string; expires_in: number };
  const { pathname, search, origin } = new URL(decodeURIComponent(to), href); // of this site, whatever it says
  const headers = new Headers([['set-cookie', cookie(request, 'session', access_token, expires_in)], ['set-cookie', cookie(request, 'signing')]]);
  return redirect(origin === new URL(href).origin ? `/${pathname.replace(/^\/+/, '')}${search}` : '/', { headers });
}
