// What is said of an event wherever one is seen.
import assert from 'node:assert/strict';
import { HTTP } from 'cloudevents';

const uuid = (version) => new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`);

export const isUuid7 = (text) => assert.match(text, uuid(7));
/** What an instance is called whose first command named none: it follows from that command. */
export const isUuid8 = (text) => assert.match(text, uuid(8));

/** The place of an event in its stream. */
export const version = (event) => Number(event.sequence);

/** Checks the wire form with the CloudEvents SDK, which holds the official JSON schema, and what is ours beyond it. */
export function checkEvent(event, type, id) {
  const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
  const read = HTTP.toEvent({ headers, body: JSON.stringify(event) });
  assert.equal(read.validate(), true);
  assert.deepEqual(read.data, event.data);
  isUuid7(event.id);
  assert.equal(event.specversion, '1.0');
  assert.equal(event.datacontenttype, 'application/json');
  assert.match(event.sequence, /^\d{10}$/);
  assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(event.dataschema, /^urn:edgefold:[a-z]+:[A-Za-z]+:[1-9]\d*$/);
  assert.ok(event.commandid, 'an event names its command');
  assert.ok(event.actor, 'an event names who caused it');
  assert.match(event.actorrole, /^[a-z][a-z0-9_]*$/);
  if (type) assert.equal(event.source, `/aggregates/${type}`);
  if (id) assert.equal(event.subject, id);
}

/** Checks that versions follow each other without a gap, from `first` on. */
export function checkOrder(events, first = 1) {
  assert.deepEqual(events.map(version), events.map((_, index) => first + index));
}
