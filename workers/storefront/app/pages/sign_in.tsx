import { Form } from 'react-router';
import { envOf, sessionsOf } from '../session';
import type { Route } from './+types/sign_in';

/** Where to go on, on this site. */
export const loader = ({ request }: Route.LoaderArgs) => ({ to: new URL(request.url).searchParams.get('to') ?? '/' });

/** Off to the issuer. */
export const action = async ({ request, context }: Route.ActionArgs) => {
  const to = String((await request.clone().formData()).get('to'));
  return sessionsOf(envOf({ context })).signIn(request, to);
};

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
