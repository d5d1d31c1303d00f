// A page on React, in its strict mode: it sends a claim, shows it at once, and follows it; beside it the list of all.
import { createElement as h, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createCore, EventStreams, newId } from '@edgefold/client';
import { CoreProvider, useAggregate, useList, useSend } from '@edgefold/client/react';
import { Create, Listed, ListedLive, Waited } from '../claim_documents.mjs';

const asked = new URLSearchParams(location.search);
const core = createCore({ url: asked.get('core'), token: async () => (await fetch('/token')).text(), fallback: EventStreams });

function Claim({ id }) {
  const { row, tentative, state, error, event } = useAggregate(Waited, { id }, { initial: { id, status: 'PENDING' } });
  useEffect(() => void (event && (window.seen ??= []).push(event.version)), [event]);
  return h('p', { id: 'claim' }, `${row.status}${tentative ? ' tentative' : ''} ${state} ${error?.code ?? ''}`);
}

function Page() {
  const [id, setId] = useState();
  const { send, sending, error } = useSend(Create);
  const { rows = [], expect, state } = useList(Listed, ListedLive, { filter: { resourceId: asked.get('resource') } });
  const submit = async (event) => {
    event.preventDefault();
    const [made, dates] = [newId(), Object.fromEntries(new FormData(event.target))];
    const sent = send({ id: made, input: { resourceId: asked.get('resource'), ...dates } });
    expect({ id: made, status: 'PENDING', version: 0 }, sent);
    if (await sent) setId(made);
  };
  return h('main', null,
    h('form', { onSubmit: submit }, h('input', { name: 'dateStart' }), h('input', { name: 'dateEnd' }), h('button', { disabled: sending }, 'claim')),
    h('p', { id: 'error' }, error ? `${error.code} ${error.field}` : ''),
    h('ul', { 'data-state': state }, rows.map((row) => h('li', { key: row.id }, `${row.status}${row.tentative ? ' tentative' : ''}`))),
    id && h(Claim, { id }),
  );
}

createRoot(document.getElementById('root')).render(h(StrictMode, null, h(CoreProvider, { core }, h(Page))));
