/**
 * The template of the route that an Express request took, with the prefixes of the routers it went through.
 *
 * Express 4 and most of 5 forget the text of a prefix and keep what matches it. Where that is so, the prefix is
 * found by trying: which parts of the path that came can be replaced by something else, and is that then the
 * value of a parameter? So no value that a caller sends becomes part of a template; where trying does not tell,
 * there is no template.
 */

/** What Express leaves on a request. */
export interface Routed {
  readonly route?: { readonly path?: unknown } | undefined;
  readonly app?: App | undefined;
  readonly originalUrl?: string | undefined;
}

interface App {
  readonly mountpath?: unknown;
  readonly parent?: App | undefined;
  readonly lazyrouter?: unknown;
  readonly _router?: Router | undefined;
  readonly router?: Router | undefined;
}

interface Router {
  readonly stack?: readonly Layer[] | undefined;
}

interface Match {
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Which of several alternatives matched. */
  readonly index: number;
}

interface Layer {
  readonly route?: object | undefined;
  readonly handle?: (Router & App) | undefined;
  /** Express 5 of late: the path as it was written. */
  readonly rawPath?: unknown;
  /** Express 5: whether it is `/`, and what matches it. */
  readonly slash?: boolean | undefined;
  readonly matchers?:
    readonly ((path: string) => false | { path: string; params: Record<string, unknown> })[] | undefined;
  /** Express 4: the same. */
  readonly regexp?: (RegExp & { fast_slash?: boolean }) | undefined;
  readonly keys?: readonly { name: string | number }[] | undefined;
}

/** The layers of a route, outermost first; the last one is its own. */
type Chain = readonly Layer[];

const MAX_DEPTH = 16;
// Some parameters take digits only.
const PROBES = ["zqxjkvbw", "90817263"];

const chains = new WeakMap<object, readonly Chain[]>();

/** Return the template, once the request is answered. */
export function expressRoute(request: Routed, path: string): string | undefined {
  const { route, app } = request;
  if (route === undefined || app === undefined) return undefined;
  const prefix = mountOf(app);
  if (prefix === undefined) return undefined;
  const found = chainsOf(route, app);
  // Most routes are those of the application itself.
  if (found.length === 1 && found[0]?.length === 1 && typeof route.path === "string")
    return join(prefix, route.path);
  const inner = dropSegments(path, prefix);
  for (const chain of found) {
    const template = templateOf(chain, route, inner);
    if (template !== undefined) return join(prefix, template);
  }
  return undefined;
}

/** The prefix of an application within its parents, as it was written. */
function mountOf(app: App): string | undefined {
  let prefix = "";
  for (let each: App | undefined = app; each?.parent !== undefined; each = each.parent) {
    if (typeof each.mountpath !== "string") return undefined;
    prefix = join(each.mountpath, prefix);
  }
  return prefix;
}

function chainsOf(route: object, app: App): readonly Chain[] {
  let found = chains.get(route);
  if (found === undefined) {
    found = [...search(stackOf(app), route, [])];
    chains.set(route, found);
  }
  return found;
}

function* search(stack: readonly Layer[], route: object, above: Chain): Iterable<Chain> {
  for (const layer of stack) {
    if (layer.route === route) yield [...above, layer];
    else if (layer.route === undefined && above.length < MAX_DEPTH && layer.handle !== undefined) {
      yield* search(stackOf(layer.handle), route, [...above, layer]);
    }
  }
}

function stackOf(handle: Router & App): readonly Layer[] {
  if (Array.isArray(handle.stack)) return handle.stack as readonly Layer[];
  // In Express 4 applications have a property `router` that throws.
  const router = "lazyrouter" in handle ? handle._router : handle.router;
  return Array.isArray(router?.stack) ? (router.stack as readonly Layer[]) : [];
}

function templateOf(chain: Chain, route: { readonly path?: unknown }, path: string): string | undefined {
  let template = "";
  let rest = path;
  for (const layer of chain.slice(0, -1)) {
    const match = matchOf(layer, rest);
    const part = match === undefined ? undefined : prefixOf(layer, match);
    if (match === undefined || part === undefined) return undefined;
    template = join(template, part);
    rest = rest.slice(match.path.length);
    if (!rest.startsWith("/")) rest = `/${rest}`;
  }
  const own = ownPath(chain.at(-1), route.path, rest);
  return own === undefined ? undefined : join(template, own);
}

/** The path of the route itself. */
function ownPath(layer: Layer | undefined, path: unknown, rest: string): string | undefined {
  if (typeof path === "string") return path;
  if (path instanceof RegExp) return String(path);
  if (!Array.isArray(path) || layer === undefined) return undefined;
  // Express 4 does not tell which of several matched.
  if (layer.matchers === undefined) return path.map(String).join("|");
  const match = matchOf(layer, rest);
  return match === undefined ? undefined : String((path as unknown[])[match.index]);
}

function matchOf(layer: Layer, path: string): Match | undefined {
  if (layer.slash === true || layer.regexp?.fast_slash === true) return { path: "", params: {}, index: 0 };
  try {
    if (layer.matchers !== undefined) {
      for (const [index, matches] of layer.matchers.entries()) {
        const match = matches(path);
        if (match !== false) return { ...match, index };
      }
      return undefined;
    }
    const match = layer.regexp?.exec(path);
    if (match === null || match === undefined) return undefined;
    const values = match.slice(1).map((value, index) => [layer.keys?.[index]?.name ?? index, value] as const);
    return {
      path: match[0],
      params: Object.fromEntries(values.filter(([, value]) => value !== undefined)),
      index: 0,
    };
  } catch {
    return undefined; // a part that cannot be decoded
  }
}

/** The template of a router's prefix. */
function prefixOf(layer: Layer, match: Match): string | undefined {
  if (match.path === "" || match.path === "/") return "";
  const { rawPath } = layer;
  const written: unknown = Array.isArray(rawPath) ? rawPath[match.index] : rawPath;
  if (typeof written === "string") return written;
  return written === undefined ? probed(layer, match) : undefined;
}

/** Find the template of a prefix by trying. */
function probed(layer: Layer, match: Match): string | undefined {
  const segments = match.path.split("/");
  const missing = new Set(Object.keys(match.params));
  const found: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const part = segment === "" ? "" : probedSegment(layer, segments, index, missing);
    if (part === undefined) return undefined;
    found.push(part);
  }
  return missing.size === 0 ? found.join("/") : undefined;
}

function probedSegment(
  layer: Layer,
  segments: readonly string[],
  index: number,
  missing: Set<string>,
): string | undefined {
  for (const probe of PROBES) {
    const match = matchOf(layer, replaced(segments, index, probe));
    if (match === undefined) continue;
    const name = Object.keys(match.params).find((each) => match.params[each] === probe);
    if (name === undefined) return undefined;
    missing.delete(name);
    return /^\d+$/.test(name) ? "*" : `:${name}`;
  }
  const literal = segments[index] ?? "";
  const lower = literal.toLowerCase();
  const upper = literal.toUpperCase();
  // Where upper and lower case are one, the caller chooses; the template does not follow.
  const isFree = [lower, upper].every((text) => matchOf(layer, replaced(segments, index, text)) !== undefined);
  return isFree ? lower : literal;
}

function replaced(segments: readonly string[], index: number, segment: string): string {
  return segments.map((each, at) => (at === index ? segment : each)).join("/");
}

function dropSegments(path: string, prefix: string): string {
  const count = prefix.split("/").filter((segment) => segment !== "").length;
  const rest = path.split("/").slice(count + 1);
  return `/${rest.join("/")}`;
}

function join(prefix: string, path: string): string {
  const start = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  if (path === "" || path === "/") return start === "" ? path : start;
  return path.startsWith("/") ? start + path : `${start}/${path}`;
}
