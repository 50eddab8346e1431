/** Counts of what became of the events. No event is lost without being counted here. */

/** Why events were dropped. */
export const DROPS = ["queue", "backlog", "spool", "exit", "closed"] as const;
/**
 * - `queue`, `backlog`, `spool`: the oldest, because that was full;
 * - `exit`: the time for the end of the process was over;
 * - `closed`: recorded after `shutdown()`.
 */
export type Drop = (typeof DROPS)[number];

/**
 * A moment's counts of one client, since its start.
 *
 * recorded + fromSpool = stored + duplicate + rejected + refused + skipped + hooked + all of `dropped` + toSpool +
 * queued: also if several processes share a spool, each by itself.
 */
export interface Stats {
  /** Requests and events that were noted. */
  readonly recorded: number;
  /** Events that this client has taken off the disk, whoever put them there. */
  readonly fromSpool: number;
  /** Events that the service has stored. */
  readonly stored: number;
  /** Events that the service had already. */
  readonly duplicate: number;
  /** Events that the service found faulty; the log names the reasons. */
  readonly rejected: number;
  /** Events of batches that the service refused as a whole, such as by 401, or failed on to the last attempt. */
  readonly refused: number;
  /** Requests that are no events: unknown methods, impossible status codes. */
  readonly skipped: number;
  /** Events that the `onEvent` hook dropped, or that it failed on. */
  readonly hooked: number;
  /** Lost events, by reason. */
  readonly dropped: Readonly<Record<Drop, number>>;
  /** Events that this client has put on the disk. */
  readonly toSpool: number;
  /** Events in memory, waiting for the service. */
  readonly queued: number;
  /** Sendings that have to be tried again. */
  readonly retries: number;
  /** Faults of the client itself that it kept from the application; the log has the first of each minute. */
  readonly failures: number;
}

/** The running counts behind `Stats`. */
export class Counters {
  recorded = 0;
  fromSpool = 0;
  stored = 0;
  duplicate = 0;
  rejected = 0;
  refused = 0;
  skipped = 0;
  hooked = 0;
  toSpool = 0;
  retries = 0;
  failures = 0;
  readonly dropped: Record<Drop, number> = { queue: 0, backlog: 0, spool: 0, exit: 0, closed: 0 };

  /** Copy the counts of this moment. */
  snapshot(queued: number): Stats {
    return Object.assign({}, this, { dropped: { ...this.dropped }, queued });
  }
}
