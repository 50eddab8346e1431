/** When to try again after a failure. Times are those of `performance.now()`. */

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** Of a batch that the service fails on by itself. */
const MAX_ALONE_DELAY_MS = 600_000;
const MAX_RETRY_AFTER_SECONDS = 600;
/** Between attempts while somebody waits for them: a flush, or the end of the process. */
const URGENT_DELAY_MS = 250;
/** If the service fails on so many batches in a row, the fault is not theirs. */
const ALL_FAIL = 3;

/** The waiting of a sender. */
export class Backoff {
  /** Failed attempts in a row that were not one batch's fault. */
  failures = 0;
  /** Until when nothing is sent. */
  pausedUntil = 0;
  /** Until when the service has asked to be left alone. */
  askedUntil = 0;
  /** How many wait for the end of all that is on its way. */
  #waiting = 0;
  readonly #failedAlone = new Set<string>();

  /** Somebody waits: pauses become short; return when the next attempt may be. */
  hasten(): number {
    this.#waiting += 1;
    const soon = Math.max(performance.now() + URGENT_DELAY_MS, this.askedUntil);
    this.pausedUntil = Math.min(this.pausedUntil, soon);
    return soon;
  }

  /** Who called `hasten` waits no longer; return whether others do. */
  relax(): boolean {
    this.#waiting -= 1;
    return this.#waiting > 0;
  }

  /** Whether somebody waits. Attempts that are made for that come fast, and do not count for a last one. */
  get isUrgent(): boolean {
    return this.#waiting > 0;
  }

  /** Pause, because nothing can be delivered; `after` is what the service asks for, in seconds. */
  pause(after: number | undefined): void {
    this.failures += 1;
    const now = performance.now();
    this.askedUntil = now + asked(after);
    this.pausedUntil = Math.max(now + this.#delay(this.failures, MAX_DELAY_MS), this.askedUntil);
  }

  /** Note that the service itself failed on a batch; return whether it does so on all of them. */
  failsOnAll(key: string): boolean {
    if (this.#failedAlone.size < ALL_FAIL) this.#failedAlone.add(key);
    return this.#failedAlone.size >= ALL_FAIL;
  }

  /** The milliseconds that a batch waits which the service itself has failed on so many times. */
  aloneDelay(failures: number, after: number | undefined): number {
    return Math.max(this.#delay(Math.max(1, failures), MAX_ALONE_DELAY_MS), asked(after));
  }

  /** Something was delivered; return whether that ended an outage. */
  recover(): boolean {
    const ended = this.failures > 0;
    this.failures = this.pausedUntil = this.askedUntil = 0;
    this.#failedAlone.clear();
    return ended;
  }

  #delay(failures: number, most: number): number {
    if (this.isUrgent) return URGENT_DELAY_MS;
    // The random part spreads the clients of a service.
    return Math.min(most, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 16)) * (0.5 + Math.random() / 2);
  }
}

function asked(after: number | undefined): number {
  return Math.min(after ?? 0, MAX_RETRY_AFTER_SECONDS) * 1000;
}
