// GraphiQL as a developer meets it: the page of the development server, in a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secret, sign } from '../../.dev/token.mjs';
import { develop } from '../acceptance/development.mjs';
import { fresh, until } from '../acceptance/harness.mjs';
import { room101 } from '../../workers/reservation/tests/hotel.mjs';
import { bearer, seconds } from '../acceptance/tokens.mjs';
import { launch, open } from './browser.mjs';

const url = await develop();
const browser = await launch();
const { page, said } = await open(browser, `${url}/graphql`);

async function write(editor, text) {
  await page.click(`${editor} .CodeMirror`);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(text);
}
/** Writes a document, waits until the page has read it, which the name of its tab tells, and runs it. */
async function run(document) {
  await write('.graphiql-query-editor', document);
  const [, name] = /^\w+ (\w+)/.exec(document);
  await page.locator('.graphiql-tab-button', { hasText: name }).waitFor();
  await page.click('.graphiql-execute-button');
}
const shown = () => page.locator('.result-window').innerText();
async function shows(text) {
  try {
    await until(`the result shows ${text}`, async () => (await shown()).includes(text));
  } catch (error) {
    throw new Error(`${error.message}. It shows ${await shown()}`);
  }
}
const authorised = (token) => write('.graphiql-editor-tool .graphiql-editor:not(.hidden)', JSON.stringify({ Authorization: `Bearer ${token}` }));

test('it says what there is, in the words of the schema', async () => {
  await page.click('[aria-label="Show Documentation Explorer"]');
  const docs = page.locator('.graphiql-doc-explorer');
  await docs.getByRole('link', { name: 'Mutation', exact: true }).click();
  await docs.getByText('Opens a room for holds.').first().waitFor();
  await docs.getByRole('link', { name: 'addRoom', exact: true }).click();
  await docs.getByText('AddRoomInput').first().waitFor();
  await page.click('[aria-label="Hide Documentation Explorer"]');
  assert.deepEqual(said, []);
});

test('without a token it runs the first query, and shows what is asked for', async () => {
  await page.click('.graphiql-execute-button');
  await shows('INVALID_TOKEN');
  assert.match(said.pop(), /401/); // the browser says this of every such answer
});

test('with a token it commands, asks and subscribes', async () => {
  const token = sign({ sub: 'sam', role: 'staff', exp: seconds() + 600 }, secret());
  await authorised(token);
  const id = fresh('room');
  const input = `{ hotelId: "${room101.hotelId}", number: "101", capacity: 2, nightlyRate: 12500 }`;
  await run(`mutation Open { addRoom(id: "${id}", input: ${input}) { __typename ... on Rejected { detail } } }`);
  await shows('"Accepted"');
  await run(`query Look { room(id: "${id}") { number status } }`);
  await shows('"OPEN"');
  await run(`subscription Follow { room(id: "${id}", after: "0") { event { type } } }`);
  await shows('"RoomAdded"');
  await fetch(`${url}/commands`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ aggregateType: 'room', aggregateId: id, name: 'CloseRoom', payload: {} }),
  });
  await shows('"RoomClosed"');
  assert.deepEqual(said, []);
});
