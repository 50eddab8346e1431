/** Plain `http`, `https` and `http2` servers, and every framework that gives such a server its listener. */

import type { IncomingMessage, ServerResponse } from "node:http";

import { observe, observeFailure } from "./exchange";
import type { Options } from "./options";
import { clientFor } from "./shared";

/** A listener for the event `request` of a server. */
export type Listener<Q = IncomingMessage, S = ServerResponse> = (request: Q, response: S) => unknown;

/** More about the requests of a listener. */
export interface HttpOptions<Q = IncomingMessage> extends Options {
  /** Return the template that the path of a request matched; called once the request is answered. */
  route?: ((request: Q) => string | undefined) | undefined;
}

/**
 * Make a listener that records every request that it passes on: `createServer(track(listener))`.
 *
 * If the options do not do, the log says so, and nothing is recorded.
 */
export function track<Q = IncomingMessage, S = ServerResponse>(
  listener: Listener<Q, S>,
  options: HttpOptions<Q> = {},
): Listener<Q, S> {
  const { route, ...others } = options;
  const client = clientFor(others);
  if (client === undefined) return listener;
  return function (this: unknown, request, response) {
    const raw = request as IncomingMessage;
    observe(client, raw, response as ServerResponse, {
      request,
      route: route === undefined ? undefined : () => route(request),
    });
    try {
      return listener.call(this, request, response);
    } catch (error) {
      observeFailure(raw, response as ServerResponse);
      throw error;
    }
  };
}

export default track;
