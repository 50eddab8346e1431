/** Fastify, and NestJS on Fastify. */

import type { IncomingMessage, ServerResponse } from "node:http";

import { observe } from "./exchange";
import type { Options } from "./options";
import { clientFor } from "./shared";

interface Request {
  readonly raw: IncomingMessage;
  readonly is404?: boolean;
  /** The template with the prefixes of all plugins, since Fastify 4.10. */
  readonly routeOptions?: { readonly url?: string | undefined } | undefined;
}

interface Reply {
  readonly raw: ServerResponse;
}

interface Instance {
  addHook(name: "onRequest", hook: (request: Request, reply: Reply, done: () => void) => void): unknown;
  addHook(name: "onClose", hook: (instance: unknown, done: () => void) => void): unknown;
}

/**
 * The plugin that records every request of the whole application: `app.register(analytics, options)`, before
 * all others. When the application closes, what is left is sent.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- instances of all generic kinds
export function analytics(instance: any, options: Options, done: () => void): void {
  const client = clientFor(options);
  if (client !== undefined) {
    const app = instance as Instance;
    app.addHook("onRequest", (request, reply, next) => {
      const route = (): string | undefined => (request.is404 === true ? undefined : request.routeOptions?.url);
      observe(client, request.raw, reply.raw, { request, route });
      next();
    });
    app.addHook("onClose", (_instance, closed) => {
      void client.flush().finally(() => closed());
    });
  }
  done();
}

// What fastify-plugin does: the hooks are those of the whole application, not of a part.
Object.assign(analytics, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "api-analytics-client",
});

export default analytics;
