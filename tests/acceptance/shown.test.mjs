// Nothing is shown that the policy does not allow: every aggregate, every sort of caller, every door.
import { before } from 'node:test';
import { days, settled } from './claims.mjs';
import { fresh, serve, until } from './harness.mjs';
import { journal } from './journal.mjs';
import { checkSights } from './sights.mjs';
import { token } from './tokens.mjs';

const core = await serve();
const types = ['resource', 'meter', 'claim'];
const instances = Object.fromEntries(types.map((type) => [type, { id: fresh(type), command: fresh(`command-${type}`) }]));
const other = fresh('meter');
const callers = {
  ana: token('owner', 'ana'),
  ben: token('owner', 'ben'),
  'the meter': token('machine', instances.meter.id),
  'another meter': token('machine', other),
  'a machine that has the name of an owner': token('machine', 'ana'),
  'an operator': token('operator', 'sam'),
  'a service': token('service', 'ana'),
  'an admin': token('admin', 'root'),
};

before(async () => {
  const night = days(instances.resource.id, '2030-01-01', '2030-01-02');
  const send = (type, name, payload) =>
    core.send(type, name, payload, { aggregateId: instances[type].id, commandId: instances[type].command });
  await send('resource', 'AddResource', { groupId: 'group', number: '1', capacity: 2, rate: 1 });
  await send('meter', 'RegisterMeter', { model: 'm', ownerId: 'ana' });
  await core.send('meter', 'RegisterMeter', { model: 'm', ownerId: 'ben' }, { aggregateId: other });
  await send('claim', 'CreateClaim', night);
  await settled(core, instances.claim.id);
  await until('all of it is journalled', () => journal(core).length === 6);
});

checkSights(core, {
  callers,
  instances,
  policy: {
    resource: { sees: ['an operator', 'a service'], lists: Object.keys(callers) },
    meter: { sees: ['ana', 'the meter', 'an operator', 'a service'], lists: [] },
    claim: { sees: ['ana', 'an operator', 'a service'], lists: [] },
  },
  secrets: [instances.claim.id, 'sam', 'groupId'],
});
