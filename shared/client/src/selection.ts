// Reads a document as far as a fake core has to: the one root field with its arguments, and what is selected.

export interface Field {
  name: string;
  alias: string;
  args: Record<string, unknown>;
  fields: Field[];
  /** Fields of a fragment, by its type. */
  on: Record<string, Field[]>;
}

export function parse(text: string, variables: Record<string, unknown> = {}): { kind: string; root: Field } {
  const words: string[] = text.replace(/#.*/g, '').match(/\.\.\.|"(?:[^"\\]|\\.)*"|[\w$.-]+|[{}()[\]:!@=]/g) ?? [];
  let at = 0;
  const is = (word: string) => words[at] === word && ++at > 0;

  function value(): unknown {
    const word = words[at++]!;
    if (word === '[') {
      const list = [];
      while (!is(']')) list.push(value());
      return list;
    }
    if (word === '{') return named('}');
    if (word.startsWith('$')) return variables[word.slice(1)];
    return /^["\d-]|^(true|false|null)$/.test(word) ? JSON.parse(word) : word;
  }
  function named(end: string) {
    const out: Record<string, unknown> = {};
    while (!is(end)) {
      const name = words[at]!;
      at += 2; // and its colon
      out[name] = value();
    }
    return out;
  }
  function selected(): Pick<Field, 'fields' | 'on'> {
    const out: Pick<Field, 'fields' | 'on'> = { fields: [], on: {} };
    while (!is('}')) {
      if (is('...')) {
        const from = is('on') ? undefined : at++;
        if (from !== undefined) at = words.findIndex((word, n) => word === 'fragment' && words[n + 1] === words[from]) + 3;
        const type = words[at++]!;
        at += 1; // {
        const { fields, on } = selected();
        out.on[type] = [...(out.on[type] ?? []), ...fields];
        for (const [inner, more] of Object.entries(on)) out.on[inner] = [...(out.on[inner] ?? []), ...more];
        if (from !== undefined) at = from + 1;
        continue;
      }
      const alias = words[at++]!;
      const name = is(':') ? words[at++]! : alias;
      const args = is('(') ? named(')') : {};
      out.fields.push({ name, alias, args, ...(is('{') ? selected() : { fields: [], on: {} }) });
    }
    return out;
  }

  while (is('fragment')) {
    at += 4; // its name, on, the type, and a brace
    selected();
  }
  const kind = words[at] === '{' ? 'query' : words[at]!;
  const [begin, bracket] = ['{', '('].map((sign) => words.indexOf(sign, at)) as [number, number];
  at = (bracket >= 0 && bracket < begin ? words.indexOf('{', words.indexOf(')', bracket)) : begin) + 1;
  return { kind, root: selected().fields[0]! };
}

/** As much of a value as is selected. */
export function pick(value: any, { fields, on }: Pick<Field, 'fields' | 'on'>): any {
  if (Array.isArray(value)) return value.map((one) => pick(one, { fields, on }));
  // What does not say its type is of the one that its field has.
  const parts = value?.__typename ? on[value.__typename] ?? [] : Object.values(on).flat();
  const all = [...fields, ...parts];
  if (value === null || typeof value !== 'object' || !all.length) return value ?? null;
  return Object.fromEntries(all.map((field) => [field.alias, pick(value[field.name], field)]));
}
