// The two stock clients, each set up as its own guide says: HTTP for queries and mutations, graphql-ws for subscriptions.
// `ask` gives data or fails; `subscribe` calls `next` with data, and `ended` once when no more comes.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';

function apollo({ url, socket, authorization }) {
  const shown = new SetContextLink(({ headers }) => ({ headers: { ...headers, authorization: authorization() } }));
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === 'subscription',
      new GraphQLWsLink(socket),
      shown.concat(new HttpLink({ uri: url })),
    ),
  });
  return {
    query: async (query, variables) => (await client.query({ query: gql(query), variables, fetchPolicy: 'network-only' })).data,
    mutate: async (mutation, variables) => (await client.mutate({ mutation: gql(mutation), variables })).data,
    subscribe(query, variables, next, ended) {
      const subscription = client.subscribe({ query: gql(query), variables, fetchPolicy: 'no-cache' }).subscribe({
        next: ({ data, error }) => (error ? ended(error) : next(data)),
        error: ended,
        complete: ended,
      });
      return () => subscription.unsubscribe();
    },
  };
}

function urql({ url, socket, authorization }) {
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
  });
  const client = new Client({
    url,
    preferGetMethod: false,
    exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription })],
    fetchOptions: () => ({ headers: { authorization: authorization() } }),
  });
  const whole = ({ data, error }) => {
    if (error) throw error;
    return data;
  };
  return {
    query: async (query, variables) => whole(await client.query(query, variables).toPromise()),
    mutate: async (mutation, variables) => whole(await client.mutation(mutation, variables).toPromise()),
    subscribe: (query, variables, next, ended) =>
      client.subscription(query, variables).subscribe(({ data, error }) => (error ? ended(error) : next(data))).unsubscribe,
  };
}

export const clients = { apollo, urql };
