// What takes several calls of the platform, done in one call from WebAssembly: on the way of a command, a call across costs more
// than most of the platform's work behind it.

/** Parameters come as JSON, or as they are. */
const list = (params) => (typeof params === 'string' ? JSON.parse(params) : params);

/** The statements of one object's database. */
export class Statements {
  /** Rows read and written, as the platform counts them. */
  read = 0;
  written = 0;

  constructor(storage) {
    this.storage = storage;
    this.sql = storage.sql;
  }

  get bytes() {
    return this.sql.databaseSize;
  }

  /** Runs a statement that has no rows. */
  change(statement, params) {
    this.count(this.sql.exec(statement, ...list(params)));
  }

  /** Runs statements, each followed by its parameters: all of them, or none. */
  commit(changes) {
    this.storage.transactionSync(() => {
      for (let at = 0; at < changes.length; at += 2) this.change(changes[at], changes[at + 1]);
    });
  }

  /** Runs a statement. Gives all of its rows. */
  rows(statement, params) {
    const cursor = this.sql.exec(statement, ...list(params));
    const rows = [...cursor.raw()];
    this.count(cursor);
    return rows;
  }

  /** Runs a statement. Gives its rows one by one, to those who may not want all of them. */
  open(statement, params) {
    const cursor = this.sql.exec(statement, ...list(params));
    const rows = cursor.raw();
    return {
      next: () => rows.next().value,
      end: () => this.count(cursor),
    };
  }

  count({ rowsRead, rowsWritten }) {
    this.read += rowsRead;
    this.written += rowsWritten;
  }
}

/** What a request says before its body: method, address, headers. */
export const head = (request) => JSON.stringify([request.method, request.url, Object.fromEntries(request.headers)]);

/** A response of bytes; or one that opens a websocket. */
export function respond(status, headers, body, webSocket) {
  // The bytes lie in the module's memory, where others will lie in a moment.
  return new Response(body?.slice(), { status, headers: JSON.parse(headers), webSocket });
}

/** A response whose body comes bit by bit. */
export const streamed = (status, headers, stream) => new Response(stream, { status, headers: JSON.parse(headers) });

/** A response as an object has given it, with further headers. */
export function passOn(response, headers, hasBody) {
  const all = new Headers(response.headers);
  for (const [name, value] of JSON.parse(headers)) all.set(name, value);
  const { status, webSocket } = response;
  return new Response(hasBody ? response.body : null, { status, headers: all, webSocket });
}

/** Asks an object. Undefined if it has not answered within so many milliseconds. (A race of promises would take three more of them.) */
export function ask(stub, address, init, within) {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, within);
    const first = (then) => (said) => {
      clearTimeout(timer);
      then(said);
    };
    stub.fetch(address, init).then(first(done), first(fail));
  });
}

/** The same with a body of JSON, for a caller. */
export function post(stub, address, header, by, body, within) {
  return ask(stub, address, { method: 'POST', body, ...(by && { headers: { [header]: by } }) }, within);
}
