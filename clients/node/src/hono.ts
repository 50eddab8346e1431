/** Hono, on Node (`@hono/node-server`), and without a server or on another one by the Fetch standard. */

import type { IncomingMessage, ServerResponse } from "node:http";

import { observe } from "./exchange";
import { observeFetch } from "./fetch";
import type { Options } from "./options";
import { clientFor } from "./shared";

interface Context {
  readonly req: {
    readonly raw: Request;
    readonly routeIndex?: number;
    readonly matchedRoutes?: readonly { readonly path: string; readonly handler: { readonly length: number } }[];
  };
  readonly env?: { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse } | undefined;
  res: Response;
}

/** A middleware of Hono. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- contexts of all generic kinds
export type Middleware = (context: any, next: () => Promise<void>) => Promise<void>;

/**
 * Make the middleware that records every request: `app.use(analytics())`, before all others.
 *
 * If the options do not do, the log says so, and nothing is recorded.
 */
export function analytics(options?: Options): Middleware {
  const client = clientFor(options);
  if (client === undefined) return (_context, next) => next();
  return async (given, next) => {
    const context = given as Context;
    const subject = { request: context, route: () => routeOf(context) };
    const { incoming, outgoing } = context.env ?? {};
    if (incoming?.headers !== undefined && outgoing?.on !== undefined) {
      observe(client, incoming, outgoing, subject);
      await next();
      return;
    }
    await observeFetch(client, context.req.raw, subject, async () => {
      await next();
      return context.res;
    }).then((response) => {
      if (response !== context.res) context.res = response;
    });
  };
}

/** The template of the handler that answered, or would have if no middleware had. */
function routeOf({ req }: Context): string | undefined {
  const routes = req.matchedRoutes ?? [];
  // Middlewares take a second argument, `next`; handlers do not.
  return routes.slice(req.routeIndex ?? 0).find(({ handler }) => handler.length < 2)?.path;
}

export default analytics;
