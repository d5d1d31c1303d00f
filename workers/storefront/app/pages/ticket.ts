// The ticket with which a page opens its socket to the core.
import { cookieOf, envOf, guestOf } from '../session';
import type { Route } from './+types/ticket';

export async function action(asked: Route.ActionArgs) {
  if (!(await guestOf(asked))) return new Response(null, { status: 401 });
  const headers = { authorization: `Bearer ${cookieOf(asked.request, 'session')}` };
  const answer = await envOf(asked).CORE.fetch('https://core/tickets', { method: 'POST', headers });
  const { ticket } = (await answer.json()) as { ticket?: string };
  return new Response(ticket ?? '', { status: answer.status, headers: { 'cache-control': 'no-store' } });
}
