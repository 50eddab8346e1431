/**
 * The life of the process: its clients send what they hold when it ends.
 *
 * Signals are left to the application. A process that runs out of work (`beforeExit`) is held up until all is
 * sent, for `shutdownTimeout` at most; one that calls `process.exit()` waits for nothing, so what is left then
 * goes to the spool, or is counted and logged.
 */

interface Enrolled {
  readonly isIdle: boolean;
  drain(): Promise<boolean>;
  exit(): void;
}

const clients = new Set<Enrolled>();
let prepared = false;

/** Make the client take part in the life of the process. */
export function enroll(client: Enrolled): void {
  clients.add(client);
  if (prepared) return;
  prepared = true;
  process.on("beforeExit", () => {
    for (const each of clients) if (!each.isIdle) void each.drain();
  });
  process.on("exit", () => {
    for (const each of clients) each.exit();
  });
}

/** Forget a client that is closed. */
export function dismiss(client: Enrolled): void {
  clients.delete(client);
}
