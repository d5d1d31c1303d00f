// React on a server: what it renders is there at once, and nothing is opened.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreProvider, useAggregate, useCore, useList, useSend } from '@edgefold/client/react';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { Create, hotel, Listed, ListedLive, Watched } from './documents.mjs';

const render = (fake, component) => renderToString(createElement(CoreProvider, { core: fake.core }, createElement(component)));

test('what the server knows is rendered', async () => {
  const fake = hotel();
  fake.put('reservation', { id: 'a', status: 'PENDING' });
  const initial = await fake.core.list(Listed, {}).page();
  const html = render(fake, () => {
    const { row, tentative, state } = useAggregate(Watched, { id: 'a' }, { initial: { id: 'a', status: 'PENDING' } });
    const { rows } = useList(Listed, ListedLive, {}, { initial });
    const { sending } = useSend(Create);
    return `${row.status} ${tentative} ${state} ${rows.length} ${sending}`;
  });
  assert.equal(html, 'PENDING true connecting 1 false');
  assert.equal(fake.sockets, 0);
});

test('without anything there is nothing to show, and no error', () => {
  assert.equal(render(hotel(), () => {
    const { row, state } = useAggregate(Watched, { id: 'a' });
    const { rows, error } = useList(Listed, ListedLive, {});
    return JSON.stringify([row, state, rows, error]).replaceAll('"', '');
  }), '[null,connecting,null,null]');
});

test('a component that is in no core says so', () => {
  assert.throws(() => renderToString(createElement(() => String(useCore()))), /no <CoreProvider>/);
});
