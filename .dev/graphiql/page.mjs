// GraphiQL on the GraphQL door of the server that it comes from: queries and mutations over HTTP, subscriptions over a websocket.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import 'graphiql/style.css';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  subscriptionUrl: `${location.origin.replace(/^http/, 'ws')}/graphql`,
});
const defaultHeaders = JSON.stringify({ Authorization: 'Bearer <token>' }, null, 2);
const defaultQuery = `# A token for the headers below: npm run -s token -- --sub sam --role staff

{
  rooms(first: 10) {
    nodes { id number status }
  }
}
`;
createRoot(document.body).render(createElement(GraphiQL, { fetcher, defaultQuery, defaultHeaders }));
