// A Worker that uses the core by its service binding: the cache of its front end, and what it asks and watches itself.
import { createCore } from '@edgefold/client';
import { signer } from '@edgefold/client/auth';
import { projection, ProjectionCache } from '@edgefold/client/workers';

const Claim = `subscription ($id: ID!, $after: String) {
  claim(id: $id, after: $after) { cursor caughtUp event { type version } claim { id version status userId } }
}`;
const Resource = `subscription ($id: ID!, $after: String) {
  resource(id: $id, after: $after) { cursor caughtUp event { type version data } resource { id version } }
}`;

const service = ({ SECRET: secret, ISSUER: issuer, AUDIENCE: audience }) => signer({ secret, issuer, audience, subject: 'front', role: 'service' });

export class Cache extends ProjectionCache {
  most = 3;
  idle = 3_000;
  patience = 60_000; // a busy machine
  async waitAtMost(ms) {
    this.patience = ms;
  }
  core = () => createCore({ ...(this.env.URL ? { url: this.env.URL } : { binding: this.env.CORE }), token: service(this.env) });
  projections = {
    claim: projection(Claim, { visibleTo: (row, who) => who.role === 'operator' || row.userId === who.subject }),
    // Who holds which days: an event tells what a row does not.
    holds: projection(Resource, {
      visibleTo: (_, who) => who.role === 'operator',
      begin: [],
      fold: {
        ResourceHeld: (holds, { claimId }) => [...holds, claimId],
        ResourceReleased: (holds, { claimId }) => holds.filter((id) => id !== claimId),
      },
    }),
  };
}

const answers = {
  read: (cache, { kind, id, as, minVersion }) => cache.read(kind, id, { as, minVersion }),
  seed: (cache, { kind, id, row }) => cache.seed(kind, id, row),
  stats: (cache) => cache.stats(),
  waitAtMost: (cache, { ms }) => cache.waitAtMost(ms),
  async watch(_, { id }, env) {
    const core = createCore({ binding: env.CORE, token: service(env) });
    const [{ claim }, seen] = [await core.query('query ($id: ID!) { claim(id: $id) { status } }', { id }), []];
    for await (const { row } of core.watch(Claim, { id }, { after: '0', until: ({ row }) => row.status === 'CONFIRMED' })) seen.push(row.status);
    core.close();
    return { asked: claim.status, seen };
  },
};

export default {
  async fetch(request, env) {
    const { call, ...rest } = await request.json();
    try {
      return Response.json({ value: await answers[call](env.CACHE?.get(env.CACHE.idFromName('cache')), rest, env) });
    } catch ({ name, message, code, final }) {
      return Response.json({ error: { name, message, code, final } });
    }
  },
};
