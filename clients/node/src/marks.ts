/** Which objects stand for requests that are recorded, and what the application says about who called. */

/** What stands for a request that is recorded. */
export interface Marked {
  consumer: string | null | undefined;
}

/**
 * By object: a property of its own would cost microseconds where a framework has changed the prototype of a
 * request, because that makes properties slow to add.
 */
const marks = new WeakMap<object, Marked>();

/** Let an object, such as a request of Node or of the Fetch standard, stand for a request that is recorded. */
export function mark(request: object, marked: Marked): void {
  marks.set(request, marked);
}

/** What an object stands for, if for anything. */
export function markOf(request: object): Marked | undefined {
  return marks.get(request);
}

/** Say who called, instead of the function `consumer`; for any request or context that a framework gives. */
export function setConsumer(request: unknown, name: string | null): void {
  for (const candidate of candidates(request)) {
    const marked = typeof candidate === "object" && candidate !== null ? marks.get(candidate) : undefined;
    if (marked === undefined) continue;
    marked.consumer = typeof name === "string" ? name : null;
    return;
  }
}

function* candidates(request: unknown): Iterable<unknown> {
  if (typeof request !== "object" || request === null) return;
  const known = request as {
    raw?: unknown;
    req?: { raw?: unknown };
    request?: { raw?: unknown };
    env?: { incoming?: unknown };
  };
  // Node, Express and Nest; Fastify; Koa; Fastify's reply; Hono on Node, and elsewhere.
  yield* [request, known.raw, known.req, known.request?.raw, known.env?.incoming, known.req?.raw];
}
