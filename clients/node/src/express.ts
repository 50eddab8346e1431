/** Express 4 and 5, NestJS on Express, and whatever else takes a function of request, response and next. */

import type { IncomingMessage, ServerResponse } from "node:http";

import { observe } from "./exchange";
import { expressRoute, type Routed } from "./express-routes";
import type { Options } from "./options";
import { clientFor } from "./shared";
import { pathOf } from "./texts";

/** A middleware of Express. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Make the middleware that records every request: `app.use(analytics())`, before all others.
 *
 * If the options do not do, the log says so, and nothing is recorded.
 */
export function analytics(options?: Options): Middleware {
  const client = clientFor(options);
  if (client === undefined) return (_request, _response, next) => next();
  return (request, response, next) => {
    const routed = request as IncomingMessage & Routed;
    observe(client, request, response, {
      request,
      route: () => expressRoute(routed, pathOf(routed.originalUrl ?? request.url ?? "")),
    });
    next();
  };
}

export default analytics;
