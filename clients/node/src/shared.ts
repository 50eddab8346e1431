/** One client for each set of options, shared by all middlewares of the process; and what is asked of all. */

import { Client } from "./client";
import type { Options } from "./options";

interface Shared {
  readonly client: Client;
  readonly id: string;
}

const shared = new Map<string, Shared>();
const functionIds = new WeakMap<object, number>();
let functions = 0;

/**
 * Return the client for these options, or say in the log why there is none: the application then runs on
 * without being tracked.
 */
export function clientFor(options: Options = {}): Client | undefined {
  try {
    const id = identify(options);
    let found = shared.get(id);
    if (found === undefined || found.client.isClosed) {
      found = { client: new Client(options), id };
      shared.set(id, found);
    }
    return found.client.enabled ? found.client : undefined;
  } catch (error) {
    complain(options, `requests are not tracked: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/**
 * `flush` of all clients that middlewares have made: wait until what was recorded before is settled or on the
 * disk, for so many seconds at most; return whether it was in time.
 */
export async function flush(timeout?: number): Promise<boolean> {
  const done = await Promise.all([...shared.values()].map(({ client }) => client.flush(timeout)));
  return done.every(Boolean);
}

/** `shutdown` of all clients that middlewares have made: send what is left and close; return whether all was kept. */
export async function shutdown(timeout?: number): Promise<boolean> {
  const done = await Promise.all([...shared.values()].map(({ client }) => client.shutdown(timeout)));
  return done.every(Boolean);
}

function identify(options: Options): string {
  return JSON.stringify(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]: [string, unknown]) => [
        name,
        typeof value === "function" || name === "logger" ? idOf(value as object) : value,
      ]),
  );
}

function idOf(value: object): number {
  let id = functionIds.get(value);
  if (id === undefined) {
    id = functions += 1;
    functionIds.set(value, id);
  }
  return id;
}

function complain(options: Options, message: string): void {
  try {
    (options.logger ?? console).error(`api-analytics-client: ${message}`);
  } catch {
    // A logger that fails is no reason to hurt the application.
  }
}
