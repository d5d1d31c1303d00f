import { renderToReadableStream } from 'react-dom/server';
import { ServerRouter, type EntryContext } from 'react-router';

export default async function render(request: Request, status: number, headers: Headers, context: EntryContext) {
  const body = await renderToReadableStream(<ServerRouter context={context} url={request.url} />, { signal: request.signal });
  headers.set('content-type', 'text/html; charset=utf-8');
  headers.set('content-security-policy', "frame-ancestors 'none'; base-uri 'none'; object-src 'none'");
  headers.set('cache-control', 'private, no-cache');
  return new Response(body, { status, headers });
}
