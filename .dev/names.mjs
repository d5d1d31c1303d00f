// The names of functions in a WebAssembly module, for a stack in the log. Their names are as long as the types in them and
// make a tenth of the script: what stays are the functions of this project, by their path.

/** Longest path that is kept. */
const longest = 100;

/** The path of a function of this project, such as `edgefold_flow::decide::fingerprint`; undefined for any other. */
export function pathOf(name) {
  if (!/^<*edgefold_/.test(name)) return undefined;
  const plain = name.replace(/^<+/, '').replace(/\[[0-9a-f]+\]|::\{[^}]*\}/g, '');
  const [, type, method] = /^([\w:]+).*?(>::\w+)?$/.exec(plain) ?? [plain, plain];
  return `${type}${method?.slice(1) ?? ''}`.slice(0, longest);
}

function reader(bytes) {
  let at = 0;
  const number = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const take = (length) => bytes.subarray(at, (at += length));
  return { number, take, text: () => take(number()).toString(), isAtEnd: () => at >= bytes.length };
}

function leb(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

const sized = (bytes) => Buffer.concat([leb(bytes.length), bytes]);

/** The module with the names of this project's functions, and no others. */
export function withOwnNames(module) {
  const all = reader(module.subarray(8));
  const sections = [module.subarray(0, 8)];
  while (!all.isAtEnd()) {
    const [id] = all.take(1);
    const body = all.take(all.number());
    const isNames = id === 0 && reader(body).text() === 'name';
    sections.push(Buffer.from([id]), sized(isNames ? ownNames(body) : body));
  }
  return Buffer.concat(sections);
}

/** The section of names: of its parts only that of functions stays. */
function ownNames(section) {
  const parts = reader(section);
  const kept = [sized(Buffer.from(parts.text()))];
  while (!parts.isAtEnd()) {
    const [id] = parts.take(1);
    const part = reader(parts.take(parts.number()));
    if (id !== 1) continue;
    const names = [];
    for (let left = part.number(); left > 0; left--) {
      const [index, path] = [part.number(), pathOf(part.text())];
      if (path) names.push(leb(index), sized(Buffer.from(path)));
    }
    kept.push(Buffer.from([id]), sized(Buffer.concat([leb(names.length / 2), ...names])));
  }
  return Buffer.concat(kept);
}
