// What TypeScript knows: checked by the compiler, never run.
import { createCore, graphql, type EventData, type EventOf, type Reservation, type ReservationStatus, type RowOf } from '@edgefold/client';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <Claim extends true>(claim?: Claim) => claim;
declare const core: ReturnType<typeof createCore>;

// A question: lists, nulls, aliases, arguments, comments.
const Rooms = graphql(`
  # The rooms of a hotel.
  query Rooms($filter: RoomFilter, $first: Int = 20) {
    rooms(filter: $filter, first: $first, orderBy: CHEAPEST) {
      updatesCursor
      nodes { id price: nightlyRate status }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const { rooms } = await core.query(Rooms, { filter: { hotelId: 'grand', guests: 2 } });
is<Same<typeof rooms, { updatesCursor: string | null; nodes: { id: string; price: number; status: 'OPEN' | 'CLOSED' }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }>>();
await core.query(Rooms, {});
// @ts-expect-error hotelId is a text
await core.query(Rooms, { filter: { hotelId: 7 } });
// @ts-expect-error there is no such variable
await core.query(Rooms, { hotel: 'grand' });
// @ts-expect-error there is no such field
rooms.nodes[0]!.nightlyRate;

const { me } = await core.query(graphql('{ me { subject role __typename } }'));
is<Same<typeof me, { subject: string; role: import('@edgefold/client').Role; __typename: 'Me' } | null>>();
const { room } = await core.query(graphql('query ($id: ID!) { room(id: $id) { number @skip(if: false) } }'), { id: 'r' });
is<Same<typeof room, { number: string } | null>>();

// Fragments with a name, shared by documents, before the operation or after it; one within another.
const Priced = 'fragment Priced on Room { price: nightlyRate ...Named }';
const Named = 'fragment Named on Room { number }';
const Shared = graphql(`query ($id: ID!) { room(id: $id) { id ...Priced @include(if: true) status } } ${Priced} ${Named}`);
const { room: shared } = await core.query(Shared, { id: 'r' });
is<Same<typeof shared, { id: string; status: 'OPEN' | 'CLOSED'; price: number; number: string } | null>>();
const { rooms: named } = await core.query(graphql(`${Named} query ($filter: RoomFilter) { rooms(filter: $filter) { nodes { ...Named } } }`), {});
is<Same<typeof named.nodes, { number: string }[]>>();
const { createRoom } = { createRoom: graphql(`mutation ($input: AddRoomInput!) { addRoom(input: $input) { ...Ok ... on Rejected { code } } } fragment Ok on Accepted { version }`) };
await core.send(createRoom, { input: { hotelId: 'grand', number: '101', capacity: 2, nightlyRate: 10_000 } });

// A command: what is made up may be left out, the rest may not.
const Create = graphql(`
  mutation ($id: ID, $commandId: ID, $input: CreateReservationInput!) {
    createReservation(id: $id, commandId: $commandId, input: $input) {
      ... on Accepted { aggregateId version confirmWithinMs events { type version } }
      ... on Rejected { code detail field }
    }
  }
`);
const sent = await core.send(Create, { input: { roomId: 'r', dateStart: '2030-01-01', dateEnd: '2030-01-03' } });
is<Same<typeof sent.answer, { aggregateId: string; version: number; confirmWithinMs: number; events: { type: import('@edgefold/client').EventType; version: number }[] }>>();
// @ts-expect-error a reservation is of a room
await core.send(Create, { input: { dateStart: '2030-01-01', dateEnd: '2030-01-03' } });
const Cancel = graphql('mutation ($id: ID!, $commandId: ID) { cancelReservation(id: $id, commandId: $commandId) { ... on Accepted { version } ... on Rejected { code } } }');
await core.send(Cancel, { id: 'a' });
// @ts-expect-error it is one that there is
await core.send(Cancel, {});

// One instance, with its events: each has the data of its type.
const Watched = graphql(`
  subscription ($id: ID!, $after: String) {
    reservation(id: $id, after: $after) { cursor caughtUp event { type version data } reservation { id status confirmBy } }
  }
`);
const watch = core.watch(Watched, { id: 'a' }, { until: ({ row }) => row.status !== 'PENDING' });
for await (const { row, event } of watch) {
  is<Same<typeof row.status, ReservationStatus>>();
  if (event?.type === 'ReservationDeclined') is<Same<typeof event.data, EventData['ReservationDeclined']>>();
  if (event?.type === 'ReservationDeclined') is<Same<typeof event.data.reason, string>>();
  // @ts-expect-error there is no such status
  if (row.status === 'LOST') break;
}
// @ts-expect-error an instance has an id
core.watch(Watched, {});

// A list.
const Mine = graphql('query ($after: String) { reservations(after: $after) { updatesCursor nodes { id version status } } }');
const MineLive = graphql('subscription ($after: String) { reservations(after: $after) { cursor left caughtUp reservation { id version status } } }');
const live = core.list(Mine, {}).live(MineLive);
live.expect({ id: 'a', version: 0, status: 'PENDING' });
for await (const { rows } of live) is<Same<(typeof rows)[number]['status'], ReservationStatus>>();
// @ts-expect-error a row has what the document selects
live.expect({ id: 'a' });

// The types of the schema have its names, and what a document selects fits them.
type Row = RowOf<{ reservation: { cursor: string; event: null; caughtUp: boolean; reservation: Pick<Reservation, 'id' | 'status'> | null } }>;
is<Same<Row, Pick<Reservation, 'id' | 'status'>>>();
is<Same<EventOf<{ room: { cursor: string; event: { type: 'RoomHeld' } | null; room: null } }>, { type: 'RoomHeld' }>>();
is<Same<EventData['RoomHeld']['userId'], string | undefined>>();

// A text that is put together is not read: it answers anything.
const any = await core.query(graphql(`query { ${String(Math.random())} }` as string));
is<Same<typeof any, any>>();
