// The printed GraphQL schema: documented to the last value, whole, and nothing that clients rely on taken away.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  buildSchema, findBreakingChanges, isEnumType, isInputObjectType, isInterfaceType, isObjectType, isScalarType,
  isSpecifiedScalarType, validateSchema,
} from 'graphql';

const read = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const schema = buildSchema(read('schema/graphql/schema.graphql'));
const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type));

test('it is a valid schema', () => assert.deepEqual(validateSchema(schema), []));

test('every type, field, argument and value says what it is', () => {
  const parts = types.flatMap((type) => {
    const values = isEnumType(type) ? type.getValues().map((value) => [`${type.name}.${value.name}`, value]) : [];
    const hasFields = isObjectType(type) || isInterfaceType(type) || isInputObjectType(type);
    const fields = hasFields ? Object.values(type.getFields()) : [];
    return [[type.name, type], ...values, ...fields.flatMap((field) => {
      const name = `${type.name}.${field.name}`;
      return [[name, field], ...(field.args ?? []).map((arg) => [`${name}(${arg.name}:)`, arg])];
    })];
  });
  assert.ok(parts.length > 300, `${parts.length} are looked at`);
  assert.deepEqual(parts.filter(([, { description }]) => !description?.trim()).map(([name]) => name), []);
});

test('every scalar of our own says where it is specified', () => {
  const scalars = types.filter(isScalarType);
  assert.ok(scalars.length >= 3);
  assert.deepEqual(scalars.filter(({ specifiedByURL }) => !URL.canParse(specifiedByURL)).map(({ name }) => name), []);
});

/** What a version promises: within it nothing breaks. Before 1.0 that is the minor one. */
const promise = (version) => version.split('.').slice(0, version.startsWith('0.') ? 2 : 1).join('.');

test('nothing is taken away from clients since the last release, unless the version says so', () => {
  const released = read('schema/graphql/released.graphql');
  const [, last] = released.match(/^# Released as (\S+)\.$/m);
  const { version } = JSON.parse(read('package.json'));
  const breaks = findBreakingChanges(buildSchema(released), schema).map(({ type, description }) => `${type}: ${description}`);
  if (promise(version) !== promise(last)) return;
  assert.deepEqual(breaks, [], `
Clients of ${last} would break. Keep what they use, with @deprecated where it is to go, or raise the version in package.json and
Cargo.toml to one that promises nothing to them. With the release, copy schema.graphql to released.graphql.\n`);
});
