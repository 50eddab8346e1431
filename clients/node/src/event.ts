/** One observed request: as it waits in memory, as hooks see it, and the limits of the service. */

/** Methods that the service knows; requests by any other are skipped and counted. */
export const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "HEAD",
  "TRACE",
  "CONNECT",
]);

export const MAX_ENDPOINT = 200;
export const MAX_ROUTE = 200;
export const MAX_USER_AGENT = 512;
export const MAX_HOSTNAME = 255;
export const MAX_CONSUMER = 255;
export const MIN_STATUS = 100;
export const MAX_STATUS = 599;
export const MAX_PROCESS_TIME_MS = 1e12;

/** What is recorded when the caller went away before the application began to answer. */
export const STATUS_CLIENT_CLOSED = 499;
/** What is recorded when the application failed before it began to answer. */
export const STATUS_FAILED = 500;

/** A number of bytes that is not known; it stays negative, whatever is added. */
export const UNKNOWN_BYTES = Number.MIN_SAFE_INTEGER;

/** A request as noted in its own path: nothing is parsed, cut or escaped yet. */
export interface Row {
  /** When it arrived and when its answer was complete, by `performance.now()`. */
  readonly started: number;
  readonly ended: number;
  readonly method: string;
  /** The target as it was asked for, with its query. */
  readonly target: string;
  readonly route: string | undefined;
  readonly status: number;
  /** The address of the connection's other end. */
  readonly peer: string | undefined;
  readonly agent: string | undefined;
  readonly host: string | undefined;
  /** The header of the proxies, if any are trusted. */
  readonly forwarded: string | undefined;
  readonly consumer: string | undefined;
  /** Bytes of the bodies; negative if not known. */
  readonly received: number;
  readonly sent: number;
}

/** A request as `onEvent` sees it, after anonymisation; every property may be changed. */
export interface Event {
  /** When the request arrived, in milliseconds since 1970 (UTC), with fractions. */
  createdAt: number;
  method: string;
  /** The path, without the query. */
  endpoint: string;
  /** The template that the path matched, such as `/users/:id`. */
  route?: string | undefined;
  statusCode: number;
  /** Milliseconds from arrival until the answer was complete. */
  processTime: number;
  ip?: string | undefined;
  userAgent?: string | undefined;
  hostname?: string | undefined;
  consumer?: string | undefined;
  requestBytes?: number | undefined;
  responseBytes?: number | undefined;
}

/** An event that the application records by itself; `createdAt` is now if it is left out. */
export type NewEvent = Omit<Event, "createdAt"> & { createdAt?: number | Date };

/** What waits to be put into a batch: an observed request, or an event of the application. */
export type Waiting = Row | Event;

/** Tell the two apart. */
export function isRow(waiting: Waiting): waiting is Row {
  return "started" in waiting;
}

const ENTRY_BYTES = 320;

/**
 * Estimate the memory of an entry from above.
 *
 * Header values and targets count whole, because a part of a string keeps all of it in memory. A character of
 * such a string takes one byte, of another one two.
 */
export function bytesOf(waiting: Waiting): number {
  if (!isRow(waiting)) {
    const { endpoint, route, ip, userAgent, hostname, consumer } = waiting;
    const texts = [endpoint, route, ip, userAgent, hostname, consumer];
    return texts.reduce<number>((sum, text) => sum + 2 * lengthOf(text), ENTRY_BYTES);
  }
  const { target, agent, host, forwarded, consumer } = waiting;
  return (
    ENTRY_BYTES +
    lengthOf(target) +
    lengthOf(agent) +
    lengthOf(host) +
    lengthOf(forwarded) +
    2 * lengthOf(consumer)
  );
}

/** Applications that are not typed may give anything. */
function lengthOf(text: unknown): number {
  return typeof text === "string" ? text.length : 0;
}
