/** Koa, with `@koa/router` and `koa-mount`. */

import type { IncomingMessage, ServerResponse } from "node:http";

import { observe } from "./exchange";
import type { Options } from "./options";
import { clientFor } from "./shared";
import { pathOf } from "./texts";

interface Context {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly app: { readonly context: object };
  readonly originalUrl: string;
  readonly path: string;
}

/** What is known of the way that a request has taken. */
interface Way {
  route?: string | undefined;
  /** Of the applications that it went into, innermost last: the path before, and the prefix. */
  mounts: { before: string; prefix: string }[];
}

const WAY = Symbol.for("api-analytics-client.way");
const MATCHED = "_matchedRoute";
const MOUNT = "mountPath";

/** A middleware of Koa. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- contexts of all generic kinds
export type Middleware = (context: any, next: () => Promise<unknown>) => Promise<unknown>;

/**
 * Make the middleware that records every request: `app.use(analytics())`, before all others.
 *
 * If the options do not do, the log says so, and nothing is recorded.
 */
export function analytics(options?: Options): Middleware {
  const client = clientFor(options);
  if (client === undefined) return (_context, next) => next();
  const prepared = new WeakSet<object>();
  return (given, next) => {
    const context = given as Context & { [WAY]?: Way };
    try {
      if (!prepared.has(context.app.context)) {
        prepared.add(context.app.context);
        watchRoutes(context.app.context);
      }
      const way: Way = (context[WAY] ??= { mounts: [] });
      observe(client, context.req, context.res, { request: context, route: () => way.route });
    } catch (error) {
      client.failed("the Koa middleware", error);
    }
    return next();
  };
}

/**
 * Learn of routes when routers set them: then it is known under which prefixes, which are gone when the request
 * is answered. The router writes a property of the context; here it becomes one of all contexts that listens.
 */
function watchRoutes(contexts: object): void {
  const values = new WeakMap<object, Record<string, unknown>>();
  const listen = (name: string, heard: (context: Context, way: Way, value: unknown) => void): void => {
    if (name in contexts) return;
    Object.defineProperty(contexts, name, {
      configurable: true,
      get(this: object) {
        return values.get(this)?.[name];
      },
      set(this: Context & { [WAY]?: Way }, value: unknown) {
        const known = values.get(this) ?? {};
        known[name] = value;
        values.set(this, known);
        if (this[WAY] !== undefined) heard(this, this[WAY], value);
      },
    });
  };
  listen(MATCHED, (context, way, template) => {
    way.route = typeof template === "string" ? prefixOf(context, way) + template : undefined;
  });
  listen(MOUNT, (context, way, prefix) => {
    const outer = pathOf(context.originalUrl);
    const before = context.path;
    while (way.mounts.length > 0 && before !== outer && inner(way.mounts.at(-1)) !== before) way.mounts.pop();
    if (before === outer) way.mounts = [];
    if (typeof prefix === "string") way.mounts.push({ before, prefix: prefix.replace(/\/$/, "") });
  });
}

/** The prefixes of the mounts that the context is in; texts of the application, never of the caller. */
function prefixOf(context: Context, way: Way): string {
  const depth = way.mounts.findLastIndex((mount) => inner(mount) === context.path);
  return way.mounts
    .slice(0, depth + 1)
    .map(({ prefix }) => prefix)
    .join("");
}

function inner(mount: Way["mounts"][number] | undefined): string | undefined {
  if (mount === undefined) return undefined;
  return mount.before.slice(mount.prefix.length) || "/";
}

export default analytics;
