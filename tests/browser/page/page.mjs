// The page of a front end: claims a room, follows what becomes of it, lists what one has claimed.
import { createClient } from 'graphql-ws';
import { clients } from './clients.mjs';

const asked = new URLSearchParams(location.search);
const url = `${asked.get('core')}/graphql`;
const $ = (id) => document.getElementById(id);
const item = (list, text) => list.append(Object.assign(document.createElement('li'), { textContent: text }));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const problem = (error) => item($('problems'), error.detail ?? error.message ?? `closed with ${error.code}`);

// ── who is here ──

let bearer;
let live; // the socket, while it is connected

/** Gets a token, shows it to the socket that is open, and gets the next one when half of its time is over. */
async function signIn() {
  const { token, expiresIn } = await (await fetch('/token')).json();
  bearer = `Bearer ${token}`;
  live?.send(JSON.stringify({ type: 'ping', payload: { authorization: bearer } }));
  setTimeout(signIn, expiresIn * 500);
}
await signIn();

let connections = 0;
const connection = (state) => ($('connection').textContent = `${state}, ${connections} so far`);
const socket = createClient({
  url: url.replace('http', 'ws'),
  connectionParams: () => ({ authorization: bearer }),
  retryAttempts: 0, // it comes back by itself, with the cursor
  on: {
    connected(opened) {
      live = opened;
      connections += 1;
      connection('open');
    },
    closed() {
      live = undefined;
      connection('closed');
    },
  },
});
const client = clients[asked.get('client')]({ url, socket, authorization: () => bearer });

// ── what one does ──

const claiming = `mutation ($input: CreateReservationInput!) {
  createReservation(input: $input) { ... on Accepted { aggregateId } ... on Rejected { code detail } }
}`;
const following = `subscription ($id: ID!, $after: String) {
  reservation(id: $id, after: $after) { cursor event { type } reservation { status } }
}`;
const listing = 'query { reservations(first: 100) { nodes { id status } } }';

async function follow(id) {
  $('reservation').textContent = id;
  let after = '0';
  for (;;) {
    let stop;
    const why = await new Promise((ended) => {
      const next = ({ reservation: { cursor, event, reservation } }) => {
        after = cursor;
        if (!reservation) return; // it has caught up, and there was nothing new
        $('status').textContent = reservation.status;
        item($('seen'), `${cursor} ${event.type} ${reservation.status}`);
      };
      stop = client.subscribe(following, { id, after }, next, ended);
    });
    stop();
    if (why) problem(why);
    await pause(100);
  }
}

const fields = (form) => Object.fromEntries(new FormData(form));
const submitted = (id, body) =>
  $(id).addEventListener('submit', (event) => {
    event.preventDefault();
    body(fields(event.target)).catch(problem);
  });

submitted('follow', ({ id }) => follow(id));
submitted('claim', async (nights) => {
  const { createReservation: answer } = await client.mutate(claiming, { input: { userId: 'ana', ...nights } });
  if (!answer.aggregateId) throw answer;
  follow(answer.aggregateId);
});
$('list').addEventListener('click', async () => {
  try {
    const { reservations } = await client.query(listing);
    $('mine').replaceChildren();
    for (const { id, status } of reservations.nodes) item($('mine'), `${id} ${status}`);
  } catch (error) {
    problem(error);
  }
});
document.body.dataset.ready = '';
