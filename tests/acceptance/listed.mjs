// The row of an instance as its list shows it.
import assert from 'node:assert/strict';
import { until } from './harness.mjs';

/**
 * The row of an instance at this version or a later one. A list waits for it by itself, for two seconds; a busy machine may take
 * longer, so the list is asked again.
 */
export function listed(core, type, id, version, fields = 'version') {
  const query = `query ($least: [MinVersion!]) { it: ${type}s(first: 100, minVersion: $least) { nodes { id ${fields} } } }`;
  return until(`the list shows ${type} ${id} at version ${version}`, async () => {
    const { data, errors } = await core.graphql(query, { least: [{ type: type.toUpperCase(), id, version }] });
    if (errors?.[0].extensions.code === 'READ_MODEL_BEHIND') return false;
    assert.equal(errors, undefined, JSON.stringify(errors));
    const row = data.it.nodes.find((row) => row.id === id);
    assert.ok(row, `the list waited for ${type} ${id}, and has it`);
    return row;
  });
}
