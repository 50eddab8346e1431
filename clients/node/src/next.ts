/** Route handlers of Next.js (`app/.../route.ts`), and any other function of a `Request` that gives a `Response`. */

import { observeFetch } from "./fetch";
import type { Options } from "./options";
import { clientFor } from "./shared";

/** A route handler. */
export type Handler<A extends unknown[]> = (request: Request, ...more: A) => Response | Promise<Response>;

/** Options of a route handler. */
export interface RouteOptions extends Options {
  /** The template of the route, such as `/users/[id]`; Next.js does not tell it. */
  route?: string | undefined;
}

/**
 * Make a route handler that records every request: `export const GET = track(handler, { route: "/users/[id]" })`.
 *
 * Next.js gives no address of the caller; it is known only with `trustedProxies`. If the options do not do, the
 * log says so, and nothing is recorded.
 */
export function track<R extends Request, A extends unknown[]>(
  handler: (request: R, ...more: A) => Response | Promise<Response>,
  options: RouteOptions = {},
): (request: R, ...more: A) => Response | Promise<Response> {
  const { route, ...others } = options;
  const client = clientFor(others);
  if (client === undefined) return handler;
  return (request, ...more) =>
    observeFetch(client, request, { request, route: () => route }, async () => handler(request, ...more));
}

export default track;
