// A guest in a browser.
import { after } from 'node:test';
import { year } from '../../reservation/tests/hotel.mjs';

let taken = 0;
/** Nights that no other test takes, of next year. */
export function nights() {
  const first = Date.UTC(year, 0, 4 + 5 * taken++);
  const [from, until] = [first, first + 3 * 86_400_000].map((instant) => new Date(instant).toISOString().slice(0, 10));
  return { from, until };
}
export const query = (fields) => new URLSearchParams(fields).toString();

/** Opens the storefront as somebody who has signed in already; with `undefined` as nobody. `said` is what went wrong in the page. */
export async function visit(browser, { origin, issuer }, sub, path, options) {
  const context = await browser.newContext({ baseURL: origin, ...options });
  after(() => context.close());
  if (sub) await context.addCookies([{ name: 'session', value: issuer.token(sub), url: origin, httpOnly: true, sameSite: 'Lax' }]);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const said = [];
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
  const answer = await page.goto(path);
  return { context, page, said, status: answer.status(), ...words(page) };
}

/** What a guest does and waits for. */
const words = (page) => ({
  /** The page of a reservation shows this status. */
  is: (status) => page.locator(`.status[data-status="${status}"]`).waitFor(),
  live: () => page.locator('.live[data-state="live"]').waitFor(),
  shows: (text) => page.getByText(text).first().waitFor(),
  heading: (name) => page.getByRole('heading', { name, exact: true }).waitFor(),
  press: (name) => page.getByRole('button', { name, exact: true }).click(),
  follow: (name) => page.getByRole('link', { name, exact: true }).click(),
  id: () => new URL(page.url()).pathname.split('/').at(-1),
});
