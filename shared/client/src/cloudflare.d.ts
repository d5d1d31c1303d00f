// What this package needs of the runtime's own module. Who uses it has its types from `wrangler types`.
declare module 'cloudflare:workers' {
  export abstract class DurableObject<Env = unknown> {
    protected ctx: { id: { toString(): string } };
    protected env: Env;
    constructor(ctx: any, env: Env);
  }
}
