import { createCore } from '@edgefold/client';
import { CoreProvider } from '@edgefold/client/react';
import { useMemo, type ReactNode } from 'react';
import { Form, isRouteErrorResponse, Link, Links, Meta, NavLink, Outlet, Scripts, ScrollRestoration, useRouteLoaderData } from 'react-router';
import type { Route } from './+types/root';
import { envOf, sessionsOf } from './session';
import styles from './styles.css?url';

export const links = () => [{ rel: 'stylesheet', href: styles }, { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }];
export const meta = () => [{ title: 'The Grand' }];

export async function loader(asked: Route.LoaderArgs) {
  const env = envOf(asked);
  return { name: (await sessionsOf(env).who(asked.request))?.subject, url: env.CORE_URL };
}
/** It says who has signed in, and only a whole page changes that. */
export const shouldRevalidate = () => false;

/** A page has no token: it opens its socket with a ticket. None says that nobody is signed in any more. */
async function ticket() {
  const answer = await fetch('/ticket', { method: 'POST' });
  if (answer.status >= 500) throw new Error(`got ${answer.status}`);
  return answer.ok ? answer.text() : undefined;
}

export function Layout({ children }: { children: ReactNode }) {
  const name = useRouteLoaderData<typeof loader>('root')?.name;
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <Meta />
        <Links />
      </head>
      <body>
        <a className="skip" href="#content">Skip to the content</a>
        <header>
          <Link className="brand" to="/">The Grand</Link>
          {name && (
            <>
              <nav aria-label="Main">
                <NavLink to="/" end>Rooms</NavLink>
                <NavLink to="/reservations">My reservations</NavLink>
              </nav>
              <Form className="who" method="post" action="/sign-out" reloadDocument>
                <span>{name}</span> <button className="plain">Sign out</button>
              </Form>
            </>
          )}
        </header>
        <main id="content" tabIndex={-1}>{children}</main>
        <footer>Served from the edge by <strong>Edgefold</strong>. {name && <Link to="/stats">How the cache is doing</Link>}</footer>
        <ScrollRestoration />
        <Scripts />
      </body>
    </html>
  );
}

export default function App({ loaderData: { url } }: Route.ComponentProps) {
  const core = useMemo(() => createCore({ url, ticket }), [url]);
  return <CoreProvider core={core}><Outlet /></CoreProvider>;
}

export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {
  const isMissing = isRouteErrorResponse(error) && error.status === 404;
  return (
    <section className="notice">
      <h1>{isMissing ? 'There is nothing here' : 'The hotel cannot be reached'}</h1>
      <p>{isMissing ? 'No such page, or it is not yours to see.' : 'Nothing is lost. Load the page again in a moment.'}</p>
      <Link className="button" to={isMissing ? '/' : '.'} reloadDocument>{isMissing ? 'See the rooms' : 'Try again'}</Link>
    </section>
  );
}
