// `@edgefold/client/apollo`: Apollo's subscriptions over the client's socket.
import { ApolloLink } from '@apollo/client';
import { print } from '@apollo/client/utilities';
import { Observable } from 'rxjs';
import type { Core } from './types.js';

/**
 * Subscriptions that go on where they stood: a reconnect loses nothing and repeats nothing. Their documents take `$after` and
 * select `cursor`. Everything else goes to the next link: `liveLink(core).concat(new HttpLink({ uri }))`.
 */
export const liveLink = (core: Core): ApolloLink =>
  new ApolloLink((operation, forward) => {
    if (operation.operationType !== 'subscription') return forward(operation);
    return new Observable((sink) =>
      core.follow(print(operation.query), operation.variables, {
        next: (answer) => sink.next(answer),
        ended: (error) => (error ? sink.error(error) : sink.complete()),
      }),
    );
  });
