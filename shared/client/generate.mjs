// Writes the types of the schema from what is printed in schema/: one file of TypeScript, which is not checked in.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSchema, isEnumType, isInputObjectType, isObjectType, isScalarType, isUnionType } from 'graphql';

const here = (path) => new URL(path, import.meta.url);
const printed = here('../../schema/');

/** What our scalars are in JSON. */
const scalars = { ID: 'string', String: 'string', Int: 'number', Float: 'number', Boolean: 'boolean', Amount: 'number', Date: 'string', DateTime: 'string', JSON: 'any' };
/** Enums that grow with each release: a program meets values that it does not know yet. */
const growing = new Set(['AggregateType', 'EventType', 'RejectionCode', 'Role']);

const comment = (text, indent = '') => (text ? `${indent}/** ${text.replaceAll('*/', '* /').replace(/\s*\n\s*/g, ' ')} */\n` : '');
const bare = (type) => String(type).replace(/[[\]!]/g, '');

/** A type of GraphQL, as one of TypeScript. */
function typed(type) {
  const text = String(type);
  if (text.endsWith('!')) return typed(text.slice(0, -1)).replace(/ \| null$/, '');
  if (text.startsWith('[')) return `Array<${typed(text.slice(1, -1))}> | null`;
  return `${scalars[text] ?? text} | null`;
}

function interfaceOf({ name, description, getFields }, fields, isInput) {
  const lines = fields.map((field) => {
    const optional = isInput && !String(field.type).endsWith('!') ? '?' : '';
    return `${comment(field.description, '  ')}  ${field.name}${optional}: ${typed(field.type)}${optional && ' | undefined'};\n`;
  });
  return `${comment(description)}export interface ${name} {\n${lines.join('')}}\n`;
}

const enumOf = ({ name, description }, values) =>
  `${comment(description)}export type ${name} = ${values.map((value) => `'${value.name}'`).join(' | ')}${growing.has(name) ? ' | (string & {})' : ''};\n`;

/** The types of the SDL, and two tables by name for those that read documents. */
function fromSdl(text) {
  const types = Object.values(buildSchema(text).getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const [out, objects, leaves] = [[], [], []];
  for (const type of types) {
    const { name } = type;
    if (isScalarType(type)) leaves.push(`  ${name}: ${scalars[name] ?? 'unknown'};\n`);
    if (isEnumType(type)) out.push(enumOf(type, type.getValues()));
    if (isUnionType(type)) out.push(`${comment(type.description)}export type ${name} = ${type.getTypes().join(' | ')};\n`);
    if (isEnumType(type) || isInputObjectType(type)) leaves.push(`  ${name}: ${name};\n`);
    if (isInputObjectType(type)) out.push(interfaceOf(type, Object.values(type.getFields()), true));
    if (isUnionType(type)) objects.push(`  ${name}: { of: ${type.getTypes().map((member) => `'${member}'`).join(' | ')} };\n`);
    if (!isObjectType(type)) continue;
    const fields = Object.values(type.getFields());
    if (!['Query', 'Mutation', 'Subscription'].includes(name)) out.push(interfaceOf(type, fields));
    objects.push(`  ${name}: { fields: { ${fields.map((field) => `${field.name}: '${field.type}'`).join('; ')} } };\n`);
  }
  return `${out.join('\n')}
/** Scalars, enums and inputs by their names in GraphQL. */
export interface Scalars {\n${leaves.join('')}}

/** Objects by their names in GraphQL, with the types of their fields; unions with their members. */
export interface Objects {\n${objects.join('')}}
`;
}

/** A JSON Schema, as a type of TypeScript. */
function fromJson(schema, defs) {
  if (schema.$ref) return fromJson(defs[schema.$ref.split('/').at(-1)], defs);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map((choice) => fromJson(choice, defs)).join(' | ');
  const kinds = [schema.type].flat().map((type) => {
    if (type === 'integer') return 'number';
    if (type === 'array') return `Array<${fromJson(schema.items ?? {}, defs)}>`;
    if (type !== 'object') return type ?? 'any';
    const fields = Object.entries(schema.properties ?? {}).map(([name, value]) => `${name}${schema.required?.includes(name) ? '' : '?'}: ${fromJson(value, defs)}`);
    return `{ ${fields.join('; ')} }`;
  });
  return kinds.join(' | ');
}

/** The data of each type of event, in its newest version: older ones are brought up to it when they are read. */
function eventData() {
  const newest = new Map();
  const folders = readdirSync(here('../../schema/json/'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: folder } of folders) {
    for (const file of readdirSync(new URL(`json/${folder}/`, printed))) {
      const [, event, version] = /^(\w+)\.v(\d+)\.event\.json$/.exec(file) ?? [];
      if (!event || Number(version) < newest.get(event)?.version) continue;
      const schema = JSON.parse(readFileSync(new URL(`json/${folder}/${file}`, printed), 'utf8'));
      newest.set(event, { version: Number(version), text: `${comment(schema.description, '  ')}  ${event}: ${fromJson(schema, schema.$defs)};\n` });
    }
  }
  const lines = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { text }]) => text);
  return `/** The data of an event, by its type. */\nexport interface EventData {\n${lines.join('')}}\n`;
}

export function generate() {
  const sdl = readFileSync(new URL('graphql/schema.graphql', printed), 'utf8');
  mkdirSync(here('generated/'), { recursive: true });
  writeFileSync(here('generated/schema.ts'), `// Written by generate.mjs from schema/.\n\n${fromSdl(sdl)}\n${eventData()}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generate();
