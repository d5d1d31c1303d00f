import { Form, redirect } from 'react-router';
import { cookie, envOf } from '../session';
import type { Route } from './+types/sign_in';

const text = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

/** Where to go on, on this site. */
export const loader = ({ request }: Route.LoaderArgs) => ({ to: new URL(request.url).searchParams.get('to') ?? '/' });

/** Off to the issuer. What it has to come back with lies in a cookie: the state, the secret whose digest it gets, and where to go on. */
export async function action({ request, context }: Route.ActionArgs) {
  const { AUTHORIZE_URL, CLIENT_ID: client_id } = envOf({ context });
  const [state, secret, to] = [crypto.randomUUID(), crypto.randomUUID() + crypto.randomUUID(), String((await request.formData()).get('to'))];
  const code_challenge = text(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret)));
  const redirect_uri = new URL('/signed-in', request.url).href;
  const asked = new URLSearchParams({ response_type: 'code', client_id, redirect_uri, state, code_challenge, code_challenge_method: 'S256' });
  return redirect(`${AUTHORIZE_URL}?${asked}`, { headers: { 'set-cookie': cookie(request, 'signing', [state, secret, encodeURIComponent(to)].join('|')) } });
}

export default function SignIn({ loaderData: { to } }: Route.ComponentProps) {
  return (
    <section className="hero">
      <h1>A room at the Grand</h1>
      <p>See what is free while you look, and know at once whether the room is yours.</p>
      <Form method="post" reloadDocument>
        <input type="hidden" name="to" value={to} />
        <button>Sign in to book</button>
      </Form>
    </section>
  );
}
