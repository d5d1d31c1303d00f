// The script of all that our figures are compared with.
import { Bare, Dedup } from './baseline_worker.js';
import { Journal, Journalled, Queued, consume } from './duties_worker.js';

export { Bare, Dedup, Journal, Journalled, Queued };

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const [, , type, id] = pathname.split('/');
    if (id) return env[type.toUpperCase()].getByName(id).fetch(request);
    const body = await request.text();
    const [first] = [JSON.parse(body)].flat();
    const stub = env[first.aggregateType.toUpperCase()].getByName(first.aggregateId);
    return stub.fetch('https://object/commands', { method: 'POST', body });
  },

  queue: consume,
};
