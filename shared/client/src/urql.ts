// `@edgefold/client/urql`: urql's subscriptions over the client's socket.
import { subscriptionExchange, type Exchange } from '@urql/core';
import type { Core } from './types.js';

/** Subscriptions that go on where they stood: a reconnect loses nothing and repeats nothing. Their documents take `$after` and select `cursor`. */
export const liveExchange = (core: Core): Exchange =>
  subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: core.follow(query!, (variables ?? {}) as Record<string, unknown>, {
          next: (answer) => sink.next(answer),
          ended: (error) => (error ? sink.error(error) : sink.complete()),
        }),
      }),
    }),
  });
