// What TypeScript knows of the other entries: checked by the compiler, never run.
import { Client, fetchExchange } from '@urql/core';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { createCore, graphql, type Core, type ReservationStatus, type RowIn } from '@edgefold/client';
import { liveLink } from '@edgefold/client/apollo';
import { signer, verifier, type Who } from '@edgefold/client/auth';
import { useAggregate, useList, useSend, useStore } from '@edgefold/client/react';
import { fakeCore } from '@edgefold/client/testing';
import { liveExchange } from '@edgefold/client/urql';
import { projection, ProjectionCache, type CacheStub, type Found } from '@edgefold/client/workers';

declare const core: Core;
const Watched = graphql('subscription ($id: ID!, $after: String) { reservation(id: $id, after: $after) { cursor caughtUp reservation { id version status userId } } }');
const Rooms = graphql('subscription ($id: ID!, $after: String) { room(id: $id, after: $after) { cursor caughtUp event { type version data } room { version } } }');
const Mine = graphql('query ($after: String) { reservations(after: $after) { updatesCursor nodes { id version status } } }');
const MineLive = graphql('subscription ($after: String) { reservations(after: $after) { cursor left caughtUp reservation { id version status } } }');
const Create = graphql('mutation ($id: ID, $commandId: ID, $input: CreateReservationInput!) { createReservation(id: $id, commandId: $commandId, input: $input) { ... on Accepted { version } ... on Rejected { code } } }');

// Tokens.
const who: Who = await verifier({ secret: 's' })('a token');
createCore({ url: 'https://core', token: signer({ secret: 's', subject: who.subject, role: 'service' }) });

// The cache: rows have the type of the document, and a fold that of its events.
export class Cache extends ProjectionCache<{ CORE: { fetch: typeof fetch } }> {
  core = () => createCore({ binding: this.env.CORE, token: 't' });
  projections = {
    reservation: projection(Watched, { visibleTo: (row, who) => row.userId === who.subject }),
    holds: projection(Rooms, {
      visibleTo: (holds: string[], who) => holds.length > 0 && who.role === 'staff',
      begin: [],
      fold: { RoomHeld: (holds, { reservationId }) => [...holds, reservationId], RoomReleased: (holds, { reservationId }) => holds.filter((id) => id !== reservationId) },
    }),
  };
}
// @ts-expect-error there is no such field
projection(Watched, { visibleTo: (row, who) => row.guest === who.subject });
// @ts-expect-error the event has no such data
projection(Rooms, { visibleTo: () => true, begin: [''], fold: { RoomHeld: (holds, { guest }) => [...holds, guest] } });
declare const stub: CacheStub<Cache['projections']>;
const [known, held] = [await stub.read('reservation', 'a', { as: who }), await stub.read('holds', 'r', { as: who })];
const [his, ids]: [ReservationStatus | undefined, string[] | undefined] = [known?.row.status, held?.row];
// @ts-expect-error there is no such projection
await stub.read('order', 'a', { as: who });
const row: RowIn<typeof Watched> = { id: 'a', version: 1, status: his ?? 'PENDING', userId: ids?.[0] ?? 'ana' };
await stub.seed('reservation', 'a', row);
declare const cache: Cache;
const found: Found | null = await cache.read('reservation', 'a', { as: who, minVersion: 1 });
found?.age.toFixed();

// Hooks.
export function Page() {
  const { row, late, state } = useAggregate(Watched, { id: 'a' }, { initial: { id: 'a', version: 1, status: 'PENDING', userId: 'ana' } });
  const status: ReservationStatus = row.status;
  const later: string | undefined = useAggregate(Watched, { id: 'b' }).row?.id;
  const { rows, expect } = useList(Mine, MineLive, {});
  const first = useList(Mine, MineLive, {}, { initial: { reservations: { updatesCursor: '1', nodes: [] } } }).rows[0]?.status;
  expect({ id: 'b', version: 0, status: 'PENDING' });
  const { send, error } = useSend(Create);
  void send({ input: { roomId: 'r', dateStart: '2031-01-01', dateEnd: '2031-01-02' } }).then((sent) => sent?.answer.version.toFixed());
  const { current } = useStore(core.watch(Watched, { id: 'a' }));
  return [status, later, first, late, state, rows?.length, error?.field, current?.row.id].join();
}

// Stock clients take the documents as they are.
const urql = new Client({ url: 'https://core/graphql', preferGetMethod: false, exchanges: [liveExchange(core), fetchExchange] });
urql.subscription(Watched, { id: 'a' });
new ApolloClient({ cache: new InMemoryCache(), link: liveLink(core).concat(new HttpLink({ uri: 'https://core/graphql' })) });

// The fake core is one.
const fake = fakeCore({ reservation: { createReservation: ({ input }) => ({ status: 'PENDING', ...input }) } });
await fake.core.send(Create, { input: { roomId: 'r', dateStart: '2031-01-01', dateEnd: '2031-01-02' } });
