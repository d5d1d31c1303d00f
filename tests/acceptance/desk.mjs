// A worker beside the script, in the same runtime: what a test wants of the database, the queues and the objects, it asks here.
async function answer(env, { statements, statement, params, queue, texts, object, path }) {
  if (statements) return env.DATABASE.batch(statements.map((one) => env.DATABASE.prepare(one)));
  if (statement) return env.DATABASE.prepare(statement).bind(...params).all();
  if (queue) {
    await env[queue].sendBatch(texts.map((body) => ({ body, contentType: 'text' })));
    return null;
  }
  const [binding, id, isNameless] = object;
  const named = env[binding].idFromName(id);
  const to = isNameless ? env[binding].idFromString(named.toString()) : named;
  const response = await env[binding].get(to).fetch(`https://object${path}`);
  return response.json();
}

export default {
  async fetch(request, env) {
    try {
      return Response.json(await answer(env, await request.json()));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};
